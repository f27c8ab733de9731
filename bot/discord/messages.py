"""Posting once and editing in place, in one channel. Where a message goes when its channel refuses it: `delivery`.

Each message carries a mark made from its nonce. Before a message is posted, the channel is looked at for that
mark, unless this process knows what stands there: so a process that was killed between the post and the note of
it finds the message again, and so does a request whose answer was lost. Discord's own nonce covers the minutes in
which the same post may still be on its way.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import discord

from bot.chat.card import Card
from bot.chat.kinds import PROGRESS
from bot.discord.layout import FittedPicture, allowed_mentions, mark_of, sheet_of
from bot.discord.limits import (
    DEFAULT_FILE_BYTES,
    EDIT_PACE_SECONDS,
    FREE_EDITS_SECONDS,
    OLD_EDIT_PACE_SECONDS,
    REFUSED_REST_SECONDS,
    ROOM_PACE_SECONDS,
)
from bot.discord.line import (
    FILE_TOO_LARGE,
    THREAD_ARCHIVED,
    Line,
    Unclear,
)
from bot.discord.pictures import fitted
from bot.discord.rest import Kept, Outgoing, Payload, Rest
from bot.discord.rooms import Room, Rooms, Standing, file_ids_of, standing_of
from bot.frontend import FrontendUnavailable, MessageGone
from bot.replies import FlaggedPhoto, JobQueued, Reply
from core.clock import Clock
from core.store.blobs import Blobs

log = logging.getLogger(__name__)


class Refused(Exception):
    """The channel does not take messages from us: it is gone, or closed to us."""


@dataclass(frozen=True)
class Said:
    """A reply with its card."""

    reply: Reply
    card: Card


class Messages:
    """Our messages, channel by channel."""

    def __init__(
        self, rest: Rest, line: Line, blobs: Blobs, clock: Clock, monotonic: Callable[[], float]
    ) -> None:
        self._rest = rest
        self._line = line
        self._blobs = blobs
        self._clock = clock
        self._monotonic = monotonic
        self._rooms = Rooms(monotonic)

    # Posting

    async def post(self, channel_id: int, said: Said, nonce: str) -> int:
        """Post once under this nonce, and return the message's id.

        Raises:
            Refused: The channel takes nothing from us.
            FrontendUnavailable: Nothing can be posted now.
        """
        room, mark = self._rooms.of(channel_id), mark_of(nonce)
        async with room.lock:
            if self._rooms.is_refused(room):
                raise Refused
            try:
                standing = await self._find_or_post(channel_id, room, said, nonce)
            except Unclear:
                # It may stand there by now: the second try looks first.
                room.is_known = False
                log.warning("action=post_unclear")
                standing = await self._find_or_post(channel_id, room, said, nonce)
            standing.mark = mark
            await self._react(channel_id, standing, said)
            return standing.message_id

    async def may_begin_with(self, channel_id: int, nonce: str) -> bool:
        """Tell whether the message with this nonce stands in a thread, or none of ours does: it was not yet posted.

        Raises:
            discord.HTTPException: The thread cannot be looked at.
            FrontendUnavailable: It cannot be looked at now.
        """
        room = self._rooms.of(channel_id)
        async with room.lock:
            await self._look(channel_id, room)
            return room.is_empty or room.marked(mark_of(nonce)) is not None

    async def _find_or_post(self, channel_id: int, room: Room, said: Said, nonce: str) -> Standing:
        try:
            await self._look(channel_id, room)
            return room.marked(mark_of(nonce)) or await self._post_new(channel_id, room, said, nonce)
        except discord.HTTPException as refusal:
            if refusal.status not in (403, 404) and refusal.code != THREAD_ARCHIVED:
                raise FrontendUnavailable(f"Discord refuses a message: {refusal.code}") from refusal
            log.warning("action=post_refused code=%d", refusal.code)
            self._rooms.refuse(room, REFUSED_REST_SECONDS)
            raise Refused from refusal

    async def _post_new(self, channel_id: int, room: Room, said: Said, nonce: str) -> Standing:
        limit_bytes = self._file_limit(channel_id)
        reopened = False
        while True:
            pictures = await fitted(said.card.pictures, self._blobs, limit_bytes)
            outgoing = _outgoing(said.card, pictures, mark_of(nonce))
            try:
                posted = await self._rest.post(channel_id, outgoing, nonce)
                break
            except discord.HTTPException as refusal:
                if refusal.code == FILE_TOO_LARGE and limit_bytes > DEFAULT_FILE_BYTES // 8:
                    limit_bytes = min(limit_bytes // 2, DEFAULT_FILE_BYTES)
                elif refusal.code == THREAD_ARCHIVED and not reopened:
                    reopened = True
                    await self._rest.unarchive(channel_id)
                else:
                    raise
            except Unclear:
                room.is_known = False
                raise
        standing = standing_of(posted)
        standing.emojis = standing.emojis or []
        self._note_shown(standing, said, outgoing, posted)
        room.keep(standing)
        return standing

    async def _look(self, channel_id: int, room: Room) -> None:
        if not room.is_known:
            room.learn(await self._rest.history(channel_id), await self._rest.bot_id())

    def _file_limit(self, channel_id: int) -> int:
        client = self._line.current
        channel = None if client is None else client.get_channel(channel_id)
        guild = getattr(channel, "guild", None)
        return DEFAULT_FILE_BYTES if guild is None else int(guild.filesize_limit)

    def _note_shown(self, standing: Standing, said: Said, sent: Outgoing, answered: Payload) -> None:
        standing.shown_kind, standing.shown_at = type(said.reply), self._monotonic()
        if sent.kept:
            return  # the files are those that were there
        standing.files = {
            picture.blob_key: (file_id, picture.filename)
            for picture, file_id in zip(sent.pictures, file_ids_of(answered), strict=False)
        }

    # Editing

    async def edit(self, channel_id: int, message_id: int, said: Said) -> None:
        """Replace what a message says.

        Raises:
            MessageGone: It is not there any more, or cannot be changed where it is.
            FrontendUnavailable: Nothing can be changed now.
        """
        room = self._rooms.of(channel_id)
        async with room.lock:
            try:
                await self._look(channel_id, room)
                standing = room.get(message_id) or Standing(message_id, None)
                if self._is_too_soon(room, standing, said):
                    return
                await self._edit(channel_id, standing, said)
                room.keep(standing)
            except discord.HTTPException as refusal:
                log.warning("action=edit_refused status=%d code=%d", refusal.status, refusal.code)
                if isinstance(said.reply, PROGRESS) and refusal.status not in (403, 404):
                    return  # the next one may do
                room.drop(message_id)
                if refusal.status == 400 and refusal.code != THREAD_ARCHIVED:
                    await self._make_way(channel_id, message_id)
                raise MessageGone(str(message_id)) from refusal

    async def _edit(self, channel_id: int, standing: Standing, said: Said) -> None:
        reopened = repeated = False
        while True:
            outgoing = await self._change(channel_id, standing, said)
            try:
                answered = await self._rest.edit(channel_id, standing.message_id, outgoing)
                break
            except Unclear:
                if repeated:  # once more does no harm: the message says the same
                    raise
                repeated = True
            except discord.HTTPException as refusal:
                if refusal.code == THREAD_ARCHIVED and not reopened:
                    reopened = True
                    await self._rest.unarchive(channel_id)
                elif refusal.status == 400 and outgoing.kept:
                    standing.files = {}  # the files have to come along after all
                else:
                    raise
        self._note_shown(standing, said, outgoing, answered)
        await self._react(channel_id, standing, said)

    async def _change(self, channel_id: int, standing: Standing, said: Said) -> Outgoing:
        """Return the message as it shall be, without the pictures where they are there already."""
        there = [standing.files.get(picture.blob_key) for picture in said.card.pictures]
        if there and len(there) == len(standing.files) and all(there):
            known = [file for file in there if file is not None]
            named = [
                (name, picture.alt) for (_, name), picture in zip(known, said.card.pictures, strict=True)
            ]
            sheet = sheet_of(said.card, named, standing.mark)
            kept = tuple(Kept(file_id) for file_id, _ in known)
            return Outgoing(sheet, (), allowed_mentions(said.card), kept)
        pictures = await fitted(said.card.pictures, self._blobs, self._file_limit(channel_id))
        return _outgoing(said.card, pictures, standing.mark)

    def _is_too_soon(self, room: Room, standing: Standing, said: Said) -> bool:
        """Tell whether the edit would show progress only, and the last one was just now."""
        if not isinstance(said.reply, PROGRESS) or standing.shown_kind is None:
            return False
        gone_seconds = self._monotonic() - standing.shown_at
        if self._is_old(standing):
            return gone_seconds < OLD_EDIT_PACE_SECONDS
        is_same = standing.shown_kind is type(said.reply) and not isinstance(said.reply, JobQueued)
        return is_same and gone_seconds < max(EDIT_PACE_SECONDS, ROOM_PACE_SECONDS * room.count(PROGRESS))

    def _is_old(self, standing: Standing) -> bool:
        posted: datetime = discord.utils.snowflake_time(standing.message_id)
        return (self._clock() - posted).total_seconds() > FREE_EDITS_SECONDS

    async def _make_way(self, channel_id: int, message_id: int) -> None:
        """Delete a message that cannot be changed, as in discord-api-docs issue 7529: pictures in an edit."""
        try:
            await self._rest.delete(channel_id, message_id)
        except discord.HTTPException as refusal:
            log.info("action=delete_refused code=%d", refusal.code)

    # Reactions

    async def _react(self, channel_id: int, standing: Standing, said: Said) -> None:
        """Put the choices under the message, and take away those that are none any more."""
        wanted = [_plain(choice.emoji) for choice in said.card.choices]
        if standing.emojis is None and isinstance(said.reply, FlaggedPhoto):
            try:
                seen = standing_of(await self._rest.message(channel_id, standing.message_id))
            except discord.HTTPException:
                seen = Standing(standing.message_id, None)
            standing.emojis = seen.emojis or []
        there = {_plain(emoji): emoji for emoji in standing.emojis or ()}
        if not wanted and not there:
            return
        try:
            for plain, emoji in there.items():
                if plain not in wanted:
                    await self._rest.unreact(channel_id, standing.message_id, emoji)
                    there = {key: value for key, value in there.items() if key != plain}
            for choice in said.card.choices:
                if _plain(choice.emoji) not in there:
                    await self._rest.react(channel_id, standing.message_id, choice.emoji)
                    there[_plain(choice.emoji)] = choice.emoji
        except discord.HTTPException as refusal:
            # People can still react: the message says which emoji mean what.
            log.warning("action=reactions_refused code=%d", refusal.code)
        finally:
            standing.emojis = list(there.values())


def _outgoing(card: Card, pictures: tuple[FittedPicture, ...], mark: int | None) -> Outgoing:
    named = [(picture.filename, picture.alt) for picture in pictures]
    return Outgoing(sheet_of(card, named, mark), pictures, allowed_mentions(card))


def _plain(emoji: str) -> str:
    """Return an emoji without its variation selector, which Discord may leave out."""
    return emoji.rstrip("\ufe0f")
