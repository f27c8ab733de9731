"""How messages come to be, change and go: the same for the bot and for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.fakes.discord import events
from tests.fakes.discord.components import Kind, stored, walk
from tests.fakes.discord.mentions import check_allowed_mentions, resolve
from tests.fakes.discord.messages import COMPONENTS_V2, EPHEMERAL, LOADING, File, Message, StoredFile
from tests.fakes.discord.rules_messages import (
    Draft,
    check_attachment_list,
    check_draft,
    check_files,
    remarks_on,
)
from tests.fakes.discord.state import Channel, User

if TYPE_CHECKING:
    from tests.fakes.discord.fake import FakeDiscord
    from tests.fakes.discord.interactions import Interaction


@dataclass(frozen=True)
class Circumstances:
    """What a new message is, besides what it says."""

    kind: int = 0
    nonce: str | int | None = None
    refers_to: Message | None = None
    interaction: Interaction | None = None
    only_for: User | None = None
    allowed_mentions: dict[str, Any] | None = None
    reply_pings: bool = True


@dataclass
class Asked:
    """A request's body about a message, with the files that came with it."""

    body: dict[str, Any]
    files: list[File] = field(default_factory=list)

    @property
    def allowed_mentions(self) -> dict[str, Any] | None:
        """Who may be called by it."""
        allowed: dict[str, Any] | None = self.body.get("allowed_mentions")
        return allowed


def draft_of(asked: Asked, message: Message | None = None) -> Draft:
    """Return what would stand there, and refuse what Discord refuses of it."""
    body = asked.body
    check_files(asked.files)
    check_allowed_mentions(asked.allowed_mentions)
    there = [] if message is None else message.files
    listed: Sequence[dict[str, Any]] | None = body.get("attachments")
    if listed is not None:
        check_attachment_list(listed, {str(file.id) for file in there}, asked.files)
        ids = {str(each["id"]) for each in listed}
        there = [file for file in there if str(file.id) in ids]
    words = {str(each["id"]): each.get("description") for each in listed or ()}
    new = [(file, words.get(str(number), file.description)) for number, file in enumerate(asked.files)]
    flags = body.get("flags")
    draft = Draft(
        content=_kept(body, "content", "" if message is None else message.content),
        embeds=_kept(body, "embeds", [] if message is None else message.embeds),
        components=_kept(body, "components", [] if message is None else message.components),
        flags=(flags or 0) | (0 if message is None else message.flags & ~LOADING),
        kept=there,
        new=new,
    )
    check_draft(draft)
    return draft


def _kept(body: dict[str, Any], key: str, otherwise: Any) -> Any:
    return (body[key] or type(otherwise)()) if key in body else otherwise


def post(
    fake: FakeDiscord, channel: Channel, author: User, draft: Draft, about: Circumstances | None = None
) -> Message:
    """Put a message there, call whom it calls, and tell of it."""
    about = about or Circumstances()
    _note_remarks(fake, draft)
    if channel.is_archived and about.only_for is None:
        channel.is_archived = False
        events.thread_changed(fake, channel)
    message = Message(
        id=fake.ids.next(),
        channel=channel,
        author=author,
        created_at=fake.clock(),
        kind=about.kind,
        nonce=about.nonce,
        refers_to=about.refers_to,
        interaction=about.interaction,
        only_for=about.only_for,
        link=fake.cdn.link,
    )
    _fill(fake, message, draft)
    if about.only_for is not None:
        message.flags |= EPHEMERAL
    _call(fake, message, about)
    channel.messages[message.id] = message
    if not message.is_system:
        channel.total_sent += 1
        if channel.is_thread and author.id in channel_members(channel):
            add_to_thread(fake, channel, author)
    events.message_created(fake, message)
    return message


def change(
    fake: FakeDiscord, message: Message, draft: Draft, allowed_mentions: dict[str, Any] | None
) -> None:
    """Let a message stand differently. Nobody is called by that, unless the bot was still thinking."""
    _note_remarks(fake, draft)
    was_thinking = message.is_thinking
    if was_thinking:
        message.created_at = fake.clock()
    else:
        message.history.append(message.text())
        message.edited_at = fake.clock()
    _fill(fake, message, draft)
    pinged = message.pinged
    _call(fake, message, Circumstances(allowed_mentions=allowed_mentions, only_for=message.only_for))
    if not was_thinking:
        message.pinged = pinged
    events.message_changed(fake, message)


def delete(fake: FakeDiscord, message: Message) -> None:
    """Take a message away."""
    message.is_deleted = True
    del message.channel.messages[message.id]
    events.message_deleted(fake, message)


def _fill(fake: FakeDiscord, message: Message, draft: Draft) -> None:
    message.content = draft.content.strip()
    message.embeds = draft.embeds
    message.components = stored(draft.components)
    message.flags = draft.flags
    if draft.has_components_v2:
        message.flags |= COMPONENTS_V2
    message.files = [
        *draft.kept,
        *(fake.cdn.store(message.channel, file, description) for file, description in draft.new),
    ]


def _call(fake: FakeDiscord, message: Message, about: Circumstances) -> None:
    texts = [each["content"] for _, each in walk(message.components) if each["type"] == Kind.TEXT_DISPLAY]
    replied_to = None if about.refers_to is None or not about.reply_pings else about.refers_to.author
    called = resolve(
        "\n".join([message.content, *texts]),
        message.author,
        message.channel,
        about.allowed_mentions,
        replied_to,
    )
    message.mentions = called.users
    message.mentioned_role_ids = called.role_ids
    message.mentions_everyone = called.everyone
    if about.only_for is not None:
        called.pinged &= {about.only_for.name}
        return
    message.pinged = called.pinged
    if message.channel.is_thread:
        for user in called.pinged_users:
            add_to_thread(fake, message.channel, user)


def channel_members(channel: Channel) -> set[int]:
    """Return the ids of those who are in the channel's server."""
    return set() if channel.guild is None else set(channel.guild.members)


def add_to_thread(fake: FakeDiscord, thread: Channel, user: User) -> None:
    """Let somebody into a thread, once."""
    if user.id not in thread.joined:
        thread.joined[user.id] = fake.clock()
        events.thread_members_changed(fake, thread, added=[user])


def store_upload(fake: FakeDiscord, channel: Channel, file: File) -> StoredFile:
    """Keep a file that a person attached to a command or a form: it is not part of any message."""
    return fake.cdn.store(channel, file, file.description, is_ephemeral=True)


def _note_remarks(fake: FakeDiscord, draft: Draft) -> None:
    for remark in remarks_on(draft):
        fake.complain("message", remark)
