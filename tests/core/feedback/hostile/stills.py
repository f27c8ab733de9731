"""Pictures that are unusual and yet honest: every one is taken."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np
from PIL import Image

from tests.core.feedback.hostile.case import BLUE, RED, WHITE, Accepted, Case
from tests.core.feedback.hostile.drawing import as_heic, exif, half_hidden, png, saved, two_tone

GREY_RED, GREY_BLUE = (79, 79, 79), (51, 51, 51)  # the two tones by their luma
ORIENTED_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF")
LONG_PX, THIN_PX = 30000, 10


def _encoded(file_format: str, picture: Image.Image, **options: object) -> bytes:
    return as_heic(picture, **options) if file_format == "HEIF" else saved(picture, file_format, **options)


def _formats() -> Iterator[Case]:
    variants: tuple[tuple[str, str, dict[str, object]], ...] = (
        ("baseline", "JPEG", {}),
        ("progressive", "JPEG", {"progressive": True}),
        ("full colour", "JPEG", {"subsampling": 0}),
        ("restart markers", "JPEG", {"restart_marker_rows": 1}),
        ("stored", "PNG", {"compress_level": 0}),
        ("lossy", "WEBP", {}),
        ("lossless", "WEBP", {"lossless": True}),
        ("plain", "GIF", {}),
        ("plain", "BMP", {}),
        ("plain", "AVIF", {}),
        ("full colour", "AVIF", {"subsampling": "4:4:4"}),
        ("plain", "HEIF", {}),
        ("full colour", "HEIF", {"chroma": 444}),
        ("plain", "TIFF", {}),
        ("LZW", "TIFF", {"compression": "tiff_lzw"}),
        ("deflate", "TIFF", {"compression": "tiff_adobe_deflate"}),
        ("JPEG inside", "TIFF", {"compression": "jpeg", "quality": 95}),
        ("packbits", "TIFF", {"compression": "packbits"}),
    )
    for kind, file_format, options in variants:
        yield Case(
            f"{file_format} {kind}",
            lambda f=file_format, o=options: _encoded(f, two_tone(), **o),
            Accepted(file_format),
        )
    yield Case(
        "two JPEGs as an iPhone writes them",
        lambda: saved(two_tone(), "MPO", save_all=True, append_images=[two_tone().rotate(180)]),
        Accepted("MPO"),
    )
    yield Case("HEIC burst", lambda: as_heic(two_tone(), two_tone().rotate(180)), Accepted("HEIF"))
    yield Case("BMP top down", lambda: _top_down(saved(two_tone(), "BMP")), Accepted("BMP"))


def _top_down(bitmap: bytes) -> bytes:
    """Turn the sign of a BMP's height, at offset 22."""
    return bitmap[:22] + struct.pack("<i", -struct.unpack_from("<i", bitmap, 22)[0]) + bitmap[26:]


def _modes() -> Iterator[Case]:
    grey = Accepted("PNG", left=GREY_RED, right=GREY_BLUE)
    yield Case("grey PNG", lambda: saved(two_tone().convert("L"), "PNG"), grey)
    for bits in (1, 2, 4, 8):
        yield Case(
            f"palette of {bits} bits",
            lambda b=bits: saved(two_tone().quantize(2), "PNG", bits=b),
            Accepted("PNG"),
        )
    yield Case(
        "one bit a pixel",
        lambda: png(WIDE, 2, 1, 0, (b"\0" + b"\xff" * 4 + b"\0" * 4) * 2),
        Accepted("PNG", (WIDE, 2), WHITE, (0, 0, 0)),
    )
    for mode in ("RGBA", "LA", "P"):
        right = (51, 51, 51) if mode == "LA" else BLUE
        yield Case(
            f"transparency in {mode}",
            lambda m=mode: saved(half_hidden(m), "PNG"),
            Accepted("PNG", left=WHITE, right=right),
        )
    for file_format in ("WEBP", "GIF", "TIFF", "AVIF", "HEIF"):
        yield Case(
            f"transparency in {file_format}",
            lambda f=file_format: _encoded(f, half_hidden()),
            Accepted(file_format, left=WHITE),
        )
    yield Case(
        "one transparent colour",
        lambda: saved(two_tone(), "PNG", transparency=RED),
        Accepted("PNG", left=WHITE, tolerance=0),
    )
    for file_format, mode in (("JPEG", "L"), ("BMP", "L"), ("TIFF", "L"), ("GIF", "L"), ("HEIF", "L")):
        yield Case(
            f"grey {file_format}",
            lambda f=file_format, m=mode: _encoded(f, two_tone().convert(m)),
            Accepted(file_format, left=GREY_RED, right=GREY_BLUE),
        )
    for file_format in ("JPEG", "TIFF"):
        yield Case(
            f"CMYK {file_format}",
            lambda f=file_format: saved(two_tone().convert("CMYK"), f),
            Accepted(file_format),
        )
    yield Case("palette BMP", lambda: saved(two_tone().quantize(4), "BMP"), Accepted("BMP"))
    yield Case("palette TIFF", lambda: saved(two_tone().quantize(4), "TIFF"), Accepted("TIFF"))
    yield Case("YCbCr TIFF", lambda: saved(two_tone().convert("YCbCr"), "TIFF"), Accepted("TIFF"))


