"""What becomes of the files that people, and attackers, attach."""

from __future__ import annotations

import asyncio
import io
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageOps

from core.feedback.decode import Decoded, DecodeLimits, Unreadable, decode, shown_name

RED, BLUE = (200, 30, 20), (20, 40, 200)
GPS_MARK = b"SECRET-PLACE-47.1"


def two_tone(width_px: int = 60, height_px: int = 40) -> Image.Image:
    """Red on the left, blue on the right."""
    picture = Image.new("RGB", (width_px, height_px), RED)
    picture.paste(BLUE, (width_px // 2, 0, width_px, height_px))
    return picture


def saved(picture: Image.Image, file_format: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, file_format, **options)
    return out.getvalue()


def as_heic(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    pillow_heif.from_pillow(picture).save(out)
    return out.getvalue()


def as_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("photo.jpg", b"inside")
    return out.getvalue()


def pixel_bomb(side_px: int) -> bytes:
    """A PNG of a few kilobytes that unpacks to side_px squared."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    rows = zlib.compress(bytes((side_px // 8 + 1) * side_px), 9)
    header = struct.pack(">IIBBBBB", side_px, side_px, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


async def picture_of(data: bytes) -> tuple[Decoded, Image.Image]:
    outcome = await decode(data, "photo")
    assert isinstance(outcome, Decoded), outcome
    return outcome, Image.open(io.BytesIO(outcome.data))


async def refusal_of(data: bytes, limits: DecodeLimits | None = None) -> str:
    outcome = await decode(data, "photo.jpg", limits=limits)
    assert isinstance(outcome, Unreadable)
    return outcome.sentence


def is_near(pixel: object, colour: tuple[int, int, int], tolerance: int = 30) -> bool:
    return bool(np.abs(np.subtract(np.asarray(pixel, dtype=int), colour)).max() <= tolerance)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "AVIF", "BMP", "TIFF", "GIF", "HEIF"])
async def test_every_still_format_is_read_whatever_its_name(file_format: str) -> None:
    data = as_heic(two_tone()) if file_format == "HEIF" else saved(two_tone(), file_format)
    outcome, picture = await picture_of(data)
    assert (outcome.source_format, outcome.width_px, outcome.height_px) == (file_format, 60, 40)
    assert outcome.media_type in ("image/jpeg", "image/png")
    assert is_near(picture.getpixel((5, 20)), RED) and is_near(picture.getpixel((55, 20)), BLUE)


async def test_an_iphone_jpeg_with_two_pictures_in_it_is_a_still(photos_dir: Path) -> None:
    outcome, picture = await picture_of((photos_dir / "candle" / "00.jpg").read_bytes())
    assert outcome.source_format == "MPO"
    assert picture.size == (2048, 2048)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "photo.jpg is empty."),
        (b" \n\n", "photo.jpg is empty."),
        (
            b"\n<!DOCTYPE HTML><html><title>Sign in</title><svg></svg></html>",
            " is not an image: it is a web page, probably a sign-in page. Attach the picture itself.",
        ),
        ("<html><body>später".encode("utf-16"), "web page"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        ("Just some words, größer als sonst.".encode(), "plain text"),
        (as_zip(), "an archive"),
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "an EPS or PostScript drawing"),
        (b"\0\0\0\x18ftypisom\0\0\0\0", "a video"),
        (b"\x7fELF\x02\x01\x01\0\0\0", "not an image that I can read"),
        (b"\x89PNG\r\n\x1a\n", "damaged or incomplete"),
    ],
)
async def test_what_is_not_an_image_is_named_for_what_it_is(data: bytes, words: str) -> None:
    assert words in await refusal_of(data)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF", "BMP", "GIF", "HEIF"])
async def test_a_file_that_ends_too_early_is_refused(file_format: str, photos_dir: Path) -> None:
    photo = Image.open(photos_dir / "dog" / "00.jpg").resize((300, 300))
    whole = as_heic(photo) if file_format == "HEIF" else saved(photo, file_format)
    assert "incomplete" in await refusal_of(whole[: len(whole) * 2 // 3])


@pytest.mark.parametrize("file_format", ["GIF", "WEBP", "PNG", "AVIF"])
async def test_animations_are_refused(file_format: str) -> None:
    frames = [two_tone(), two_tone().rotate(180)]
    data = saved(frames[0], file_format, save_all=True, append_images=frames[1:], duration=100)
    assert "is animated" in await refusal_of(data)


async def test_several_pages_in_one_file_are_refused() -> None:
    data = saved(two_tone(), "TIFF", save_all=True, append_images=[two_tone()])
    assert "several pictures" in await refusal_of(data)


async def test_a_pixel_bomb_is_refused_by_its_header() -> None:
    bomb = pixel_bomb(10_000)
    assert len(bomb) < 20_000
    assert "more than 67 million pixels" in await refusal_of(bomb)


async def test_a_file_with_too_many_bytes_is_refused() -> None:
    limits = DecodeLimits(max_bytes=1024 * 1024)
    assert "larger than 1 MB" in await refusal_of(bytes(1024 * 1024 + 1), limits)


async def test_a_text_bomb_inside_a_png_is_never_unpacked() -> None:
    chunks = b"zTXtComment\0\0" + zlib.compress(bytes(80_000_000), 9)
    plain = saved(two_tone(), "PNG")
    packed = struct.pack(">I", len(chunks) - 4) + chunks + struct.pack(">I", zlib.crc32(chunks))
    _, picture = await picture_of(plain[:33] + packed + plain[33:])
    assert picture.getpixel((5, 20)) == RED


async def test_a_picture_that_takes_too_long_is_stopped() -> None:
    limits = DecodeLimits(wall_seconds=0.001)
    assert "takes too long" in await refusal_of(saved(two_tone(), "PNG"), limits)


async def test_a_picture_that_takes_too_much_memory_is_stopped() -> None:
    limits = DecodeLimits(max_memory_bytes=160 * 1024 * 1024)
    data = saved(Image.new("RGB", (7000, 7000)), "PNG", compress_level=1)
    assert "too much memory" in await refusal_of(data, limits)


@pytest.mark.parametrize("orientation", range(1, 9))
async def test_exif_rotation_is_applied(orientation: int) -> None:
    """Each orientation is undone as Pillow's own reference does it."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    upload = saved(two_tone(), "JPEG", exif=exif, quality=95)
    expected = ImageOps.exif_transpose(Image.open(io.BytesIO(upload)))
    _, picture = await picture_of(upload)
    assert picture.size == expected.size
    difference = np.abs(np.asarray(picture, dtype=int) - np.asarray(expected.convert("RGB"), dtype=int))
    assert difference.mean() < 5


async def test_metadata_and_everything_behind_the_picture_is_left_out() -> None:
    exif = Image.Exif()
    exif[0x010E] = GPS_MARK.decode()
    upload = saved(two_tone(), "JPEG", exif=exif, comment=GPS_MARK, xmp=GPS_MARK) + as_zip()
    assert GPS_MARK in upload
    outcome, picture = await picture_of(upload)
    assert GPS_MARK not in outcome.data and b"PK\x03\x04" not in outcome.data
    assert not picture.getexif()


async def test_broken_metadata_does_not_cost_the_photo() -> None:
    upload = saved(two_tone(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\xff\xff garbage", icc_profile=b"garbage" * 40)
    _, picture = await picture_of(upload)
    assert is_near(picture.getpixel((5, 20)), RED)


async def test_16_bit_grey_keeps_its_tones() -> None:
    ramp = np.tile(np.linspace(0, 65535, 256).astype(np.uint16), (16, 1))
    _, picture = await picture_of(saved(Image.fromarray(ramp), "PNG"))
    assert is_near(picture.getpixel((128, 8)), (128, 128, 128), tolerance=2)
    assert is_near(picture.getpixel((0, 8)), (0, 0, 0), tolerance=2)
    assert is_near(picture.getpixel((255, 8)), (255, 255, 255), tolerance=2)


async def test_cmyk_keeps_its_colours() -> None:
    _, picture = await picture_of(saved(two_tone().convert("CMYK"), "JPEG"))
    assert picture.mode == "RGB"
    assert is_near(picture.getpixel((5, 20)), RED) and is_near(picture.getpixel((55, 20)), BLUE)


@pytest.mark.parametrize("mode", ["RGBA", "P", "LA"])
async def test_transparency_becomes_white_and_hidden_colours_stay_hidden(mode: str) -> None:
    picture = two_tone().convert("RGBA")
    picture.paste((255, 0, 255, 0), (0, 0, 30, 40))
    uploaded = picture.quantize(8) if mode == "P" else picture.convert(mode)
    _, flat = await picture_of(saved(uploaded, "PNG"))
    assert flat.getpixel((5, 20)) == (255, 255, 255)
    assert flat.getpixel((55, 20)) != (255, 255, 255)


async def test_a_single_transparent_colour_becomes_white() -> None:
    _, flat = await picture_of(saved(two_tone(), "PNG", transparency=RED))
    assert flat.getpixel((5, 20)) == (255, 255, 255)
    assert flat.getpixel((55, 20)) == BLUE


async def test_a_very_large_photo_is_scaled_down() -> None:
    outcome, _ = await picture_of(saved(two_tone(5000, 2500), "PNG", compress_level=1))
    assert (outcome.width_px, outcome.height_px) == (3072, 1536)


async def test_the_same_upload_has_the_same_hash_and_another_has_not(photos_dir: Path) -> None:
    photo, other = ((photos_dir / "dog" / name).read_bytes() for name in ("00.jpg", "01.jpg"))
    outcomes = await asyncio.gather(*(decode(data, "photo") for data in (photo, photo, other)))
    hashes = [outcome.sha256 for outcome in outcomes if isinstance(outcome, Decoded)]
    assert hashes[0] == hashes[1] != hashes[2]


@pytest.mark.parametrize(
    ("filename", "shown"),
    [
        ("photo.jpg", "photo.jpg"),
        ("C:\\Users\\ada\\photo.jpg", "photo.jpg"),
        ("../../etc/passwd", "passwd"),
        ("a\nb\u202egpj.exe", "abgpj.exe"),
        ("a\u2028b.jpg", "ab.jpg"),
        ("\0", "This file"),
        ("x" * 300, "x" * 59 + "…"),
    ],
)
def test_a_strangers_file_name_is_repeated_safely(filename: str, shown: str) -> None:
    assert shown_name(filename) == shown
