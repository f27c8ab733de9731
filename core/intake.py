"""The gate that every upload passes: strangers' bytes in, a safe copy in the workspace out."""

from __future__ import annotations

from collections.abc import Iterable

from tortoise.exceptions import IntegrityError

from core.blob_references import delete_unreferenced
from core.feedback.decode import Unreadable, decode
from core.store.blobs import Blobs
from core.store.records import DraftPhotoRecord, PhotoRecord, VersionPhotoRecord
from core.workspace import Workspace

FILENAME_MAX_CHARACTERS = 200
_SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png"}


async def take(
    workspace: Workspace, blobs: Blobs, data: bytes, filename: str, uploader_id: str
) -> PhotoRecord | Unreadable:
    """Decode, clean and keep one upload; the same picture twice is one photo."""
    decoded = await decode(data, filename)
    if isinstance(decoded, Unreadable):
        return decoded
    key = await blobs.put(workspace.id, decoded.data, _SUFFIXES[decoded.media_type])
    try:
        return await PhotoRecord.create(
            workspace_id=workspace.id,
            sha256=decoded.sha256,
            blob_key=key,
            filename=filename[:FILENAME_MAX_CHARACTERS],
            width_px=decoded.width_px,
            height_px=decoded.height_px,
            uploader_id=uploader_id,
        )
    except IntegrityError:  # the workspace has this picture already
        return await PhotoRecord.get(workspace_id=workspace.id, sha256=decoded.sha256)


async def discard_unused(workspace: Workspace, blobs: Blobs, photos: Iterable[PhotoRecord]) -> None:
    """Erase those of the photos that no draft and no model version refers to."""
    for photo in photos:
        in_draft = await DraftPhotoRecord.exists(photo_id=photo.id)
        if not in_draft and not await VersionPhotoRecord.exists(photo_id=photo.id):
            await PhotoRecord.filter(id=photo.id, workspace_id=workspace.id).delete()
            await delete_unreferenced(workspace.id, blobs, [photo.blob_key])
