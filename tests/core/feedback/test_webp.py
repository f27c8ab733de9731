"""WebP stills through libwebp itself give what Pillow gives, and what is no whole still is left to Pillow."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.feedback import webp
from core.feedback.convert import Rejected, decode
from core.feedback.refusals import Problem


@pytest.fixture(autouse=True)
def _own_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Decoding sets Pillow's limit for its whole process, which is a child's in the product."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)


def as_webp(picture: Image.Image, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, "WEBP", **options)
    return out.getvalue()


def photo(photos_dir: Path, mode: str = "RGB") -> Image.Image:
    with Image.open(photos_dir / "dog" / "00.jpg") as image:
        picture = image.convert("RGB").resize((301, 203))
    if mode == "RGBA":
        picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    return picture


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("lossless", [False, True])
def test_every_kind_of_still_has_the_same_pixels_as_from_pillow(
    photos_dir: Path, mode: str, lossless: bool
) -> None:
    upload = as_webp(photo(photos_dir, mode), lossless=lossless, exact=True)
    with Image.open(io.BytesIO(upload)) as opened:
        still = webp.decode_still(upload, opened)
        assert still is not opened, "this machine's Pillow hides its libwebp"
        assert (np.asarray(still.convert("RGBA")) == np.asarray(opened.convert("RGBA"))).all()


def test_orientation_and_colour_profile_are_kept_for_what_comes_after(photos_dir: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    upload = as_webp(photo(photos_dir), exif=exif, icc_profile=b"a profile")
    with Image.open(io.BytesIO(upload)) as opened:
        still = webp.decode_still(upload, opened)
    assert still.info["icc_profile"] == b"a profile"
    assert still.getexif()[0x0112] == 6
    picture, source_format = decode(upload, max_pixels=1 << 20, max_long_side_px=3072)
    assert (picture.size, source_format) == ((203, 301), "WEBP")


def test_what_lies_hidden_under_full_transparency_stays_hidden(photos_dir: Path) -> None:
    picture = photo(photos_dir)
    picture.putalpha(0)
    shown, _ = decode(as_webp(picture, lossless=True, exact=True), max_pixels=1 << 20, max_long_side_px=3072)
    assert shown.getextrema() == ((255, 255),) * 3


def test_a_picture_that_is_scaled_down_on_the_way_looks_the_same(photos_dir: Path) -> None:
    with Image.open(photos_dir / "dog" / "00.jpg") as image:
        large = image.convert("RGB").resize((1200, 900))
    small, _ = decode(as_webp(large, quality=95), max_pixels=1 << 24, max_long_side_px=300)
    assert small.mode == "RGB"
    difference = np.abs(
        np.asarray(small, int) - np.asarray(large.resize((300, 225), Image.Resampling.BOX), int)
    )
    assert difference.mean() < 3


@pytest.mark.parametrize("share", [0.3, 0.9, 0.999])
def test_a_file_that_ends_too_early_is_refused_as_ever(photos_dir: Path, share: float) -> None:
    whole = as_webp(photo(photos_dir))
    with pytest.raises(Rejected) as rejected:
        decode(whole[: int(len(whole) * share)], max_pixels=1 << 20, max_long_side_px=3072)
    assert rejected.value.problem is Problem.DAMAGED


def test_a_pillow_that_hides_its_libwebp_decodes_by_itself(
    photos_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = as_webp(photo(photos_dir, "RGBA"))
    usual, _ = decode(upload, max_pixels=1 << 20, max_long_side_px=3072)
    monkeypatch.setattr(webp, "_decode_into", None)
    slower, _ = decode(upload, max_pixels=1 << 20, max_long_side_px=3072)
    assert (np.asarray(usual) == np.asarray(slower)).all()
