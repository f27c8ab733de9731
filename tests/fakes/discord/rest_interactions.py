"""The bot's answers to interactions: the first one, the reply as it changes, and what follows."""

from __future__ import annotations

from typing import Any

from tests.fakes.discord import posting
from tests.fakes.discord.asking import is_user_install
from tests.fakes.discord.calls import NOTHING, Call, Reply, route
from tests.fakes.discord.components import Component
from tests.fakes.discord.errors import (
    Malformed,
    already_acknowledged,
    invalid_form,
    invalid_webhook_token,
    thread_archived,
    too_many_followups,
    unknown_channel,
    unknown_interaction,
    unknown_message,
    unknown_webhook,
)
from tests.fakes.discord.interactions import ACK_SECONDS, Answer, Asked, Choice, Form, Interaction
from tests.fakes.discord.message_payloads import message_payload
from tests.fakes.discord.messages import CONTEXT_REPLY, EPHEMERAL, LOADING, SLASH_REPLY, Message
from tests.fakes.discord.payloads import Payload
from tests.fakes.discord.permissions import may
from tests.fakes.discord.rest_messages import check_still_v2
from tests.fakes.discord.rules_commands import MESSAGE_MENU
from tests.fakes.discord.rules_components import check_choices, check_modal
from tests.fakes.discord.rules_messages import Draft, check_flags
from tests.fakes.discord.state import Channel

WEBHOOK = "/webhooks/{webhook_id}/{webhook_token}"
MAX_FOLLOWUPS_OF_USER_INSTALL = 5  # discord-api-docs, Create Followup Message
ALLOWED = {
    Asked.COMMAND: {Answer.MESSAGE, Answer.MESSAGE_LATER, Answer.FORM},
    Asked.COMPONENT: {Answer.MESSAGE, Answer.MESSAGE_LATER, Answer.UPDATE, Answer.UPDATE_LATER, Answer.FORM},
    Asked.AUTOCOMPLETE: {Answer.CHOICES},
    Asked.FORM: {Answer.MESSAGE, Answer.MESSAGE_LATER},
}
"""discord-api-docs, Receiving and Responding, Interaction Callback Type."""


@route("POST", "/interactions/{interaction_id}/{interaction_token}/callback")
def acknowledge(call: Call) -> Reply:
    """Take the first answer: one, in time, and of a type that goes with what was asked."""
    interaction = call.fake.interactions.get(int(call.values["interaction_id"]))
    if interaction is None or interaction.token != call.values["interaction_token"]:
        raise unknown_interaction()
    if interaction.is_acknowledged:
        raise already_acknowledged()
    waited = call.fake.clock.monotonic() - interaction.asked_at
    if waited > ACK_SECONDS:
        raise unknown_interaction()
    answer = _answer_type(call, interaction)
    _carry_out(call, interaction, answer, call.body.get("data") or {})
    interaction.acknowledgement, interaction.acked_within = answer, waited
    if call.query.get("with_response", "").lower() not in ("1", "true"):
        return NOTHING
    return Reply(body=_described(call, interaction, answer))


def _answer_type(call: Call, interaction: Interaction) -> Answer:
    answer = Answer(call.body["type"])
    allowed = set(ALLOWED[interaction.kind])
    if interaction.kind is Asked.FORM and interaction.message is not None:
        allowed |= {Answer.UPDATE, Answer.UPDATE_LATER}
    if answer not in allowed:
        message = f"Value must be one of {sorted(int(each) for each in allowed)}."
        raise invalid_form(("type",), "BASE_TYPE_CHOICES", message)
    return answer


def _carry_out(call: Call, interaction: Interaction, answer: Answer, data: Payload) -> None:
    match answer:
        case Answer.MESSAGE:
            interaction.answer_with(_post(call, interaction, data))
        case Answer.MESSAGE_LATER:
            interaction.answer_with(_think(call, interaction, data))
        case Answer.UPDATE:
            assert interaction.message is not None
            _change(call, interaction.message, data)
        case Answer.CHOICES:
            check_choices(data["choices"])
            interaction.choices = [Choice(each["name"], each["value"]) for each in data["choices"]]
        case Answer.FORM:
            check_modal(data)
            components: list[Component] = data["components"]
            interaction.modal = Form(data["custom_id"], data["title"], components)
        case _:
            pass


def _kind(interaction: Interaction) -> int:
    command = interaction.payload.get("data", {}).get("type")
    if interaction.kind is Asked.COMMAND:
        return CONTEXT_REPLY if command == MESSAGE_MENU else SLASH_REPLY
    return 0


def _circumstances(interaction: Interaction, data: Payload, *, is_ephemeral: bool) -> posting.Circumstances:
    return posting.Circumstances(
        kind=_kind(interaction),
        interaction=interaction,
        only_for=interaction.user if is_ephemeral else None,
        allowed_mentions=data.get("allowed_mentions"),
        refers_to=interaction.target,
        reply_pings=False,
    )


