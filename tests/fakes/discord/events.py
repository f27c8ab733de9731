"""What the gateway tells the bot of: one function for each thing that happens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tests.fakes.discord.message_payloads import message_payload, without_content
from tests.fakes.discord.messages import Message
from tests.fakes.discord.payloads import (
    Payload,
    channel_payload,
    member_payload,
    role_payload,
    thread_member_payload,
    user_payload,
)
from tests.fakes.discord.state import Channel, Guild, Member, Role, User

if TYPE_CHECKING:
    from tests.fakes.discord.fake import FakeDiscord


def message_for_bot(fake: FakeDiscord, message: Message, *, has_content_intent: bool) -> Payload:
    """Return a message as the bot gets it: what others wrote is blank without the Message Content intent."""
    bot = fake.world.bot
    payload = message_payload(message, bot, fake.cdn.link)
    is_open = (
        has_content_intent
        or message.author is bot
        or message.channel.guild is None
        or bot in message.mentions
    )
    return payload if is_open else without_content(payload)


def message_created(fake: FakeDiscord, message: Message) -> None:
    """Tell of a new message."""
    _tell_of_message(fake, "MESSAGE_CREATE", message)


def message_changed(fake: FakeDiscord, message: Message) -> None:
    """Tell of a message that reads differently now."""
    _tell_of_message(fake, "MESSAGE_UPDATE", message)


def _tell_of_message(fake: FakeDiscord, name: str, message: Message) -> None:
    if message.is_ephemeral:
        return

    def payload(intents: int) -> Payload:
        has_content_intent = bool(intents & fake.gateway.MESSAGE_CONTENT)
        shown = message_for_bot(fake, message, has_content_intent=has_content_intent)
        return shown | _place(message.channel) | _member_beside(message)

    fake.gateway.tell(name, payload, message.channel)


def message_deleted(fake: FakeDiscord, message: Message) -> None:
    """Tell that a message is gone."""
    if not message.is_ephemeral:
        gone = {"id": str(message.id), "channel_id": str(message.channel.id)} | _place(message.channel)
        fake.gateway.tell("MESSAGE_DELETE", gone, message.channel)


def reaction_changed(fake: FakeDiscord, message: Message, emoji: str, user: User, *, is_added: bool) -> None:
    """Tell who put a reaction there or took it away."""
    payload: Payload = {
        "user_id": str(user.id),
        "channel_id": str(message.channel.id),
        "message_id": str(message.id),
        "emoji": {"id": None, "name": emoji},
        "burst": False,
        "type": 0,
    } | _place(message.channel)
    if is_added:
        payload["message_author_id"] = str(message.author.id)
        if message.channel.guild is not None:
            payload["member"] = member_payload(message.channel.guild.members[user.id])
    fake.gateway.tell(
        "MESSAGE_REACTION_ADD" if is_added else "MESSAGE_REACTION_REMOVE", payload, message.channel
    )


def reactions_cleared(fake: FakeDiscord, message: Message, emoji: str | None) -> None:
    """Tell that all reactions, or all with one emoji, are gone."""
    payload: Payload = {"channel_id": str(message.channel.id), "message_id": str(message.id)}
    payload |= _place(message.channel)
    if emoji is None:
        fake.gateway.tell("MESSAGE_REACTION_REMOVE_ALL", payload, message.channel)
    else:
        payload["emoji"] = {"id": None, "name": emoji}
        fake.gateway.tell("MESSAGE_REACTION_REMOVE_EMOJI", payload, message.channel)


def thread_created(fake: FakeDiscord, thread: Channel, *, is_new: bool = True) -> None:
    """Tell of a thread that was started, or that the bot was let into."""
    payload = channel_payload(thread, fake.world.bot)
    fake.gateway.tell("THREAD_CREATE", payload | ({"newly_created": True} if is_new else {}), thread)


def thread_changed(fake: FakeDiscord, thread: Channel) -> None:
    """Tell that a thread was renamed, archived, locked, or the opposite."""
    fake.gateway.tell("THREAD_UPDATE", channel_payload(thread, fake.world.bot), thread)


def thread_members_changed(
    fake: FakeDiscord, thread: Channel, added: Sequence[User] = (), removed: Sequence[User] = ()
) -> None:
    """Tell who came or went. Without the members intent a bot learns of itself only."""
    if fake.world.bot in added:
        thread_created(fake, thread, is_new=False)
    guild = thread.guild
    assert guild is not None

    def payload(intents: int) -> Payload | None:
        sees_all = bool(intents & fake.gateway.GUILD_MEMBERS)
        came = [user for user in added if sees_all or user is fake.world.bot]
        went = [user for user in removed if sees_all or user is fake.world.bot]
        if not came and not went:
            return None
        members = [
            thread_member_payload(thread, user.id)
            | {"member": member_payload(guild.members[user.id]), "presence": None}
            for user in came
        ]
        told: Payload = {"id": str(thread.id), "guild_id": str(guild.id), "member_count": len(thread.joined)}
        if members:
            told["added_members"] = members
        if went:
            told["removed_member_ids"] = [str(user.id) for user in went]
        return told

    fake.gateway.tell("THREAD_MEMBERS_UPDATE", payload, thread, is_certain=fake.world.bot in removed)


def channel_created(fake: FakeDiscord, channel: Channel) -> None:
    """Tell of a new channel."""
    fake.gateway.tell("CHANNEL_CREATE", channel_payload(channel), channel)


def channel_changed(fake: FakeDiscord, channel: Channel) -> None:
    """Tell of a channel's new name or permissions; even of those that hide it from the bot."""
    fake.gateway.tell("CHANNEL_UPDATE", channel_payload(channel), channel, is_certain=True)


