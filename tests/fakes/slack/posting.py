"""Putting messages into channels, changing them and taking them away; whoever must know is told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from tests.fakes.slack import events
from tests.fakes.slack.blocks import Block, elements, text_objects, words
from tests.fakes.slack.messages import Message
from tests.fakes.slack.state import Channel, User

if TYPE_CHECKING:
    from tests.fakes.slack.fake import FakeSlack
    from tests.fakes.slack.files import StoredFile

_PERSON, _GROUP = re.compile(r"<@(U\w+)(?:\|[^>]*)?>"), re.compile(r"<!subteam\^(S\w+)(?:\|[^>]*)?>")
_EVERYBODY = re.compile(r"<!(here|channel|everyone)(?:\|[^>]*)?>")


def post(
    fake: FakeSlack,
    channel: Channel,
    author: User,
    text: str = "",
    *,
    blocks: Sequence[Block] = (),
    files: Sequence[StoredFile] = (),
    thread: Message | None = None,
    **more: Any,
) -> Message:
    """Put a message into a channel."""
    message = Message(
        fake.ids.next_ts(),
        channel,
        author,
        text,
        with_ids(fake, blocks),
        files=list(files),
        thread=thread,
        subtype="file_share" if files else None,
        find_file=fake.find_file,
        **more,
    )
    if message.is_ephemeral and thread is not None and not thread.replies:
        # docs.slack.dev, chat.postEphemeral, thread_ts
        fake.complain("ephemeral message", "in a thread where nothing stands yet, it is shown to nobody")
    channel.messages[message.ts] = message
    message.pinged = pinged_by(fake, message)
    for file in files:
        file.shares.append(message)
    if not message.is_ephemeral:
        events.message_posted(fake, message)
    fake.changed()
    return message


def change(fake: FakeSlack, message: Message, **fields: Any) -> None:
    """Change a message, and remember what people read in it before."""
    message.history.append(message.text())
    previous = events.message_object(fake, message)
    if "blocks" in fields:
        fields["blocks"] = with_ids(fake, fields["blocks"])
    for name, value in fields.items():
        setattr(message, name, value)
    message.edited_ts = fake.ids.next_ts()
    message.pinged |= pinged_by(fake, message) if not message.author.is_bot else set()
    if not message.is_ephemeral:
        events.message_changed(fake, message, previous)
    fake.changed()


def delete(fake: FakeSlack, message: Message) -> None:
    """Take a message away."""
    previous = events.message_object(fake, message)
    message.is_deleted = True
    if not message.is_ephemeral:
        events.message_deleted(fake, message, previous)
    fake.changed()


def with_ids(fake: FakeSlack, blocks: Sequence[Block]) -> list[Block]:
    """Return a copy of blocks with what Slack adds to them: ids, and the defaults of texts."""
    copied: list[Block] = _copied(list(blocks))
    for block in copied:
        block.setdefault("block_id", fake.ids.next("b")[-5:])
    for _, _, each in elements(copied):
        if each["type"] != "image" and each["type"] not in ("plain_text", "mrkdwn"):
            each.setdefault("action_id", fake.ids.next("a")[-5:])
    for _, each in text_objects(copied):
        each.setdefault(*(("emoji", True) if each["type"] == "plain_text" else ("verbatim", False)))
    return copied


def _copied(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _copied(each) for key, each in node.items()}
    return [_copied(each) for each in node] if isinstance(node, list) else node


def pinged_by(fake: FakeSlack, message: Message) -> set[str]:
    """Return whose phone rings: who is mentioned, and in a direct conversation the other."""
    text = "\n".join([message.notification, *words(message.blocks)])
    named = (fake.world.user(user_id) for user_id in _PERSON.findall(text))
    rung = {user.name for user in named if user is not None and user in message.channel.members}
    groups = {each.id: each for space in fake.world.workspaces.values() for each in space.groups.values()}
    rung |= {f"@{groups[group_id].handle}" for group_id in _GROUP.findall(text) if group_id in groups}
    return rung | {f"@{name}" for name in _EVERYBODY.findall(text)}


def people_in(channel: Channel, users: Iterable[User]) -> list[User]:
    """Return those who are in a channel."""
    return [user for user in users if user in channel.members]
