"""Methods that read conversations, and join them."""

from __future__ import annotations

from typing import Any

from tests.fakes.slack.calls import Answer, Call, method
from tests.fakes.slack.errors import Refusal
from tests.fakes.slack.messages import Message
from tests.fakes.slack.payloads import channel_payload, message_payload, reactions_payload
from tests.fakes.slack.scopes import PREFIXES
from tests.fakes.slack.state import Channel, ChannelKind

KINDS = {
    "public_channel": ChannelKind.PUBLIC,
    "private_channel": ChannelKind.PRIVATE,
    "im": ChannelKind.DIRECT,
    "mpim": None,
}
PREFIX_BY_TYPE: dict[str, str] = dict(zip(KINDS, PREFIXES, strict=True))


@method("conversations.info")
def conversations_info(call: Call) -> Answer:
    """Describe a conversation."""
    channel = call.channel()
    shown = channel_payload(channel, call.installation)
    if call.args.get("include_num_members"):
        shown["num_members"] = len(channel.members)
    return {"channel": shown}


@method("conversations.list")
def conversations_list(call: Call) -> Answer:
    """List the conversations that the bot can see."""
    return _listed(call, are_own=False)


@method("users.conversations")
def users_conversations(call: Call) -> Answer:
    """List the conversations that the bot, or somebody whom it shares them with, is in."""
    return _listed(call, are_own=True)


def _listed(call: Call, *, are_own: bool) -> Answer:
    types = call.args.get("types") or "public_channel"
    wanted = [each.strip() for each in (types.split(",") if isinstance(types, str) else types)]
    if not set(wanted) <= set(KINDS):
        raise Refusal("invalid_types")
    for name in wanted:
        call.need(f"{PREFIX_BY_TYPE[name]}:read")
    member = call.user(call.args["user"]) if "user" in call.args else call.bot
    home = call.installation.workspace
    found = [
        each
        for each in call.fake.world.channels.values()
        if home in (each.workspace, *each.shared_with)
        and each.kind in {KINDS[name] for name in wanted}
        and (call.bot in each.members or each.kind is ChannelKind.PUBLIC)
        and (not are_own or member in each.members)
        and not (call.args.get("exclude_archived") and each.is_archived)
    ]
    page, cursor = call.page(found, 100)
    shown = [channel_payload(each, call.installation) for each in page]
    if are_own:
        for each in shown:
            each.pop("is_member", None)
    return {"channels": shown, "response_metadata": {"next_cursor": cursor}}


@method("conversations.members")
def conversations_members(call: Call) -> Answer:
    """List who is in a conversation."""
    page, cursor = call.page(call.channel().members, 100)
    return {"members": [each.id for each in page], "response_metadata": {"next_cursor": cursor}}


@method("conversations.open")
def conversations_open(call: Call) -> Answer:
    """Open a direct conversation."""
    if "channel" in call.args:
        channel = call.find_channel(call.args["channel"])
    else:
        users = call.args.get("users") or ""
        wanted = users.split(",") if isinstance(users, str) else users
        if len(wanted) != 1:
            raise Refusal("users_list_not_supplied" if not wanted[0] else "not_supported_here")
        user = call.user(wanted[0])
        if user.is_bot:
            raise Refusal("cannot_dm_bot")
        channel = call.fake.conversation_with(user, call.installation)
    if call.args.get("return_im"):
        return {"channel": channel_payload(channel, call.installation)}
    return {"channel": {"id": channel.id}}


@method("conversations.join")
def conversations_join(call: Call) -> Answer:
    """Join a public channel."""
    channel = call.find_channel(call.args["channel"])
    if channel.kind is not ChannelKind.PUBLIC:
        raise Refusal("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise Refusal("is_archived")
    if call.bot not in channel.members:
        call.fake.join(channel, call.bot)
    return {"channel": channel_payload(channel, call.installation)}


@method("conversations.history")
def conversations_history(call: Call) -> Answer:
    """Return what stands in a conversation, newest first, without what is in threads."""
    channel = call.channel(is_about_members=True)
    top = [each for each in _standing(channel) if each.thread is None or each.is_broadcast]
    found = [each for each in reversed(top) if _is_wanted(call, each)]
    page, cursor = call.page(found, 100, 999)
    return _stretch(call, page, cursor) | {"pin_count": 0}


@method("conversations.replies")
def conversations_replies(call: Call) -> Answer:
    """Return a thread, oldest first; its first message is always there."""
    channel = call.channel(is_about_members=True)
    named = channel.messages.get(call.args["ts"])
    if named is None or named.is_ephemeral:
        raise Refusal("thread_not_found")
    root = named.root
    thread = [] if root.is_deleted else [root]
    thread += [each for each in root.replies if _is_wanted(call, each)]
    if not thread:
        raise Refusal("thread_not_found")
    page, cursor = call.page(thread, 1000)
    return _stretch(call, page, cursor)


def _standing(channel: Channel) -> list[Message]:
    return [each for each in channel.messages.values() if not each.is_deleted and not each.is_ephemeral]


def _is_wanted(call: Call, message: Message) -> bool:
    ts = float(message.ts)
    oldest, latest = float(call.args.get("oldest") or 0), float(call.args.get("latest") or "inf")
    is_edge = bool(call.args.get("inclusive")) and ts in (oldest, latest)
    return oldest < ts < latest or is_edge


def _stretch(call: Call, messages: list[Message], cursor: str) -> Answer:
    shown: list[dict[str, Any]] = []
    for message in messages:
        each = message_payload(
            message, call.fake.app_id, with_metadata=bool(call.args.get("include_all_metadata"))
        )
        each.pop("subtype", None)  # a message with files has it in its event only
        if message.reacted:
            each["reactions"] = reactions_payload(message)
        shown.append(each)
    answer: Answer = {"messages": shown, "has_more": bool(cursor)}
    return answer | ({"response_metadata": {"next_cursor": cursor}} if cursor else {})
