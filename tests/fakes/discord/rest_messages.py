"""Messages in channels, threads and conversations."""

from __future__ import annotations

from datetime import timedelta

from tests.fakes.discord import events, posting
from tests.fakes.discord.calls import NOTHING, Call, Reply, route
from tests.fakes.discord.errors import (
    cannot_send_to_user,
    invalid_form,
    not_the_author,
    thread_archived,
    too_many_old_edits,
)
from tests.fakes.discord.messages import COMPONENTS_V2, REPLY, Message
from tests.fakes.discord.payloads import Payload
from tests.fakes.discord.permissions import may
from tests.fakes.discord.rules_messages import check_flags, check_nonce
from tests.fakes.discord.state import Channel

NONCE_LASTS = timedelta(minutes=5)  # discord-api-docs, Create Message: "in the past few minutes"
OLD_AFTER = timedelta(hours=1)  # discord-api-docs, JSON error code 30046
OLD_EDITS_ALLOWED = 3
"""Discord publishes no figure; people have seen about three in twenty seconds."""
OLD_EDITS_WITHIN = timedelta(seconds=20)
DEFAULT_PAGE = 50  # discord-api-docs, Get Channel Messages


def shown(call: Call, message: Message) -> Payload:
    """Return a message as the routes show it, which is blank without the intent, too."""
    has_intent = "message_content" in call.fake.portal_intents
    return events.message_for_bot(call.fake, message, has_content_intent=has_intent)


@route("POST", "/channels/{channel_id}/messages")
def create_message(call: Call) -> Reply:
    """Post a message, or return the one that was posted with the same nonce."""
    channel = call.channel()
    _check_may_post(call, channel)
    body = call.body or {}
    check_nonce(body)
    check_flags(body.get("flags") or 0, is_interaction=False)
    if body.get("enforce_nonce"):
        twin = _posted_before(call, channel, body["nonce"])
        if twin is not None:
            return Reply(body=shown(call, twin))
    refers_to = _referred(channel, body)
    about = posting.Circumstances(
        kind=0 if refers_to is None else REPLY,
        nonce=body.get("nonce"),
        refers_to=refers_to,
        allowed_mentions=call.asked.allowed_mentions,
    )
    message = posting.post(call.fake, channel, call.bot, posting.draft_of(call.asked), about)
    return Reply(body=shown(call, message))


def _check_may_post(call: Call, channel: Channel) -> None:
    if channel.guild is None:
        other = next(user for user in channel.recipients if user is not call.bot)
        if not other.takes_direct_messages:
            raise cannot_send_to_user()
        return
    if channel.is_archived and channel.is_locked and not may(call.bot, channel, "manage_threads"):
        raise thread_archived()
    call.need(channel, "send_messages")
    if call.files:
        call.need(channel, "attach_files")


def _posted_before(call: Call, channel: Channel, nonce: str | int) -> Message | None:
    since = call.fake.clock() - NONCE_LASTS
    for message in channel.messages.values():
        if message.author is call.bot and message.nonce == nonce and message.created_at > since:
            return message
    return None


def _referred(channel: Channel, body: Payload) -> Message | None:
    reference = body.get("message_reference")
    if not reference:
        return None
    message = channel.messages.get(int(reference["message_id"]))
    if message is None and reference.get("fail_if_not_exists", True) is not False:
        raise invalid_form(("message_reference",), "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
    return message


@route("GET", "/channels/{channel_id}/messages")
def list_messages(call: Call) -> Reply:
    """Return a page of messages, newest first."""
    channel = call.channel()
    limit = int(call.query.get("limit", DEFAULT_PAGE))
    if not may(call.bot, channel, "read_message_history"):
        return Reply(body=[])
    found = [each for each in channel.messages.values() if not each.is_ephemeral]
    if "after" in call.query:
        page = [each for each in found if each.id > int(call.query["after"])][:limit]
    elif "around" in call.query:
        middle = int(call.query["around"])
        near = sorted(found, key=lambda each: abs(each.id - middle))[:limit]
        page = sorted(near, key=lambda each: each.id)
    else:
        before = int(call.query.get("before", call.fake.ids.next()))
        page = [each for each in found if each.id < before][-limit:]
    return Reply(body=[shown(call, each) for each in reversed(page)])


@route("GET", "/channels/{channel_id}/messages/{message_id}")
def get_message(call: Call) -> Reply:
    """Return one message."""
    call.need(call.channel(), "read_message_history")
    return Reply(body=shown(call, call.message()))


@route("PATCH", "/channels/{channel_id}/messages/{message_id}")
def edit_message(call: Call) -> Reply:
    """Change one of the bot's own messages."""
    message = call.message()
    if message.author is not call.bot or message.is_system:
        raise not_the_author()
    if message.channel.is_archived:
        raise thread_archived()
    if message.channel.guild is not None:
        call.need(message.channel, "send_messages" if message.channel.is_locked else "view_channel")
        if call.files:
            call.need(message.channel, "attach_files")
    body = call.body or {}
    check_flags(body.get("flags") or 0, is_interaction=False, there=message.flags)
    check_still_v2(message, body)
    draft = posting.draft_of(call.asked, message)
    _count_old_edit(call, message)
    posting.change(call.fake, message, draft, call.asked.allowed_mentions)
    return Reply(body=shown(call, message))


def check_still_v2(message: Message, body: Payload) -> None:
    """Refuse to take the V2 flag off a message."""
    flags = body.get("flags")
    if message.has_components_v2 and flags is not None and not flags & COMPONENTS_V2:
        text = "The V2 flag cannot be removed from a message."
        raise invalid_form(("flags",), "MESSAGE_CANNOT_REMOVE_COMPONENTS_V2_FLAG", text)


def _count_old_edit(call: Call, message: Message) -> None:
    now = call.fake.clock()
    if now - message.created_at <= OLD_AFTER:
        return
    recent = [moment for moment in message.edits_when_old if now - moment < OLD_EDITS_WITHIN]
    if len(recent) >= OLD_EDITS_ALLOWED:
        raise too_many_old_edits((recent[0] + OLD_EDITS_WITHIN - now).total_seconds())
    message.edits_when_old = [*recent, now]


@route("DELETE", "/channels/{channel_id}/messages/{message_id}")
def delete_message(call: Call) -> Reply:
    """Delete a message: the bot's own, or with the permission anybody's."""
    message = call.message()
    if message.author is not call.bot:
        call.need(message.channel, "manage_messages")
    if message.channel.is_archived:
        raise thread_archived()
    posting.delete(call.fake, message)
    return NOTHING


@route("POST", "/channels/{channel_id}/typing")
def type_in(call: Call) -> Reply:
    """Show that the bot writes."""
    channel = call.channel()
    call.need(channel, "send_messages")
    events.typing_started(call.fake, channel, call.bot)
    return NOTHING
