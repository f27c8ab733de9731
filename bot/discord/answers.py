"""Answering a request for its author's eyes only, as long as Discord allows, and in the thread after that."""

from __future__ import annotations

import logging

import discord

from bot.chat.remembered import Remembered
from bot.discord.addresses import ReplyToken, TokenKind, place_of
from bot.discord.layout import allowed_mentions, sheet_of
from bot.discord.limits import DEFAULT_FILE_BYTES, TOKEN_MARGIN_SECONDS, TOKEN_SECONDS
from bot.discord.line import UNKNOWN_MESSAGE
from bot.discord.pictures import fitted
from bot.discord.posting import Posting
from bot.discord.rest import Outgoing, Rest
from bot.frontend import FrontendUnavailable
from bot.replies import ModelList, Reply, WorkspaceSettings
from bot.requests import Requester, ThreadAddress
from core.clock import Clock
from core.store.blobs import Blobs

log = logging.getLogger(__name__)

IN_PLACE = (ModelList, WorkspaceSettings)
"""Answers to a press that take the place of the message with the button, which is one of the same kind."""
MAX_REMEMBERED = 2000


class Answers:
    """What is said to the person who asked."""

    def __init__(self, rest: Rest, posting: Posting, blobs: Blobs, clock: Clock) -> None:
        self._rest = rest
        self._posting = posting
        self._blobs = blobs
        self._clock = clock
        self._followed_up: Remembered[str, None] = Remembered(MAX_REMEMBERED)
        """Nonces that were said already: Discord knows no nonce for a follow-up."""

    async def answer(self, requester: Requester, reply: Reply | None, *, nonce: str) -> None:
        """Answer once: by the interaction while it lasts, else in the thread, calling the person.

        Raises:
            FrontendUnavailable: Nothing can be said now.
        """
        token = ReplyToken.read(requester.reply_token)
        if token is not None and self._lasts(token):
            try:
                await self._answer_by(token, requester.thread, reply, nonce)
                return
            except discord.HTTPException as refusal:
                if refusal.code == UNKNOWN_MESSAGE:
                    return  # it was answered, or was not wanted: the person dismissed it
                if refusal.status not in (400, 401, 403, 404):
                    raise FrontendUnavailable(f"Discord refuses an answer: {refusal.code}") from refusal
                log.info("action=token_refused code=%d", refusal.code)
        if reply is not None:
            await self._posting.post(requester.thread, reply, nonce=nonce, author_id=requester.user_id)

    def _lasts(self, token: ReplyToken) -> bool:
        asked = discord.utils.snowflake_time(token.interaction_id)
        return (self._clock() - asked).total_seconds() < TOKEN_SECONDS - TOKEN_MARGIN_SECONDS

    async def _answer_by(
        self, token: ReplyToken, thread: ThreadAddress, reply: Reply | None, nonce: str
    ) -> None:
        is_slash = token.kind is TokenKind.SLASH
        if reply is None:
            if is_slash:
                await self._rest.delete_original(token.token)
            return
        outgoing = await self._outgoing(thread, reply)
        if is_slash or isinstance(reply, IN_PLACE):
            try:
                await self._rest.edit_original(token.token, outgoing)
            except discord.HTTPException as refusal:
                if refusal.status != 400 or not outgoing.pictures:
                    raise
                # discord-api-docs issue 7529: pictures in an edit; as a new message they are taken.
                await self._rest.delete_original(token.token)
                await self._rest.follow_up(token.token, await self._outgoing(thread, reply))
        elif nonce not in self._followed_up:
            await self._rest.follow_up(token.token, outgoing)
            self._followed_up[nonce] = None

    async def _outgoing(self, thread: ThreadAddress, reply: Reply) -> Outgoing:
        card = self._posting.card(reply, place_of(thread))
        pictures = await fitted(card.pictures, self._blobs, DEFAULT_FILE_BYTES)
        named = [(picture.filename, picture.alt) for picture in pictures]
        return Outgoing(sheet_of(card, named, None), pictures, allowed_mentions(card))
