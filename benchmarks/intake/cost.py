"""A 12-megapixel photo in each format: what the gate takes to open it and to encode it anew.

Times are the child's processor time, which a busy machine leaves nearly as it is, and beside it the wait.
"""

from __future__ import annotations

import io
import os
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
from PIL import Image

from benchmarks.intake.libraries import library_versions
from benchmarks.report import REPOSITORY, write
from core.feedback.decode import Decoded, read_answer
from core.feedback.decoder import Answer, DecodeLimits, ask

WIDTH_PX, HEIGHT_PX = 4032, 3024
GRAIN = 3.0  # standard deviation of a sensor's noise, of 255: a smooth enlargement would pack too well
PHOTO = "dog/00.jpg"


def photo() -> Image.Image:
    """Return a real photo, enlarged to 12 megapixels, with the grain of a phone's sensor."""
    folder = Path(os.environ.get("LIKENESS_PHOTOS_DIR", REPOSITORY.parent / "shared" / "photos"))
    with Image.open(folder / PHOTO) as small:
        large = small.convert("RGB").resize((WIDTH_PX, HEIGHT_PX), Image.Resampling.LANCZOS)
    grain = np.random.default_rng(0).normal(0, GRAIN, (HEIGHT_PX, WIDTH_PX, 3))
    return Image.fromarray((np.asarray(large) + grain).clip(0, 255).astype(np.uint8))


def _saved(picture: Image.Image, file_format: str, **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, file_format, **options)
    return out.getvalue()


def _heic(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    pillow_heif.from_pillow(picture).save(out, quality=80)
    return out.getvalue()


FORMATS: dict[str, Callable[[Image.Image], bytes]] = {
    "JPEG": lambda picture: _saved(picture, "JPEG", quality=92),
    "progressive JPEG": lambda picture: _saved(picture, "JPEG", quality=92, progressive=True),
    "PNG": lambda picture: _saved(picture, "PNG"),
    "PNG of 3 megapixels, kept lossless": lambda picture: _saved(
        picture.resize((WIDTH_PX // 2, HEIGHT_PX // 2)), "PNG"
    ),
    "WebP": lambda picture: _saved(picture, "WEBP", quality=90, method=2),
    "HEIC": _heic,
    "AVIF": lambda picture: _saved(picture, "AVIF", quality=80, speed=9),
}


async def run(rounds: int) -> None:
    """Measure and write the figures."""
    picture = photo()
    uploads = {name: encode(picture) for name, encode in FORMATS.items()}
    figures = {name: await _measure(upload, rounds) for name, upload in uploads.items()}
    write("intake-cost", {"rounds": rounds, "formats": figures, **library_versions()})


async def _measure(upload: bytes, rounds: int) -> dict[str, Any]:
    limits = DecodeLimits()
    answers: list[Answer] = []
    for _ in range(rounds + 1):
        answer = await ask(upload, limits)
        assert answer is not None
        answers.append(answer)
    outcome = read_answer(answers[0])
    assert isinstance(outcome, Decoded), outcome
    warm = answers[1:]  # the first may have started the decoder
    return {
        "upload_megabytes": len(upload) / 1e6,
        "kept_as": f"{outcome.media_type}, {outcome.width_px} x {outcome.height_px} px",
        "kept_megabytes": len(outcome.data) / 1e6,
        "processor_median_ms": statistics.median(answer.cpu_seconds for answer in warm) * 1000,
        "wait_median_ms": statistics.median(answer.wall_seconds for answer in warm) * 1000,
        "peak_memory_megabytes": max(answer.peak_memory_bytes for answer in warm) / 1e6,
    }
