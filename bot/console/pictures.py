"""Pictures that the thread shows, as files that a person can open."""

from __future__ import annotations

import re
from collections.abc import Collection
from io import BytesIO
from pathlib import Path, PurePosixPath

from PIL import Image, UnidentifiedImageError

from bot.console.timeline import PictureFile
from bot.replies import Picture
from core.errors import BlobMissing
from core.store.blobs import Blobs

DIGEST_SHOWN_CHARACTERS = 8
_FORMATS = ("PNG", "JPEG", "WEBP")
"""What the store holds: everything uploaded was written anew as one of these."""


class Pictures:
    """Copies from the store in one folder, named after their content and their file name."""

    def __init__(self, folder: Path, blobs: Blobs) -> None:
        self._folder = folder
        self._blobs = blobs

    async def show(self, picture: Picture) -> PictureFile:
        """Copy the picture out of the store; one that was erased since keeps its words."""
        try:
            content = await self._blobs.get(picture.blob_key)
        except BlobMissing:
            return PictureFile("", picture.alt)
        digest = PurePosixPath(picture.blob_key).name[:DIGEST_SHOWN_CHARACTERS]
        stem = re.sub(r"[^\w.-]+", "-", Path(picture.filename).stem)[:60]
        path = self._folder / f"{stem}-{digest}{Path(picture.blob_key).suffix}"
        if not path.exists():
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            # Nobody opens half a picture.
            partial = path.with_suffix(".partial")
            partial.write_bytes(content)
            partial.replace(path)
        width_px, height_px = _size(content)
        return PictureFile(str(path), picture.alt, width_px, height_px)

    def forget(self, paths: Collection[str]) -> None:
        """Remove copies that nothing shows any more."""
        for path in paths:
            if path and Path(path).parent == self._folder:
                Path(path).unlink(missing_ok=True)


def _size(content: bytes) -> tuple[int, int]:
    try:
        with Image.open(BytesIO(content), formats=_FORMATS) as image:
            return image.size
    except (UnidentifiedImageError, OSError):
        return (0, 0)
