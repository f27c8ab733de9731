"""Card → the components and files of one message. The only place that knows how a card becomes discord.py's objects."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import discord
from discord import ui

from bot.chat.card import Card, Tone
from bot.discord.fitting import Text, rows_of, texts_of
from bot.discord.limits import (
    MAX_ALT_CHARACTERS,
    MAX_BUTTON_LABEL_CHARACTERS,
    MAX_COMPONENTS,
)
from bot.discord.markup import mention
from bot.replies import Button

_COLOURS = {
    Tone.CALM: 0x8A8F98,
    Tone.ASKS: 0xC98A1B,
    Tone.BUSY: 0x4A78C2,
    Tone.GOOD: 0x3A8F5C,
    Tone.BAD: 0xB5483A,
}
"""Of a card's edge, as RGB."""
_STYLES = {
    "Start": discord.ButtonStyle.success,
    "Looks right": discord.ButtonStyle.success,
    "I agree": discord.ButtonStyle.success,
    "Train anyway": discord.ButtonStyle.primary,
    "Next photos": discord.ButtonStyle.primary,
    "Try it": discord.ButtonStyle.primary,
    "Delete for good": discord.ButtonStyle.danger,
}


@dataclass(frozen=True)
class FittedPicture:
    """A picture as it goes out: small enough, with a name that tells what it is."""

    blob_key: str
    filename: str
    alt: str
    content: bytes

    def as_file(self) -> discord.File:
        """Return it as an upload."""
        return discord.File(io.BytesIO(self.content), self.filename, description=self.alt or None)


class Sheet(ui.LayoutView):
    """A message's components. Presses are told by their custom ids, so nothing has to remember the view."""

    def __init__(self) -> None:
        super().__init__(timeout=None)

    def is_dispatchable(self) -> bool:
        """Keep discord.py from storing one view for every message that ever had a button."""
        return False


def mark_of(nonce: str) -> int:
    """Return what marks a message as the one with this nonce: the id of its outermost component, 31 bits, never small.

    Small ids are those that Discord gives to components without one.
    """
    digest = hashlib.sha256(nonce.encode()).digest()
    return int.from_bytes(digest[:4], "big") & 0x7FFF_FFFF | 0x4000_0000


def mark_in(components: Iterable[Any]) -> int | None:
    """Return the mark that a message carries."""
    for component in components:
        if isinstance(component, discord.Container):
            return component.id
    return None


def sheet_of(card: Card, filenames: Sequence[tuple[str, str]], mark: int | None) -> Sheet:
    """Lay a card out.

    Args:
        card: What to say.
        filenames: Name and description of each of its pictures as they are uploaded.
        mark: The outermost component's id; None leaves it to Discord.
    """
    container: ui.Container[Sheet] = ui.Container(accent_colour=_COLOURS[card.tone], id=mark)
    rows = rows_of(card.buttons)
    # The container, the line that calls somebody, the gallery, the rows and their buttons.
    taken = 3 + len(rows) + sum(map(len, rows))
    for text in texts_of(card.lines, MAX_COMPONENTS - taken):
        container.add_item(_text_item(text))
    if filenames:
        gallery: ui.MediaGallery[Sheet] = ui.MediaGallery()
        for filename, alt in filenames:
            gallery.add_item(media=f"attachment://{filename}", description=alt[:MAX_ALT_CHARACTERS] or None)
        container.add_item(gallery)
    for row in rows:
        container.add_item(ui.ActionRow(*map(_button, row)))
    sheet = Sheet()
    if card.mention:
        sheet.add_item(ui.TextDisplay(mention(card.mention)))
    sheet.add_item(container)
    return sheet


def allowed_mentions(card: Card) -> discord.AllowedMentions:
    """Let a message call the one person whom it is for, and nobody else."""
    people = [discord.Object(int(card.mention))] if card.mention.isdecimal() else False
    return discord.AllowedMentions(everyone=False, roles=False, replied_user=False, users=people)


def _text_item(text: Text) -> ui.Item[Sheet]:
    if text.button is None:
        return ui.TextDisplay(text.content)
    return ui.Section(text.content, accessory=_button(text.button))


def _button(button: Button) -> ui.Button[Sheet]:
    return ui.Button(
        label=button.label[:MAX_BUTTON_LABEL_CHARACTERS],
        custom_id=button.action,
        style=_STYLES.get(button.label, discord.ButtonStyle.secondary),
    )
