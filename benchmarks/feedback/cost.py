"""What looking at a photo of 12 megapixels costs, everything but reading text: from its file's bytes to the features.

In each format, beside a bare decode of the same bytes, beside intake's scaling and re-encoding, and beside
cleanvision's checks on the same files (where it is installed: see `benchmarks.feedback.others`).
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.feedback.photos import Photo
from benchmarks.intake.large_photos import FORMATS, PHOTOS, large_photo
from benchmarks.intake.libraries import library_versions
from benchmarks.report import REPOSITORY
from core.feedback.decoder import ALLOCATION_ENVIRONMENT

RUNS = 3
# One core: the libraries beneath would otherwise take as many threads as the machine has.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def run(_: Sequence[Photo]) -> dict[str, Any]:
    """Measure enlarged photos in each format."""
    with TemporaryDirectory() as folder:
        files = {
            name: [Path(folder) / f"{name}-{number}" for number in range(len(PHOTOS))] for name in FORMATS
        }
        for number, photo in enumerate(PHOTOS):
            picture = large_photo(photo)
            for name, encode in FORMATS.items():
                files[name][number].write_bytes(encode(picture))
        return {
            "photos": PHOTOS,
            "formats": {name: _of_format(of_format) for name, of_format in files.items()},
            "cleanvision": _installed("cleanvision"),
            **library_versions(),
        }


def _of_format(files: Sequence[Path]) -> dict[str, Any]:
    """Medians over the photos in ms, ratios of them, and the memory of a process that looked at one photo."""
    # Both as in the product: the child's memory is set up for large pictures, the pool's is not.
    decoding = _child("decoding", files, ALLOCATION_ENVIRONMENT)
    measuring = _child("measuring", files)
    costs: list[dict[str, float]] = [
        {"looking": one["decoding_for_looking"] + other["measuring"], **one, **other}
        for one, other in zip(decoding, measuring, strict=True)
    ]
    medians = {f"{step}_ms": statistics.median(cost[step] for cost in costs) for step in costs[0]}
    looking = medians["looking_ms"]
    figures: dict[str, Any] = {
        "file_megabytes": statistics.median(file.stat().st_size for file in files) / 1e6,
        **medians,
        "slowest_photo_looking_ms": max(cost["looking"] for cost in costs),
        "looking_over_bare_decode": looking / medians["bare_decode_ms"],
        **_child("memory", files[:1], ALLOCATION_ENVIRONMENT),
    }
    if _installed("cleanvision"):
        theirs = _run("benchmarks.feedback.others", files)
        figures |= {
            "cleanvision_ms": theirs["mean_ms"],
            "looking_over_cleanvision": looking / theirs["mean_ms"],
        }
    return figures


def _child(what: str, files: Sequence[Path], environment: Mapping[str, str] | None = None) -> Any:
    return _run("benchmarks.feedback.looking", (what, str(RUNS), *files), environment)


def _run(module: str, arguments: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> Any:
    """Run a module by itself and understand the last line that it prints."""
    command = (sys.executable, "-m", module, *map(str, arguments))
    said = subprocess.run(
        command,
        cwd=REPOSITORY,
        env={**os.environ, **ONE_THREAD, **(environment or {})},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(said.stdout.splitlines()[-1])


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
