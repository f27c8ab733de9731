"""The scene of a story: servers, channels, roles, people, and what can be read in them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

from tests.fakes.discord import events
from tests.fakes.discord.messages import HAS_THREAD, THREAD_CREATED, THREAD_STARTER, Message
from tests.fakes.discord.people import Person
from tests.fakes.discord.permissions import BITS, bits
from tests.fakes.discord.posting import Circumstances, post
from tests.fakes.discord.rules_messages import Draft
from tests.fakes.discord.state import (
    Channel,
    ChannelException,
    ChannelKind,
    Guild,
    Member,
    Role,
    Snowflakes,
    User,
    World,
    new_guild,
)
from tests.fakes.strict import Clock

if TYPE_CHECKING:
    from tests.fakes.discord.fake import FakeDiscord

BOT_PERMISSIONS = (
    "view_channel",
    "send_messages",
    "send_messages_in_threads",
    "create_public_threads",
    "create_private_threads",
    "embed_links",
    "attach_files",
    "add_reactions",
    "read_message_history",
)
"""What the bot's own role gives where it was invited as its documentation says."""

SUBSCRIPTION = 8  # discord-api-docs, Entitlement Types, APPLICATION_SUBSCRIPTION


class Scenery:
    """Makes what a story needs, and shows what is there."""

    guild: Guild
    """The server that a story is set in, unless it says otherwise."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.ids = Snowflakes(clock)
        bot = User(self.ids.next(), "Likeness", "Likeness", is_bot=True)
        self.world = World(bot, {bot.id: bot})
        self._entitlements: list[dict[str, Any]] = []

    @property
    def _whole(self) -> FakeDiscord:
        """The Discord that this is the scene of: nothing else is made from this class."""
        return cast("FakeDiscord", self)

    @property
    def bot(self) -> User:
        """The bot's user."""
        return self.world.bot

    def add_guild(self, name: str, *, has_bot: bool = True) -> Guild:
        """Make a server, with an owner and the bot in it."""
        owner = self._user(f"owner-of-{name.lower()}")
        guild = new_guild(self.ids.next(), name, owner, self.clock())
        self.world.guilds[guild.id] = guild
        if has_bot:
            self.invite_bot(guild)
        return guild

    def invite_bot(self, guild: Guild) -> None:
        """Let the bot into a server, with a role of its own."""
        role = Role(
            self.ids.next(), self.bot.name, bits(BOT_PERMISSIONS), len(guild.roles), bot_id=self.bot.id
        )
        guild.roles[role.id] = role
        guild.members[self.bot.id] = Member(self.bot, self.clock(), [role.id])
        self._whole.gateway.tell("GUILD_CREATE", self._whole.gateway.guild_event(guild), guild)

    def channel(
        self, name: str, guild: Guild | None = None, *, hidden_from_everyone: bool = False
    ) -> Channel:
        """Return the text channel of that name, made if it is not there."""
        guild = guild or self.guild
        for each in guild.channels.values():
            if each.name == name and each.kind is ChannelKind.TEXT:
                return each
        channel = Channel(self.ids.next(), name, ChannelKind.TEXT, self.clock(), guild)
        if hidden_from_everyone:
            channel.exceptions[guild.id] = ChannelException(denied=BITS["view_channel"])
            channel.exceptions[self.bot.id] = ChannelException(allowed=BITS["view_channel"])
        guild.channels[channel.id] = self.world.channels[channel.id] = channel
        events.channel_created(self._whole, channel)
        return channel

    def role(self, name: str, permissions: Iterable[str] = (), guild: Guild | None = None) -> Role:
        """Return the role of that name, made if it is not there."""
        guild = guild or self.guild
        role = guild.role_named(name)
        if role is None:
            role = Role(self.ids.next(), name, bits(permissions), len(guild.roles))
            guild.roles[role.id] = role
            events.role_changed(self._whole, guild, role, is_new=True)
        return role

    def person(
        self,
        name: str,
        roles: Iterable[Role] = (),
        *,
        is_admin: bool = False,
        guild: Guild | None = None,
    ) -> Person:
        """Return somebody who is a member of the server, and joined it just now if need be."""
        guild = guild or self.guild
        found = (each for each in self.world.users.values() if each.name == name and not each.is_bot)
        user = next(found, None) or self._user(name)
        if user.id not in guild.members:
            guild.members[user.id] = Member(user, self.clock())
            events.member_joined(self._whole, guild, guild.members[user.id])
        admin = [self.role("admin", ["administrator"], guild)] if is_admin else []
        for role in (*roles, *admin):
            if role.id not in guild.members[user.id].role_ids:
                guild.members[user.id].role_ids.append(role.id)
        return Person(self._whole, user)

    def _user(self, name: str) -> User:
        user = User(self.ids.next(), name, name.title())
        self.world.users[user.id] = user
        return user

    def entitle(self, buyer: Person | Guild, sku_id: int) -> dict[str, Any]:
        """Let somebody, or a whole server, have bought one of the application's products."""
        is_guild = isinstance(buyer, Guild)
        bought: dict[str, Any] = {
            "id": str(self.ids.next()),
            "sku_id": str(sku_id),
            "application_id": str(self._whole.application_id),
            "user_id": str(buyer.owner_id if is_guild else buyer.id),
            "type": SUBSCRIPTION,
            "deleted": False,
            "starts_at": self.clock().isoformat(),
            "ends_at": None,
        }
        if is_guild:
            bought["guild_id"] = str(buyer.id)
        self._entitlements.append(bought)
        return bought

    def entitlements_of(self, user: User, guild: Guild | None) -> list[dict[str, Any]]:
        """Return what the user has bought, and the server."""
        mine = [
            each for each in self._entitlements if "guild_id" not in each and each["user_id"] == str(user.id)
        ]
        here = None if guild is None else str(guild.id)
        return mine + [each for each in self._entitlements if "guild_id" in each and each["guild_id"] == here]

    def deny(self, channel: Channel, name: str, to: Role | User | None = None) -> None:
        """Deny a permission in a channel: to the bot, unless somebody else is named."""
        whom = (to or self.bot).id
        old = channel.exceptions.get(whom, ChannelException())
        denied = ChannelException(old.allowed & ~BITS[name], old.denied | BITS[name])
        channel.exceptions[whom] = denied
        events.channel_changed(self._whole, channel)

    def conversation_with(self, user: User) -> Channel:
        """Return the direct conversation of the bot and somebody."""
        for each in self.world.channels.values():
            if each.kind is ChannelKind.DIRECT and user in each.recipients:
                return each
        channel = Channel(
            self.ids.next(), user.name, ChannelKind.DIRECT, self.clock(), recipients=(user, self.bot)
        )
        self.world.channels[channel.id] = channel
        return channel

    def start_thread(
        self,
        channel: Channel,
        owner: User,
        name: str,
        *,
        message: Message | None = None,
        is_private: bool = False,
    ) -> Channel:
        """Start a thread, as the bot or as a person."""
        kind = ChannelKind.PRIVATE_THREAD if is_private else ChannelKind.PUBLIC_THREAD
        thread_id = self.ids.next() if message is None else message.id
        thread = Channel(thread_id, name, kind, self.clock(), channel.guild, channel, owner)
        thread.joined[owner.id] = self.clock()
        assert channel.guild is not None
        channel.guild.channels[thread.id] = self.world.channels[thread.id] = thread
        events.thread_created(self._whole, thread)
        if message is not None:
            message.thread = thread
            message.flags |= HAS_THREAD
            events.message_changed(self._whole, message)
            post(
                self._whole, thread, message.author, Draft(), Circumstances(THREAD_STARTER, refers_to=message)
            )
        elif not is_private:
            post(self._whole, channel, owner, Draft(content=name), Circumstances(THREAD_CREATED))
        return thread

    def remove_channel(self, channel: Channel) -> None:
        """Delete a channel, its threads with it."""
        assert channel.guild is not None
        for each in list(channel.guild.channels.values()):
            if each is channel or each.parent is channel:
                each.is_deleted = True
                del channel.guild.channels[each.id]
                events.channel_deleted(self._whole, each)

    # Reading

    def messages(self, channel: Channel, *, to: Person | None = None) -> list[Message]:
        """Return what people wrote there and the bot, oldest first.

        Args:
            to: whose ephemeral replies are shown as well.
        """
        mine = None if to is None else to.user
        return [
            each
            for each in channel.messages.values()
            if not each.is_system and (not each.is_ephemeral or (mine is not None and each.only_for is mine))
        ]

    def message_with(self, text: str, channel: Channel | None = None) -> Message | None:
        """Return the newest public message that says this, anywhere or in one channel."""
        channels = [channel] if channel is not None else list(self.world.channels.values())
        found = [each for place in channels for each in self.messages(place) if text in each.text()]
        return max(found, key=lambda each: each.id, default=None)

    def threads(self, channel: Channel) -> list[Channel]:
        """Return a channel's threads, closed ones too, oldest first."""
        return [
            each for each in self.world.channels.values() if each.parent is channel and not each.is_deleted
        ]

    def thread(self, name: str) -> Channel | None:
        """Return the newest thread of that name."""
        found = [each for each in self.world.channels.values() if each.is_thread and each.name == name]
        return None if not found or found[-1].is_deleted else found[-1]

    def transcript(self, channel: Channel) -> str:
        """Return a channel as one could read it aloud, to look at while a test is being written."""
        lines: list[str] = []
        for message in channel.messages.values():
            shown = [f"[{button.label or button.emoji}]" for button in message.buttons()]
            shown += [f"<{picture.filename}>" for picture in message.pictures()]
            shown += [f"{emoji}{len(users)}" for emoji, users in message.reacted.items()]
            only = f" (only {message.only_for.name})" if message.only_for is not None else ""
            lines.append(f"{message.author.name}{only}: {message.text()}  {' '.join(shown)}".rstrip())
        return "\n".join(lines)
