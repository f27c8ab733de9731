"""What a reaction is, and how it comes and goes: the same for the bot and for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fakes.discord import events
from tests.fakes.discord.errors import too_many_reactions
from tests.fakes.discord.messages import Message
from tests.fakes.discord.state import User

if TYPE_CHECKING:
    from tests.fakes.discord.fake import FakeDiscord

MAX_EMOJI = 20  # discord-api-docs, JSON error code 30010
_VARIATION = "\ufe0f"


def is_emoji(text: str) -> bool:
    """Tell whether this could be a picture sign: a keycap, or nothing but signs outside the alphabets."""
    return text.endswith("\u20e3") or (
        bool(text) and not any(each.isalnum() or each < "\u00a9" for each in text)
    )


def as_there(message: Message, emoji: str) -> str:
    """Return the emoji as it stands under the message: with or without the sign for "as a picture"."""
    plain = emoji.replace(_VARIATION, "")
    return next((each for each in message.reacted if each.replace(_VARIATION, "") == plain), emoji)


def put(fake: FakeDiscord, message: Message, emoji: str, user: User) -> None:
    """Put a reaction there; a second time changes nothing."""
    if emoji not in message.reacted and len(message.reacted) >= MAX_EMOJI:
        raise too_many_reactions()
    users = message.reacted.setdefault(emoji, [])
    if user not in users:
        users.append(user)
        events.reaction_changed(fake, message, emoji, user, is_added=True)


def take(fake: FakeDiscord, message: Message, emoji: str, user: User) -> None:
    """Take a reaction away, if it is there."""
    users = message.reacted.get(emoji, [])
    if user in users:
        users.remove(user)
        if not users:
            del message.reacted[emoji]
        events.reaction_changed(fake, message, emoji, user, is_added=False)


def clear(fake: FakeDiscord, message: Message, emoji: str | None) -> None:
    """Take all away, or all with one emoji."""
    if emoji is None:
        message.reacted.clear()
    else:
        message.reacted.pop(emoji, None)
    events.reactions_cleared(fake, message, emoji)