WIDE = 64  # px of the pictures that are written row by row


def _deep() -> Iterator[Case]:
    """16 bits a channel: the high byte is what is seen."""
    halves = np.repeat(np.array([0x1234, 0xEDCB], np.uint16), WIDE // 2)
    grey = np.tile(halves, (8, 1))
    seen = Accepted("PNG", (WIDE, 8), (0x12,) * 3, (0xED,) * 3, tolerance=1)
    yield Case("16-bit grey PNG", lambda: saved(Image.fromarray(grey), "PNG"), seen)
    for channels, colour_type, kind in (
        (3, 2, "colour"),
        (4, 6, "colour with alpha"),
        (2, 4, "grey with alpha"),
    ):
        pixels = np.repeat(grey[..., None], channels, axis=2)
        if channels in (2, 4):
            pixels[..., -1] = 0xFFFF
        rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
        yield Case(f"16-bit {kind} PNG", lambda r=rows, c=colour_type: png(WIDE, 8, 16, c, r), seen)
    yield Case(
        "16-bit grey TIFF",
        lambda: saved(Image.fromarray(grey), "TIFF"),
        Accepted("TIFF", (WIDE, 8), (0x12,) * 3, (0xED,) * 3, tolerance=1),
    )


def _turned() -> Iterator[Case]:
    upright = two_tone().transpose(Image.Transpose.ROTATE_90)  # what the sensor saw of a picture to turn by 6
    for file_format in ORIENTED_FORMATS:
        yield Case(
            f"{file_format} held sideways",
            lambda f=file_format: _encoded(f, upright, exif=exif(0x0112, 3, 1, 6)),
            Accepted(file_format),
        )
    for file_format in ("JPEG", "TIFF"):
        yield Case(
            f"large {file_format} held sideways",
            lambda f=file_format: _encoded(
                f, two_tone(7000, 700).transpose(Image.Transpose.ROTATE_90), exif=exif(0x0112, 3, 1, 6)
            ),
            Accepted(file_format, (3072, 307)),
        )
    for value in (0, 9, 65535):
        yield Case(
            f"orientation {value}",
            lambda v=value: saved(two_tone(), "JPEG", exif=exif(0x0112, 3, 1, v)),
            Accepted("JPEG"),
        )


def _extents() -> Iterator[Case]:
    for file_format in ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF"):
        yield Case(
            f"one pixel as {file_format}",
            lambda f=file_format: _encoded(f, Image.new("RGB", (1, 1), RED)),
            Accepted(file_format, (1, 1), None, None),
        )
    for file_format in ("JPEG", "PNG", "TIFF", "BMP", "GIF"):
        yield Case(
            f"{LONG_PX} x {THIN_PX} {file_format}",
            lambda f=file_format: saved(two_tone(LONG_PX, THIN_PX), f),
            Accepted(file_format, (3072, 1)),
        )
    yield Case(
        f"{THIN_PX} x {LONG_PX} PNG",
        lambda: saved(Image.new("RGB", (THIN_PX, LONG_PX), RED), "PNG"),
        Accepted("PNG", (1, 3072), None, None),
    )
    yield Case(
        "a photo of 20 megapixels with alpha",
        lambda: saved(two_tone(5000, 4000).convert("RGBA"), "PNG", compress_level=1),
        Accepted("PNG", (3072, 2458)),
    )


CASES = (*_formats(), *_modes(), *_deep(), *_turned(), *_extents())