def channel_deleted(fake: FakeDiscord, channel: Channel) -> None:
    """Tell that a channel or a thread is gone."""
    if channel.is_thread:
        assert channel.guild is not None and channel.parent is not None
        gone: dict[str, Any] = {"id": str(channel.id), "guild_id": str(channel.guild.id)}
        gone |= {"parent_id": str(channel.parent.id), "type": int(channel.kind)}
        fake.gateway.tell("THREAD_DELETE", gone, channel, is_certain=True)
    else:
        fake.gateway.tell("CHANNEL_DELETE", channel_payload(channel), channel, is_certain=True)


def role_changed(fake: FakeDiscord, guild: Guild, role: Role, *, is_new: bool = False) -> None:
    """Tell what a role may do now."""
    payload = {"guild_id": str(guild.id), "role": role_payload(role)}
    fake.gateway.tell("GUILD_ROLE_CREATE" if is_new else "GUILD_ROLE_UPDATE", payload, guild)


def member_joined(fake: FakeDiscord, guild: Guild, member: Member) -> None:
    """Tell of a new member."""
    fake.gateway.tell("GUILD_MEMBER_ADD", member_payload(member) | {"guild_id": str(guild.id)}, guild)


def member_left(fake: FakeDiscord, guild: Guild, user: User) -> None:
    """Tell that a member is gone."""
    fake.gateway.tell("GUILD_MEMBER_REMOVE", {"guild_id": str(guild.id), "user": user_payload(user)}, guild)


def typing_started(fake: FakeDiscord, channel: Channel, user: User) -> None:
    """Tell that somebody writes."""
    payload = {
        "channel_id": str(channel.id),
        "user_id": str(user.id),
        "timestamp": int(fake.clock().timestamp()),
    }
    fake.gateway.tell("TYPING_START", payload | _place(channel), channel)


def _place(channel: Channel) -> Payload:
    return {} if channel.guild is None else {"guild_id": str(channel.guild.id)}


def _member_beside(message: Message) -> Payload:
    guild = message.channel.guild
    if guild is None or message.author.id not in guild.members:
        return {}
    return {"member": member_payload(guild.members[message.author.id], with_user=False)}
