"""Threads: starting them, and who is in them."""

from __future__ import annotations

from tests.fakes.discord import events, posting
from tests.fakes.discord.calls import NOTHING, Call, Reply, route
from tests.fakes.discord.errors import (
    invalid_form,
    missing_permissions,
    thread_archived,
    thread_exists,
    unknown_channel,
    unknown_member,
    unknown_user,
)
from tests.fakes.discord.payloads import Payload, channel_payload, member_payload, thread_member_payload
from tests.fakes.discord.permissions import may
from tests.fakes.discord.state import Channel, ChannelKind, User

DEFAULT_PAGE = 50


@route("POST", "/channels/{channel_id}/messages/{message_id}/threads")
def start_from_message(call: Call) -> Reply:
    """Start a thread that hangs on a message, and has its id."""
    message = call.message()
    call.need(message.channel, "create_public_threads")
    if message.channel.is_thread:
        raise invalid_form((), "CHANNEL_TYPE_INVALID", "A thread cannot start in a thread.")
    if message.thread is not None or call.fake.world.open_channel(message.id) is not None:
        raise thread_exists()
    thread = call.fake.start_thread(message.channel, call.bot, call.body["name"], message=message)
    _adjust(thread, call.body)
    return Reply(201, channel_payload(thread, call.bot))


@route("POST", "/channels/{channel_id}/threads")
def start_without_message(call: Call) -> Reply:
    """Start a thread in a channel: a private one, unless the body says otherwise."""
    channel = call.channel()
    if channel.kind is not ChannelKind.TEXT:
        raise invalid_form((), "CHANNEL_TYPE_INVALID", "A thread starts in a text channel.")
    kind = ChannelKind(call.body.get("type") or ChannelKind.PRIVATE_THREAD)
    is_private = kind is ChannelKind.PRIVATE_THREAD
    call.need(channel, "create_private_threads" if is_private else "create_public_threads")
    thread = call.fake.start_thread(channel, call.bot, call.body["name"], is_private=is_private)
    _adjust(thread, call.body)
    return Reply(201, channel_payload(thread, call.bot))


def _adjust(thread: Channel, body: Payload) -> None:
    thread.archive_minutes = body.get("auto_archive_duration") or thread.archive_minutes
    thread.slowdown_seconds = body.get("rate_limit_per_user") or 0


def _thread(call: Call) -> Channel:
    channel = call.channel()
    if not channel.is_thread:
        raise unknown_channel()
    return channel


@route("PUT", "/channels/{channel_id}/thread-members/@me")
def join(call: Call) -> Reply:
    """Join a thread."""
    thread = _thread(call)
    if thread.is_archived:
        raise thread_archived()
    posting.add_to_thread(call.fake, thread, call.bot)
    return NOTHING


@route("DELETE", "/channels/{channel_id}/thread-members/@me")
def leave(call: Call) -> Reply:
    """Leave a thread."""
    return _remove(call, _thread(call), call.bot)


@route("PUT", "/channels/{channel_id}/thread-members/{user_id}")
def add(call: Call) -> Reply:
    """Let somebody in, who must be able to see the channel."""
    thread = _thread(call)
    call.need(thread, "send_messages")
    if thread.is_archived:
        raise thread_archived()
    user = _somebody(call)
    assert thread.parent is not None
    if not may(user, thread.parent, "view_channel"):
        raise missing_permissions()
    posting.add_to_thread(call.fake, thread, user)
    return NOTHING


@route("DELETE", "/channels/{channel_id}/thread-members/{user_id}")
def remove(call: Call) -> Reply:
    """Send somebody out: the moderators may, and whoever started a private thread."""
    thread = _thread(call)
    is_owner = thread.is_private and thread.owner is call.bot
    if not is_owner:
        call.need(thread, "manage_threads")
    return _remove(call, thread, _somebody(call))


def _remove(call: Call, thread: Channel, user: User) -> Reply:
    if thread.is_archived:
        raise thread_archived()
    if thread.joined.pop(user.id, None) is not None:
        events.thread_members_changed(call.fake, thread, removed=[user])
    return NOTHING


def _somebody(call: Call) -> User:
    user = call.fake.world.users.get(int(call.values["user_id"]))
    if user is None:
        raise unknown_user()
    return user


@route("GET", "/channels/{channel_id}/thread-members/{user_id}")
def get_member(call: Call) -> Reply:
    """Return one membership."""
    thread, user_id = _thread(call), int(call.values["user_id"])
    if user_id not in thread.joined:
        raise unknown_member()
    return Reply(body=thread_member_payload(thread, user_id))


@route("GET", "/channels/{channel_id}/thread-members")
def list_members(call: Call) -> Reply:
    """Return all memberships, which needs the members intent."""
    thread = _thread(call)
    if "members" not in call.fake.portal_intents:
        raise missing_permissions()
    assert thread.guild is not None
    rows = [thread_member_payload(thread, user_id) for user_id in thread.joined]
    if call.query.get("with_member") in ("1", "true", "True"):
        rows = [row | {"member": member_payload(thread.guild.members[int(row["user_id"])])} for row in rows]
    return Reply(body=rows)


@route("GET", "/guilds/{guild_id}/threads/active")
def active_threads(call: Call) -> Reply:
    """Return a server's open threads that the bot sees."""
    threads = [each for each in call.fake.world.threads(call.guild()) if each.is_seen_by(call.bot)]
    return _listed(call, threads)


@route("GET", "/channels/{channel_id}/threads/archived/public")
def archived_public(call: Call) -> Reply:
    """Return a channel's closed public threads, the newest first."""
    return _archived(call, ChannelKind.PUBLIC_THREAD)


@route("GET", "/channels/{channel_id}/threads/archived/private")
def archived_private(call: Call) -> Reply:
    """Return a channel's closed private threads, which is for moderators."""
    call.need(call.channel(), "manage_threads")
    return _archived(call, ChannelKind.PRIVATE_THREAD)


def _archived(call: Call, kind: ChannelKind) -> Reply:
    channel = call.channel()
    call.need(channel, "read_message_history")
    assert channel.guild is not None
    threads = [
        each
        for each in channel.guild.channels.values()
        if each.parent is channel and each.kind is kind and each.is_archived
    ]
    threads.sort(key=lambda each: each.archived_at or each.created_at, reverse=True)
    before = call.query.get("before")
    if before is not None:
        threads = [each for each in threads if (each.archived_at or each.created_at).isoformat() < before]
    limit = int(call.query.get("limit", DEFAULT_PAGE))
    return _listed(call, threads[:limit], has_more=len(threads) > limit)


def _listed(call: Call, threads: list[Channel], *, has_more: bool = False) -> Reply:
    members = [thread_member_payload(each, call.bot.id) for each in threads if call.bot.id in each.joined]
    shown = [channel_payload(each, call.bot) for each in threads]
    return Reply(body={"threads": shown, "members": members, "has_more": has_more})
