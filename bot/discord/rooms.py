"""What this process knows about the channels it posts into: which messages of ours stand there, and what they show.

A message is found again by the mark in it. The first look into a channel reads its newest messages once; so does
the next one after a request whose answer was lost.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.discord.rest import Payload

MAX_ROOMS = 500
MAX_MESSAGES = 200
"""Of one channel: twice what a look brings."""
GALLERY, CONTAINER = 12, 17  # discord-api-docs, Components, Component Types


@dataclass
class Standing:
    """A message of ours as we last saw it."""

    message_id: int
    mark: int | None
    emojis: list[str] | None = None
    """Reactions of ours on it, in order; None where nobody looked."""
    files: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By the picture's key in the store: the file's id and name on Discord."""
    shown_kind: type[Any] | None = None
    shown_at: float = 0.0
    """Seconds of the monotonic clock."""


@dataclass
class Room:
    """One channel. Its lock is held while something is posted or changed there."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    is_known: bool = False
    refused_until: float = 0.0
    """Seconds of the monotonic clock."""
    _by_id: OrderedDict[int, Standing] = field(default_factory=OrderedDict)

    @property
    def is_empty(self) -> bool:
        """Whether no message of ours is known there."""
        return not self._by_id

    def count(self, kinds: tuple[type[Any], ...]) -> int:
        """Return how many messages show a reply of these kinds, as far as we know."""
        return sum(each.shown_kind in kinds for each in self._by_id.values())

    def marked(self, mark: int) -> Standing | None:
        """Return the message with this mark."""
        return next((each for each in self._by_id.values() if each.mark == mark), None)

    def get(self, message_id: int) -> Standing | None:
        """Return what is known of a message."""
        return self._by_id.get(message_id)

    def keep(self, standing: Standing) -> None:
        """Remember a message; the oldest are forgotten."""
        self._by_id[standing.message_id] = standing
        self._by_id.move_to_end(standing.message_id)
        while len(self._by_id) > MAX_MESSAGES:
            self._by_id.popitem(last=False)

    def drop(self, message_id: int) -> None:
        """Forget a message that is gone."""
        self._by_id.pop(message_id, None)

    def learn(self, messages: Sequence[Payload], bot_id: str) -> None:
        """Take in what a look into the channel brought, newest first."""
        for message in reversed(messages):
            if message["author"]["id"] != bot_id or self.get(int(message["id"])) is not None:
                continue
            self.keep(standing_of(message))
        self.is_known = True


class Rooms:
    """The channels that were used last."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._rooms: OrderedDict[int, Room] = OrderedDict()

    def of(self, channel_id: int) -> Room:
        """Return a channel's room."""
        room = self._rooms.setdefault(channel_id, Room())
        self._rooms.move_to_end(channel_id)
        if len(self._rooms) > MAX_ROOMS:
            unused = (key for key, each in self._rooms.items() if not each.lock.locked() and each is not room)
            del self._rooms[next(unused, channel_id)]
        return room

    def is_refused(self, room: Room) -> bool:
        """Tell whether the channel said no just now, and is left alone for a while."""
        return self._monotonic() < room.refused_until

    def refuse(self, room: Room, seconds: float) -> None:
        """Leave a channel alone."""
        room.refused_until = self._monotonic() + seconds


def standing_of(message: Payload) -> Standing:
    """Read Discord's message object."""
    own = [each["emoji"]["name"] for each in message.get("reactions") or () if each.get("me")]
    containers = [each for each in message.get("components") or () if each["type"] == CONTAINER]
    return Standing(int(message["id"]), containers[0].get("id") if containers else None, own)


def file_ids_of(message: Payload) -> list[str]:
    """Return the ids of the files in a message's gallery, in order: what is shown there, `attachments` leaves out."""
    inner = [
        part
        for each in message.get("components") or ()
        if each["type"] == CONTAINER
        for part in each["components"]
        if part["type"] == GALLERY
    ]
    media = [item["media"] for gallery in inner for item in gallery["items"]]
    return [str(medium["attachment_id"]) for medium in media if "attachment_id" in medium]
