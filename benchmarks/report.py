"""What every result file holds besides its figures: the machine, the versions, the load, the date."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import statistics
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
REPOSITORY = Path(__file__).resolve().parent.parent
DISTRIBUTIONS = ("tortoise-orm", "aiosqlite", "psycopg", "procrastinate")


def write(name: str, figures: dict[str, Any]) -> None:
    """Print the figures and write them to `results/<name>.json`, with the circumstances."""
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps({**rounded(figures), **circumstances()}, indent=2)
    (RESULTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    print(f"{name}\n{json.dumps(rounded(figures), indent=2)}", flush=True)


def circumstances() -> dict[str, Any]:
    """Return where and when this runs, and what else kept the machine busy."""
    return {
        "machine": {
            "cpu": _cpu_model(),
            "cores": os.cpu_count(),
            "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
            "system": f"{platform.system()} {platform.release()}",
        },
        "load_average_1_5_15_minutes": [round(load, 2) for load in os.getloadavg()],
        "versions": {
            "python": platform.python_version(),
            "sqlite": sqlite3.sqlite_version,
            **{name: version(name) for name in DISTRIBUTIONS},
        },
        "commit": _commit(),
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }


def milliseconds(seconds: Sequence[float]) -> dict[str, float]:
    """Return the median and the tail of some durations, in milliseconds."""
    steps = statistics.quantiles(seconds, n=100, method="inclusive")
    return {
        "median_ms": statistics.median(seconds) * 1000,
        "p95_ms": steps[94] * 1000,
        "p99_ms": steps[98] * 1000,
        "count": len(seconds),
    }


def rounded(figure: Any) -> Any:
    """Return figures with four significant digits: what a shared machine measures has no more."""
    match figure:
        case dict():
            return {key: rounded(value) for key, value in figure.items()}
        case list() | tuple():
            return [rounded(value) for value in figure]
        case float():
            return float(f"{figure:.4g}")
        case _:
            return figure


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _commit() -> str:
    """Return the commit that ran, marked where the tree had changes of its own."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        said = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return said.stdout.strip()
