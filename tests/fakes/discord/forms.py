"""Filling in a form as a person does: fields by their labels, answers by theirs.

Source: discord-api-docs, Components, Reference; Receiving and Responding, Modal Submit Data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tests.fakes.discord.asking import attach, name_thing
from tests.fakes.discord.components import SELECTS, Component, Kind
from tests.fakes.discord.interactions import Form, FormField
from tests.fakes.discord.payloads import Payload
from tests.fakes.discord.state import Channel, Role, User

if TYPE_CHECKING:
    from tests.fakes.discord.fake import FakeDiscord

MAX_INPUT_CHARACTERS = 4000
_NOTHING = object()
_CHOSEN_FROM: dict[Kind, tuple[type, ...]] = {
    Kind.USER_SELECT: (User,),
    Kind.ROLE_SELECT: (Role,),
    Kind.MENTIONABLE_SELECT: (User, Role),
    Kind.CHANNEL_SELECT: (Channel,),
}


def value_of(component: Component, wanted: str) -> str:
    """Return the value of the option with this label or value."""
    for option in component["options"]:
        if wanted in (option["label"], option["value"]):
            value: str = option["value"]
            return value
    labels = [option["label"] for option in component["options"]]
    raise AssertionError(f"no option {wanted!r}, only {labels}")


def things_of(
    fake: FakeDiscord,
    channel: Channel,
    component: Component,
    wanted: Sequence[Any],
    resolved: dict[str, dict[str, Any]],
) -> list[str]:
    """Return what was chosen from a list: its own options, or people, roles and channels."""
    if component["type"] in (Kind.STRING_SELECT, Kind.CHECKBOX_GROUP):
        return [value_of(component, each) for each in wanted]
    offered = _CHOSEN_FROM[Kind(component["type"])]
    for each in wanted:
        thing = getattr(each, "user", each)
        assert isinstance(thing, offered), f"{each!r} is nothing that this list offers"
    return [name_thing(fake, channel, each, resolved) for each in wanted]


def submission(fake: FakeDiscord, channel: Channel, form: Form, values: Mapping[str, Any]) -> Payload:
    """Return the `data` of a form that is sent, checked as the client checks it."""
    given = {form.field(name).custom_id: value for name, value in values.items()}
    resolved: dict[str, dict[str, Any]] = {}
    fields = {field.custom_id: field for field in form.fields}
    rows: list[Payload] = []
    for place, top in enumerate(form.components):
        row: Payload = {"type": top["type"], "id": top.get("id") or place + 1}
        if top["type"] == Kind.LABEL:
            row["component"] = _filled(fake, channel, fields, top["component"], given, resolved)
        elif top["type"] == Kind.ACTION_ROW:
            row["components"] = [
                _filled(fake, channel, fields, each, given, resolved) for each in top["components"]
            ]
        rows.append(row)
    data: Payload = {"custom_id": form.custom_id, "components": rows}
    return data | ({"resolved": resolved} if resolved else {})


def _filled(
    fake: FakeDiscord,
    channel: Channel,
    fields: Mapping[str, FormField],
    component: Component,
    given: Mapping[str, Any],
    resolved: dict[str, dict[str, Any]],
) -> Payload:
    field = fields[component["custom_id"]]
    value = given.get(field.custom_id, _NOTHING)
    row: Payload = {"type": int(field.kind), "id": component.get("id") or 100, "custom_id": field.custom_id}
    match field.kind:
        case Kind.TEXT_INPUT:
            return row | {"value": _text(field, component.get("value") or "" if value is _NOTHING else value)}
        case Kind.CHECKBOX:
            return row | {"value": bool(component.get("default")) if value is _NOTHING else bool(value)}
        case Kind.RADIO_GROUP:
            return row | {"value": _one(field, value)}
        case Kind.FILE_UPLOAD:
            files = [] if value is _NOTHING else list(value)
            _check_number(field, len(files), most=1)
            return row | {"values": [attach(fake, channel, file, resolved) for file in files]}
        case kind if kind == Kind.CHECKBOX_GROUP or kind in SELECTS:
            return row | {"values": _several(fake, channel, field, value, resolved)}
        case _:
            raise AssertionError(f"the fake fills in no {field.kind.name}")


def _text(field: FormField, text: str) -> str:
    least = field.component.get("min_length") or 0
    most = field.component.get("max_length") or MAX_INPUT_CHARACTERS
    assert text or not field.is_required, f"{field.label!r} must be filled in"
    assert not text or least <= len(text) <= most, f"{field.label!r} takes {least} to {most} characters"
    return text


def _one(field: FormField, value: Any) -> str | None:
    if value is _NOTHING:
        chosen = [each["value"] for each in field.component["options"] if each.get("default")]
        value = chosen[0] if chosen else None
    assert value is not None or not field.is_required, f"{field.label!r} must be answered"
    return None if value is None else value_of(field.component, value)


def _several(
    fake: FakeDiscord,
    channel: Channel,
    field: FormField,
    value: Any,
    resolved: dict[str, dict[str, Any]],
) -> list[str]:
    component = field.component
    options = component.get("options") or []
    if value is not _NOTHING:
        chosen = things_of(fake, channel, component, value, resolved)
    elif options:
        chosen = [each["value"] for each in options if each.get("default")]
    else:
        ids = [int(each["id"]) for each in component.get("default_values") or []]
        chosen = things_of(fake, channel, component, [_thing(fake, channel, each) for each in ids], resolved)
    most = len(options) if field.kind is Kind.CHECKBOX_GROUP else 1
    _check_number(field, len(chosen), most)
    return chosen


def _thing(fake: FakeDiscord, channel: Channel, thing_id: int) -> User | Role | Channel:
    roles = {} if channel.guild is None else channel.guild.roles
    return {**fake.world.users, **fake.world.channels, **roles}[thing_id]


def _check_number(field: FormField, number: int, most: int) -> None:
    least = field.component.get("min_values")
    least = 1 if least is None else least
    most = field.component.get("max_values") or most
    if number == 0:
        assert not field.is_required, f"{field.label!r} must be answered"
        return
    assert least <= number <= most, f"{field.label!r} takes {least} to {most}, not {number}"
