"""A person does something → the payload that the app gets, and what its acknowledgement makes happen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fakes.slack import answering
from tests.fakes.slack.blocks import Block
from tests.fakes.slack.delivery import Kind
from tests.fakes.slack.file_payloads import file_in_message
from tests.fakes.slack.forms import message_state, values
from tests.fakes.slack.interactions import Interaction
from tests.fakes.slack.payloads import (
    actor_payload,
    message_payload,
    reactions_payload,
    team_payload,
)
from tests.fakes.slack.state import Channel, ChannelKind, Installation, User
from tests.fakes.slack.views import View, view_payload

if TYPE_CHECKING:
    from tests.fakes.slack.fake import FakeSlack
    from tests.fakes.slack.messages import Message

Payload = dict[str, Any]


def command(
    fake: FakeSlack, installation: Installation, user: User, channel: Channel, name: str, text: str
) -> Interaction:
    """Send a slash command."""
    interaction = _new(fake, name, user, installation, channel=channel)
    fake.triggers.give(interaction, with_address=True)
    workspace = installation.workspace
    payload = {
        "token": fake.verification_token,
        "team_id": workspace.id,
        "team_domain": workspace.domain,
        "channel_id": channel.id,
        "channel_name": "directmessage" if channel.kind is ChannelKind.DIRECT else channel.name,
        "user_id": user.id,
        "user_name": user.name,
        "command": name,
        "text": text,
        "api_app_id": fake.app_id,
        "is_enterprise_install": "false",
        "response_url": interaction.response_url,
        "trigger_id": interaction.trigger_id,
    }
    return _send(fake, Kind.COMMAND, interaction, payload)


def message_shortcut(
    fake: FakeSlack, installation: Installation, user: User, message: Message, callback_id: str
) -> Interaction:
    """Choose a shortcut from a message's menu."""
    interaction = _new(fake, callback_id, user, installation, channel=message.channel, message=message)
    fake.triggers.give(interaction, with_address=True)
    payload = {
        "type": "message_action",
        **_common(fake, interaction),
        "action_ts": fake.ids.next_ts(),
        "callback_id": callback_id,
        "trigger_id": interaction.trigger_id,
        "response_url": interaction.response_url,
        "message_ts": message.ts,
        "channel": _channel(message.channel),
        "message": _message(fake, message),
    }
    payload["user"] = {key: each for key, each in payload["user"].items() if key != "username"}
    return _send(fake, Kind.INTERACTION, interaction, payload)


def global_shortcut(fake: FakeSlack, installation: Installation, user: User, callback_id: str) -> Interaction:
    """Choose a shortcut from the menu that belongs to no message."""
    interaction = _new(fake, callback_id, user, installation)
    fake.triggers.give(interaction, with_address=False)
    payload = {
        "type": "shortcut",
        **_common(fake, interaction),
        "action_ts": fake.ids.next_ts(),
        "callback_id": callback_id,
        "trigger_id": interaction.trigger_id,
    }
    return _send(fake, Kind.INTERACTION, interaction, payload)


def action(
    fake: FakeSlack,
    user: User,
    place: Message | View,
    block: Block,
    element: Block,
    state: Payload,
) -> Interaction:
    """Press a button, or choose from a list."""
    view = place if isinstance(place, View) else None
    message = None if isinstance(place, View) else place
    installation = (
        place.installation if isinstance(place, View) else fake.installation_for(place.channel, user)
    )
    channel = None if message is None else message.channel
    name = element["action_id"]
    interaction = _new(fake, name, user, installation, channel=channel, message=message, source_view=view)
    fake.triggers.give(interaction, with_address=message is not None)
    payload = {
        "type": "block_actions",
        "api_app_id": fake.app_id,
        **_common(fake, interaction),
        "container": _container(place),
        "trigger_id": interaction.trigger_id,
        "actions": [_touched(fake, block, element, state)],
    }
    if view is not None:
        payload["view"] = view_payload(view, fake.app_id, values(view))
        payload["state"] = {"values": values(view)}
    elif message is not None:
        payload["state"] = {"values": message_state(message.blocks, fake.choices(user, message))}
        payload["response_url"] = interaction.response_url
        payload["channel"] = _channel(message.channel)
        payload["message"] = _message(fake, message)
    return _send(fake, Kind.INTERACTION, interaction, payload)


