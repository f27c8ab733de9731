"""What people write and how they react: mentions, direct messages, photos under a draft, votes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from bot.chat.remembered import Remembered
from bot.doors import FullDoors
from bot.requests import AddPhotosRequest, Attachment, Reaction, ThreadAddress
from bot.slack.addresses import PLATFORM, Place, message_name, place_of
from bot.slack.asked import Asked, Sentence
from bot.slack.attached import pictures_of
from bot.slack.commanding import Commands
from bot.slack.emoji import emoji_of
from bot.slack.payloads import token_of_message
from bot.slack.people import People
from bot.slack.requests import WORDS, Typed, read_words, verb_of
from bot.slack.said import without
from bot.slack.saying import DIRECT
from core.approvals import choice_of

log = logging.getLogger(__name__)

REMEMBERED = 5000
"""Reactions whose newest event is known."""
WRITTEN = (None, "file_share", "thread_broadcast")
"""Subtypes of messages that people write; the others tell of changes, or come from apps."""
HOW_TO_TRAIN = (
    "To train from these photos, choose Train from these photos from the message's menu, "
    "or write beside them what they show, for example: train product summer shoes"
)

Payload = Mapping[str, Any]


class Conversing:
    """Reads events. Each raises StoreUnavailable where rows cannot be read now."""

    def __init__(self, doors: FullDoors, people: People, commands: Commands, prefix: str) -> None:
        self._doors = doors
        self._people = people
        self._commands = commands
        self._prefix = prefix
        self._newest: Remembered[tuple[str, ...], str] = Remembered(REMEMBERED)
        self._locks: dict[tuple[str, ...], asyncio.Lock] = {}

    async def message(self, workspace: str, event: Payload, own_id: str) -> Asked | None:
        """Read a message or a mention; None where it is nothing to us."""
        if event.get("bot_id") or event.get("subtype") not in WRITTEN or not event.get("user"):
            return None
        channel, text = str(event["channel"]), str(event.get("text") or "")
        is_direct = channel.startswith(DIRECT)
        is_mention = event["type"] == "app_mention"
        place = place_of_message(workspace, event)
        attachments = pictures_of(workspace, event)
        if is_direct is is_mention:
            # In a direct message both events come, and in channels what mentions us comes as a mention, too.
            return None if is_direct else await self._unasked(place, event, attachments, own_id)
        words = await self._commands.words(workspace, without(text, own_id))
        token = token_of_message(event)
        requester = await self._people.requester(place, str(event["user"]), reply_token=token)
        if attachments and verb_of(words, self._prefix) not in WORDS:
            if await self._doors.has_draft(workspace, place.address.thread):
                return AddPhotosRequest(requester, attachments)
            if "@" not in words:
                return Sentence(HOW_TO_TRAIN)
        return read_words(Typed(requester, words, attachments, prefix=self._prefix))

    async def _unasked(
        self, place: Place, event: Payload, attachments: tuple[Attachment, ...], own_id: str
    ) -> Asked | None:
        """Take photos that are sent into the thread of a draft, without a word to us."""
        if not attachments or "thread_ts" not in event or f"<@{own_id}>" in str(event.get("text") or ""):
            return None
        if not await self._doors.has_draft(place.workspace, place.address.thread):
            return None
        return AddPhotosRequest(await self._people.requester(place, str(event["user"])), attachments)

    async def reaction(self, workspace: str, event: Payload, own_id: str) -> Reaction | None:
        """Read a reaction that may decide something; None for any other, and for one that is out of date.

        Events may come late and out of order: what was put on and taken off again must not stand in the end.
        """
        item: Payload = event.get("item") or {}
        emoji = emoji_of(str(event.get("reaction", "")))
        if item.get("type") != "message" or choice_of(emoji) is None:
            return None
        # Whose message it is may be left out; what is not ours is found not to be when it is looked up.
        if event.get("item_user", own_id) != own_id or event.get("user") == own_id:
            return None
        channel, message, user_id = str(item["channel"]), str(item["ts"]), str(event["user"])
        if not self._is_newest((channel, message, user_id, emoji), str(event.get("event_ts", ""))):
            return None
        place = Place(workspace, channel)
        if thread := await self._doors.thread_of_photo(workspace, message_name(channel, message)):
            place = place_of(ThreadAddress(PLATFORM, thread))  # Slack does not say which thread it is in
        requester = await self._people.requester(place, user_id)
        profile = await self._people.profile(workspace, user_id)
        return Reaction(
            requester,
            message_name(channel, message),
            emoji,
            is_withdrawn=event["type"] == "reaction_removed",
            is_bot=profile.is_bot,
        )

    def lock(self, event: Payload) -> asyncio.Lock:
        """Return what keeps one person's reactions on one message in the order in which they came."""
        item: Payload = event.get("item") or {}
        which = (str(item.get("channel")), str(item.get("ts")), str(event.get("user")))
        if len(self._locks) > REMEMBERED:
            self._locks = {key: lock for key, lock in self._locks.items() if lock.locked()}
        return self._locks.setdefault(which, asyncio.Lock())

    def _is_newest(self, which: tuple[str, ...], event_ts: str) -> bool:
        if event_ts < self._newest.get(which, ""):
            return False
        self._newest[which] = event_ts
        return True


def place_of_message(workspace: str, event: Payload) -> Place:
    """Return where a message is answered: in its thread, under it, or in the direct conversation that it is part of."""
    channel = str(event["channel"])
    beneath = "" if channel.startswith(DIRECT) else str(event["ts"])
    return Place(workspace, channel, str(event.get("thread_ts") or beneath))
