"""Users, servers and channels, in the JSON that Discord sends: one function for each kind of object."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.fakes.discord.permissions import permissions_in, permissions_in_guild
from tests.fakes.discord.state import Channel, ChannelKind, Guild, Member, Role, User

Payload = dict[str, Any]


def timestamp(moment: datetime | None) -> str | None:
    """Return the moment as Discord writes it."""
    return None if moment is None else moment.isoformat()


def user_payload(user: User) -> Payload:
    """Return a user."""
    return {
        "id": str(user.id),
        "username": user.name,
        "global_name": None if user.is_bot else user.display_name,
        "avatar": None,
        "discriminator": "0000" if user.is_bot else "0",
        "public_flags": 0,
        "flags": 0,
        "bot": user.is_bot,
        "primary_guild": None,
    }


def own_user_payload(user: User) -> Payload:
    """Return a user as the user sees it, which is a little more."""
    own = {"mfa_enabled": True, "locale": "en-US", "verified": True, "email": None}
    return user_payload(user) | own


def role_payload(role: Role) -> Payload:
    """Return a role."""
    tags = {} if role.bot_id is None else {"tags": {"bot_id": str(role.bot_id)}}
    return {
        "id": str(role.id),
        "name": role.name,
        "permissions": str(role.permissions),
        "position": role.position,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": role.bot_id is not None,
        "mentionable": role.is_mentionable,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
        **tags,
    }


def member_payload(member: Member, *, with_user: bool = True) -> Payload:
    """Return a member; events that carry the user beside it leave the user out."""
    payload = {
        "avatar": None,
        "banner": None,
        "communication_disabled_until": None,
        "flags": 0,
        "joined_at": timestamp(member.joined_at),
        "nick": None,
        "pending": False,
        "premium_since": None,
        "roles": [str(role_id) for role_id in member.role_ids],
        "mute": False,
        "deaf": False,
    }
    return payload | {"user": user_payload(member.user)} if with_user else payload


def channel_payload(channel: Channel, viewer: User | None = None) -> Payload:
    """Return a channel, a thread or a direct conversation.

    Args:
        viewer: who asks; a thread tells whether the viewer is in it, a conversation who the other one is.
    """
    last = max(channel.messages, default=None)
    payload: Payload = {
        "id": str(channel.id),
        "type": int(channel.kind),
        "flags": 0,
        "last_message_id": None if last is None else str(last),
    }
    if channel.kind is ChannelKind.DIRECT:
        others = [user_payload(user) for user in channel.recipients if user is not viewer]
        return payload | {"recipients": others}
    assert channel.guild is not None
    payload |= {"guild_id": str(channel.guild.id), "name": channel.name}
    payload |= {"rate_limit_per_user": channel.slowdown_seconds}
    if channel.is_thread:
        return payload | _thread_fields(channel, viewer)
    exceptions = [
        {"id": str(key), "type": 0 if key in channel.guild.roles else 1}
        | {"allow": str(each.allowed), "deny": str(each.denied)}
        for key, each in channel.exceptions.items()
    ]
    place = list(channel.guild.channels).index(channel.id) if channel.id in channel.guild.channels else 0
    return payload | {
        "parent_id": None,
        "topic": None,
        "position": place,
        "permission_overwrites": exceptions,
        "nsfw": False,
    }


def _thread_fields(thread: Channel, viewer: User | None) -> Payload:
    assert thread.parent is not None and thread.owner is not None
    metadata = {
        "archived": thread.is_archived,
        "archive_timestamp": timestamp(thread.archived_at or thread.created_at),
        "auto_archive_duration": thread.archive_minutes,
        "locked": thread.is_locked,
        "create_timestamp": timestamp(thread.created_at),
    }
    if thread.is_private:
        metadata["invitable"] = True
    written = [each for each in thread.messages.values() if not each.is_system and not each.is_ephemeral]
    fields = {
        "parent_id": str(thread.parent.id),
        "owner_id": str(thread.owner.id),
        "thread_metadata": metadata,
        "message_count": len(written),
        "member_count": min(len(thread.joined), 50),
        "total_message_sent": thread.total_sent,
    }
    if viewer is not None and viewer.id in thread.joined:
        fields["member"] = thread_member_payload(thread, viewer.id)
    return fields


def thread_member_payload(thread: Channel, user_id: int) -> Payload:
    """Return one membership of a thread."""
    return {
        "id": str(thread.id),
        "user_id": str(user_id),
        "join_timestamp": timestamp(thread.joined[user_id]),
        "flags": 0,
    }


def guild_payload(guild: Guild) -> Payload:
    """Return a server as its own page of the API shows it."""
    return {
        "id": str(guild.id),
        "name": guild.name,
        "icon": None,
        "description": None,
        "home_header": None,
        "splash": None,
        "discovery_splash": None,
        "features": [],
        "banner": None,
        "owner_id": str(guild.owner_id),
        "application_id": None,
        "region": "deprecated",
        "afk_channel_id": None,
        "afk_timeout": 300,
        "system_channel_id": None,
        "system_channel_flags": 0,
        "widget_enabled": False,
        "widget_channel_id": None,
        "verification_level": 0,
        "roles": [role_payload(role) for role in guild.roles.values()],
        "default_message_notifications": 0,
        "mfa_level": 0,
        "explicit_content_filter": 0,
        "max_presences": None,
        "max_members": 500000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "vanity_url_code": None,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "preferred_locale": "en-US",
        "rules_channel_id": None,
        "safety_alerts_channel_id": None,
        "public_updates_channel_id": None,
        "premium_progress_bar_enabled": False,
        "nsfw": False,
        "nsfw_level": 0,
        "emojis": [],
        "stickers": [],
        "incidents_data": None,
    }


def own_guild_payload(guild: Guild, viewer: User) -> Payload:
    """Return a server as the list of one's own servers shows it."""
    return {
        "id": str(guild.id),
        "name": guild.name,
        "icon": None,
        "banner": None,
        "owner": guild.owner_id == viewer.id,
        "permissions": str(permissions_in_guild(viewer, guild)),
        "features": [],
    }


def guild_event(guild: Guild, viewer: User, joined_at: datetime) -> Payload:
    """Return a server as GUILD_CREATE tells of it: with its channels, threads, and the viewer's membership."""
    channels = [each for each in guild.channels.values() if not each.is_thread and not each.is_deleted]
    threads = [
        each
        for each in guild.channels.values()
        if each.is_thread and not each.is_archived and each.is_seen_by(viewer)
    ]
    more = {
        "joined_at": timestamp(joined_at),
        "large": False,
        "unavailable": False,
        "member_count": len(guild.members),
        "voice_states": [],
        "members": [member_payload(guild.members[viewer.id])],
        "channels": [channel_payload(each) for each in channels],
        "threads": [channel_payload(each, viewer) for each in threads],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }
    return guild_payload(guild) | more


def interaction_channel(channel: Channel, user: User) -> Payload:
    """Return the channel as an interaction carries it: with what its user may do there."""
    return channel_payload(channel) | {"permissions": str(permissions_in(user, channel))}
