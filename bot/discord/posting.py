"""Where a message goes: into its thread, else into the channel under it, else to its person directly."""

from __future__ import annotations

import logging
from dataclasses import replace

import discord

from bot.chat.card import Card
from bot.chat.kinds import QUIET, requester_of
from bot.chat.remembered import Remembered
from bot.chat.render import render
from bot.discord.addresses import Place, message_name, place_of, read_message_name
from bot.discord.limits import MAX_GALLERY_PICTURES
from bot.discord.line import Line as DiscordLine
from bot.discord.markup import mention
from bot.discord.messages import Messages, Refused, Said
from bot.discord.rest import Rest
from bot.frontend import FrontendUnavailable, MessageGone
from bot.replies import Reply
from bot.requests import MessageRef, ThreadAddress

log = logging.getLogger(__name__)

MAX_REMEMBERED = 2000
"""Nonces of messages that went elsewhere than asked."""
IN_CHANNEL = "The thread of this is gone or closed to me, so it comes here."
IN_PRIVATE = (
    "I may not write where this was asked, so it comes to you here. In the server, /jobs shows what goes on."
)


class Posting:
    """Our messages, wherever they have to go."""

    def __init__(self, rest: Rest, messages: Messages, line: DiscordLine) -> None:
        self._rest = rest
        self._messages = messages
        self._line = line
        self._elsewhere: Remembered[str, MessageRef] = Remembered(MAX_REMEMBERED)

    async def post(
        self, thread: ThreadAddress, reply: Reply, *, nonce: str, author_id: str = ""
    ) -> MessageRef:
        """Post once, as near to the thread as Discord lets us.

        Args:
            thread: Where it belongs.
            reply: What to say.
            nonce: As in the port.
            author_id: Whom it answers, if it answers somebody: the message calls them.

        Raises:
            FrontendUnavailable: It can be posted nowhere now.
        """
        if nonce in self._elsewhere:
            return self._elsewhere[nonce]
        place = place_of(thread)
        card = self.card(reply, place)
        if author_id and not card.mention:
            card = replace(card, mention=author_id)
        person = author_id or requester_of(reply)
        try:
            message_id = await self._messages.post(place.id, Said(reply, card), nonce)
            return MessageRef(thread, message_name(place.id, message_id))
        except Refused:
            elsewhere = await self._post_elsewhere(place, Said(reply, card), nonce, person)
        self._elsewhere[nonce] = MessageRef(thread, elsewhere)
        return self._elsewhere[nonce]

    async def post_here(self, channel_id: int, said: Said, nonce: str) -> int:
        """Post once in this channel and nowhere else.

        Raises:
            Refused: It takes nothing from us.
            FrontendUnavailable: Nothing can be posted now.
        """
        return await self._messages.post(channel_id, said, nonce)

    async def _post_elsewhere(self, place: Place, said: Said, nonce: str, person: str) -> str:
        called = said.card
        if not isinstance(said.reply, QUIET):
            called = replace(called, mention=called.mention or person)
        if place.thread_id is not None:
            card = called.noted(IN_CHANNEL)
            try:
                message_id = await self._messages.post(place.channel_id, replace(said, card=card), nonce)
                return message_name(place.channel_id, message_id)
            except Refused:
                log.info("action=post_to_person")
        if not person.isdecimal():
            raise FrontendUnavailable(
                "the channel takes nothing from us, and the message is for nobody alone"
            )
        try:
            channel_id = await self._rest.direct_channel(int(person))
            card = _for_one_person(said.card)
            message_id = await self._messages.post(channel_id, replace(said, card=card), nonce)
        except (Refused, discord.HTTPException) as refusal:
            raise FrontendUnavailable(
                "neither the channel nor the person takes anything from us"
            ) from refusal
        return message_name(channel_id, message_id)

    async def edit(self, message: MessageRef, reply: Reply) -> None:
        """Replace what a message says, wherever it went.

        Raises:
            MessageGone: It is not there any more, or cannot be changed there.
            FrontendUnavailable: Nothing can be changed now.
        """
        named = read_message_name(message.message)
        if named is None:
            raise MessageGone(message.message)
        channel_id, message_id = named
        place = place_of(message.thread)
        card = self.card(reply, place)
        if channel_id not in (place.channel_id, place.thread_id):
            card = _for_one_person(card)
        elif channel_id != place.id:
            card = card.noted(IN_CHANNEL)
        await self._messages.edit(channel_id, message_id, Said(reply, card))

    def card(self, reply: Reply, place: Place) -> Card:
        """Lay a reply out, with the names of the server that it is for."""
        client = self._line.current
        channel = None if client is None else client.get_channel(place.channel_id)
        guild = getattr(channel, "guild", None)

        def name_of(some_id: str) -> str:
            is_role = guild is not None and some_id.isdecimal() and guild.get_role(int(some_id)) is not None
            return f"<@&{some_id}>" if is_role else mention(some_id)

        return render(reply, name_of, MAX_GALLERY_PICTURES)


def _for_one_person(card: Card) -> Card:
    """Return the card without what is decided in the server: pressed elsewhere, it would be another workspace's."""
    lines = tuple(replace(line, button=None) for line in card.lines)
    return replace(card, lines=lines, buttons=(), choices=()).noted(IN_PRIVATE)
