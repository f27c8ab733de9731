"""Reactions that nobody told us of: a new session begins without those that were put on and taken off before it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import discord

from bot.discord.addresses import DIRECT_PREFIX, PLATFORM, read_message_name
from bot.discord.line import Line
from bot.discord.people import reacting
from bot.discord.plans import Grants
from bot.discord.rest import Rest
from bot.frontend import Accept, FrontendUnavailable
from bot.reconcile import PhotoInReview
from bot.requests import Reaction, Requester
from core.approvals import EMOJI, choice_of
from core.patience import patiently
from core.store.records import Choice

log = logging.getLogger(__name__)

RETRY_SECONDS = 5.0
InReview = Callable[[], Awaitable[Sequence[PhotoInReview]]]


class CatchingUp:
    """Compares what stands under the photos in review with what is written down, and accepts the differences."""

    def __init__(
        self,
        rest: Rest,
        line: Line,
        grants: Grants,
        in_review: InReview,
        *,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._rest = rest
        self._line = line
        self._grants = grants
        self._in_review = in_review
        self._wait = wait

    async def run(self, client: discord.Client, accept: Accept) -> None:
        """Look at every photo once; while Discord cannot be reached, wait, for as long as this client lives."""
        for photo in await patiently(self._in_review, "photos in review"):
            while not client.is_closed():
                try:
                    await self._look_at(photo, accept)
                    break
                except FrontendUnavailable:
                    await self._wait(RETRY_SECONDS)

    async def _look_at(self, photo: PhotoInReview, accept: Accept) -> None:
        try:
            now = {vote async for vote in self._votes_under(photo)}
        except discord.HTTPException as refusal:
            # Gone, or closed to us: what is written down stays.
            log.info("action=votes_not_read code=%d", refusal.code)
            return
        for vote in sorted(photo.standing - now):
            await self._tell(photo, *vote, accept, is_withdrawn=True)
        for vote in sorted(now - photo.standing):
            await self._tell(photo, *vote, accept, is_withdrawn=False)

    async def _votes_under(self, photo: PhotoInReview) -> AsyncIterator[tuple[str, Choice]]:
        named = read_message_name(photo.message)
        if named is None:
            return
        channel_id, message_id = named
        message = await self._rest.message(channel_id, message_id)
        for reaction in message.get("reactions") or ():
            emoji = reaction["emoji"]["name"] or ""
            choice = choice_of(emoji)
            if choice is not None and choice in photo.choices and reaction["count"] > int(reaction["me"]):
                for user in await self._rest.people_behind(channel_id, message_id, emoji):
                    if not user.get("bot", False):
                        yield str(user["id"]), choice

    async def _tell(
        self, photo: PhotoInReview, user_id: str, choice: Choice, accept: Accept, *, is_withdrawn: bool
    ) -> None:
        requester = await self._requester(photo, user_id)
        if not photo.may_vote(user_id, requester.roles, is_admin=requester.is_admin):
            return  # they were told when they reacted, if we were there
        emoji = next(emoji for emoji, meant in EMOJI.items() if meant is choice)
        verb = "remove" if is_withdrawn else "add"
        key = f"reaction:{photo.message}:{user_id}:{choice.value}:{verb}:{photo.votes[user_id, choice]}"
        request = Reaction(requester, photo.message, emoji, is_withdrawn=is_withdrawn)
        await patiently(lambda: accept(request, key), "a missed reaction")
        log.info("action=reaction_caught_up verb=%s", verb)

    async def _requester(self, photo: PhotoInReview, user_id: str) -> Requester:
        """Return who it was, with the roles that may make an approver of them."""
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
