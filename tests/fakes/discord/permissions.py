"""Who may do what where: roles, the channel's exceptions, and what follows from them.

Source: discord-api-docs, Permissions; for locked threads its change log of 2023-02-10.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.fakes.discord.state import Channel, Guild, User

BITS = {
    "create_instant_invite": 1 << 0,
    "administrator": 1 << 3,
    "manage_channels": 1 << 4,
    "manage_guild": 1 << 5,
    "add_reactions": 1 << 6,
    "view_channel": 1 << 10,
    "send_messages": 1 << 11,
    "manage_messages": 1 << 13,
    "embed_links": 1 << 14,
    "attach_files": 1 << 15,
    "read_message_history": 1 << 16,
    "mention_everyone": 1 << 17,
    "use_external_emojis": 1 << 18,
    "manage_roles": 1 << 28,
    "use_application_commands": 1 << 31,
    "manage_threads": 1 << 34,
    "create_public_threads": 1 << 35,
    "create_private_threads": 1 << 36,
    "send_messages_in_threads": 1 << 38,
}
EVERYTHING = sum(BITS.values())
EVERYONE_NAMES = (
    "add_reactions",
    "attach_files",
    "create_private_threads",
    "create_public_threads",
    "embed_links",
    "read_message_history",
    "send_messages",
    "send_messages_in_threads",
    "use_application_commands",
    "view_channel",
)
"""What members of a new server may do, as far as this fake knows the permissions."""
_NEEDS_SENDING = ("attach_files", "embed_links", "mention_everyone", "use_external_emojis")
_LEFT_IN_A_LOCKED_THREAD = ("view_channel", "read_message_history", "add_reactions", "use_external_emojis")


def bits(names: Iterable[str]) -> int:
    """Return the bit set of these permissions."""
    return sum(BITS[name] for name in set(names))


def permissions_in_guild(user: User, guild: Guild) -> int:
    """Return what the user's roles give, before any channel's exceptions."""
    member = guild.members.get(user.id)
    if member is None:
        return 0
    if guild.owner_id == user.id:
        return EVERYTHING
    granted = guild.everyone.permissions
    for role_id in member.role_ids:
        granted |= guild.roles[role_id].permissions
    return EVERYTHING if granted & BITS["administrator"] else granted


def permissions_in(user: User, channel: Channel) -> int:
    """Return what the user may do in this channel or thread, as a bit set."""
    if channel.guild is None:
        return EVERYTHING if user in channel.recipients else 0
    granted = permissions_in_guild(user, channel.guild)
    if granted == EVERYTHING or user.id not in channel.guild.members:
        return granted
    granted = _with_exceptions(granted, user, channel.parent or channel)
    if not granted & BITS["view_channel"]:
        return 0
    if channel.is_private and user.id not in channel.member_ids and not granted & BITS["manage_threads"]:
        return 0
    if channel.is_locked and not granted & BITS["manage_threads"]:
        granted &= bits(_LEFT_IN_A_LOCKED_THREAD)
    sends = BITS["send_messages_in_threads" if channel.is_thread else "send_messages"]
    return granted if granted & sends else granted & ~bits(_NEEDS_SENDING)


def _with_exceptions(granted: int, user: User, channel: Channel) -> int:
    assert channel.guild is not None
    everyone = channel.exceptions.get(channel.guild.id)
    if everyone is not None:
        granted = granted & ~everyone.denied | everyone.allowed
    roles = [
        channel.exceptions[role_id]
        for role_id in channel.guild.members[user.id].role_ids
        if role_id in channel.exceptions
    ]
    for exception in roles:
        granted &= ~exception.denied
    for exception in roles:
        granted |= exception.allowed
    own = channel.exceptions.get(user.id)
    return granted if own is None else granted & ~own.denied | own.allowed


def may(user: User, channel: Channel, name: str) -> bool:
    """Tell whether the user has the named permission there."""
    if name == "send_messages" and channel.is_thread:
        name = "send_messages_in_threads"
    return bool(permissions_in(user, channel) & BITS[name])
