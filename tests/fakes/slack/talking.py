"""What people write, and how they react: the half of a person that needs no app."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tests.fakes.slack import events, posting
from tests.fakes.slack.api_reactions import EMOJI, take
from tests.fakes.slack.files import File
from tests.fakes.slack.messages import Message
from tests.fakes.slack.rich_text import rich_text
from tests.fakes.slack.state import Channel, Installation, User, UserGroup

if TYPE_CHECKING:
    from tests.fakes.slack.fake import FakeSlack

MAX_FILES = 10  # slack.com, help centre, Add files: ten at a time
Place = Channel | Message
"""A channel, or a message: then its thread."""


class Talker:
    """Somebody who writes."""

    def __init__(self, fake: FakeSlack, user: User) -> None:
        self._fake = fake
        self.user = user

    @property
    def id(self) -> str:
        """The user's id."""
        return self.user.id

    @property
    def name(self) -> str:
        """The user's name."""
        return self.user.name

    async def say(
        self,
        place: Place,
        text: str = "",
        /,
        *,
        files: Sequence[File] = (),
        mentions: Sequence[User | UserGroup | Talker] = (),
    ) -> Message:
        """Write a message, the mentions before its text."""
        channel = place if isinstance(place, Channel) else place.channel
        thread = None if isinstance(place, Channel) else place.root
        assert self.user in channel.members, f"{self.name} is not in #{channel.name}"
        assert not channel.is_archived, f"#{channel.name} is archived"
        assert thread is None or not thread.is_ephemeral, "nobody can answer what only one person sees"
        text = " ".join([*(_tag(each) for each in mentions), text]).strip()
        assert text or files, "an empty message cannot be sent"
        assert len(files) <= MAX_FILES, f"Slack's client takes {MAX_FILES} files at a time"
        stored = [self._fake.take_file(each, self.user) for each in files]
        blocks = [rich_text(text)] if text else []
        client_id = self._fake.ids.next("c").lower()
        return posting.post(
            self._fake,
            channel,
            self.user,
            text,
            blocks=blocks,
            files=stored,
            thread=thread,
            client_id=client_id,
        )

    async def mention(self, place: Place, text: str = "", /, *, files: Sequence[File] = ()) -> Message:
        """Write a message to the app, its name first."""
        channel = place if isinstance(place, Channel) else place.channel
        return await self.say(place, text, files=files, mentions=[self._installation(channel).bot])

    async def edit(self, message: Message, text: str, /) -> None:
        """Change one's own message."""
        assert message.author is self.user, "only one's own messages can be changed"
        posting.change(self._fake, message, notification=text, blocks=[rich_text(text)])

    async def delete(self, message: Message, /) -> None:
        """Take one's own message away; an admin may take any."""
        assert message.author is self.user or self.user.is_admin, f"{self.name} may not delete it"
        posting.delete(self._fake, message)

    async def react(self, message: Message, emoji: str, /) -> None:
        """Put a reaction under a message, by the emoji's name, as in `white_check_mark`."""
        self._must_see(message.channel)
        assert not message.is_ephemeral and not message.is_deleted, "nobody can react to it"
        assert EMOJI.fullmatch(emoji), f"{emoji!r} is no emoji's name"
        assert self.user not in message.reacted.get(emoji, []), f"{self.name} has reacted with {emoji}"
        message.reacted.setdefault(emoji, []).append(self.user)
        events.reaction(self._fake, "reaction_added", message, emoji, self.user)
        self._fake.changed()

    async def unreact(self, message: Message, emoji: str, /) -> None:
        """Take one's reaction away."""
        assert self.user in message.reacted.get(emoji, []), f"{self.name} has not reacted with {emoji}"
        take(message, emoji, self.user)
        events.reaction(self._fake, "reaction_removed", message, emoji, self.user)
        self._fake.changed()

    def _installation(self, channel: Channel) -> Installation:
        return self._fake.installation_for(channel, self.user)

    def _must_see(self, channel: Channel) -> None:
        assert channel.is_seen_by(self.user), f"{self.name} does not see #{channel.name}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"


def _tag(who: User | UserGroup | Talker) -> str:
    return who.user.mention if isinstance(who, Talker) else who.mention
