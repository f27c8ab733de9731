"""What this process knows about the places it posts into: which messages of ours stand there, and what they show.

A message is found again by the nonce in its metadata. The first look into a thread or a channel reads what stands
there once; so does the next one after a request whose answer was lost. What this process opened itself needs none.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from bot.chat.remembered import Remembered
from bot.slack.addresses import Place
from bot.slack.layout import pictures_in
from bot.slack.uploads import set_mark_in
from bot.slack.web import Payload

MAX_ROOMS = 1000
MAX_MESSAGES = 200
"""Of one place; and as many messages of files."""
CARD, THREAD = "likeness_card", "likeness_thread"
"""Types of metadata: a message of ours; and one that only opened a thread, until a card takes its place."""


@dataclass
class Standing:
    """A message of ours as we last saw it."""

    ts: str
    nonce: str = ""
    opened: str = ""
    """The nonce of the thread that it opened, if it did."""
    is_vacant: bool = False
    """Whether it says no more than that a thread was opened."""
    emojis: list[str] | None = None
    """Names of our reactions on it; None where nobody looked."""
    pictures: dict[str, str] = field(default_factory=dict)
    """What its blocks show: the file's id by the picture's mark."""
    own_files: set[str] = field(default_factory=set)
    """Those of them that stand nowhere else."""
    shown_kind: type[Any] | None = None
    shown_at: float = 0.0
    """Seconds of the monotonic clock."""

    @property
    def metadata(self) -> Payload:
        """What the message carries, to be found again."""
        payload = {"nonce": self.nonce} | ({"thread": self.opened} if self.opened else {})
        return {"event_type": THREAD if self.is_vacant else CARD, "event_payload": payload}


@dataclass
class Room:
    """One thread, or a channel without its threads. Its lock is held while something is posted there."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    is_known: bool = False
    refused_until: float = 0.0
    """Seconds of the monotonic clock."""
    files: dict[str, tuple[str, ...]] = field(default_factory=lambda: Remembered(MAX_MESSAGES))
    """Ids of the files that stand there as one message, by the mark in their names."""
    _by_ts: dict[str, Standing] = field(default_factory=lambda: Remembered(MAX_MESSAGES))

    @contextmanager
    def unsure(self) -> Iterator[None]:
        """Whatever breaks off in here, by a fault or because nobody waits any more, may have been done.

        Then the place is looked at again before the next post.
        """
        was_known, self.is_known = self.is_known, False
        yield
        self.is_known = was_known

    def marked(self, nonce: str) -> Standing | None:
        """Return the message with this nonce."""
        return next((each for each in self._by_ts.values() if nonce in (each.nonce, each.opened)), None)

    def vacant(self) -> Standing | None:
        """Return the message that the thread hangs on, as long as it waits for a card."""
        return next((each for each in self._by_ts.values() if each.is_vacant), None)

    def get(self, ts: str) -> Standing | None:
        """Return what is known of a message."""
        return self._by_ts.get(ts)

    def keep(self, standing: Standing) -> None:
        """Remember a message; the oldest are forgotten."""
        self._by_ts[standing.ts] = standing

    def drop(self, ts: str) -> None:
        """Forget a message that is gone."""
        self._by_ts.pop(ts, None)

    def learn(self, messages: Sequence[Payload], *, is_thread: bool) -> None:
        """Take in what a look brought, oldest first."""
        for message in messages:
            for file in message.get("files") or ():
                mark = set_mark_in(str(file.get("name", "")))
                if mark and file["id"] not in self.files.get(mark, ()):
                    self.files[mark] = (*self.files.get(mark, ()), str(file["id"]))
            standing = standing_of(message)
            if standing is None:
                continue
            # Of a channel's messages none is vacant: that is the thread's affair.
            standing.is_vacant = standing.is_vacant and is_thread
            known = self.get(standing.ts)
            if known is not None:
                known.nonce, known.opened = standing.nonce, standing.opened
                known.is_vacant = standing.is_vacant
            else:
                self.keep(standing)
        self.is_known = True


class Rooms:
    """The places that were used last."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._rooms: OrderedDict[Place, Room] = OrderedDict()

    def of(self, place: Place) -> Room:
        """Return a place's room."""
        room = self._rooms.setdefault(place, Room())
        self._rooms.move_to_end(place)
        if len(self._rooms) > MAX_ROOMS:
            unused = (key for key, each in self._rooms.items() if not each.lock.locked() and each is not room)
            del self._rooms[next(unused, place)]
        return room

    def forget(self) -> None:
        """Take nothing for known any more: another process may have posted."""
        for room in self._rooms.values():
            room.is_known = False

    def is_refused(self, room: Room) -> bool:
        """Tell whether the place said no just now, and is left alone for a while."""
        return self._monotonic() < room.refused_until

    def refuse(self, room: Room, seconds: float) -> None:
        """Leave a place alone."""
        room.refused_until = self._monotonic() + seconds


def standing_of(message: Payload) -> Standing | None:
    """Read a message of Slack's; None where it is none of our cards."""
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") not in (CARD, THREAD):
        return None
    payload = metadata.get("event_payload") or {}
    return Standing(
        str(message["ts"]),
        nonce=str(payload.get("nonce", "")),
        opened=str(payload.get("thread", "")),
        is_vacant=metadata["event_type"] == THREAD,
        emojis=own_emojis(message),
        pictures=pictures_in(message.get("blocks") or ()),
    )


def own_emojis(message: Payload) -> list[str]:
    """Return the names of the reactions that a message's own author put on it."""
    author = message.get("user")
    return [str(each["name"]) for each in message.get("reactions") or () if author in each.get("users", ())]
