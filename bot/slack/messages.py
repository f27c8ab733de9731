"""Posting once and editing in place, in one channel or thread. Where a message goes that is refused: `posting`.

Each message carries its nonce in its metadata. Before a message is posted, its place is looked at for that nonce,
unless this process knows what stands there: so a process that was killed between the post and the note of it finds
the message again, and so does a request whose answer was lost. Slack itself knows no key that would do this.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from weakref import WeakValueDictionary

from bot.chat.card import Card
from bot.chat.kinds import PROGRESS, STATUS
from bot.frontend import FrontendUnavailable, MessageGone
from bot.replies import JobQueued
from bot.slack.addresses import Place
from bot.slack.layout import content_of
from bot.slack.limits import EDIT_PACE_SECONDS, REFUSED_REST_SECONDS
from bot.slack.looking import Looking
from bot.slack.reactions import Reactions
from bot.slack.refusals import CLOSED, FIXED, NOT_OURS, Refused, unavailable
from bot.slack.rooms import Room, Rooms, Standing
from bot.slack.showing import Said, Showing, Shown, is_filed
from bot.slack.uploads import Uploads
from bot.slack.web import Payload, Refusal, Unclear, Web

log = logging.getLogger(__name__)


class Messages:
    """Our messages, place by place."""

    def __init__(self, web: Web, uploads: Uploads, monotonic: Callable[[], float]) -> None:
        self._web = web
        self._rooms = rooms = Rooms(monotonic)
        self._looking = Looking(web)
        self._showing = Showing(uploads, rooms, self._looking)
        self._monotonic = monotonic
        self._reactions = Reactions(web)
        self._turns: WeakValueDictionary[tuple[str, str, str], asyncio.Lock] = WeakValueDictionary()

    def _turn(self, place: Place, name: str) -> asyncio.Lock:
        """Return what is held while one message is made or changed; others of its place go on."""
        return self._turns.setdefault((place.workspace, place.channel, name), asyncio.Lock())

    def forget(self) -> None:
        """Look again before the next post in each place: others may have posted there in our name."""
        self._rooms.forget()

    # Posting

    async def post(self, place: Place, said: Said, nonce: str) -> str:
        """Post once under this nonce, and return the message's `ts`.

        Raises:
            Refused: The place takes nothing from us.
            FrontendUnavailable: Nothing can be posted now.
        """
        lock = self._turn(place, nonce)
        async with lock:
            room = self._rooms.of(place)
            if self._rooms.is_refused(room):
                raise Refused
            try:
                return await self._post(place, room, said, nonce)
            except Refusal as refusal:
                if refusal.code not in CLOSED:
                    raise unavailable(refusal) from refusal
                log.warning("action=post_refused code=%s", refusal.code)
                self._rooms.refuse(room, REFUSED_REST_SECONDS)
                raise Refused from refusal

    async def _post(self, place: Place, room: Room, said: Said, nonce: str) -> str:
        async with room.lock:
            await self._looking.look(place, room)
        standing = room.marked(nonce)
        if standing is None:
            shown = Shown() if is_filed(said.reply) else await self._showing.in_blocks(place, said, {})
            async with room.lock:
                standing = await self._begin(place, room, said, nonce, shown)
            self._note_shown(standing, said, shown)
        if is_filed(said.reply):
            await self._bring_files(place, standing, said)
        await self._reactions.show(place, standing, said.card)
        return standing.ts

    async def _begin(self, place: Place, room: Room, said: Said, nonce: str, shown: Shown) -> Standing:
        """Post, or take the place of the message that only opened this thread."""
        vacant = room.vacant() if isinstance(said.reply, STATUS) else None
        if vacant is not None:
            taken = replace(vacant, nonce=nonce, is_vacant=False)
            try:
                with room.unsure():
                    card = said.at(place, taken.ts).card
                    await self._update(place, taken, card, shown, taken.metadata)
                room.keep(taken)
                return taken
            except Refusal as refusal:
                log.warning("action=thread_head_refused code=%s", refusal.code)
                vacant.is_vacant = False
        return await self._post_once(place, room, Standing("", nonce), said.card, shown)

    async def open(self, place: Place, card: Card, nonce: str) -> str:
        """Post the message that a thread hangs on, once under this nonce, and return its `ts`.

        Raises:
            Refused: The place takes nothing from us.
            FrontendUnavailable: Nothing can be posted now.
        """
        lock = self._turn(place, nonce)
        async with lock:
            room = self._rooms.of(place)
            if self._rooms.is_refused(room):
                raise Refused
            async with room.lock:
                try:
                    await self._looking.look(place, room)
                    standing = room.marked(nonce)
                    if standing is None:
                        new = Standing("", opened=nonce, is_vacant=True)
                        standing = await self._post_once(place, room, new, card, Shown())
                        self._rooms.of(place.beneath(standing.ts)).keep(replace(standing))
                        standing.is_vacant = False  # of the channel's own messages none is
                    return standing.ts
                except Refusal as refusal:
                    if refusal.code not in CLOSED:
                        raise unavailable(refusal) from refusal
                    log.warning("action=thread_refused code=%s", refusal.code)
                    self._rooms.refuse(room, REFUSED_REST_SECONDS)
                    raise Refused from refusal

    async def _post_once(self, place: Place, room: Room, new: Standing, card: Card, shown: Shown) -> Standing:
        """Post. Where the answer is lost, the second try looks first; where we may not look, it just tries."""
        try:
            with room.unsure():
                posted = await self._post_new(place, new, card, shown)
        except Unclear:
            log.warning("action=post_unclear")
            await self._looking.look(place, room)
            found = room.marked(new.nonce or new.opened)
            if found is not None:
                return found
            with room.unsure():
                posted = await self._post_new(place, new, card, shown)
        standing = replace(new, ts=str(posted["ts"]), emojis=[])
        room.keep(standing)
        if not place.thread:
            self._rooms.of(place.beneath(standing.ts)).is_known = True  # nothing stands beneath it yet
        return standing

    async def _post_new(self, place: Place, new: Standing, card: Card, shown: Shown) -> Payload:
        content = content_of(shown.noted(card), shown.pictures)
        where = {"thread": place.thread, "metadata": new.metadata}
        try:
            return await self._web.post(place.workspace, place.channel, content, **where)
        except Refusal as refusal:
            if refusal.code != "invalid_blocks" or not shown.pictures:
                raise
            # Slack was not done with a file after all.
            content = content_of(shown.without_pictures().noted(card))
            return await self._web.post(place.workspace, place.channel, content, **where)

    async def _bring_files(self, place: Place, standing: Standing, said: Said) -> None:
        """Post a card's pictures under it, and show them on it as well where it stands in the channel itself."""
        shown = await self._showing.as_files(place, standing, said, words="")
        is_shown = {picture.mark for picture in shown.pictures} <= set(standing.pictures)
        if is_shown and not shown.note:
            return
        await self._update(place, standing, said.card, shown)
        self._note_shown(standing, said, shown)

    # Editing

    async def edit(self, place: Place, ts: str, said: Said, *, words: str = "") -> None:
        """Replace what a message says.

        Args:
            place: The thread or channel that it is in; or the thread that hangs on it.
            ts: Which message.
            said: What it is to say.
            words: What stands above pictures that come with it: an edit calls nobody by itself.

        Raises:
            MessageGone: It is not there any more, or cannot be changed where it is.
            FrontendUnavailable: Nothing can be changed now.
        """
        lock = self._turn(place, ts)
        async with lock:
            room = self._rooms.of(place)
            standing = room.get(ts) or Standing(ts)
            if self._is_too_soon(place, standing, said):
                return
            try:
                await self._edit(place, room, standing, said.at(place, ts), words)
            except Refusal as refusal:
                await self._refused(place, room, ts, said, refusal)

    async def _edit(self, place: Place, room: Room, standing: Standing, said: Said, words: str) -> None:
        if said.card.pictures and room.get(standing.ts) is None:
            async with room.lock:
                await self._looking.look(place, room)  # which of them are there already
            standing = room.get(standing.ts) or standing
        if is_filed(said.reply):
            shown = await self._showing.as_files(place, standing, said, words=words)
        else:
            shown = await self._showing.in_blocks(place, said, standing.pictures)
        await self._update(place, standing, said.card, shown)
        gone = standing.own_files - {picture.file_id for picture in shown.pictures}
        self._note_shown(standing, said, shown)
        room.keep(standing)
        await self._reactions.show(place, standing, said.card)
        await self._showing.discard(place, gone)

    async def _update(
        self, place: Place, standing: Standing, card: Card, shown: Shown, metadata: Payload | None = None
    ) -> None:
        """Change a message; once more where no answer came, which does no harm: it says the same."""
        content = content_of(shown.noted(card), shown.pictures)
        is_repeated = False
        while True:
            try:
                await self._web.update(place.workspace, place.channel, standing.ts, content, metadata)
                return
            except Unclear:
                if is_repeated:
                    raise
                is_repeated = True
            except Refusal as refusal:
                if refusal.code != "invalid_blocks" or not shown.pictures:
                    raise
                shown = shown.without_pictures()
                content = content_of(shown.noted(card))

    async def _refused(self, place: Place, room: Room, ts: str, said: Said, refusal: Refusal) -> None:
        """Tell what becomes of a message that was not changed."""
        log.warning("action=edit_refused code=%s", refusal.code)
        if refusal.code not in CLOSED | FIXED | NOT_OURS:
            if isinstance(said.reply, PROGRESS):
                return  # the next one may do
            raise unavailable(refusal) from refusal
        room.drop(ts)
        if refusal.code in FIXED:
            await self._make_way(place, ts)
        raise MessageGone(ts) from refusal

    async def _make_way(self, place: Place, ts: str) -> None:
        """Delete a message that cannot be changed: another takes its place."""
        try:
            await self._web.delete(place.workspace, place.channel, ts)
        except (Refusal, FrontendUnavailable):
            log.info("action=delete_refused")

    def _is_too_soon(self, place: Place, standing: Standing, said: Said) -> bool:
        """Tell whether the edit would show progress only, and the last one was just now, or edits run short."""
        if not isinstance(said.reply, PROGRESS) or standing.shown_kind is not type(said.reply):
            return False
        gone_seconds = self._monotonic() - standing.shown_at
        is_soon = gone_seconds < EDIT_PACE_SECONDS and not isinstance(said.reply, JobQueued)
        return is_soon or not self._web.pace.has_plenty("chat.update", place.workspace)

    def _note_shown(self, standing: Standing, said: Said, shown: Shown) -> None:
        standing.shown_kind, standing.shown_at = type(said.reply), self._monotonic()
        standing.pictures = {picture.mark: picture.file_id for picture in shown.pictures}
        standing.own_files = set() if is_filed(said.reply) else set(standing.pictures.values())
