"""Looks at photos in a process of its own and prints what it cost.

`python -m benchmarks.feedback.looking decoding|measuring|memory RUNS FILE...`. In the product two processes share
the work: intake's child decodes, and a pool measures. Times are processor time of one core, the fastest of some
runs, for others share the machine.
"""

from __future__ import annotations

import io
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from core.feedback.convert import convert, decode, open_still, prepare_libraries
from core.feedback.decoder import DecodeLimits
from core.feedback.encoding import encode
from core.feedback.features import DETAIL_SIDE_PX, SMALLEST_DRAFT_SIDE_PX, fit, measure, measure_pixels
from core.feedback.webp import decode_still

LIMITS = DecodeLimits()


def _decode_small(upload: bytes) -> tuple[np.ndarray, tuple[int, int]]:
    """What `core.feedback.features.measure` does to a JPEG, for every format: a whole number of px into one."""
    with Image.open(io.BytesIO(upload)) as image:
        size = image.size
    side = max(size) // max(1, max(size) // SMALLEST_DRAFT_SIDE_PX)
    colour, _ = decode(upload, max_pixels=LIMITS.max_pixels, max_long_side_px=side)
    return fit(np.asarray(colour), DETAIL_SIDE_PX), size


def _decode_with_pillow(upload: bytes) -> None:
    with Image.open(io.BytesIO(upload)) as image:
        image.load()


def _decode_bare(upload: bytes) -> None:
    """Whole, by what is fastest here: Pillow (with zlib-ng, libjpeg-turbo), libwebp itself, libheif on one thread."""
    with open_still(upload, LIMITS.max_pixels) as image:
        (decode_still(upload, image) if image.format == "WEBP" else image).load()


def _decode_with_opencv(upload: bytes) -> None:
    cv2.imdecode(np.frombuffer(upload, np.uint8), cv2.IMREAD_COLOR)


def decoding(upload: bytes) -> dict[str, Callable[[], object]]:
    """What intake's child does, or could do, with the bytes of an upload."""
    colour, source_format = decode(
        upload, max_pixels=LIMITS.max_pixels, max_long_side_px=LIMITS.max_long_side_px
    )
    steps: dict[str, Callable[[], object]] = {
        "decoding_for_looking": lambda: _decode_small(upload),
        "bare_decode": lambda: _decode_bare(upload),
        "bare_decode_by_pillow": lambda: _decode_with_pillow(upload),
        "intake_decode_scale_encode": lambda: _gate(upload),
        "of_it_encoding": lambda: encode(colour, lossless=False),
    }
    if source_format != "HEIF":  # OpenCV has no decoder for it
        steps["bare_decode_by_opencv"] = lambda: _decode_with_opencv(upload)
    return steps


def measuring(upload: bytes) -> dict[str, Callable[[], object]]:
    """What the pool of processes does with the decoded picture, and with the one that intake kept."""
    kept, (rgb, size) = _gate(upload), _decode_small(upload)
    return {
        "measuring": lambda: measure_pixels(rgb, *size, sha256=""),  # intake makes it, of what it keeps
        "measuring_what_intake_kept": lambda: measure(kept),
    }


def _gate(upload: bytes) -> bytes:
    return convert(upload, max_pixels=LIMITS.max_pixels, max_long_side_px=LIMITS.max_long_side_px)[1]


def _costs(steps: dict[str, Callable[[], object]], runs: int) -> dict[str, float]:
    """Processor milliseconds of each step, the fastest of its runs."""
    taken: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(runs):  # one after the other, so that a busy moment hits all alike
        for name, step in steps.items():
            taken[name].append(_milliseconds(step))
    return {name: min(milliseconds) for name, milliseconds in taken.items()}


def _milliseconds(step: Callable[[], object]) -> float:
    started = time.process_time()
    step()
    return (time.process_time() - started) * 1000


def _memory(upload: bytes) -> dict[str, float]:
    """What a process that has looked at one photo, and at nothing else, held at most."""
    before = peak_mebibytes()
    rgb, size = _decode_small(upload)
    measure_pixels(rgb, *size, sha256="")
    return {"peak_memory_mib": peak_mebibytes(), "of_it_before_the_photo_mib": before}


def peak_mebibytes() -> float:
    """The most memory that this process held. A child's `ru_maxrss` begins with its parent's; Linux's own does not."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        scale = 2**20 if sys.platform == "darwin" else 2**10
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale
    return int(status.partition("VmHWM:")[2].split()[0]) / 2**10


def main() -> None:
    """Print one JSON object: the costs of every photo, or the memory."""
    what, runs, files = sys.argv[1], int(sys.argv[2]), [Path(name) for name in sys.argv[3:]]
    cv2.setNumThreads(1)
    prepare_libraries()
    if what == "memory":
        print(json.dumps(_memory(files[0].read_bytes())))
        return
    steps = {"decoding": decoding, "measuring": measuring}[what]
    print(json.dumps([_costs(steps(file.read_bytes()), runs) for file in files]))


if __name__ == "__main__":
    main()
