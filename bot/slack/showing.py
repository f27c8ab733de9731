"""How a card's pictures are seen: in its own blocks, or as files in its thread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from bot.chat.card import Card
from bot.chat.kinds import PROGRESS, requester_of
from bot.replies import ImagesReady, ModelPhotos, ModelReady, Reply
from bot.slack.addresses import DIRECT, Place
from bot.slack.layout import ShownPicture
from bot.slack.limits import FILE_LOOK_SECONDS, PREVIEW_LOOK_SECONDS
from bot.slack.looking import Looking
from bot.slack.markup import mention
from bot.slack.pictures import mark_of
from bot.slack.rooms import Rooms, Standing
from bot.slack.uploads import Uploads, set_mark
from bot.slack.web import Refusal

FILED = (ImagesReady, ModelPhotos, ModelReady)
"""What people keep: pictures that are files of their own, to be opened large and saved."""
NOT_SHOWN = "Slack does not show the picture now."
MAY_NOT_UPLOAD = (
    "The pictures cannot be shown: I lack the permission {needed} here. An admin can grant it by installing "
    "me again."
)


@dataclass(frozen=True)
class Said:
    """A reply with its card."""

    reply: Reply
    card: Card

    def at(self, place: Place, ts: str) -> Said:
        """Return what an edit makes this message say: where it stands in a channel, also who asked.

        Nobody else saw their command there. A new message would call them to what they just did; an edit does not.
        """
        person = requester_of(self.reply)
        is_for_all = stands_in_channel(place, ts) and not place.channel.startswith(DIRECT)
        if not is_for_all or not person or self.card.mention:
            return self
        return replace(self, card=self.card.noted(f"asked by {mention(person)}", is_markup=True))


@dataclass(frozen=True)
class Shown:
    """The pictures that a message shows, and what is said about those that it does not."""

    pictures: tuple[ShownPicture, ...] = ()
    note: str = ""

    def noted(self, card: Card) -> Card:
        """Return the card with that said."""
        return card.noted(self.note) if self.note else card

    def without_pictures(self) -> Shown:
        """Return this as it is where Slack does not take the blocks."""
        return Shown((), self.note or NOT_SHOWN)


class Showing:
    """Brings a card's pictures to Slack."""

    def __init__(self, uploads: Uploads, rooms: Rooms, looking: Looking) -> None:
        self._uploads = uploads
        self._rooms = rooms
        self._looking = looking

    async def in_blocks(self, place: Place, said: Said, known: Mapping[str, str]) -> Shown:
        """Return the pictures for a message's own blocks; those that are there already are not brought again.

        Raises:
            FrontendUnavailable: Slack cannot take them now.
        """
        wanted = said.card.pictures
        if not wanted:
            return Shown()
        is_progress = isinstance(said.reply, PROGRESS)
        look_seconds = PREVIEW_LOOK_SECONDS if is_progress else FILE_LOOK_SECONDS
        try:
            pictures = await self._uploads.for_blocks(place.workspace, wanted, known, look_seconds)
        except Refusal as refusal:
            return Shown() if is_progress else Shown((), _why(refusal))
        return Shown(pictures, "" if pictures or is_progress else NOT_SHOWN)

    async def as_files(self, place: Place, standing: Standing, said: Said, *, words: str) -> Shown:
        """Post a card's pictures under it as one message, once, and return what its own blocks are to show.

        In a public channel that we are not in, we may post and not share files: there the card shows them itself.

        Args:
            place: Where the card is.
            standing: The card's message: the files' mark is made of its timestamp.
            said: The card, with the pictures.
            words: What stands above the files.

        Raises:
            Refusal: The thread takes nothing from us.
            FrontendUnavailable: Slack cannot take them now.
        """
        card, ts = said.card, standing.ts
        if not card.pictures:
            return Shown()
        thread = place if place.thread else place.beneath(ts)
        room, mark = self._rooms.of(thread), set_mark(place.channel, ts, card.pictures)
        async with room.lock:
            await self._looking.look(thread, room)
            if mark not in room.files:
                try:
                    with room.unsure():
                        file_ids = await self._uploads.share(thread, card.pictures, mark, words)
                    room.files[mark] = file_ids
                except Refusal as refusal:
                    if refusal.code == "not_in_channel":
                        return await self.in_blocks(place, said, standing.pictures)
                    if refusal.code != "missing_scope":
                        raise
                    return Shown((), _why(refusal))
            file_ids = room.files[mark]
        if not stands_in_channel(place, ts):
            return Shown()
        shown = [
            ShownPicture(mark_of(picture), file_id, picture.alt)
            for picture, file_id in zip(card.pictures, file_ids, strict=False)
            if await self._uploads.is_ready(place.workspace, file_id)
        ]
        return Shown(tuple(shown))

    async def discard(self, place: Place, file_ids: Iterable[str]) -> None:
        """Take files away that no message shows any more."""
        await self._uploads.discard(place.workspace, file_ids)


def is_filed(reply: Reply) -> bool:
    """Tell whether a reply's pictures are files of their own."""
    return isinstance(reply, FILED)


def stands_in_channel(place: Place, ts: str) -> bool:
    """Tell whether a message stands in the channel itself, and not in a thread."""
    return place.thread in ("", ts)


def _why(refusal: Refusal) -> str:
    return MAY_NOT_UPLOAD.format(needed=refusal.needed) if refusal.needed else NOT_SHOWN
