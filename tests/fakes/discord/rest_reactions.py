"""Reactions under messages."""

from __future__ import annotations

from tests.fakes.discord import reactions
from tests.fakes.discord.calls import NOTHING, Call, Reply, route
from tests.fakes.discord.errors import thread_archived, unknown_emoji
from tests.fakes.discord.messages import Message
from tests.fakes.discord.payloads import user_payload

BASE = "/channels/{channel_id}/messages/{message_id}/reactions"
DEFAULT_PAGE = 25  # discord-api-docs, Get Reactions


def _message(call: Call) -> Message:
    message = call.message()
    if message.channel.is_archived and call.method != "GET":
        raise thread_archived()
    return message


def _emoji(call: Call, message: Message) -> str:
    given = call.values["emoji_name"]
    if not reactions.is_emoji(given):
        raise unknown_emoji()
    return reactions.as_there(message, given)


@route("PUT", BASE + "/{emoji_name}/@me")
def react(call: Call) -> Reply:
    """Put a reaction there, which is two permissions where nobody has used it yet."""
    message = _message(call)
    emoji = _emoji(call, message)
    call.need(message.channel, "read_message_history")
    if emoji not in message.reacted:
        call.need(message.channel, "add_reactions")
    reactions.put(call.fake, message, emoji, call.bot)
    return NOTHING


@route("DELETE", BASE + "/{emoji_name}/@me")
def take_back(call: Call) -> Reply:
    """Take the bot's own reaction away."""
    message = _message(call)
    reactions.take(call.fake, message, _emoji(call, message), call.bot)
    return NOTHING


@route("DELETE", BASE + "/{emoji_name}/{user_id}")
def take_away(call: Call) -> Reply:
    """Take somebody's reaction away."""
    message = _message(call)
    call.need(message.channel, "manage_messages")
    user = call.fake.world.users.get(int(call.values["user_id"]))
    if user is not None:
        reactions.take(call.fake, message, _emoji(call, message), user)
    return NOTHING


@route("DELETE", BASE + "/{emoji_name}")
def clear_one(call: Call) -> Reply:
    """Take one emoji's reactions away."""
    message = _message(call)
    call.need(message.channel, "manage_messages")
    reactions.clear(call.fake, message, _emoji(call, message))
    return NOTHING


@route("DELETE", BASE)
def clear(call: Call) -> Reply:
    """Take all reactions away."""
    message = _message(call)
    call.need(message.channel, "manage_messages")
    reactions.clear(call.fake, message, None)
    return NOTHING


@route("GET", BASE + "/{emoji_name}")
def who_reacted(call: Call) -> Reply:
    """Return who reacted with an emoji, by id."""
    message = _message(call)
    call.need(message.channel, "read_message_history")
    after = int(call.query.get("after", 0))
    users = message.reacted.get(_emoji(call, message), [])
    page = sorted((user for user in users if user.id > after), key=lambda user: user.id)
    return Reply(body=[user_payload(user) for user in page[: int(call.query.get("limit", DEFAULT_PAGE))]])
