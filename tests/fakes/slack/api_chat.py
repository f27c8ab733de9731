"""Methods that post messages, change them and take them away."""

from __future__ import annotations

from tests.fakes.slack import posting
from tests.fakes.slack.calls import Answer, Call, method
from tests.fakes.slack.errors import Malformed, Refusal
from tests.fakes.slack.messages import Message
from tests.fakes.slack.payloads import message_payload
from tests.fakes.slack.rules_messages import MAX_UPDATE_CHARACTERS, check_file_blocks, check_message
from tests.fakes.slack.state import Channel, ChannelKind

IN_UPDATE_ANSWER = (
    "app_id",
    "blocks",
    "bot_id",
    "bot_profile",
    "display_as_bot",
    "edited",
    "files",
    "metadata",
    "team",
    "text",
    "type",
    "upload",
    "user",
)


def open_for_posting(call: Call, key: str = "channel") -> Channel:
    """Return the conversation that an argument names, where the bot must be able to post."""
    channel = call.find_channel(call.args[key])
    if channel.is_archived:
        raise Refusal("is_archived")
    is_open = channel.kind is ChannelKind.PUBLIC and "chat:write.public" in call.installation.scopes
    if call.bot not in channel.members and not (is_open and call.method == "chat.postMessage"):
        raise Refusal("not_in_channel")
    if channel.is_restricted:
        raise Refusal("restricted_action")
    return channel


def thread_of(call: Call, channel: Channel) -> Message | None:
    """Return the message that `thread_ts` names."""
    ts = call.args.get("thread_ts")
    if not ts:
        return None
    message = channel.messages.get(ts)
    if message is None or message.is_ephemeral or (message.is_deleted and not message.replies):
        raise Refusal("thread_not_found")
    if message.thread is not None:
        call.fake.complain(call.method, "thread_ts names a reply: a thread goes by its first message")
    return message.root


@method("chat.postMessage")
def chat_post_message(call: Call) -> Answer:
    """Post a message."""
    for key in ("username", "icon_emoji", "icon_url"):
        if key in call.args:
            call.need("chat:write.customize")
    channel = open_for_posting(call)
    thread = thread_of(call, channel)
    check_message(call.fake, call.installation, call.args)
    message = posting.post(
        call.fake,
        channel,
        call.bot,
        call.args.get("text") or call.args.get("markdown_text") or "",
        blocks=call.args.get("blocks") or [],
        attachments=call.args.get("attachments") or [],
        metadata=call.args.get("metadata") or None,
        thread=thread,
        is_broadcast=bool(call.args.get("reply_broadcast")),
    )
    shown = message_payload(message, call.fake.app_id, with_metadata=True)
    return {"channel": channel.id, "ts": message.ts, "message": shown}


@method("chat.postEphemeral")
def chat_post_ephemeral(call: Call) -> Answer:
    """Post a message that one person sees."""
    channel = open_for_posting(call)
    user = call.user(call.args["user"])
    if user not in channel.members:
        raise Refusal("user_not_in_channel")
    thread = thread_of(call, channel)
    check_message(call.fake, call.installation, call.args)
    message = posting.post(
        call.fake,
        channel,
        call.bot,
        call.args.get("text") or "",
        blocks=call.args.get("blocks") or [],
        thread=thread,
        only_for=user,
    )
    return {"message_ts": message.ts}


@method("chat.update")
def chat_update(call: Call) -> Answer:
    """Change a message of the bot's."""
    channel = call.find_channel(call.args["channel"])
    if channel.is_archived:
        raise Refusal("is_archived")
    message = call.message(channel, call.args["ts"])
    if message.author is not call.bot:
        raise Malformed("cant_update_message")
    check_message(
        call.fake,
        call.installation,
        call.args,
        most_characters=MAX_UPDATE_CHARACTERS,
        has_content_already=bool(message.files) or "blocks" in call.args,
    )
    if message.files:
        check_file_blocks(call.args.get("blocks") or [])
    # What is left out stays as it was; empty takes it away: docs.slack.dev, chat.update, Arguments.
    names = {"text": "notification", "blocks": "blocks", "attachments": "attachments", "metadata": "metadata"}
    fields = {name: call.args[key] for key, name in names.items() if key in call.args}
    if fields.get("metadata") == {}:
        fields["metadata"] = None
    posting.change(call.fake, message, **fields)
    shown = message_payload(message, call.fake.app_id, with_metadata=True)
    shown = {key: value for key, value in shown.items() if key in IN_UPDATE_ANSWER}
    return {"channel": channel.id, "ts": message.ts, "text": message.notification, "message": shown}


@method("chat.delete")
def chat_delete(call: Call) -> Answer:
    """Take a message of the bot's away."""
    channel = call.find_channel(call.args["channel"])
    message = call.message(channel, call.args["ts"])
    if message.author is not call.bot:
        raise Malformed("cant_delete_message")
    posting.delete(call.fake, message)
    return {"channel": channel.id, "ts": message.ts}


@method("chat.getPermalink")
def chat_get_permalink(call: Call) -> Answer:
    """Tell a message's address."""
    channel = call.find_channel(call.args["channel"])
    message = call.message(channel, call.args["message_ts"])
    return {"channel": channel.id, "permalink": message.permalink}
