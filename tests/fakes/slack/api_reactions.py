"""Methods about reactions."""

from __future__ import annotations

import re

from tests.fakes.slack import events
from tests.fakes.slack.calls import Answer, Call, method
from tests.fakes.slack.errors import Malformed, Refusal
from tests.fakes.slack.messages import Message
from tests.fakes.slack.payloads import message_payload, reactions_payload
from tests.fakes.slack.state import Channel

EMOJI = re.compile(r"[a-z0-9_+'\-]+(::skin-tone-[2-6])?")


@method("reactions.add")
def reactions_add(call: Call) -> Answer:
    """Put a reaction under a message."""
    name = _name(call)
    channel, message = _named(call)
    if call.bot not in channel.members:
        raise Refusal("not_in_channel")
    if channel.is_archived:
        raise Refusal("is_archived")
    if call.bot in message.reacted.get(name, []):
        raise Refusal("already_reacted")
    message.reacted.setdefault(name, []).append(call.bot)
    events.reaction(call.fake, "reaction_added", message, name, call.bot)
    return {}


@method("reactions.remove")
def reactions_remove(call: Call) -> Answer:
    """Take the bot's own reaction away."""
    name = _name(call)
    _, message = _named(call)
    if call.bot not in message.reacted.get(name, []):
        raise Refusal("no_reaction")
    take(message, name, call.bot)
    events.reaction(call.fake, "reaction_removed", message, name, call.bot)
    return {}


@method("reactions.get")
def reactions_get(call: Call) -> Answer:
    """Tell who reacted to a message: all of them with `full`, else a few."""
    channel, message = _named(call)
    shown = message_payload(message, call.fake.app_id)
    for key in ("client_msg_id", "edited", "files", "upload", "display_as_bot", "subtype", "thread_ts"):
        shown.pop(key, None)
    for key in (
        "parent_user_id",
        "reply_count",
        "reply_users_count",
        "latest_reply",
        "reply_users",
        "is_locked",
    ):
        shown.pop(key, None)
    shown.pop("subscribed", None)
    if message.reacted:
        shown["reactions"] = reactions_payload(message)
    shown["permalink"] = message.permalink
    return {"type": "message", "channel": channel.id, "message": shown}


def take(message: Message, name: str, user: object) -> None:
    """Take somebody's reaction from a message."""
    message.reacted[name] = [each for each in message.reacted[name] if each is not user]
    if not message.reacted[name]:
        del message.reacted[name]


def _name(call: Call) -> str:
    name: str = call.args["name"]
    if not EMOJI.fullmatch(name):
        raise Malformed("invalid_name")
    return name


def _named(call: Call) -> tuple[Channel, Message]:
    if "channel" not in call.args or "timestamp" not in call.args:
        raise Malformed("no_item_specified")
    channel = call.find_channel(call.args["channel"])
    message = channel.messages.get(call.args["timestamp"])
    if message is None or message.is_deleted or message.is_ephemeral:
        raise Refusal("message_not_found")
    return channel, message
