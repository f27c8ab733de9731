"""A card's lines and buttons laid out within what Slack takes in one message. Nothing here knows blocks."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from bot.chat.card import Line, Style
from bot.chat.fitting import SHORTEST_LINE, cut, largest
from bot.replies import Button
from bot.slack.limits import MAX_BUTTONS_A_ROW, MAX_SECTION_CHARACTERS, MAX_TEXT_CHARACTERS
from bot.slack.markup import ZERO_WIDTH_SPACE, escaped

MAX_BUTTONS = 50
"""Of a message's end; with their rows they leave room for what is said."""
MARKUP = {Style.PLAIN: "{}", Style.STRONG: "*{}*", Style.SMALL: "{}"}
"""How a line stands out; `{}` is the line. Small lines have a block of their own kind."""


@dataclass(frozen=True)
class Text:
    """What one block says, and the button beside it."""

    content: str
    is_small: bool = False
    button: Button | None = None


def length_of(text: str) -> int:
    """Return a text's length as its platform may count it: in UTF-16, where most emoji count twice."""
    return len(text.encode("utf-16-le")) // 2


def texts_of(lines: tuple[Line, ...], blocks_left: int, characters_left: int) -> tuple[Text, ...]:
    """Lay lines out so that Slack takes them: neighbours share a block, a line with a button has its own.

    Long lines are cut first, evenly; when they are short and still too many, the last ones go, and the card says so.

    Args:
        lines: All of a card's.
        blocks_left: How many blocks they may take.
        characters_left: How long they may be together; never more than a message takes.
    """

    def fits(count: int, longest: int) -> bool:
        texts = _laid_out(lines, count, longest)
        return (
            len(texts) <= blocks_left
            and sum(length_of(text.content) for text in texts) <= min(characters_left, MAX_TEXT_CHARACTERS)
            and all(length_of(text.content) <= MAX_SECTION_CHARACTERS for text in texts)
        )

    longest = max((len(line.text) for line in lines), default=SHORTEST_LINE)
    count = largest(0, len(lines), lambda count: fits(count, SHORTEST_LINE))
    length = largest(SHORTEST_LINE, max(longest, SHORTEST_LINE), lambda length: fits(count, length))
    return _laid_out(lines, count, length)


def _laid_out(lines: tuple[Line, ...], count: int, longest: int) -> tuple[Text, ...]:
    texts: list[Text] = []
    shown = list(lines[:count])
    if count < len(lines):
        shown.append(Line(f"… and {len(lines) - count} more.", Style.SMALL))
    for line in shown:
        text = Text(_written(line, longest), line.style is Style.SMALL, line.button)
        before = texts[-1] if texts else None
        if before is not None and _may_share(before, text):
            texts[-1] = Text(f"{before.content}\n{text.content}", text.is_small)
        else:
            texts.append(text)
    # A block without words is refused.
    return tuple(
        text if text.content.strip() else Text(ZERO_WIDTH_SPACE, text.is_small, text.button)
        for text in texts
        if text.content.strip() or text.button is not None
    )


def _may_share(before: Text, text: Text) -> bool:
    return (
        before.button is None
        and text.button is None
        and before.is_small == text.is_small
        and length_of(before.content) + 1 + length_of(text.content) <= MAX_SECTION_CHARACTERS
    )


def _written(line: Line, longest: int) -> str:
    if line.is_markup:
        return MARKUP[line.style].format(line.text)
    text = cut(line.text, longest).strip()
    return MARKUP[line.style].format(escaped(text)) if text else ""


def rows_of(buttons: tuple[Button, ...]) -> tuple[tuple[Button, ...], ...]:
    """Split buttons into rows; what answers a question has rows of its own."""
    rows: list[tuple[Button, ...]] = []
    for _, group in groupby(buttons[:MAX_BUTTONS], key=_answers_question):
        alike = tuple(group)
        starts = range(0, len(alike), MAX_BUTTONS_A_ROW)
        rows += [alike[start : start + MAX_BUTTONS_A_ROW] for start in starts]
    return tuple(rows)


def _answers_question(button: Button) -> bool:
    return ":answer:" in button.action
