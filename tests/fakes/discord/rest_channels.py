"""Channels and threads as such: looking, renaming, archiving, deleting."""

from __future__ import annotations

from tests.fakes.discord import events
from tests.fakes.discord.calls import Call, Reply, route
from tests.fakes.discord.errors import missing_permissions, thread_archived
from tests.fakes.discord.payloads import Payload, channel_payload
from tests.fakes.discord.permissions import may
from tests.fakes.discord.state import Channel, ChannelKind

_THREAD_KEYS = ("name", "archived", "locked", "auto_archive_duration", "rate_limit_per_user", "invitable")


@route("GET", "/channels/{channel_id}")
def get_channel(call: Call) -> Reply:
    """Return a channel, a thread or a conversation."""
    return Reply(body=channel_payload(call.channel(), call.bot))


@route("PATCH", "/channels/{channel_id}")
def change_channel(call: Call) -> Reply:
    """Change a thread. The bot changes no other channels, so the fake plays no more than their name."""
    channel = call.channel()
    if channel.is_thread:
        _change_thread(call, channel, call.body or {})
        events.thread_changed(call.fake, channel)
    else:
        call.need(channel, "manage_channels")
        channel.name = call.body.get("name") or channel.name
        events.channel_changed(call.fake, channel)
    return Reply(body=channel_payload(channel, call.bot))


def _change_thread(call: Call, thread: Channel, body: Payload) -> None:
    for key in body:
        if key not in _THREAD_KEYS:
            call.fake.complain("PATCH thread", f"{key} is played by the fake for no thread")
    is_moderator = may(call.bot, thread, "manage_threads")
    if not is_moderator and (thread.owner is not call.bot or thread.is_locked):
        only_reopens = set(body) == {"archived"} and not body["archived"] and not thread.is_locked
        if not (only_reopens and may(call.bot, thread, "send_messages")):
            raise missing_permissions()
    if not is_moderator and "locked" in body:
        raise missing_permissions()
    if thread.is_archived and body.get("archived") is not False:
        raise thread_archived()
    thread.name = body.get("name") or thread.name
    thread.archive_minutes = body.get("auto_archive_duration") or thread.archive_minutes
    thread.is_locked = body.get("locked", thread.is_locked)
    if "archived" in body and body["archived"] != thread.is_archived:
        thread.is_archived = body["archived"]
        thread.archived_at = call.fake.clock()


@route("DELETE", "/channels/{channel_id}")
def delete_channel(call: Call) -> Reply:
    """Delete a thread or a channel, or close a conversation."""
    channel = call.channel()
    payload = channel_payload(channel, call.bot)
    if channel.kind is ChannelKind.DIRECT:
        return Reply(body=payload)
    call.need(channel, "manage_threads" if channel.is_thread else "manage_channels")
    call.fake.remove_channel(channel)
    return Reply(body=payload)
