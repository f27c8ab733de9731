"""Photos of 12 megapixels in each format: what the gate takes to open them and to encode them anew.

Times are the child's processor time, which a busy machine leaves nearly as it is, and beside it the wait. Memory
is what the child alone held at most; a child opens one photo.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from benchmarks.intake.large_photos import FORMATS, PHOTOS, avif, large_photo, small_png
from benchmarks.intake.libraries import library_versions
from benchmarks.report import write
from core.feedback.decode import Decoded, read_answer
from core.feedback.decoder import Answer, DecodeLimits, ask

ENCODERS = FORMATS | {"PNG of 3 megapixels, kept lossless": small_png, "AVIF": avif}


async def run(rounds: int) -> None:
    """Measure and write the figures."""
    pictures = [large_photo(name) for name in PHOTOS]
    figures = {
        name: await _measure([encode(picture) for picture in pictures], rounds)
        for name, encode in ENCODERS.items()
    }
    write("intake-cost", {"photos": PHOTOS, "rounds": rounds, "formats": figures, **library_versions()})


async def _measure(uploads: Sequence[bytes], rounds: int) -> dict[str, Any]:
    """The medians over the photos, each the median of its rounds; the most memory of any."""
    await _ask(uploads[0])  # may have to start the decoder
    answers = [[await _ask(upload) for _ in range(rounds)] for upload in uploads]
    outcomes = [read_answer(of_photo[0]) for of_photo in answers]
    kept = [outcome for outcome in outcomes if isinstance(outcome, Decoded)]
    assert len(kept) == len(uploads), outcomes

    def median_ms(seconds: Sequence[Sequence[float]]) -> float:
        return statistics.median(statistics.median(of_photo) for of_photo in seconds) * 1000

    return {
        "upload_megabytes": statistics.median(len(upload) for upload in uploads) / 1e6,
        "kept_as": f"{kept[0].media_type}, {kept[0].width_px} x {kept[0].height_px} px",
        "kept_megabytes": statistics.median(len(photo.data) for photo in kept) / 1e6,
        "processor_median_ms": median_ms([[answer.cpu_seconds for answer in of] for of in answers]),
        "wait_median_ms": median_ms([[answer.wall_seconds for answer in of] for of in answers]),
        "peak_memory_megabytes": max(answer.peak_memory_bytes for of in answers for answer in of) / 1e6,
    }


async def _ask(upload: bytes) -> Answer:
    answer = await ask(upload, DecodeLimits())
    assert answer is not None
    return answer
