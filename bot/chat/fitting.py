"""Making what is said fit: the arithmetic that every platform's limits share."""

from __future__ import annotations

from collections.abc import Callable

SHORTEST_LINE = 24
"""Characters: lines are not cut below this; there are fewer of them instead."""


def largest(low: int, high: int, is_possible: Callable[[int], bool]) -> int:
    """Return the largest possible number up to `high`; below a possible one all are, and `low` is."""
    while low < high:
        middle = (low + high + 1) // 2
        if is_possible(middle):
            low = middle
        else:
            high = middle - 1
    return low


def cut(text: str, longest: int) -> str:
    """Return the text, shortened to `longest` characters with a sign that something is missing."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"
