"""What Discord asks of application commands beyond its official description.

Source: discord-api-docs, Application Commands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from tests.fakes.discord.components import Path
from tests.fakes.discord.errors import invalid_form

CHAT_INPUT, USER_MENU, MESSAGE_MENU = 1, 2, 3
SUBCOMMAND, SUBCOMMAND_GROUP = 1, 2
MAX_CHARACTERS = 8000  # discord-api-docs, Application Commands: names, descriptions and values together
MAX_EACH = {CHAT_INPUT: 100, USER_MENU: 15, MESSAGE_MENU: 15}
"""The three together are the 130 that the official description gives."""

Command = dict[str, Any]


def check_commands(commands: Sequence[Command]) -> None:
    """Refuse a set of commands that Discord would not register."""
    names = Counter((command.get("type") or CHAT_INPUT, command["name"]) for command in commands)
    for (_, name), number in names.items():
        if number > 1:
            message = f"There are {number} commands named {name}."
            raise invalid_form((), "APPLICATION_COMMANDS_DUPLICATE_NAME", message)
    kinds = Counter(command.get("type") or CHAT_INPUT for command in commands)
    for kind, number in kinds.items():
        if number > MAX_EACH.get(kind, 1):
            message = f"There can be {MAX_EACH.get(kind, 1)} commands of type {kind}."
            raise invalid_form((), "APPLICATION_COMMANDS_MAX", message)
    for place, command in enumerate(commands):
        _check_command(command, (place,))


def _check_command(command: Command, path: Path) -> None:
    if (command.get("type") or CHAT_INPUT) != CHAT_INPUT:
        for name in ("description", "options"):
            if command.get(name):
                message = "Context menu commands cannot have a description or options"
                raise invalid_form((*path, name), "APPLICATION_COMMAND_CONTEXT_MENU_FIELDS", message)
        return
    _check_named(command, path)
    _check_options(command.get("options") or [], (*path, "options"))
    if sum(map(len, _texts_of(command))) > MAX_CHARACTERS:
        message = f"Command exceeds maximum size ({MAX_CHARACTERS})"
        raise invalid_form(path, "APPLICATION_COMMAND_TOO_LARGE", message)


def _check_named(thing: dict[str, Any], path: Path) -> None:
    name = thing["name"]
    if name != name.lower() or not all(each.isalnum() or each in "-_'" for each in name):
        message = "String value did not match validation regex."
        raise invalid_form((*path, "name"), "STRING_TYPE_REGEX", message)
    if not thing.get("description"):
        raise invalid_form((*path, "description"), "BASE_TYPE_REQUIRED", "This field is required")


def _check_options(options: Sequence[dict[str, Any]], path: Path) -> None:
    seen: set[str] = set()
    may_require = True
    holds_subcommands = {option["type"] in (SUBCOMMAND, SUBCOMMAND_GROUP) for option in options}
    if len(holds_subcommands) > 1:
        message = "Sub-command and sub-command group option types are mutually exclusive to all other types"
        raise invalid_form(path, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", message)
    for place, option in enumerate(options):
        here = (*path, place)
        _check_named(option, here)
        if option["name"] in seen:
            message = "Option name already exists"
            raise invalid_form((*here, "name"), "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", message)
        seen.add(option["name"])
        if option.get("required") and not may_require:
            message = "Required options must be placed before non-required options"
            raise invalid_form(here, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", message)
        may_require = bool(option.get("required"))
        _check_choices(option, here)
        _check_options(option.get("options") or [], (*here, "options"))


def _check_choices(option: dict[str, Any], path: Path) -> None:
    choices = option.get("choices") or []
    if choices and option.get("autocomplete"):
        message = "Autocomplete cannot be set when choices are given"
        raise invalid_form((*path, "autocomplete"), "APPLICATION_COMMAND_AUTOCOMPLETE_WITH_CHOICES", message)
    for key in ("name", "value"):
        if len({choice[key] for choice in choices}) != len(choices):
            message = f"Two choices have the same {key}."
            raise invalid_form(
                (*path, "choices"), "APPLICATION_COMMAND_OPTIONS_CHOICE_NAME_ALREADY_EXISTS", message
            )


def _texts_of(thing: dict[str, Any]) -> Iterator[str]:
    yield thing["name"]
    yield thing.get("description") or ""
    for choice in thing.get("choices") or []:
        yield choice["name"]
        yield str(choice["value"])
    for option in thing.get("options") or []:
        yield from _texts_of(option)