def _post(call: Call, interaction: Interaction, data: Payload) -> Message:
    flags = data.get("flags") or 0
    check_flags(flags, is_interaction=True)
    _check_open(call, interaction.channel)
    draft = posting.draft_of(posting.Asked(data, call.files))
    about = _circumstances(interaction, data, is_ephemeral=bool(flags & EPHEMERAL))
    return posting.post(call.fake, interaction.channel, call.bot, draft, about)


def _check_open(call: Call, channel: Channel) -> None:
    if channel.is_deleted:
        raise unknown_channel()
    if channel.is_archived and channel.is_locked and not may(call.bot, channel, "manage_threads"):
        raise thread_archived()


def _think(call: Call, interaction: Interaction, data: Payload) -> Message:
    flags = data.get("flags") or 0
    _check_open(call, interaction.channel)
    for key in data:
        if key not in ("flags", "tts") and data[key]:
            call.fake.complain("interaction", f"a reply that comes later cannot say anything yet: {key}")
    about = _circumstances(interaction, {}, is_ephemeral=bool(flags & EPHEMERAL))
    draft = Draft(flags=LOADING | flags & EPHEMERAL)
    return posting.post(call.fake, interaction.channel, call.bot, draft, about)


def _change(call: Call, message: Message, data: Payload) -> None:
    if message.is_deleted:
        raise unknown_message()
    if message.channel.is_archived:
        raise thread_archived()
    check_still_v2(message, data)
    flags = data.get("flags") or 0
    check_flags(flags, is_interaction=True, there=message.flags)
    if message.is_thinking and bool(flags & EPHEMERAL) > message.is_ephemeral:
        call.fake.complain("interaction", "a reply that was begun for all cannot become one for one person")
    draft = posting.draft_of(posting.Asked(data, call.files), message)
    draft.flags = draft.flags & ~EPHEMERAL | (EPHEMERAL if message.is_ephemeral else 0)
    posting.change(call.fake, message, draft, data.get("allowed_mentions"))


def _described(call: Call, interaction: Interaction, answer: Answer) -> Payload:
    described: dict[str, Any] = {"id": str(interaction.id), "type": int(interaction.kind)}
    message = interaction.original
    body: Payload = {"interaction": described}
    if message is not None:
        described["response_message_id"] = str(message.id)
        described["response_message_loading"] = message.is_thinking
        described["response_message_ephemeral"] = message.is_ephemeral
        if answer in (Answer.MESSAGE, Answer.UPDATE):
            shown = message_payload(message, call.bot, call.fake.cdn.link)
            body["resource"] = {"type": int(answer), "message": shown}
    return body


def _by_token(call: Call) -> Interaction:
    if int(call.values["webhook_id"]) != call.fake.application_id:
        raise unknown_webhook()
    token = call.values["webhook_token"]
    interaction = next((each for each in call.fake.interactions.values() if each.token == token), None)
    if interaction is None or interaction.is_over:
        raise invalid_webhook_token()
    if not interaction.is_acknowledged:
        raise unknown_webhook()
    return interaction


def _named(call: Call, interaction: Interaction) -> Message:
    wanted = call.values.get("message_id", "@original")
    if wanted == "@original":
        message = interaction.original
    else:
        known = [interaction.original, *interaction.followups]
        message = next((each for each in known if each is not None and str(each.id) == wanted), None)
    if message is None or message.is_deleted:
        raise unknown_message()
    return message


def _show(call: Call, message: Message, status: int = 200) -> Reply:
    return Reply(status, message_payload(message, call.bot, call.fake.cdn.link))


@route("POST", WEBHOOK)
def follow_up(call: Call) -> Reply:
    """Say something more. After "thinking", the first thing said is the reply itself, seen by whom it was for."""
    interaction = _by_token(call)
    body = call.body or {}
    if interaction.response is not None and interaction.response.is_thinking:
        _change(call, interaction.response, body)
        return _show(call, interaction.response)
    is_brought_along = is_user_install(call.fake, interaction.channel)
    if is_brought_along and len(interaction.followups) >= MAX_FOLLOWUPS_OF_USER_INSTALL:
        raise too_many_followups()
    message = _post(call, interaction, body)
    interaction.followups.append(message)
    return _show(call, message)


def _get(call: Call) -> Reply:
    return _show(call, _named(call, _by_token(call)))


def _edit(call: Call) -> Reply:
    message = _named(call, _by_token(call))
    _change(call, message, call.body or {})
    return _show(call, message)


def _delete(call: Call) -> Reply:
    posting.delete(call.fake, _named(call, _by_token(call)))
    return NOTHING


for _path in (f"{WEBHOOK}/messages/@original", f"{WEBHOOK}/messages/{{message_id}}"):
    route("GET", _path)(_get)
    route("PATCH", _path)(_edit)
    route("DELETE", _path)(_delete)


@route("GET", WEBHOOK)
def webhook(call: Call) -> Reply:
    """An application's own webhook is not one to look at."""
    raise Malformed(404, 10015, "Unknown Webhook")
