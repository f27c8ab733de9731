"""One hostile file and its defined outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from core.feedback.decoder import DecodeLimits
from core.feedback.refusals import Problem
from core.feedback.sniff import Content

Colour = tuple[int, int, int]
RED, BLUE, WHITE = (200, 30, 20), (20, 40, 200), (255, 255, 255)
WIDTH_PX, HEIGHT_PX = 60, 40


@dataclass(frozen=True)
class Accepted:
    """A picture comes out.

    Attributes:
        source_format: What the file was, in Pillow's words.
        size: Width and height in px of what comes out.
        left: The colour near its left edge, or None where the picture is too small to tell.
        right: The colour near its right edge.
        tolerance: By which the colours may differ, of 255.
    """

    source_format: str
    size: tuple[int, int] = (WIDTH_PX, HEIGHT_PX)
    left: Colour | None = RED
    right: Colour | None = BLUE
    tolerance: int = 30


@dataclass(frozen=True)
class Refused:
    """A sentence comes out: the one for this reason."""

    why: Content | Problem


@dataclass(frozen=True)
class Case:
    """A file, made when it is needed, and what becomes of it.

    Attributes:
        name: What is wrong with it.
        make: Makes its bytes, always the same ones.
        outcome: What becomes of it.
        filename: What its uploader calls it.
        limits: What it may cost.
    """

    name: str
    make: Callable[[], bytes]
    outcome: Accepted | Refused
    filename: str = "photo.jpg"
    limits: DecodeLimits = field(default_factory=DecodeLimits)


def holding(content: bytes) -> Callable[[], bytes]:
    """Make a file of these bytes."""
    return lambda: content
