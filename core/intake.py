"""The gate that every upload passes: strangers' bytes in, a safe copy in the workspace out."""

from __future__ import annotations

from collections.abc import Iterable

from core.blob_references import delete_unreferenced, lock_files
from core.feedback.decode import Unreadable, decode
from core.store.blobs import Blobs
from core.store.database import transaction
from core.store.records import DraftPhotoRecord, PhotoFeatureRecord, PhotoRecord, VersionPhotoRecord
from core.workspace import Workspace

FILENAME_MAX_CHARACTERS = 200
_SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png"}


async def take(
    workspace: Workspace, blobs: Blobs, data: bytes, filename: str, uploader_id: str
) -> PhotoRecord | Unreadable:
    """Decode, clean and keep one upload; the same picture twice is one photo.

    Raises:
        StoreUnavailable: Nothing was kept.
    """
    decoded = await decode(data, filename)
    if isinstance(decoded, Unreadable):
        return decoded
    suffix = _SUFFIXES[decoded.media_type]
    key = await blobs.put(workspace.id, decoded.data, suffix)
    async with transaction():
        await lock_files(workspace.id)
        # Under the lock nobody deletes it any more; somebody may have done so since the put.
        await blobs.ensure(workspace.id, decoded.data, suffix)
        photo = await PhotoRecord.get_or_none(workspace_id=workspace.id, sha256=decoded.sha256)
        return photo or await PhotoRecord.create(
            workspace_id=workspace.id,
            sha256=decoded.sha256,
            blob_key=key,
            filename=filename[:FILENAME_MAX_CHARACTERS],
            width_px=decoded.width_px,
            height_px=decoded.height_px,
            uploader_id=uploader_id,
        )


async def discard_unused(workspace: Workspace, blobs: Blobs, photos: Iterable[PhotoRecord]) -> None:
    """Erase those of the photos that no draft and no model version refers to."""
    async with transaction():
        keys = await erase_unused_rows(workspace.id, [photo.id for photo in photos])
    await delete_unreferenced(workspace.id, blobs, keys)


async def erase_unused_rows(workspace_id: str, photo_ids: Iterable[str]) -> list[str]:
    """Erase the rows of photos that nothing refers to, with what was seen on them; return the keys of their files.

    Call it in a transaction, and delete the files after it: a crash in between leaves files, which the
    scrub finds, and never a row that keeps its file for ever.
    """
    await lock_files(workspace_id)
    keys: list[str] = []
    for photo in await PhotoRecord.filter(id__in=list(photo_ids), workspace_id=workspace_id):
        in_draft = await DraftPhotoRecord.exists(photo_id=photo.id)
        if not in_draft and not await VersionPhotoRecord.exists(photo_id=photo.id):
            await photo.delete()
            await PhotoFeatureRecord.filter(workspace_id=workspace_id, sha256=photo.sha256).delete()
            keys.append(photo.blob_key)
    return keys
