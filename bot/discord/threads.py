"""Opening the thread of a new piece of work: the same one however often it is asked for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterable
from datetime import timedelta
from weakref import WeakValueDictionary

import discord

from bot.chat.card import Card, Line, Style
from bot.chat.remembered import Remembered
from bot.discord.addresses import DIRECT_PREFIX, place_of, thread_address
from bot.discord.limits import MAX_THREAD_NAME_CHARACTERS
from bot.discord.line import THREAD_EXISTS, Unclear
from bot.discord.markup import mention
from bot.discord.messages import Messages, Refused, Said
from bot.discord.rest import PRIVATE_THREAD, Payload, Rest
from bot.frontend import ThreadRefused
from bot.replies import Notice
from bot.requests import Requester, ThreadAddress
from core.clock import Clock
from core.rules.wording import one_line

log = logging.getLogger(__name__)

SAME_WORK_SPAN = timedelta(days=1)
"""A thread without a message of ours that is older than this was not begun by a request that is open now."""
MAX_REMEMBERED = 2000
NO_PRIVATE_THREAD = (
    "New models get private threads here, and I may not open one in this channel. Ask an admin to allow me "
    "Create Private Threads and Send Messages in Threads, then try again."
)


class Threads:
    """Threads that we opened."""

    def __init__(self, rest: Rest, messages: Messages, clock: Clock) -> None:
        self._rest = rest
        self._messages = messages
        self._clock = clock
        self._opened: Remembered[str, ThreadAddress] = Remembered(MAX_REMEMBERED)
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def open(
        self,
        requester: Requester,
        title: str,
        nonce: str,
        *,
        is_private: bool,
        guests: Collection[str] = (),
    ) -> ThreadAddress:
        """Return the thread; the place of the request where that is one already, or can have none.

        Guests are let in person by person: Discord lets a role see private threads by Manage Threads alone.

        Raises:
            ThreadRefused: It has to be private, and cannot be.
            FrontendUnavailable: None can be opened now.
        """
        place = place_of(requester.thread)
        if place.thread_id is not None or requester.workspace.startswith(DIRECT_PREFIX):
            return requester.thread
        lock = self._locks.setdefault(place.channel_id, asyncio.Lock())
        async with lock:
            if nonce not in self._opened:
                self._opened[nonce] = (
                    await self._open_private(requester, place.channel_id, title, nonce, guests)
                    if is_private
                    else await self._open_public(requester, place.channel_id, title, nonce)
                )
            return self._opened[nonce]

    async def _open_public(
        self, requester: Requester, channel_id: int, title: str, nonce: str
    ) -> ThreadAddress:
        try:
            message_id = await self._messages.post(channel_id, _first_words(requester, title), nonce)
        except Refused:
            return requester.thread  # what follows finds its way from there
        try:
            await self._start(channel_id, message_id, title)
        except discord.HTTPException as refusal:
            if refusal.code != THREAD_EXISTS:
                log.warning("action=thread_refused code=%d", refusal.code)
                return requester.thread
        # A thread that hangs on a message has the message's id.
        await self._let_in(message_id, requester.user_id)
        return thread_address(message_id, channel_id)

    async def _start(self, channel_id: int, message_id: int, title: str) -> None:
        try:
            await self._rest.start_thread(channel_id, message_id, thread_name(title))
        except Unclear:  # if it is there by now, Discord says so
            await self._rest.start_thread(channel_id, message_id, thread_name(title))

    async def _open_private(
        self, requester: Requester, channel_id: int, title: str, nonce: str, guests: Collection[str]
    ) -> ThreadAddress:
        words, people = _first_words(requester, title), (requester.user_id, *guests)
        try:
            for thread in await self._begun_before(requester, channel_id, title):
                if await self._messages.may_begin_with(int(thread["id"]), nonce):
                    return await self._enter(int(thread["id"]), channel_id, words, nonce, people)
            made = await self._rest.start_private_thread(channel_id, thread_name(title))
            return await self._enter(int(made["id"]), channel_id, words, nonce, people)
        except (Refused, discord.HTTPException) as refusal:
            log.warning("action=private_thread_refused code=%d", getattr(refusal, "code", 0))
            raise ThreadRefused(NO_PRIVATE_THREAD) from refusal

    async def _begun_before(self, requester: Requester, channel_id: int, title: str) -> list[Payload]:
        """Return the threads that an earlier try at this may have made."""
        bot_id, since = await self._rest.bot_id(), self._clock() - SAME_WORK_SPAN
        return [
            thread
            for thread in await self._rest.active_threads(int(requester.workspace))
            if thread["type"] == PRIVATE_THREAD
            and thread["parent_id"] == str(channel_id)
            and thread["owner_id"] == bot_id
            and thread["name"] == thread_name(title)
            and discord.utils.snowflake_time(int(thread["id"])) > since
        ]

    async def _enter(
        self, thread_id: int, channel_id: int, words: Said, nonce: str, people: Iterable[str]
    ) -> ThreadAddress:
        await self._messages.post(thread_id, words, nonce)
        for person in people:
            await self._let_in(thread_id, person)
        return thread_address(thread_id, channel_id)

    async def _let_in(self, thread_id: int, person: str) -> None:
        try:
            await self._rest.add_to_thread(thread_id, int(person))
        except discord.HTTPException as refusal:
            log.info("action=thread_member_refused code=%d", refusal.code)


def thread_name(title: str) -> str:
    """Return a title as a thread can be called."""
    return one_line(title)[:MAX_THREAD_NAME_CHARACTERS] or "Likeness"


def _first_words(requester: Requester, title: str) -> Said:
    asked = Line(f"asked by {mention(requester.user_id)}", Style.SMALL, is_markup=True)
    card = Card((Line(title, Style.STRONG), asked))
    return Said(Notice(title), card)
