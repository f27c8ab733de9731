"""Reactions → requests, one after the other: what was put on and taken off again is told in that order."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Hashable

import aiohttp
import discord

from bot.discord.addresses import message_name
from bot.discord.people import address_of, reacting
from bot.discord.plans import Grants
from bot.frontend import Accept
from bot.requests import Reaction
from core.approvals import choice_of
from core.patience import patiently

log = logging.getLogger(__name__)

NETWORK_FAULTS = (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError)
REMEMBERED = 2000
"""Messages of which it is known whose they are, and reactions of which it is known whether they stand."""


class Votes:
    """Notes reactions as they come, and hands on those that may decide something."""

    def __init__(self, client: discord.Client, accept: Accept, grants: Grants) -> None:
        self._client = client
        self._accept = accept
        self._grants = grants
        self._noted: asyncio.Queue[tuple[discord.RawReactionActionEvent, str]] = asyncio.Queue()
        self._is_ours: OrderedDict[Hashable, bool] = OrderedDict()
        self._stands: OrderedDict[Hashable, bool] = OrderedDict()

    def note(self, event: discord.RawReactionActionEvent, session: str, sequence: int) -> None:
        """Note a reaction. Discord gives it no id, but a session replays it under the same number.

        What stands already cannot be put on: then it is the same event once more.
        """
        own = self._client.user
        if choice_of(event.emoji.name or "") is None or own is None:
            return
        if event.message_author_id is not None:
            _remember(self._is_ours, event.message_id, event.message_author_id == own.id)
        if event.user_id == own.id:
            return
        is_put_on = event.event_type == "REACTION_ADD"
        # Of this session: in the one before, some may have been taken off that nobody told us of.
        which = (session, event.message_id, event.user_id, event.emoji.name)
        if self._stands.get(which) is not is_put_on:
            _remember(self._stands, which, is_put_on)
            verb = "add" if is_put_on else "remove"
            self._noted.put_nowait((event, f"{verb}:{session}:{sequence}"))

    async def run(self) -> None:
        """Hand on until cancelled."""
        while True:
            event, name = await self._noted.get()
            try:
                await self._hand_on(event, name)
            except NETWORK_FAULTS as fault:
                log.warning("action=reaction_not_read fault=%s", type(fault).__name__)

    async def _hand_on(self, event: discord.RawReactionActionEvent, name: str) -> None:
        if not await self._is_on_ours(event):
            return
        channel = self._client.get_channel(event.channel_id)
        if channel is None and event.guild_id is not None:
            channel = await self._client.fetch_channel(event.channel_id)
        thread = address_of(channel or discord.Object(event.channel_id))
        assert thread is not None
        member = await self._member(event)
        request = Reaction(
            reacting(event.user_id, member, event.guild_id, thread, self._grants),
            message_name(event.channel_id, event.message_id),
            event.emoji.name,
            is_withdrawn=event.event_type == "REACTION_REMOVE",
            is_bot=member is not None and member.bot,
        )
        key = f"reaction:{event.message_id}:{event.user_id}:{name}"
        await patiently(lambda: self._accept(request, key), "a reaction")

    async def _is_on_ours(self, event: discord.RawReactionActionEvent) -> bool:
        """Tell whether the message is the bot's; an event that takes a reaction off does not say whose it is."""
        if event.message_id not in self._is_ours:
            message = await self._client.http.get_message(event.channel_id, event.message_id)
            own = self._client.user
            is_ours = own is not None and message["author"]["id"] == str(own.id)
            _remember(self._is_ours, event.message_id, is_ours)
        return self._is_ours[event.message_id]

    async def _member(self, event: discord.RawReactionActionEvent) -> discord.Member | None:
        """Return who it was, with the roles that may make an approver of them."""
        guild = self._client.get_guild(event.guild_id) if event.guild_id else None
        if event.member is not None or guild is None:
            return event.member
        try:
            return await guild.fetch_member(event.user_id)
        except (
            discord.HTTPException
        ) as fault:  # gone from the server, or not to be had: then by their id alone
            log.warning("action=member_not_found status=%s", fault.status)
            return None


def _remember(known: OrderedDict[Hashable, bool], what: Hashable, is_so: bool) -> None:
    known[what] = is_so
    known.move_to_end(what)
    if len(known) > REMEMBERED:
        known.popitem(last=False)
