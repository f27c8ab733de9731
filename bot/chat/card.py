"""What a message of ours consists of, before a platform makes it of its own parts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto

from bot.replies import Button, Picture, ReactionChoice


class Tone(Enum):
    """What a card wants of who reads it."""

    CALM = auto()
    ASKS = auto()
    BUSY = auto()
    GOOD = auto()
    BAD = auto()


class Style(Enum):
    """How a line stands out."""

    PLAIN = auto()
    STRONG = auto()
    SMALL = auto()


@dataclass(frozen=True)
class Line:
    """One line as people typed it or the core said it; a button stands beside it."""

    text: str
    style: Style = Style.PLAIN
    button: Button | None = None
    is_markup: bool = False
    """The platform's own already, as a mention is: neither escaped nor cut."""


@dataclass(frozen=True)
class Card:
    """A message: lines, then pictures, then buttons."""

    lines: tuple[Line, ...]
    pictures: tuple[Picture, ...] = ()
    buttons: tuple[Button, ...] = ()
    choices: tuple[ReactionChoice, ...] = ()
    mention: str = ""
    """The id of whom the message calls."""
    tone: Tone = Tone.CALM

    def noted(self, note: str, *, is_markup: bool = False) -> Card:
        """Return the card with a note of ours in small print below."""
        return replace(self, lines=(*self.lines, Line(note, Style.SMALL, is_markup=is_markup)))
