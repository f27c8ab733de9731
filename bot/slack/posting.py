"""Where a message goes: into its thread or channel, else to its person directly."""

from __future__ import annotations

import logging
from dataclasses import replace

from bot.chat.card import Card
from bot.chat.kinds import QUIET, requester_of
from bot.chat.remembered import Remembered
from bot.frontend import FrontendUnavailable, MessageGone
from bot.replies import ImagesReady, Reply
from bot.requests import MessageRef, ThreadAddress
from bot.slack.addresses import Place, message_name, place_of, read_message_name
from bot.slack.markup import escaped, mention
from bot.slack.messages import Messages
from bot.slack.refusals import Refused
from bot.slack.showing import Said
from bot.slack.web import Refusal, Web
from bot.slack.wording import Wording

log = logging.getLogger(__name__)

MAX_REMEMBERED = 2000
"""Nonces of messages that went elsewhere than asked, and conversations with people."""
IN_PRIVATE = "The place where this was asked is gone or closed to me, so it comes to you here."


class Posting:
    """Our messages, wherever they have to go."""

    def __init__(self, web: Web, messages: Messages, wording: Wording) -> None:
        self._web = web
        self._wording = wording
        self._messages = messages
        self._elsewhere: Remembered[str, MessageRef] = Remembered(MAX_REMEMBERED)

    async def post(
        self, thread: ThreadAddress, reply: Reply, *, nonce: str, author_id: str = ""
    ) -> MessageRef:
        """Post once, in the thread or to its person.

        Args:
            thread: Where it belongs.
            reply: What to say.
            nonce: As in the port.
            author_id: Whom it answers, if it answers somebody: the message calls them.

        Raises:
            FrontendUnavailable: It can be posted nowhere now.
            StoreUnavailable: The token or a picture cannot be read now.
        """
        if nonce in self._elsewhere:
            return self._elsewhere[nonce]
        place = place_of(thread)
        card = self._wording.card(reply)
        person = author_id or requester_of(reply)
        if author_id and not card.mention:
            card = replace(card, mention=author_id)
        try:
            ts = await self._messages.post(place, Said(reply, card), nonce)
            return MessageRef(thread, message_name(place.channel, ts))
        except Refused:
            if not person:
                raise FrontendUnavailable(
                    "the channel takes nothing from us, and the message is for nobody alone"
                ) from None
        log.info("action=post_to_person")
        if not isinstance(reply, QUIET):
            card = replace(card, mention=card.mention or person)
        name = await self.post_to_person(place.workspace, person, Said(reply, card.noted(IN_PRIVATE)), nonce)
        self._elsewhere[nonce] = MessageRef(thread, name)
        return self._elsewhere[nonce]

    async def post_to_person(self, workspace: str, user_id: str, said: Said, nonce: str) -> str:
        """Post once in the conversation with one person, and return the message's name.

        Raises:
            FrontendUnavailable: They cannot be written to.
        """
        try:
            channel = await self._web.open_direct(workspace, user_id)
            ts = await self._messages.post(Place(workspace, channel), said, nonce)
        except (Refused, Refusal) as refusal:
            log.warning("action=person_refused code=%s", getattr(refusal, "code", ""))
            raise FrontendUnavailable(
                "neither the channel nor the person takes anything from us"
            ) from refusal
        return message_name(channel, ts)

    async def edit(self, message: MessageRef, reply: Reply) -> None:
        """Replace what a message says, wherever it went.

        Raises:
            MessageGone: It is not there any more, or cannot be changed there.
            FrontendUnavailable: Nothing can be changed now.
            StoreUnavailable: The token or a picture cannot be read now.
        """
        named = read_message_name(message.message)
        if named is None:
            raise MessageGone(message.message)
        channel, ts = named
        place = place_of(message.thread)
        card = self._wording.card(reply)
        words = _words_above(reply, card)
        if words:  # they call the person, which an edit would not
            card = replace(card, mention="")
        if channel != place.channel:
            place, card = Place(place.workspace, channel), card.noted(IN_PRIVATE)
        await self._messages.edit(place, ts, Said(reply, card), words=words)


def _words_above(reply: Reply, card: Card) -> str:
    """Return what stands above pictures whose card was there before: the news is in them, and calls its person."""
    if not isinstance(reply, ImagesReady):
        return ""
    return " ".join((*((mention(card.mention),) if card.mention else ()), escaped(reply.title.text)))
