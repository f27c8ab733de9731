"""Files that begin as pictures and break their format's rules further on."""

from __future__ import annotations

import struct
import zlib

from core.feedback.refusals import Problem
from core.feedback.sniff import Content
from tests.core.feedback.hostile.case import Accepted, Case, Refused, holding
from tests.core.feedback.hostile.drawing import (
    PNG_HEADER_END,
    PNG_SIGNATURE,
    as_heic,
    box,
    chunk,
    noise,
    png,
    png_with,
    rewritten,
    saved,
    segment,
    tiff,
    two_tone,
)

DAMAGED, TRUNCATED = Refused(Problem.DAMAGED), Refused(Problem.TRUNCATED)
END = chunk(b"IEND", b"")
ROWS = chunk(b"IDAT", zlib.compress(bytes(64)))


def _header(*fields: int) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", *fields))


def _without(content: bytes, marker: int) -> bytes:
    """A JPEG without its segments of one kind, up to the picture."""
    kept, position = content[:2], 2
    while content[position + 1] != 0xDA:
        (length,) = struct.unpack_from(">H", content, position + 2)
        if content[position + 1] != marker:
            kept += content[position : position + 2 + length]
        position += 2 + length
    return kept + content[position:]


def _blanked(content: bytes) -> bytes:
    """The second half became zeros, as after a download that broke off on a phone."""
    half = len(content) // 2
    return content[:half] + bytes(len(content) - half)


def _nested_boxes(depth: int) -> bytes:
    inside = box(b"free")
    for _ in range(depth):
        inside = box(b"meta", bytes(4) + inside)
    return box(b"ftyp", b"heic\0\0\0\0mif1heic") + inside


