"""Small files that ask for much: pixels, memory, time, bytes."""

from __future__ import annotations

import struct
import zlib

from core.feedback.decoder import DecodeLimits
from core.feedback.refusals import Problem
from tests.core.feedback.hostile.case import BLUE, RED, Accepted, Case, Refused
from tests.core.feedback.hostile.drawing import (
    PNG_SIGNATURE,
    as_heic,
    chunk,
    png,
    rewritten,
    saved,
    segment,
    tiff,
    two_tone,
)

PIXELS = Refused(Problem.PIXELS)
ISPE = struct.pack(">II", 60, 40)  # the size in px as HEIC and AVIF state it (ISO/IEC 23008-12)
WIDTH_TAG, HEIGHT_TAG = 256, 257
MEBIBYTE = 1024 * 1024


def _pixel_png(side_px: int) -> bytes:
    """A PNG of a few kilobytes that unpacks to side_px squared, one bit a pixel."""
    return png(side_px, side_px, 1, 0, bytes((side_px // 8 + 1) * side_px))


def _png_header(width_px: int, height_px: int) -> bytes:
    header = struct.pack(">IIBBBBB", width_px, height_px, 8, 2, 0, 0, 0)
    return (
        PNG_SIGNATURE
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(64)))
        + chunk(b"IEND", b"")
    )


def _sized_jpeg(width_px: int, height_px: int) -> bytes:
    """A JPEG whose frame header claims another size."""
    old = b"\x08" + struct.pack(">HH", 40, 60)
    return rewritten(saved(two_tone(), "JPEG"), old, b"\x08" + struct.pack(">HH", height_px, width_px))


def endless_jpeg(scans: int = 1000) -> bytes:
    """A progressive JPEG of less than a hundred kilobytes that repeats one empty scan, each over every pixel.

    Libjpeg walks through all coefficients for every scan: a known way to keep a server busy for hours.
    """
    head = b"\xff\xd8" + segment(0xDB, b"\0" + b"\1" * 64)
    head += segment(0xC2, struct.pack(">BHHB", 8, 8000, 8000, 1) + b"\1\x11\0")
    head += segment(0xC4, b"\0" + b"\1" + bytes(15) + b"\0") + segment(0xC4, b"\x10\1" + bytes(15) + b"\xe0")
    # Each scan refines one coefficient of the whole picture by runs of empty blocks.
    scan = segment(0xDA, b"\1\1\0\1\x3f\0") + b"\0" * 40
    return head + scan * scans + b"\xff\xd9"


def _overlong_rows() -> bytes:
    """A PNG whose pixels go on for 200 MB behind the last row."""
    row = b"\0" + bytes(RED) * 30 + bytes(BLUE) * 30
    return png(60, 40, 8, 2, row * 40 + bytes(200 * 1_000_000))


CASES = (
    Case("PNG of 100 megapixels in 12 kB", lambda: _pixel_png(10_000), PIXELS),
    Case("PNG that claims 65535 squared", lambda: _png_header(65_535, 65_535), PIXELS),
    Case("PNG that claims 2 billion squared", lambda: _png_header(2**31 - 1, 2**31 - 1), PIXELS),
    Case(
        "PNG that claims 67 megapixels and has none",
        lambda: _png_header(8192, 8192),
        Refused(Problem.TRUNCATED),
    ),
    Case("PNG with 200 MB behind its last row", _overlong_rows, Accepted("PNG")),
    Case("JPEG that claims 65500 squared", lambda: _sized_jpeg(65_500, 65_500), PIXELS),
    # Libjpeg fills up what is missing, if only the file has its end mark.
    Case(
        "JPEG that claims 8000 squared",
        lambda: _sized_jpeg(8_000, 8_000),
        Accepted("JPEG", (3072, 3072), None, None),
    ),
    Case(
        "GIF that claims 65535 squared",
        lambda: b"GIF89a\xff\xff\xff\xff\0\0\0" + saved(two_tone(), "GIF")[13:],
        PIXELS,
    ),
    Case(
        "GIF frame larger than its canvas",
        lambda: rewritten(
            saved(two_tone(), "GIF"), b",\0\0\0\0" + struct.pack("<HH", 60, 40), b",\0\0\0\0" + b"\xff" * 4
        ),
        PIXELS,
    ),
    Case(
        "BMP that claims 65535 squared",
        lambda: rewritten(
            saved(two_tone(), "BMP"), struct.pack("<ii", 60, 40), struct.pack("<ii", 65_535, 65_535)
        ),
        PIXELS,
    ),
    Case(
        "TIFF that claims a million squared",
        lambda: tiff(
            (WIDTH_TAG, 4, 1, 10**6),
            (HEIGHT_TAG, 4, 1, 10**6),
            (258, 3, 1, 8),
            (262, 3, 1, 1),
            (273, 4, 1, 8),
        ),
        PIXELS,
    ),
    Case(
        "WebP that claims 16383 squared",
        lambda: (
            b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\xfe\x3f\0\xfe\x3f\0" + saved(two_tone(), "WEBP")[12:]
        ),
        PIXELS,
    ),
    Case(
        "AVIF that claims 16000 squared",
        lambda: rewritten(saved(two_tone(), "AVIF"), ISPE, struct.pack(">II", 16_000, 16_000)),
        PIXELS,
    ),
    Case(
        "HEIC that claims 16000 squared",
        lambda: rewritten(
            as_heic(two_tone(64, 64)), struct.pack(">II", 64, 64), struct.pack(">II", 16_000, 16_000)
        ),
        PIXELS,
    ),
    Case(
        "HEIC window into 16000 squared",
        lambda: rewritten(
            as_heic(two_tone()), struct.pack(">II", 64, 64), struct.pack(">II", 16_000, 16_000)
        ),
        Refused(Problem.DAMAGED),
    ),
    Case(
        "JPEG of a thousand scans",
        endless_jpeg,
        Refused(Problem.TIME),
        limits=DecodeLimits(cpu_seconds=1),
    ),
    Case(
        "PNG slower than it may be",
        lambda: saved(two_tone(), "PNG"),
        Refused(Problem.TIME),
        limits=DecodeLimits(wall_seconds=0.0),
    ),
    Case(
        "PNG that takes more memory than there is",
        lambda: _png_rows(7000),
        Refused(Problem.MEMORY),
        limits=DecodeLimits(max_memory_bytes=160 * MEBIBYTE),
    ),
    Case(
        "WebP that takes more memory than there is",
        lambda: saved(two_tone(4000, 3000), "WEBP", method=0),
        Refused(Problem.MEMORY),
        limits=DecodeLimits(max_memory_bytes=160 * MEBIBYTE),
    ),
    Case("a file with too many bytes", lambda: bytes(50 * MEBIBYTE + 1), Refused(Problem.BYTES)),
    Case(
        "a JPEG with too many bytes",
        lambda: saved(two_tone(), "JPEG") + bytes(50 * MEBIBYTE),
        Refused(Problem.BYTES),
    ),
)


def _png_rows(side_px: int) -> bytes:
    return png(side_px, side_px, 8, 2, bytes((side_px * 3 + 1) * side_px))
