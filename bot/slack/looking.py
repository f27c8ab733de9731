"""Reading what stands in a place, to find our messages there again."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from bot.slack.addresses import Place
from bot.slack.limits import MAX_LOOKS
from bot.slack.refusals import UNREADABLE
from bot.slack.rooms import Room
from bot.slack.web import Payload, Refusal, Web

log = logging.getLogger(__name__)


class Looking:
    """Looks into threads and channels, each once."""

    def __init__(self, web: Web) -> None:
        self._web = web

    async def look(self, place: Place, room: Room) -> None:
        """Read what stands in a place, unless it is known.

        Raises:
            Refusal: It is gone, or closed to us.
            FrontendUnavailable: It cannot be read now.
        """
        if room.is_known:
            return
        try:
            room.learn(await self._messages_in(place), is_thread=bool(place.thread))
        except Refusal as refusal:
            if refusal.code not in UNREADABLE:
                raise
            # We may still post. What this process posted it knows.
            log.warning("action=place_not_read code=%s", refusal.code)
            room.is_known = True

    async def _messages_in(self, place: Place) -> Sequence[Payload]:
        """Return what stands in a thread, or the newest of a channel; oldest first."""
        if not place.thread:
            found = await self._web.history(place.workspace, place.channel)
            return list(reversed(found["messages"]))
        messages: list[Payload] = []
        cursor = ""
        for _ in range(MAX_LOOKS):
            page = await self._web.replies(place.workspace, place.channel, place.thread, cursor)
            messages += page["messages"]
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                break
        return messages
