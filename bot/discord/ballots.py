"""Who reacted with what under our messages, asked of Discord: a new session tells only of what happens in it."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Set

import discord

from bot.catching_up import Vote
from bot.discord.addresses import DIRECT_PREFIX, PLATFORM, read_message_name
from bot.discord.line import Line
from bot.discord.people import reacting
from bot.discord.plans import Grants
from bot.discord.rest import Rest
from bot.reconcile import PhotoInReview
from bot.requests import Requester
from core.approvals import choice_of
from core.store.records import Choice

log = logging.getLogger(__name__)


class DiscordBallots:
    """Implements `bot.catching_up.Ballots`."""

    def __init__(self, rest: Rest, line: Line, grants: Grants) -> None:
        self._rest = rest
        self._line = line
        self._grants = grants

    async def votes(self, photo: PhotoInReview) -> Set[Vote] | None:
        """Return who chose what under a photo now; None where its message is gone, or closed to us.

        Raises:
            FrontendUnavailable: Discord cannot be asked now.
        """
        named = read_message_name(photo.message)
        if named is None:
            return None
        try:
            return {vote async for vote in self._votes_under(*named, photo.choices)}
        except discord.HTTPException as refusal:
            log.info("action=votes_not_read code=%d", refusal.code)
            return None

    async def _votes_under(
        self, channel_id: int, message_id: int, choices: frozenset[Choice]
    ) -> AsyncIterator[Vote]:
        message = await self._rest.message(channel_id, message_id)
        for reaction in message.get("reactions") or ():
            emoji = reaction["emoji"]["name"] or ""
            choice = choice_of(emoji)
            if choice is not None and choice in choices and reaction["count"] > int(reaction["me"]):
                for user in await self._rest.people_behind(channel_id, message_id, emoji):
                    if not user.get("bot", False):
                        yield str(user["id"]), choice

    async def voter(self, photo: PhotoInReview, user_id: str) -> Requester | None:
        """Return who that is, with the roles that may make an approver of them.

        Raises:
            FrontendUnavailable: Discord cannot be asked now.
        """
        if photo.workspace.startswith(DIRECT_PREFIX):
            return Requester(PLATFORM, photo.workspace, user_id, "", photo.thread, is_admin=True)
        client = await self._line.client()
        guild, member = client.get_guild(int(photo.workspace)), None
        if guild is not None:
            try:
                member = await self._line.ask(guild.fetch_member(int(user_id)))
            except discord.HTTPException as refusal:
                log.info("action=member_not_found code=%d", refusal.code)
        return reacting(int(user_id), member, int(photo.workspace), photo.thread, self._grants)
