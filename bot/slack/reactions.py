"""The emoji that we put under a message for people to choose from."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from bot.chat.card import Card
from bot.slack.addresses import Place
from bot.slack.emoji import name_of
from bot.slack.rooms import Standing, own_emojis
from bot.slack.web import Refusal, Web

log = logging.getLogger(__name__)

Change = Callable[[str, str, str, str], Awaitable[None]]
"""Puts on or takes off: workspace, channel, message, the emoji's name."""
DONE_ALREADY = frozenset(("already_reacted", "no_reaction"))
"""docs.slack.dev, reactions.add and reactions.remove, Errors."""


class Reactions:
    """Our own reactions."""

    def __init__(self, web: Web) -> None:
        self._web = web

    async def show(self, place: Place, standing: Standing, card: Card) -> None:
        """Put the choices under the message, and take away those that are none any more.

        Raises:
            FrontendUnavailable: Slack cannot be reached now.
        """
        wanted = [name for choice in card.choices if (name := name_of(choice.emoji)) is not None]
        if not wanted and not standing.emojis:
            return
        try:
            if standing.emojis is None:
                found = await self._web.reacted(place.workspace, place.channel, standing.ts)
                standing.emojis = own_emojis(found)
            for name in [name for name in standing.emojis if name not in wanted]:
                await self._once(self._web.unreact, place, standing, name)
                standing.emojis.remove(name)
            for name in [name for name in wanted if name not in standing.emojis]:
                await self._once(self._web.react, place, standing, name)
                standing.emojis.append(name)
        except Refusal as refusal:
            # People can still react: the message says which emoji mean what.
            log.warning("action=reactions_refused code=%s", refusal.code)

    async def _once(self, change: Change, place: Place, standing: Standing, name: str) -> None:
        try:
            await change(place.workspace, place.channel, standing.ts, name)
        except Refusal as refusal:
            if refusal.code not in DONE_ALREADY:
                raise
