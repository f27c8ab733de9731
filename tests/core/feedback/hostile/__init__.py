"""Files that nobody should have to open, each with what becomes of it at the gate."""

from __future__ import annotations

from tests.core.feedback.hostile import (
    animated,
    bombs,
    damaged,
    impostors,
    metadata,
    polyglots,
    stills,
    truncated,
)
from tests.core.feedback.hostile.case import Accepted, Case, Refused

ALL_CASES: tuple[Case, ...] = (
    *stills.CASES,
    *metadata.CASES,
    *animated.CASES,
    *bombs.CASES,
    *truncated.CASES,
    *damaged.CASES,
    *impostors.CASES,
    *polyglots.CASES,
)

__all__ = ["ALL_CASES", "Accepted", "Case", "Refused"]