CASES = (
    Case("PNG signature alone", holding(PNG_SIGNATURE), DAMAGED),
    Case("PNG without a header", lambda: PNG_SIGNATURE + ROWS + END, DAMAGED),
    Case("PNG of no size", lambda: PNG_SIGNATURE + _header(0, 0, 8, 2, 0, 0, 0) + ROWS + END, DAMAGED),
    Case("PNG of 3 bits", lambda: PNG_SIGNATURE + _header(8, 8, 3, 0, 0, 0, 0) + ROWS + END, DAMAGED),
    Case("PNG without rows", lambda: PNG_SIGNATURE + _header(8, 8, 8, 2, 0, 0, 0) + END, DAMAGED),
    Case(
        "PNG without its palette", lambda: png(8, 8, 8, 3, bytes(9 * 8)), Accepted("PNG", (8, 8), None, None)
    ),
    Case(
        "PNG with colours beyond its palette",
        lambda: png(8, 8, 8, 3, (b"\0" + b"\xff" * 8) * 8, chunk(b"PLTE", b"\1\2\3")),
        Accepted("PNG", (8, 8), None, None),
    ),
    Case("PNG with an unknown filter", lambda: png(8, 8, 8, 0, (b"\x09" + bytes(8)) * 8), DAMAGED),
    Case("PNG chunk longer than the file", lambda: png_with(b"\x7f\xff\xff\xfftEXt"), DAMAGED),
    Case("PNG chunk of negative length", lambda: png_with(b"\xff\xff\xff\xfftEXt"), DAMAGED),
    Case("PNG with wrong checksums", lambda: _wrong_checksum(), DAMAGED),
    Case("PNG half zeros", lambda: _blanked(saved(noise(), "PNG")), DAMAGED),
    Case("PNG with two headers", lambda: png_with(_header(9, 9, 8, 2, 0, 0, 0)), Accepted("PNG")),
    Case("JPEG marker alone", holding(b"\xff\xd8\xff"), DAMAGED),
    Case(
        "JPEG without a picture",
        lambda: b"\xff\xd8" + segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0") + b"\xff\xd9",
        DAMAGED,
    ),
    Case("JPEG without quantisation", lambda: _without(saved(noise(), "JPEG"), 0xDB), DAMAGED),
    Case("JPEG without a frame", lambda: _without(saved(noise(), "JPEG"), 0xC0), DAMAGED),
    Case("JPEG of no size", lambda: _jpeg_of_no_size(), DAMAGED),
    Case("JPEG of ones", lambda: b"\xff\xd8" + b"\xff" * 100_000, DAMAGED),
    Case(
        "GIF of no size",
        lambda: b"GIF89a\0\0\0\0\0\0\0" + saved(two_tone(), "GIF")[13:],
        Accepted("GIF", left=None, right=None),
    ),
    Case("GIF signature alone", holding(b"GIF89a"), DAMAGED),
    Case("GIF without a frame", holding(b"GIF89a\x08\0\x08\0\0\0\0;"), DAMAGED),
    Case("BMP of no size", lambda: _bitmap_sized(0, 0), DAMAGED),
    Case("BMP of 7 bits", lambda: rewritten(saved(two_tone(), "BMP"), b"\1\0\x18\0", b"\1\0\x07\0"), DAMAGED),
    Case("TIFF whose directory is itself", lambda: b"II*\0" + struct.pack("<IHI", 8, 0, 8), DAMAGED),
    Case("TIFF whose directory is elsewhere", holding(b"II*\0\xff\xff\xff\x7f"), DAMAGED),
    Case("TIFF without tags", lambda: tiff(), DAMAGED),
    Case(
        "TIFF of an unknown packing",
        lambda: tiff((256, 3, 1, 8), (257, 3, 1, 8), (259, 3, 1, 60_000), (262, 3, 1, 1), (273, 4, 1, 8)),
        DAMAGED,
    ),
    Case("WebP that lies of its size", lambda: _webp_sized(saved(noise(), "WEBP"), 0xFFFFFFF0), DAMAGED),
    Case("WebP without a picture", holding(b"RIFF\x04\0\0\0WEBP"), DAMAGED),
    # Zeros are a valid code in it: nobody can tell.
    Case(
        "lossless WebP half zeros",
        lambda: _blanked(saved(noise(), "WEBP", lossless=True)),
        Accepted("WEBP", (160, 120), None, None),
    ),
    Case("HEIC without a picture", lambda: box(b"ftyp", b"heic\0\0\0\0mif1heic"), DAMAGED),
    Case("HEIC of a thousand boxes in each other", lambda: _nested_boxes(1000), DAMAGED),
    Case("HEIC with its index cut out", lambda: rewritten(as_heic(two_tone()), b"iloc", b"free"), DAMAGED),
    Case("HEIC box of no length", lambda: box(b"ftyp", b"heic\0\0\0\0mif1") + bytes(4096), DAMAGED),
    Case("AVIF without a picture", lambda: box(b"ftyp", b"avif\0\0\0\0mif1avif"), DAMAGED),
    Case(
        "AVIF with its index cut out", lambda: rewritten(saved(two_tone(), "AVIF"), b"iloc", b"free"), DAMAGED
    ),
    Case("file type box of another length", holding(b"\xff\xff\xff\xffftypheic"), DAMAGED),
    Case("file type box cut short", holding(b"\0\0\0\x18ftyp"), Refused(Content.VIDEO)),
)


def _wrong_checksum() -> bytes:
    plain = saved(two_tone(), "PNG")
    return plain[: PNG_HEADER_END - 4] + bytes(4) + plain[PNG_HEADER_END:]


def _jpeg_of_no_size() -> bytes:
    return rewritten(saved(two_tone(), "JPEG"), struct.pack(">BHH", 8, 40, 60), struct.pack(">BHH", 8, 0, 0))


def _bitmap_sized(width_px: int, height_px: int) -> bytes:
    size = struct.pack("<ii", width_px, height_px)
    return rewritten(saved(two_tone(), "BMP"), struct.pack("<ii", 60, 40), size)


def _webp_sized(content: bytes, size: int) -> bytes:
    return content[:4] + struct.pack("<I", size) + content[8:]
