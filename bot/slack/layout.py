"""Card → the blocks of one message. The only place that knows how a card becomes Block Kit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from bot.chat.card import Card, Style
from bot.chat.fitting import cut
from bot.replies import Button
from bot.slack.fitting import Text, length_of, rows_of, texts_of
from bot.slack.limits import (
    MAX_ALT_CHARACTERS,
    MAX_BLOCKS,
    MAX_BUTTON_LABEL_CHARACTERS,
    MAX_NOTIFICATION_CHARACTERS,
    MAX_SECTION_CHARACTERS,
    MAX_TEXT_CHARACTERS,
)
from bot.slack.markup import escaped, mention

Block = dict[str, Any]

ACTION_PREFIX = "likeness:"
"""Begins the `action_id` of every button of ours; what the button means is its `value`."""
PICTURE_PREFIX = "picture:"
"""Begins the `block_id` of a picture, before what tells it from others."""
NO_ALT = "picture"
_STYLES = {
    "Start": "primary",
    "Looks right": "primary",
    "I agree": "primary",
    "Train anyway": "primary",
    "Next photos": "primary",
    "Try it": "primary",
    "Delete for good": "danger",
}


@dataclass(frozen=True)
class ShownPicture:
    """A picture that Slack has and is done with."""

    mark: str
    """Made of its key in the store, so that it is known again when the message is read."""
    file_id: str
    alt: str


def content_of(card: Card, pictures: Sequence[ShownPicture] = ()) -> Block:
    """Return the `blocks` of a message, and the `text` that is read aloud and shown in notifications."""
    return {"text": notification_of(card), "blocks": list(_blocks(card, pictures))}


def notification_of(card: Card) -> str:
    """Return what a card says in short."""
    lines = [line for line in card.lines if line.style is not Style.SMALL] or list(card.lines)
    said = "\n".join(line.text for line in lines if not line.is_markup)
    words = "\n".join(escaped(line) for line in cut(said, MAX_NOTIFICATION_CHARACTERS).splitlines())
    return " ".join(part for part in (mention(card.mention) if card.mention else "", words) if part) or "…"


def pictures_in(blocks: Iterable[Block]) -> dict[str, str]:
    """Return which pictures a message shows: the file's id by the picture's mark."""
    found: dict[str, str] = {}
    for block in blocks:
        block_id, file_id = str(block.get("block_id", "")), block.get("slack_file", {}).get("id")
        if block_id.startswith(PICTURE_PREFIX) and file_id:
            found[block_id.split(":")[1]] = str(file_id)
    return found


def _blocks(card: Card, pictures: Sequence[ShownPicture]) -> Iterator[Block]:
    numbers = count()
    rows = rows_of(card.buttons)
    taken = 1 + len(pictures) + len(rows)
    labels = sum(
        len(button.label) for button in (*card.buttons, *(line.button for line in card.lines)) if button
    )
    called = mention(card.mention) if card.mention else ""
    texts = texts_of(card.lines, MAX_BLOCKS - taken, MAX_TEXT_CHARACTERS - labels - len(called) - 1)
    for text in _calling(called, texts):
        yield _text_block(text, numbers)
    for number, picture in enumerate(pictures):
        yield {
            "type": "image",
            "block_id": f"{PICTURE_PREFIX}{picture.mark}:{number}",
            "slack_file": {"id": picture.file_id},
            "alt_text": picture.alt[:MAX_ALT_CHARACTERS] or NO_ALT,
        }
    for row in rows:
        yield {"type": "actions", "elements": [_button(button, next(numbers)) for button in row]}


def _calling(called: str, texts: Sequence[Text]) -> Iterator[Text]:
    """Begin with whom the message calls, in the same block as its first line where that has room."""
    first = texts[0] if texts else None
    if called and first is not None and not first.is_small and first.button is None:
        together = f"{called}\n{first.content}"
        if length_of(together) <= MAX_SECTION_CHARACTERS:
            yield replace(first, content=together)
            yield from texts[1:]
            return
    if called:
        yield Text(called)
    yield from texts


def _text_block(text: Text, numbers: Iterator[int]) -> Block:
    # Verbatim: Slack makes no links of what looks like an address or a channel's name.
    words = {"type": "mrkdwn", "text": text.content, "verbatim": True}
    if text.button is not None:
        return {"type": "section", "text": words, "accessory": _button(text.button, next(numbers))}
    return {"type": "context", "elements": [words]} if text.is_small else {"type": "section", "text": words}


def _button(button: Button, number: int) -> Block:
    label = cut(button.label, MAX_BUTTON_LABEL_CHARACTERS)
    made: Block = {
        "type": "button",
        "action_id": f"{ACTION_PREFIX}{number}",
        "text": {"type": "plain_text", "text": label},
        "value": button.action,
    }
    return made | ({"style": _STYLES[button.label]} if button.label in _STYLES else {})
