"""What happens → the event that tells the app of it, where it subscribed and its token has the scope."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fakes.slack.delivery import Kind
from tests.fakes.slack.file_payloads import file_in_message
from tests.fakes.slack.payloads import message_payload
from tests.fakes.slack.scopes import EVENT_SCOPES
from tests.fakes.slack.state import Channel, Installation, TokenState, User
from tests.fakes.slack.views import view_payload

if TYPE_CHECKING:
    from tests.fakes.slack.fake import FakeSlack
    from tests.fakes.slack.files import StoredFile
    from tests.fakes.slack.messages import Message

Event = dict[str, Any]


def message_object(fake: FakeSlack, message: Message) -> Event:
    """Return a message as events show what it is or was."""
    shown = message_payload(message, fake.app_id)
    for key in ("app_id", "reply_users", "is_locked" if message.thread is None else ""):
        shown.pop(key, None)
    return shown


def message_posted(fake: FakeSlack, message: Message) -> None:
    """Tell of a message; of one with files and of one that mentions the app there are more events."""
    for file in message.files:
        file_shared(fake, file, message)
    event = message_payload(message, fake.app_id)
    event.pop("app_id", None)
    if message.subtype == "file_share":
        event.pop("client_msg_id", None)
        event.pop("team", None)
        event["files"] = [file_in_message(each) for each in message.files]
    if message.metadata is not None:
        event["metadata"] = message.metadata
    event |= {
        "channel": message.channel.id,
        "event_ts": message.ts,
        "channel_type": message.channel.kind.value,
    }
    _tell_channel(fake, message.channel, event)
    for installation in _installations(fake, message.channel):
        if installation.bot.mention in message.notification and message.author is not installation.bot:
            app_mention(fake, installation, message, event)


def app_mention(fake: FakeSlack, installation: Installation, message: Message, event: Event) -> None:
    """Tell that somebody wrote the app's name."""
    told = {
        key: value for key, value in event.items() if key not in ("channel_type", "subtype", "parent_user_id")
    }
    told |= {"type": "app_mention", "team": message.author.workspace.id}
    if message.channel.is_shared:
        told |= {"user_team": message.author.workspace.id, "source_team": message.author.workspace.id}
    tell(fake, installation, told, message.channel)


def message_changed(fake: FakeSlack, message: Message, previous: Event) -> None:
    """Tell what a message is now, and what it was."""
    ts = fake.ids.next_ts()
    event = {
        "type": "message",
        "subtype": "message_changed",
        "hidden": True,
        "message": message_object(fake, message),
        "previous_message": previous,
    }
    event |= {
        "channel": message.channel.id,
        "ts": ts,
        "event_ts": ts,
        "channel_type": message.channel.kind.value,
    }
    for each in (event["message"], event["previous_message"]):
        each.pop("files", None)
    _tell_channel(fake, message.channel, event)


def message_deleted(fake: FakeSlack, message: Message, previous: Event) -> None:
    """Tell that a message is gone."""
    ts = fake.ids.next_ts()
    previous.pop("files", None)
    event = {
        "type": "message",
        "subtype": "message_deleted",
        "hidden": True,
        "deleted_ts": message.ts,
        "previous_message": previous,
    }
    event |= {
        "channel": message.channel.id,
        "ts": ts,
        "event_ts": ts,
        "channel_type": message.channel.kind.value,
    }
    _tell_channel(fake, message.channel, event)


def reaction(fake: FakeSlack, name: str, message: Message, emoji: str, user: User) -> None:
    """Tell of a reaction: `reaction_added` or `reaction_removed`."""
    event = {
        "type": name,
        "user": user.id,
        "reaction": emoji,
        "item_user": message.author.id,
        "item": {"type": "message", "channel": message.channel.id, "ts": message.ts},
        "event_ts": fake.ids.next_ts(),
    }
    _tell_channel(fake, message.channel, event)


