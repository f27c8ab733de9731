"""Files that end too early: at every quarter, and right after their first bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from core.feedback.refusals import Problem
from tests.core.feedback.hostile.case import Case, Refused
from tests.core.feedback.hostile.drawing import as_heic, noise, saved

HEAD_BYTES = 24

WHOLE: dict[str, Callable[[], bytes]] = {
    "JPEG": lambda: saved(noise(), "JPEG"),
    "progressive JPEG": lambda: saved(noise(), "JPEG", progressive=True),
    "PNG": lambda: saved(noise(), "PNG"),
    "GIF": lambda: saved(noise().quantize(256), "GIF"),
    "BMP": lambda: saved(noise(), "BMP"),
    "WebP": lambda: saved(noise(), "WEBP"),
    "lossless WebP": lambda: saved(noise(), "WEBP", lossless=True),
    "TIFF": lambda: saved(noise(), "TIFF"),
    "LZW TIFF": lambda: saved(noise(), "TIFF", compression="tiff_lzw"),
    "AVIF": lambda: saved(noise(), "AVIF"),
    "HEIC": lambda: as_heic(noise()),
    "iPhone JPEG": lambda: saved(noise(), "MPO"),
}
# Where the reader can tell that the end is missing; elsewhere it only sees that something is wrong.
KNOWN_END = frozenset(("JPEG", "progressive JPEG", "PNG", "GIF", "BMP", "TIFF", "iPhone JPEG"))


def _cases() -> Iterator[Case]:
    for name, make in WHOLE.items():
        why = Problem.TRUNCATED if name in KNOWN_END else Problem.DAMAGED
        for quarter in (1, 2, 3):
            yield Case(
                f"{name} cut at {quarter}/4",
                lambda m=make, q=quarter: m()[: len(m()) * q // 4],
                Refused(why),
            )
        yield Case(f"{name} of {HEAD_BYTES} bytes", lambda m=make: m()[:HEAD_BYTES], Refused(Problem.DAMAGED))


CASES = tuple(_cases())
