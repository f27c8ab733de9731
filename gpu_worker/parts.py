"""Work that others may come between: a generator that yields wherever they may, and returns what came of it."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

Parts = Generator[None, None, T]


@dataclass(frozen=True)
class Ended(Generic[T]):
    """The work is done."""

    value: T


def advance(parts: Parts[T]) -> Ended[T] | None:
    """Do the next part; None while there are more."""
    try:
        next(parts)
    except StopIteration as stop:
        return Ended(stop.value)
    return None


def at_once(parts: Parts[T]) -> T:
    """Do all of it, with nobody in between."""
    while True:
        ended = advance(parts)
        if ended is not None:
            return ended.value