def file_shared(fake: FakeSlack, file: StoredFile, message: Message) -> None:
    """Tell that a file is in a channel."""
    event = {
        "type": "file_shared",
        "file_id": file.id,
        "user_id": message.author.id,
        "file": {"id": file.id},
        "channel_id": message.channel.id,
        "event_ts": message.ts,
    }
    _tell_channel(fake, message.channel, event)


def file_deleted(fake: FakeSlack, file: StoredFile) -> None:
    """Tell that a file is gone."""
    channels = file.channels()
    event = {
        "type": "file_deleted",
        "file_id": file.id,
        "channel_ids": [each.id for each in channels],
        "event_ts": fake.ids.next_ts(),
    }
    for installation in {each for channel in channels for each in _installations(fake, channel)}:
        tell(fake, installation, event)


def member_joined(fake: FakeSlack, channel: Channel, user: User, inviter: User | None = None) -> None:
    """Tell that somebody is in a channel now."""
    event = {
        "type": "member_joined_channel",
        "user": user.id,
        "channel": channel.id,
        "channel_type": "C" if channel.kind.value == "channel" else "G",
        "team": user.workspace.id,
        "event_ts": fake.ids.next_ts(),
    }
    if inviter is not None:
        event["inviter"] = inviter.id
    _tell_channel(fake, channel, event)


def home_opened(fake: FakeSlack, installation: Installation, user: User, channel: Channel) -> Any:
    """Tell that somebody looks at the app's Home tab."""
    event: Event = {
        "type": "app_home_opened",
        "user": user.id,
        "channel": channel.id,
        "tab": "home",
        "event_ts": fake.ids.next_ts(),
    }
    view = fake.world.homes.get((installation.workspace.id, user.id))
    if view is not None:
        event["view"] = view_payload(view, fake.app_id)
    return tell(fake, installation, event)


def tokens_revoked(fake: FakeSlack, installation: Installation) -> None:
    """Tell that tokens are worth nothing any more: as an app with that token would not be told else."""
    event = {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [installation.bot.id]}}
    tell(fake, installation, event, is_last=True)


def app_uninstalled(fake: FakeSlack, installation: Installation) -> None:
    """Tell that the app was thrown out."""
    tell(fake, installation, {"type": "app_uninstalled"}, is_last=True)


def tell(
    fake: FakeSlack,
    installation: Installation,
    event: Event,
    channel: Channel | None = None,
    *,
    is_last: bool = False,
) -> Any:
    """Send an event to the app for one workspace, if it subscribed and may know.

    Returns:
        The delivery, or None where the app is not told.
    """
    name, kind = event["type"], "" if channel is None else channel.kind.value
    subscription = (
        f"message.{ {'channel': 'channels', 'group': 'groups'}.get(kind, kind) }"
        if name == "message"
        else name
    )
    scope = EVENT_SCOPES[name].format(prefix="" if channel is None else channel.scope_prefix)
    if subscription not in fake.app.events or (scope and scope not in installation.scopes):
        return None
    if not is_last and installation.state is not TokenState.ACTIVE:
        return None
    now = int(fake.clock().timestamp())
    payload = {
        "token": fake.verification_token,
        "team_id": installation.workspace.id,
        "context_team_id": installation.workspace.id,
        "context_enterprise_id": None,
        "api_app_id": fake.app_id,
        "event": event,
        "type": "event_callback",
        "event_id": fake.ids.next("Ev"),
        "event_time": now,
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": installation.workspace.id,
                "user_id": installation.bot.id,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": channel is not None and channel.is_shared,
        "event_context": f"4-{fake.ids.next('')}",
    }
    return fake.deliverer.send(Kind.EVENT, name, payload, installation)


def _tell_channel(fake: FakeSlack, channel: Channel, event: Event) -> None:
    for installation in _installations(fake, channel):
        tell(fake, installation, event, channel)


def _installations(fake: FakeSlack, channel: Channel) -> list[Installation]:
    spaces = (channel.workspace, *channel.shared_with)
    found = [each.installation for each in spaces if each.installation is not None]
    return [each for each in found if each.bot in channel.members]
