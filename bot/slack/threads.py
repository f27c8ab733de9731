"""Opening the thread of a new piece of work: the same one however often it is asked for."""

from __future__ import annotations

import logging

from bot.chat.card import Card, Line, Style
from bot.chat.remembered import Remembered
from bot.frontend import ThreadRefused
from bot.requests import Requester, ThreadAddress
from bot.slack.addresses import DIRECT, Place, place_of
from bot.slack.markup import escaped, mention
from bot.slack.messages import Messages
from bot.slack.refusals import Refused
from bot.slack.web import Refusal, Web
from core.rules.wording import one_line

log = logging.getLogger(__name__)

MAX_REMEMBERED = 2000
NO_PRIVATE_THREAD = (
    "New models are made in private here, and I may not write to you directly. Ask an admin to allow me direct "
    "messages, then try again."
)


class Threads:
    """Threads that we opened."""

    def __init__(self, web: Web, messages: Messages) -> None:
        self._web = web
        self._messages = messages
        self._opened: Remembered[str, ThreadAddress] = Remembered(MAX_REMEMBERED)

    async def open(self, requester: Requester, title: str, nonce: str, *, is_private: bool) -> ThreadAddress:
        """Return the thread: the place of the request where that is one already.

        A thread that hangs on a message begins with that message; the first card posted into the thread takes its
        place. Slack has no private threads in a channel, so what has to be private goes to the conversation with
        the person, wherever it was asked for.

        Raises:
            ThreadRefused: It has to be private, and cannot be.
            FrontendUnavailable: None can be opened now.
        """
        place = place_of(requester.thread)
        if is_private and not place.channel.startswith(DIRECT):
            place = await self._direct(requester, place.workspace)
        if place.thread:
            return requester.thread
        if nonce not in self._opened:
            try:
                ts = await self._messages.open(place, _first_words(requester, title), nonce)
            except Refused as refusal:
                if is_private:
                    raise ThreadRefused(NO_PRIVATE_THREAD) from refusal
                return requester.thread  # what follows finds its way from there
            self._opened[nonce] = place.beneath(ts).address
        return self._opened[nonce]

    async def _direct(self, requester: Requester, workspace: str) -> Place:
        try:
            return Place(workspace, await self._web.open_direct(workspace, requester.user_id))
        except Refusal as refusal:
            log.warning("action=private_thread_refused code=%s", refusal.code)
            raise ThreadRefused(NO_PRIVATE_THREAD) from refusal


def _first_words(requester: Requester, title: str) -> Card:
    # By name where it is known: a mention would call them to what they just did.
    name = escaped(requester.display_name) if requester.display_name else mention(requester.user_id)
    asked = Line(f"asked by {name}", Style.SMALL, is_markup=True)
    return Card((Line(one_line(title) or "Likeness", Style.STRONG), asked))
