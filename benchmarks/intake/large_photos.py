"""Photos of 12 megapixels in each format that people upload: real ones, enlarged, with the grain of a sensor."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
from PIL import Image

from benchmarks.report import REPOSITORY

LONG_SIDE_PX, SHORT_SIDE_PX = 4032, 3024
GRAIN = 3.0  # standard deviation of a sensor's noise, of 255: a smooth enlargement would pack too well
PHOTOS = ("dog/00.jpg", "can/00.jpg", "backpack/03.jpg")


def large_photo(name: str) -> Image.Image:
    """Return one of the real photos, its middle enlarged to 12 megapixels in the shape of a phone's, with grain."""
    folder = Path(os.environ.get("LIKENESS_PHOTOS_DIR", REPOSITORY.parent / "shared" / "photos"))
    with Image.open(folder / name) as small:
        kept = min(small.height, round(small.width * SHORT_SIDE_PX / LONG_SIDE_PX))
        top = (small.height - kept) // 2
        middle = small.convert("RGB").crop((0, top, small.width, top + kept))
    large = middle.resize((LONG_SIDE_PX, SHORT_SIDE_PX), Image.Resampling.LANCZOS)
    grain = np.random.default_rng(0).normal(0, GRAIN, (SHORT_SIDE_PX, LONG_SIDE_PX, 3)).astype(np.float32)
    return Image.fromarray((np.asarray(large) + grain).clip(0, 255).astype(np.uint8))


def _saved(picture: Image.Image, file_format: str, **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, file_format, **options)
    return out.getvalue()


def _heic(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    # As large as phones' files are; the encoder's own preset takes a minute for a photo with grain.
    pillow_heif.from_pillow(picture).save(out, quality=60, enc_params={"preset": "veryfast"})
    return out.getvalue()


FORMATS: dict[str, Callable[[Image.Image], bytes]] = {
    "JPEG": lambda picture: _saved(picture, "JPEG", quality=92),
    "progressive JPEG": lambda picture: _saved(picture, "JPEG", quality=92, progressive=True),
    "PNG": lambda picture: _saved(picture, "PNG"),
    "WebP": lambda picture: _saved(picture, "WEBP", quality=90, method=2),
    "HEIC": _heic,
}


def small_png(picture: Image.Image) -> bytes:
    """A PNG of 3 megapixels, which intake keeps without loss."""
    return _saved(picture.resize((LONG_SIDE_PX // 2, SHORT_SIDE_PX // 2)), "PNG")


def avif(picture: Image.Image) -> bytes:
    """An AVIF."""
    return _saved(picture, "AVIF", quality=80, speed=9)
