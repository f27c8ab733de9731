"""What Discord remembers: servers, roles, members, channels, threads, users. Nothing here talks."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tests.fakes.discord.permissions import EVERYONE_NAMES, bits, may
from tests.fakes.strict import Clock

if TYPE_CHECKING:
    from tests.fakes.discord.messages import Message

DISCORD_EPOCH = datetime(2015, 1, 1, tzinfo=UTC)  # discord-api-docs, Reference, Snowflakes
DEFAULT_ARCHIVE_MINUTES = 4320


class Snowflakes:
    """Ids that only grow, with the clock's time in their upper bits."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def next(self) -> int:
        """Return an id that nothing else has."""
        elapsed = self._clock() - DISCORD_EPOCH
        self._last = max(self._last + 1, (elapsed // timedelta(milliseconds=1)) << 22)
        return self._last


class ChannelKind(enum.IntEnum):
    """The types of channel that the fake has."""

    TEXT = 0
    DIRECT = 1
    PUBLIC_THREAD = 11
    PRIVATE_THREAD = 12


@dataclass(eq=False)
class User:
    """An account: a person's or the bot's."""

    id: int
    name: str
    display_name: str
    is_bot: bool = False
    takes_direct_messages: bool = True

    @property
    def mention(self) -> str:
        """The text that names the user in a message."""
        return f"<@{self.id}>"


@dataclass(eq=False)
class Role:
    """A role of one server."""

    id: int
    name: str
    permissions: int
    position: int
    is_mentionable: bool = False
    bot_id: int | None = None

    @property
    def mention(self) -> str:
        """The text that names the role in a message."""
        return f"<@&{self.id}>"


@dataclass(eq=False)
class Member:
    """A user in a server."""

    user: User
    joined_at: datetime
    role_ids: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class ChannelException:
    """What a channel allows and denies to a role or to a member, as bit sets."""

    allowed: int = 0
    denied: int = 0


@dataclass(eq=False)
class Guild:
    """A server."""

    id: int
    name: str
    owner_id: int
    roles: dict[int, Role]
    members: dict[int, Member] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)
    """Its channels and threads by id."""

    @property
    def everyone(self) -> Role:
        """The role that all have; it shares the server's id."""
        return self.roles[self.id]

    def role_named(self, name: str) -> Role | None:
        """Return the role of that name."""
        return next((role for role in self.roles.values() if role.name == name), None)


@dataclass(eq=False)
class Channel:
    """A text channel, a thread or a direct conversation."""

    id: int
    name: str
    kind: ChannelKind
    created_at: datetime
    guild: Guild | None = None
    parent: Channel | None = None
    owner: User | None = None
    recipients: tuple[User, ...] = ()
    """The two of a direct conversation."""
    exceptions: dict[int, ChannelException] = field(default_factory=dict)
    """By the id of the role or the member."""
    messages: dict[int, Message] = field(default_factory=dict)
    """Everything that stands there, ephemeral replies too."""
    joined: dict[int, datetime] = field(default_factory=dict)
    """A thread's members by id, and since when."""
    archive_minutes: int = DEFAULT_ARCHIVE_MINUTES
    archived_at: datetime | None = None
    slowdown_seconds: int = 0
    is_archived: bool = False
    is_locked: bool = False
    is_deleted: bool = False
    total_sent: int = 0

    @property
    def is_thread(self) -> bool:
        """Whether it hangs on another channel."""
        return self.kind in (ChannelKind.PUBLIC_THREAD, ChannelKind.PRIVATE_THREAD)

    @property
    def is_private(self) -> bool:
        """Whether only those who were added see the thread."""
        return self.kind is ChannelKind.PRIVATE_THREAD

    @property
    def member_ids(self) -> set[int]:
        """The ids of a thread's members."""
        return set(self.joined)

    @property
    def members(self) -> set[str]:
        """The names of a thread's members."""
        assert self.guild is not None
        return {self.guild.members[user_id].user.name for user_id in self.joined}

    @property
    def mention(self) -> str:
        """The text that names the channel in a message."""
        return f"<#{self.id}>"

    def is_seen_by(self, user: User) -> bool:
        """Tell whether the channel is in the user's list."""
        return not self.is_deleted and may(user, self, "view_channel")


@dataclass(eq=False)
class World:
    """Everything that there is, by id."""

    bot: User
    users: dict[int, User] = field(default_factory=dict)
    guilds: dict[int, Guild] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)
    """All channels, the deleted ones too, so that a test can look at what was there."""

    def open_channel(self, channel_id: int) -> Channel | None:
        """Return a channel that is still there."""
        channel = self.channels.get(channel_id)
        return None if channel is None or channel.is_deleted else channel

    def message(self, message_id: int) -> Message | None:
        """Return a message wherever it stands."""
        found = (channel.messages.get(message_id) for channel in self.channels.values())
        return next((message for message in found if message is not None), None)

    def guilds_of_bot(self) -> list[Guild]:
        """Return the servers that the bot is a member of."""
        return [guild for guild in self.guilds.values() if self.bot.id in guild.members]

    def threads(self, guild: Guild) -> list[Channel]:
        """Return the threads that are open for writing."""
        return [each for each in guild.channels.values() if each.is_thread and not each.is_archived]


def new_guild(guild_id: int, name: str, owner: User, now: datetime) -> Guild:
    """Return a server with its owner in it."""
    everyone = Role(guild_id, "@everyone", bits(EVERYONE_NAMES), 0)
    guild = Guild(guild_id, name, owner.id, {guild_id: everyone})
    guild.members[owner.id] = Member(owner, now)
    return guild
