"""Pictures whose metadata is a trap. The picture is taken, the metadata is not."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from PIL import ImageCms

from tests.core.feedback.hostile.case import Accepted, Case
from tests.core.feedback.hostile.drawing import (
    chunk,
    exif,
    jpeg_with,
    png_with,
    saved,
    segment,
    tiff,
    two_tone,
)

MEGABYTE = 1_000_000
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def _icc_segments(profile: bytes) -> bytes:
    """A colour profile over as many segments of a JPEG as it takes."""
    parts = [profile[start : start + 60_000] for start in range(0, len(profile), 60_000)]
    return b"".join(
        segment(0xE2, b"ICC_PROFILE\0" + bytes((number, len(parts))) + part)
        for number, part in enumerate(parts, 1)
    )


def _text_chunks() -> Iterator[tuple[str, bytes]]:
    bomb = zlib.compress(bytes(80 * MEGABYTE), 9)
    nested = bomb
    for _ in range(5):
        nested = zlib.compress(nested, 9)
    yield "zTXt of 80 MB", chunk(b"zTXt", b"Comment\0\0" + bomb)
    yield "iTXt of 80 MB", chunk(b"iTXt", b"Comment\0\1\0\0\0" + bomb)
    yield "zTXt packed six times", chunk(b"zTXt", b"Comment\0\0" + nested)
    small = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(900_000), 9))
    yield "200 zTXt of almost a megabyte", small * 200
    yield "tEXt of 3 MB", chunk(b"tEXt", b"Comment\0" + b"x" * 3 * MEGABYTE)
    yield "20,000 tEXt chunks", chunk(b"tEXt", b"a\0b") * 20_000
    yield "zTXt that is not packed", chunk(b"zTXt", b"Comment\0\0garbage")
    yield "tEXt with a wrong checksum", chunk(b"tEXt", b"a\0b")[:-4] + b"\0\0\0\0"
    yield "a colour profile that unpacks to 80 MB", chunk(b"iCCP", b"icc\0\0" + bomb)
    yield "a colour profile that is garbage", chunk(b"iCCP", b"icc\0\0" + zlib.compress(b"garbage" * 40))
    yield "a colour profile that is not packed", chunk(b"iCCP", b"icc\0\0garbage")
    yield "gamma of nought", chunk(b"gAMA", bytes(4))
    yield "physical size of nought", chunk(b"pHYs", bytes(9))
    yield "EXIF that is garbage", chunk(b"eXIf", b"MM\0*\xff\xff\xff\xff")
    yield "an unknown chunk of 5 MB", chunk(b"prVt", bytes(5 * MEGABYTE))


def _jpeg_segments() -> Iterator[tuple[str, bytes]]:
    loop = b"Exif\0\0II*\0" + struct.pack("<IHHHII", 8, 1, 0x8769, 4, 1, 8) + struct.pack("<I", 8)
    yield "EXIF that is garbage", segment(0xE1, b"Exif\0\0MM\0*\xff\xff\xff\xff")
    yield "EXIF of 65 kB of nothing", segment(0xE1, b"Exif\0\0" + bytes(65_000))
    yield "EXIF that holds itself", segment(0xE1, loop)
    yield "EXIF that counts four billion", segment(0xE1, exif(0x010E, 2, 0xFFFFFFFF, 26))
    yield "orientation as a text", segment(0xE1, exif(0x0112, 2, 3, 0x0036))
    yield "orientation as a fraction by nought", segment(0xE1, exif(0x0112, 5, 1, 0xFFFF))
    yield "resolution by nought", segment(0xE1, b"Exif\0\0" + tiff((282, 5, 1, 26), behind=bytes(8)))
    yield "EXIF a hundred times", segment(0xE1, exif(0x0112, 3, 1, 1)) * 100
    yield "XMP that nests", segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + b"<a>" * 20_000)
    yield "photoshop block that lies", segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0\xff\xff\xff\xff")
    yield "a comment that is a script", segment(0xFE, b"<?php system($_GET[0]); ?><script>alert(1)</script>")
    yield "a colour profile of 12 MB", _icc_segments(SRGB + bytes(12 * MEGABYTE))
    yield "a colour profile that is garbage", _icc_segments(b"garbage" * 40)
    yield "a colour profile that lies of its size", _icc_segments(b"\xff\xff\xff\xff" + SRGB[4:])
    yield "a colour profile for inks", _icc_segments(SRGB[:16] + b"CMYK" + SRGB[20:])
    yield "a colour profile of one piece of nine", segment(0xE2, b"ICC_PROFILE\0\x01\x09" + SRGB)
    yield "an MPO index that is garbage", segment(0xE2, b"MPF\0II*\0\xff\xff\xff\xff")


def _others() -> Iterator[Case]:
    for file_format in ("WEBP", "TIFF", "AVIF"):
        yield Case(
            f"{file_format} with a colour profile that is garbage",
            lambda f=file_format: saved(two_tone(), f, icc_profile=b"garbage" * 40),
            Accepted(file_format),
        )
        yield Case(
            f"{file_format} with a colour profile",
            lambda f=file_format: saved(two_tone(), f, icc_profile=SRGB),
            Accepted(file_format),
        )


CASES = (
    *(Case(f"PNG: {name}", lambda e=extra: png_with(e), Accepted("PNG")) for name, extra in _text_chunks()),
    *(
        Case(f"JPEG: {name}", lambda e=extra: jpeg_with(e), Accepted("JPEG"))
        for name, extra in _jpeg_segments()
    ),
    *_others(),
)
