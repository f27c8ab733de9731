"""What feedback on one photo of 12 megapixels costs: processor time of one core, everything but reading text."""

from __future__ import annotations

import io
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import cv2
from PIL import Image

from benchmarks.feedback.photos import Photo
from core.feedback.features import measure

SIZE_PX = (4000, 3000)
QUALITY = 92  # as phones save
PHOTOS = 12
RUNS = 3


def run(photos: Sequence[Photo]) -> dict[str, Any]:
    """Measure enlarged copies of some photos, one of each few, and say what decoding alone costs beside it."""
    files = [_twelve_megapixels(photo) for photo in photos[:: max(1, len(photos) // PHOTOS)]]
    cv2.setNumThreads(1)
    return {
        "photo": {"width_px": SIZE_PX[0], "height_px": SIZE_PX[1], "quality": QUALITY},
        "file_bytes": statistics.median(len(file) for file in files),
        "features_jpeg_ms": _milliseconds(measure, files),
        "full_decode_jpeg_ms": _milliseconds(_decode, files),
        "peak_memory_of_the_process_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _twelve_megapixels(photo: Photo) -> bytes:
    with Image.open(photo.label.path) as image:
        large = image.convert("RGB").resize(SIZE_PX, Image.Resampling.LANCZOS)
    out = io.BytesIO()
    large.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def _decode(data: bytes) -> None:
    with Image.open(io.BytesIO(data)) as image:
        image.load()


def _milliseconds(work: Callable[[bytes], object], files: Sequence[bytes]) -> dict[str, float]:
    """The median and the slowest photo, each the fastest of some runs: others share the machine."""
    best: list[float] = []
    for file in files:
        seconds: list[float] = []
        for _ in range(RUNS):
            started = time.process_time()
            work(file)
            seconds.append(time.process_time() - started)
        best.append(min(seconds) * 1000)
    return {"median": statistics.median(best), "slowest": max(best), "photos": len(best)}
