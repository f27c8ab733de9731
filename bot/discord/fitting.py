"""A card's lines and buttons laid out within what Discord takes in one message. Nothing here knows discord.py."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from bot.chat.card import Line, Style
from bot.chat.fitting import SHORTEST_LINE, cut, largest
from bot.discord.limits import (
    BYTES_A_TEXT,
    MAX_BUTTONS_A_ROW,
    MAX_TEXT_BYTES,
    MAX_TEXT_CHARACTERS,
)
from bot.discord.markup import escaped
from bot.replies import Button

MAX_BUTTONS = 20
"""With their rows they take 24 of a message's components, so that there is room for what is said."""

MARKUP = {Style.PLAIN: "{}", Style.STRONG: "**{}**", Style.SMALL: "-# {}"}
"""How a line stands out; `{}` is the line."""


@dataclass(frozen=True)
class Text:
    """What one text display says, or the text beside a button."""

    content: str
    button: Button | None = None


def texts_of(lines: tuple[Line, ...], components_left: int) -> tuple[Text, ...]:
    """Lay lines out so that Discord takes them: neighbours share a text, a line with a button has its own.

    Long lines are cut first, evenly; when they are short and still too many, the last ones go, and the card says so.

    Args:
        lines: All of a card's.
        components_left: How many components they may take; a line with a button takes three.
    """
    longest = max((len(line.text) for line in lines), default=SHORTEST_LINE)
    count = largest(
        0, len(lines), lambda count: _fits(_laid_out(lines, count, SHORTEST_LINE), components_left)
    )
    length = largest(
        SHORTEST_LINE, longest, lambda length: _fits(_laid_out(lines, count, length), components_left)
    )
    return _laid_out(lines, count, length)


def _laid_out(lines: tuple[Line, ...], count: int, longest: int) -> tuple[Text, ...]:
    texts: list[Text] = []
    together: list[str] = []
    shown = list(lines[:count])
    if count < len(lines):
        shown.append(Line(f"… and {len(lines) - count} more.", Style.SMALL))
    for line in shown:
        written = _written(line, longest)
        if line.button is None:
            together.append(written)
            continue
        if together:
            texts.append(Text("\n".join(together)))
            together = []
        texts.append(Text(written, line.button))
    if together:
        texts.append(Text("\n".join(together)))
    return tuple(texts)


def _written(line: Line, longest: int) -> str:
    if line.is_markup:
        return MARKUP[line.style].format(line.text)
    text = cut(line.text, longest)
    return MARKUP[line.style].format(escaped(text)) if text else ""


def _fits(texts: tuple[Text, ...], components_left: int) -> bool:
    components = sum(1 if text.button is None else 3 for text in texts)
    characters = sum(len(text.content) for text in texts)
    encoded_bytes = sum(len(text.content.encode()) + BYTES_A_TEXT for text in texts)
    return (
        components <= components_left
        and characters <= MAX_TEXT_CHARACTERS
        and encoded_bytes <= MAX_TEXT_BYTES
    )


def rows_of(buttons: tuple[Button, ...]) -> tuple[tuple[Button, ...], ...]:
    """Split buttons into rows; what answers a question has rows of its own.

    Of those with the same action the first stays, for an id stands once in a message.
    """
    once = tuple({button.action: button for button in reversed(buttons)}.values())[::-1]
    once = once[:MAX_BUTTONS]
    rows: list[tuple[Button, ...]] = []
    for _, group in groupby(once, key=_answers_question):
        alike = tuple(group)
        starts = range(0, len(alike), MAX_BUTTONS_A_ROW)
        rows += [alike[start : start + MAX_BUTTONS_A_ROW] for start in starts]
    return tuple(rows)


def _answers_question(button: Button) -> bool:
    return ":answer:" in button.action
