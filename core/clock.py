"""Time as an argument, so that a test can move it."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

Clock = Callable[[], datetime]

OFFSET_FILE_VARIABLE = "LIKENESS_CLOCK_OFFSET_FILE"
"""For tests only: names a file that holds the seconds by which this process' clock is wrong just now.

`make chaos` writes into it while processes run, so that their clocks jump as a machine's may.
"""


def utc_now() -> datetime:
    """Return the current time, with its zone."""
    offset_file = os.environ.get(OFFSET_FILE_VARIABLE)
    return datetime.now(UTC) + (_offset(Path(offset_file)) if offset_file else timedelta())


def _offset(file: Path) -> timedelta:
    """Read the offset; a clock goes right where there is none."""
    try:
        return timedelta(seconds=float(file.read_text()))
    except (OSError, ValueError):
        return timedelta()
