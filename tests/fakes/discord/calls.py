"""A request as a route's function gets it, and the table of those functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.fakes.discord.errors import (
    missing_access,
    missing_permissions,
    unknown_channel,
    unknown_guild,
    unknown_message,
)
from tests.fakes.discord.messages import File, Message
from tests.fakes.discord.permissions import may
from tests.fakes.discord.posting import Asked
from tests.fakes.discord.state import Channel, Guild, User

if TYPE_CHECKING:
    from tests.fakes.discord.fake import FakeDiscord


@dataclass(frozen=True)
class Reply:
    """What a route answers."""

    status: int = 200
    body: Any = None


NOTHING = Reply(204)


@dataclass
class Call:
    """One request of the bot, its body read and its form found right."""

    fake: FakeDiscord
    method: str
    template: str
    values: dict[str, str]
    """What stands in the path's places."""
    query: dict[str, str]
    body: Any = None
    files: list[File] = field(default_factory=list)

    @property
    def bot(self) -> User:
        """Who asks."""
        return self.fake.world.bot

    @property
    def asked(self) -> Asked:
        """The body, as one about a message."""
        return Asked(self.body or {}, self.files)

    def guild(self) -> Guild:
        """Return the server in the path, which the bot must be in."""
        guild = self.fake.world.guilds.get(int(self.values["guild_id"]))
        if guild is None:
            raise unknown_guild()
        if self.bot.id not in guild.members:
            raise missing_access()
        return guild

    def channel(self) -> Channel:
        """Return the channel in the path, which the bot must be able to see."""
        channel = self.fake.world.open_channel(int(self.values["channel_id"]))
        if channel is None:
            raise unknown_channel()
        self.need(channel, "view_channel")
        return channel

    def message(self) -> Message:
        """Return the message in the path; an ephemeral one is not there for the channel's routes."""
        channel = self.channel()
        message = channel.messages.get(int(self.values["message_id"]))
        if message is None or message.is_ephemeral:
            raise unknown_message()
        return message

    def need(self, channel: Channel, name: str) -> None:
        """Refuse unless the bot has this permission."""
        if not may(self.bot, channel, "view_channel"):
            raise missing_access()
        if not may(self.bot, channel, name):
            raise missing_permissions()


Handler = Callable[[Call], Reply]
ROUTES: dict[tuple[str, str], Handler] = {}
"""What the fake plays, by method and the official description's path."""


def route(method: str, template: str) -> Callable[[Handler], Handler]:
    """Enter a function into the table."""

    def enter(handler: Handler) -> Handler:
        ROUTES[method, template] = handler
        return handler

    return enter
