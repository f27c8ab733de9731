"""Pictures of the store → files that Slack shows in a message: PNG, JPEG or GIF, and of a size for telephones."""

from __future__ import annotations

import asyncio
import hashlib
import io
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

from bot.chat.filenames import free_name, plain_stem, suffix_of
from bot.replies import Picture
from bot.slack.limits import MAX_PICTURE_BYTES
from core.errors import BlobMissing
from core.store.blobs import Blobs

log = logging.getLogger(__name__)

QUALITIES = (92, 82, 70)
"""JPEG qualities, tried in this order, before the picture is made smaller as well."""
SMALLEST_SIDE_PX = 64


@dataclass(frozen=True)
class FittedPicture:
    """A picture as it goes out."""

    mark: str
    filename: str
    alt: str
    content: bytes


def mark_of(picture: Picture) -> str:
    """Return what tells a picture from others, and does not tell where it is stored."""
    return hashlib.sha256(picture.blob_key.encode()).hexdigest()[:16]


async def fitted(
    pictures: Sequence[Picture], blobs: Blobs, *, limit_bytes: int = MAX_PICTURE_BYTES
) -> tuple[FittedPicture, ...]:
    """Return the pictures as they go out; one that was erased meanwhile is left out.

    Raises:
        StoreUnavailable: They cannot be read now.
    """
    taken: set[str] = set()
    found: list[FittedPicture] = []
    for picture in pictures:
        try:
            content = await blobs.get(picture.blob_key)
            if not suffix_of(content) or len(content) > limit_bytes:
                content = await asyncio.to_thread(as_shown, content, limit_bytes)
        except BlobMissing:
            log.warning("action=picture_missing")
            continue
        except (UnidentifiedImageError, OSError, ValueError):
            log.warning("action=picture_unreadable")
            continue
        filename = free_name(f"{plain_stem(picture.filename)}{suffix_of(content)}", taken)
        taken.add(filename)
        found.append(FittedPicture(mark_of(picture), filename, picture.alt, content))
    return tuple(found)


def as_shown(content: bytes, limit_bytes: int) -> bytes:
    """Return the picture as a PNG, or where that is too large as a JPEG on white, smaller if need be."""
    with Image.open(io.BytesIO(content)) as opened:
        image = opened.convert("RGBA" if "A" in opened.getbands() else "RGB")
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    if buffer.tell() <= limit_bytes:
        return buffer.getvalue()
    if image.mode == "RGBA":
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    while True:
        for quality in QUALITIES:
            buffer = io.BytesIO()
            image.save(buffer, "JPEG", quality=quality)
            if buffer.tell() <= limit_bytes or min(image.size) <= SMALLEST_SIDE_PX:
                return buffer.getvalue()
        image = image.resize((max(1, image.width // 2), max(1, image.height // 2)), Image.Resampling.LANCZOS)
