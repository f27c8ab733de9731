"""Pictures of the store → files that Discord takes: named for what they are, and below its limit for a file."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Sequence

from PIL import Image

from bot.chat.filenames import free_name, plain_stem, suffix_of
from bot.discord.layout import FittedPicture
from bot.replies import Picture
from core.errors import BlobMissing
from core.store.blobs import Blobs

log = logging.getLogger(__name__)

QUALITIES = (92, 82, 70, 55)
"""WebP qualities, tried in this order, before the picture is made smaller as well."""
SMALLEST_SIDE_PX = 64


async def fitted(pictures: Sequence[Picture], blobs: Blobs, limit_bytes: int) -> tuple[FittedPicture, ...]:
    """Return the pictures as they go out; one that was erased meanwhile is left out.

    Raises:
        StoreUnavailable: They cannot be read now.
    """
    taken: set[str] = set()
    found: list[FittedPicture] = []
    for picture in pictures:
        try:
            content = await blobs.get(picture.blob_key)
        except BlobMissing:
            log.warning("action=picture_missing")
            continue
        if len(content) > limit_bytes:
            content = await asyncio.to_thread(shrunk, content, limit_bytes)
        filename = free_name(f"{plain_stem(picture.filename)}{suffix_of(content) or '.webp'}", taken)
        taken.add(filename)
        found.append(FittedPicture(picture.blob_key, filename, picture.alt, content))
    return tuple(found)


def shrunk(content: bytes, limit_bytes: int) -> bytes:
    """Return the picture as a WebP of at most `limit_bytes`: first at falling quality, then smaller."""
    with Image.open(io.BytesIO(content)) as opened:
        image = opened.convert("RGBA" if "A" in opened.getbands() else "RGB")
    while True:
        for quality in QUALITIES:
            buffer = io.BytesIO()
            image.save(buffer, "WEBP", quality=quality)
            if buffer.tell() <= limit_bytes or min(image.size) <= SMALLEST_SIDE_PX:
                return buffer.getvalue()
        image = image.resize((max(1, image.width // 2), max(1, image.height // 2)), Image.Resampling.LANCZOS)
