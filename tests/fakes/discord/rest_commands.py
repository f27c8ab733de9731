"""The commands that the bot registers, everywhere or in one server."""

from __future__ import annotations

from typing import Any

from tests.fakes.discord.calls import NOTHING, Call, Reply, route
from tests.fakes.discord.errors import unknown_command
from tests.fakes.discord.rules_commands import CHAT_INPUT, check_commands

Command = dict[str, Any]
_SHOWN_AS_GIVEN = (
    "name",
    "name_localizations",
    "description_localizations",
    "contexts",
    "options",
)


def _scope(call: Call) -> int | None:
    return call.guild().id if "guild_id" in call.values else None


def _registered(call: Call, wanted: Command, old: Command | None) -> Command:
    guild_id = _scope(call)
    permissions = wanted.get("default_member_permissions")
    command = {
        "id": str(call.fake.ids.next()) if old is None else old["id"],
        "application_id": str(call.fake.application_id),
        "version": str(call.fake.ids.next()),
        "type": wanted.get("type") or CHAT_INPUT,
        "description": wanted.get("description") or "",
        "default_member_permissions": None if permissions is None else str(permissions),
        "integration_types": wanted.get("integration_types") or [0],
        "nsfw": bool(wanted.get("nsfw")),
    }
    command |= {key: wanted[key] for key in _SHOWN_AS_GIVEN if wanted.get(key) is not None}
    if "options" in command:
        command["options"] = [_option(option) for option in command["options"]]
    return command if guild_id is None else command | {"guild_id": str(guild_id)}


def _option(option: Command) -> Command:
    shown = {key: value for key, value in option.items() if value is not None}
    if "options" in shown:
        shown["options"] = [_option(each) for each in shown["options"]]
    return shown


def _same(command: Command, wanted: Command) -> bool:
    return (command["type"], command["name"]) == (wanted.get("type") or CHAT_INPUT, wanted["name"])


def _list(call: Call) -> Reply:
    return Reply(body=call.fake.registered_commands(_scope(call)))


def _replace_all(call: Call) -> Reply:
    wanted = call.body or []
    check_commands(wanted)
    there = call.fake.registered_commands(_scope(call))
    now = [_registered(call, each, next((old for old in there if _same(old, each)), None)) for each in wanted]
    there[:] = now
    return Reply(body=now)


def _add(call: Call) -> Reply:
    there = call.fake.registered_commands(_scope(call))
    old = next((each for each in there if _same(each, call.body)), None)
    others = [each for each in there if each is not old]
    check_commands([*others, call.body])
    command = _registered(call, call.body, old)
    there[:] = [*others, command]
    return Reply(201 if old is None else 200, command)


def _remove(call: Call) -> Reply:
    there = call.fake.registered_commands(_scope(call))
    old = next((each for each in there if each["id"] == call.values["command_id"]), None)
    if old is None:
        raise unknown_command()
    there.remove(old)
    return NOTHING


for _base in (
    "/applications/{application_id}/commands",
    "/applications/{application_id}/guilds/{guild_id}/commands",
):
    route("GET", _base)(_list)
    route("PUT", _base)(_replace_all)
    route("POST", _base)(_add)
    route("DELETE", f"{_base}/{{command_id}}")(_remove)
