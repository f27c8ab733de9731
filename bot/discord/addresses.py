"""How places, messages and open interactions are written down, so that they mean the same after a restart."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.requests import ThreadAddress

PLATFORM = "discord"
DIRECT_PREFIX = "dm-"
"""Begins the workspace of a person's direct messages."""


@dataclass(frozen=True)
class Place:
    """A channel, a thread in it, or a conversation with one person."""

    channel_id: int
    thread_id: int | None = None

    @property
    def id(self) -> int:
        """Where a message goes."""
        return self.channel_id if self.thread_id is None else self.thread_id


def thread_address(channel_id: int, parent_id: int | None = None) -> ThreadAddress:
    """Return the address of a channel, or of a thread where its parent is named.

    A thread's address holds its parent, so that falling back to it needs no look-up when the thread is gone.
    """
    return ThreadAddress(PLATFORM, str(channel_id) if parent_id is None else f"{parent_id}/{channel_id}")


def place_of(thread: ThreadAddress) -> Place:
    """Read an address back."""
    channel, _, inner = thread.thread.partition("/")
    return Place(int(channel), int(inner) if inner else None)


def message_name(channel_id: int, message_id: int) -> str:
    """Return what names a message. It holds the channel: a message may have had to go elsewhere than asked."""
    return f"{channel_id}/{message_id}"


def read_message_name(name: str) -> tuple[int, int] | None:
    """Return a message's channel and its id, or None for what never was a message here."""
    channel, _, message = name.partition("/")
    return (int(channel), int(message)) if channel.isdecimal() and message.isdecimal() else None


class TokenKind(StrEnum):
    """What an interaction was acknowledged by."""

    SLASH = "slash"
    """A reply that is to come, which is then edited or taken away."""
    PRESS = "press"
    """An update of the message that was pressed: what is said follows as a message of its own."""


@dataclass(frozen=True)
class ReplyToken:
    """What answers an interaction for its author's eyes only, for a quarter of an hour."""

    kind: TokenKind
    interaction_id: int
    token: str

    def written(self) -> str:
        """Return it as `Requester.reply_token` carries it."""
        return f"{self.kind.value}:{self.interaction_id}:{self.token}"

    @classmethod
    def read(cls, written: str) -> ReplyToken | None:
        """Read it back; None where there is none."""
        kind, _, rest = written.partition(":")
        interaction_id, _, token = rest.partition(":")
        if kind not in tuple(TokenKind) or not interaction_id.isdecimal() or not token:
            return None
        return cls(TokenKind(kind), int(interaction_id), token)
