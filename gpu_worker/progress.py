"""How far a job is, as the thread shows it."""

from __future__ import annotations

import time

from gpu_worker.events import Progressed

PROGRESS_SECONDS = 0.5
"""Least time between two writes of progress: a bar need not move faster."""
STEPS_TO_JUDGE_BY = 3
"""The first step is slower than the rest, so one or two say little about the pace."""


class Progress:
    """How far a job is, how long a step takes here and now, and when that was last told."""

    def __init__(self) -> None:
        self.done = 0
        self.total = 0
        self._first: tuple[float, int] | None = None
        self._told_at = -PROGRESS_SECONDS

    @property
    def fraction(self) -> float:
        """Share of the work that is done."""
        return self.done / self.total if self.total else 0.0

    def count(self, event: Progressed) -> None:
        """Take note of a step."""
        self.done, self.total = event.done, event.total
        if self._first is None:
            self._first = (time.monotonic(), event.done)

    def seconds_left(self) -> float | None:
        """Say how long the rest takes at the pace so far, or None while there is none."""
        if self._first is None or self.done < self._first[1] + STEPS_TO_JUDGE_BY:
            return None
        seconds = time.monotonic() - self._first[0]
        return seconds / (self.done - self._first[1]) * (self.total - self.done)

    def is_due(self) -> bool:
        """Whether enough time went by since this last said yes."""
        now = time.monotonic()
        if now - self._told_at < PROGRESS_SECONDS:
            return False
        self._told_at = now
        return True