def _touched(fake: FakeSlack, block: Block, element: Block, state: Payload) -> Payload:
    shown: Payload = {
        "action_id": element["action_id"],
        "block_id": block["block_id"],
        "action_ts": fake.ids.next_ts(),
        **state,
    }
    for key in ("text", "value", "style", "url", "placeholder", "confirm"):
        if key in element and key not in shown:
            shown[key] = element[key]
    return shown


def suggestion(
    fake: FakeSlack, user: User, place: Message | View, block: Block, element: Block, typed: str
) -> Interaction:
    """Type into a list whose options the app knows."""
    view = place if isinstance(place, View) else None
    message = None if isinstance(place, View) else place
    installation = (
        place.installation if isinstance(place, View) else fake.installation_for(place.channel, user)
    )
    channel = None if message is None else message.channel
    interaction = _new(fake, element["action_id"], user, installation, channel=channel, source_view=view)
    payload = {
        "type": "block_suggestion",
        "api_app_id": fake.app_id,
        **_common(fake, interaction),
        "container": _container(place),
        "action_id": element["action_id"],
        "block_id": block["block_id"],
        "value": typed,
    }
    if view is not None:
        payload["view"] = view_payload(view, fake.app_id, values(view))
    elif message is not None:
        payload |= {"channel": _channel(message.channel), "message": _message(fake, message)}
    return _send(fake, Kind.OPTIONS, interaction, payload)


def submission(fake: FakeSlack, user: User, view: View) -> Interaction:
    """Send a form."""
    interaction = _new(fake, view.callback_id, user, view.installation, source_view=view)
    fake.triggers.give(interaction, with_address=False)
    payload = {
        "type": "view_submission",
        "api_app_id": fake.app_id,
        **_common(fake, interaction),
        "trigger_id": interaction.trigger_id,
        "view": view_payload(view, fake.app_id, values(view)),
        "response_urls": [],
    }
    return _send(fake, Kind.INTERACTION, interaction, payload)


def closing(fake: FakeSlack, user: User, view: View, *, are_all_closed: bool) -> Interaction:
    """Close a form that asked to be told."""
    interaction = _new(fake, view.callback_id, user, view.installation, source_view=view)
    payload = {
        "type": "view_closed",
        "api_app_id": fake.app_id,
        **_common(fake, interaction),
        "view": view_payload(view, fake.app_id),
        "is_cleared": are_all_closed,
    }
    return _send(fake, Kind.INTERACTION, interaction, payload)


def _new(fake: FakeSlack, name: str, user: User, installation: Installation, **about: Any) -> Interaction:
    return Interaction(name, user, installation, fake.clock.monotonic(), fake.until, **about)


def _send(fake: FakeSlack, kind: Kind, interaction: Interaction, payload: Payload) -> Interaction:
    name = payload.get("type", interaction.name)
    interaction.delivery = fake.deliverer.send(kind, name, payload, interaction.installation)
    interaction.delivery.on_answer = lambda answer: answering.take(fake, kind, name, interaction, answer)
    return interaction


def _common(fake: FakeSlack, interaction: Interaction) -> Payload:
    return {
        "team": team_payload(interaction.installation.workspace),
        "user": actor_payload(interaction.user),
        "token": fake.verification_token,
        "enterprise": None,
        "is_enterprise_install": False,
    }


def _channel(channel: Channel) -> Payload:
    return {"id": channel.id, "name": channel.name}


def _message(fake: FakeSlack, message: Message) -> Payload:
    shown = message_payload(message, fake.app_id, with_metadata=True)
    if message.files:
        shown["files"] = [file_in_message(each) for each in message.files]
    if message.reacted:
        shown["reactions"] = reactions_payload(message)
    return shown


def _container(place: Message | View) -> Payload:
    if isinstance(place, View):
        return {"type": "view", "view_id": place.id}
    container: Payload = {
        "type": "message",
        "message_ts": place.ts,
        "channel_id": place.channel.id,
        "is_ephemeral": place.is_ephemeral,
    }
    return container | ({"thread_ts": place.thread_ts} if place.thread_ts is not None else {})
