"""Which bases lie in a device's memory, when a worker may serve several: plain arithmetic, no torch.

A base stays while its own people wait. Another is loaded when its line has waited for `LEAST_WAIT_SECONDS`: beside
those that are here if it fits, else in place of those that nobody works with or waits for. Where everybody waits, the
base whose turn has lasted `LONGEST_TURN_SECONDS` takes no new jobs, and so makes room when the last of its own ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LEAST_WAIT_SECONDS = 10.0
"""A load costs seconds to a minute of nobody's pictures, so it is not for a line that is about to be empty."""
LONGEST_TURN_SECONDS = 300.0
"""A turn that others wait for; several times what loading a large base takes, so that most time is work."""


@dataclass(frozen=True)
class Line:
    """A base and who wants it."""

    base: str
    memory_gib: float
    """What it needs while it is resident, its jobs included."""
    jobs: int = 0
    """In this worker's hands."""
    waiting: int = 0
    """In its lanes, and nobody's yet."""
    waited_seconds: float = 0.0
    """Since the first of those could have been begun."""
    resident_seconds: float | None = None
    """None: it is not in memory."""


@dataclass(frozen=True)
class Change:
    """What to do now. At most one base comes at a time; those that leave leave first."""

    load: str | None = None
    unload: tuple[str, ...] = ()
    closed: frozenset[str] = frozenset()
    """Resident bases that take no new jobs, so that their memory becomes free."""


def next_change(lines: Sequence[Line], memory_gib: float) -> Change:
    """Return what a worker with that memory does next; whoever has waited longest is helped first."""
    resident = [line for line in lines if line.resident_seconds is not None]
    wanted = [
        line
        for line in lines
        if line.resident_seconds is None
        and line.waiting
        and (line.waited_seconds >= LEAST_WAIT_SECONDS or not resident)
        and line.memory_gib <= memory_gib
    ]
    if not wanted:
        return Change()
    wants = max(wanted, key=lambda line: line.waited_seconds)
    lacking = wants.memory_gib - (memory_gib - sum(line.memory_gib for line in resident))
    idle = [line for line in resident if not line.jobs and not line.waiting]
    served_out = [line for line in resident if not line.jobs and line.waiting and _has_had_its_turn(line)]
    leaving = _enough([*idle, *served_out], lacking)
    if leaving is not None:
        return Change(wants.base, tuple(line.base for line in leaving))
    return Change(closed=frozenset(line.base for line in resident if _has_had_its_turn(line)))


def _has_had_its_turn(line: Line) -> bool:
    return (line.resident_seconds or 0.0) >= LONGEST_TURN_SECONDS


def _enough(leaving: Sequence[Line], lacking_gib: float) -> list[Line] | None:
    """Return the first of those that free so much together, or None where all of them do not."""
    chosen: list[Line] = []
    for line in leaving:
        if lacking_gib <= 0.0:
            break
        chosen.append(line)
        lacking_gib -= line.memory_gib
    return chosen if lacking_gib <= 0.0 else None
