"""Advice in few lines: the same thing about four photos is said once, with the numbers of the photos."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.feedback.sentences import photo_list


@dataclass(frozen=True)
class Remark:
    """A finding as a person reads it; `photos` are 0-based positions, empty for the whole set."""

    check: str
    why: str
    fix: str
    photos: tuple[int, ...]


def in_few_lines(remarks: Iterable[Remark]) -> tuple[str, ...]:
    """Return one line for each thing to say, in the order given.

    What was found on several photos, each by itself, is told of the first, and the others are named.
    """
    groups: dict[tuple[str, str], list[Remark]] = {}
    for number, remark in enumerate(remarks):
        # What is about several photos together stands by itself.
        key = (remark.check, remark.fix) if len(remark.photos) == 1 else (remark.check, f"{number}")
        groups.setdefault(key, []).append(remark)
    return tuple(_line(group) for group in groups.values())


def _line(group: list[Remark]) -> str:
    first, others = group[0], tuple(remark.photos[0] for remark in group[1:])
    line = f"{first.why} {first.fix}".strip()
    if len(first.photos) == 1 and photo_list(first.photos) not in line.casefold():
        line = f"{photo_list(first.photos).capitalize()}: {line[0].lower()}{line[1:]}"
    return f"{line} The same goes for {photo_list(others)}." if others else line
