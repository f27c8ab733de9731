"""Pictures and pieces of picture files that the hostile ones are made of."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from functools import cache

import numpy as np
import pillow_heif
from PIL import Image

from tests.core.feedback.hostile.case import BLUE, HEIGHT_PX, RED, WIDTH_PX

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_HEADER_END = 33  # the signature and IHDR


def two_tone(width_px: int = WIDTH_PX, height_px: int = HEIGHT_PX) -> Image.Image:
    """Red on the left, blue on the right."""
    picture = Image.new("RGB", (width_px, height_px), RED)
    picture.paste(BLUE, (width_px // 2, 0, width_px, height_px))
    return picture


def half_hidden(mode: str = "RGBA") -> Image.Image:
    """Magenta hidden under transparency on the left, blue on the right."""
    picture = two_tone().convert("RGBA")
    picture.paste((255, 0, 255, 0), (0, 0, WIDTH_PX // 2, HEIGHT_PX))
    return picture.quantize(8) if mode == "P" else picture.convert(mode)


@cache
def noise() -> Image.Image:
    """A picture that no format packs well, so that a cut anywhere takes some of it away."""
    levels = np.random.default_rng(4).integers(0, 256, (120, 160, 3), dtype=np.uint8)
    return Image.fromarray(levels)


def saved(picture: Image.Image, file_format: str, **options: object) -> bytes:
    """Encode a picture."""
    out = io.BytesIO()
    picture.save(out, file_format, **options)
    return out.getvalue()


def as_heic(*pictures: Image.Image, **options: object) -> bytes:
    """Encode one or several pictures as a phone does."""
    out = io.BytesIO()
    file = pillow_heif.from_pillow(pictures[0])
    for picture in pictures[1:]:
        file.add_from_pillow(picture)
    file.save(out, **options)
    return out.getvalue()


def as_zip(entry: str = "photo.jpg") -> bytes:
    """An archive with one small entry."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(entry, b"inside")
    return out.getvalue()


def chunk(name: bytes, body: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(
    width_px: int, height_px: int, depth: int, colour_type: int, rows: bytes, before: bytes = b""
) -> bytes:
    """A PNG of these unfiltered rows, with more chunks before them."""
    header = struct.pack(">IIBBBBB", width_px, height_px, depth, colour_type, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(rows, 9))
    return PNG_SIGNATURE + chunk(b"IHDR", header) + before + body + chunk(b"IEND", b"")


def png_with(extra: bytes, picture: Image.Image | None = None) -> bytes:
    """A PNG with more chunks behind its header."""
    plain = saved(picture or two_tone(), "PNG")
    return plain[:PNG_HEADER_END] + extra + plain[PNG_HEADER_END:]


def segment(marker: int, body: bytes) -> bytes:
    """A segment of a JPEG."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def jpeg_with(extra: bytes) -> bytes:
    """A JPEG with more segments behind its first marker."""
    plain = saved(two_tone(), "JPEG", quality=95)
    return plain[:2] + extra + plain[2:]


def box(name: bytes, body: bytes = b"") -> bytes:
    """A box of ISO/IEC 14496-12, which HEIC, AVIF and MP4 are made of."""
    return struct.pack(">I", len(body) + 8) + name + body


def tiff(*tags: tuple[int, int, int, int], behind: bytes = b"") -> bytes:
    """A TIFF of one directory; each tag is its number, type, count and value."""
    entries = b"".join(struct.pack("<HHII", *tag) for tag in sorted(tags))
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + struct.pack("<I", 0) + behind


def exif(tag: int, kind: int, count: int, value: int) -> bytes:
    """An EXIF block with one tag."""
    return b"Exif\0\0" + tiff((tag, kind, count, value))


def rewritten(content: bytes, old: bytes, new: bytes) -> bytes:
    """The file with some bytes of it replaced; they must be there."""
    assert old in content
    return content.replace(old, new)
