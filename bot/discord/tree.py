"""The commands as Discord registers them: slash commands with their options, and commands on a message.

They are data here, so that a start can compare them with what is registered and change it only where it differs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from core.rules.bases import load_bases
from core.rules.kinds import ModelKind
from core.rules.options import PICTURES_MAX, SEED_MAX

SLASH, ON_MESSAGE = 1, 3  # discord-api-docs, Application Commands, Types
STRING, INTEGER, BOOLEAN, MENTIONABLE, NUMBER, ATTACHMENT = 3, 4, 5, 9, 10, 11  # the same, Option Type
SERVER_INSTALL, USER_INSTALL = 0, 1  # the same, Application Integration Types
IN_SERVER, IN_BOT_DM = 0, 1  # discord-api-docs, Receiving and Responding, Interaction Context Types

MAX_ATTACHMENTS = 10
"""Options of one command that take a file. Discord allows 25 options in all; a form takes ten files, too."""
PROMPT_MAX_CHARACTERS = 2000
NAME_MAX_CHARACTERS = 100
SHORT_MAX_CHARACTERS = 300

TRAIN_FROM = "Train from these photos"
ADD_TO = "Add to a model"

Payload = dict[str, Any]

_SHAPES = {
    "1:1": "Square", "4:3": "Landscape", "3:4": "Portrait", "3:2": "Wide photo", "2:3": "Tall photo",
    "16:9": "Widescreen", "9:16": "Phone",
}  # fmt: skip
_PRESETS = {"Standard": "standard", "Quick: a rough first look": "quick"}


def commands(bases: Collection[str]) -> list[Payload]:
    """Return every command that stands in the core, for an installation with these base models."""
    return [
        _slash("train", "Make a model from photos", _train_options(bases)),
        _slash("edit", "Add photos to a model or remove some, and train it again", _edit_options()),
        _slash("delete", "Erase a model for good", _delete_options()),
        _slash("imagine", "Make pictures; @name paints one of your models", _imagine_options(bases)),
        _slash("models", "List the models here, or search them", [_text("search", "Part of a name")]),
        _slash("jobs", "What waits, runs or ended lately"),
        _slash("credits", "What is left of the month's credits, and what things cost"),
        _slash(
            "settings", "Who may train and who decides about photos; admins change it", _settings_options()
        ),
        _on_message(TRAIN_FROM),
        _on_message(ADD_TO),
    ]


def _train_options(bases: Collection[str]) -> list[Payload]:
    kinds = {kind.value: kind.value for kind in ModelKind}
    options = [
        _option(STRING, "type", "What it is", required=True, choices=_choices(kinds)),
        _text("name", "What to call it, for example Summer Shoes", NAME_MAX_CHARACTERS),
        _text("class", "What it is in a word or two, for example sneaker or woman", NAME_MAX_CHARACTERS),
        *_images("A photo; without any, a form asks for them"),
        _text("features", "For a person: lasting features, with commas between them", SHORT_MAX_CHARACTERS),
    ]
    known = {base.title: base.name for base in load_bases().values() if base.name in bases}
    if len(known) > 1:
        options.append(_option(STRING, "base", "The base model to train on", choices=_choices(known)))
    return [*options, _preset()]


def _edit_options() -> list[Payload]:
    return [
        _model("The model to edit"),
        *_images("A photo to add"),
        _text("remove", "Numbers of photos to remove, for example 2, 5", NAME_MAX_CHARACTERS),
        _preset(),
    ]


def _delete_options() -> list[Payload]:
    return [
        _model("The model to erase"),
        _text("confirm", "Its name once more; without it, a form asks", NAME_MAX_CHARACTERS),
    ]


def _imagine_options(bases: Collection[str]) -> list[Payload]:
    aspects = dict.fromkeys(
        aspect for base in load_bases().values() if base.name in bases for aspect in base.aspects
    )
    shapes = {f"{_SHAPES.get(aspect, 'Shape')} {aspect}": aspect for aspect in aspects}
    prompt = "What to paint, for example @summer-shoes on a beach"
    return [
        _text("prompt", prompt, PROMPT_MAX_CHARACTERS, required=True, autocomplete=True),
        _option(INTEGER, "count", "How many pictures", min_value=1, max_value=PICTURES_MAX),
        *([_option(STRING, "aspect", "Their shape", choices=_choices(shapes))] if len(shapes) > 1 else []),
        _option(INTEGER, "seed", "The same seed makes the same picture", min_value=0, max_value=SEED_MAX),
        _option(INTEGER, "steps", "How long to work on each; more is not always better", min_value=1),
        _option(NUMBER, "guidance", "How strictly to follow the words", min_value=0),
        _text("negative", "What to leave out, where the base can be told", SHORT_MAX_CHARACTERS),
    ]


def _settings_options() -> list[Payload]:
    return [
        _option(INTEGER, "quorum", "How many people have to agree on a flagged photo", min_value=1),
        _option(MENTIONABLE, "approver", "Add a person or role that decides about flagged photos"),
        _option(MENTIONABLE, "trainer", "Add a person or role that may train, edit and delete"),
        _option(BOOLEAN, "private", "Whether threads of new models are for their authors only"),
    ]


def _slash(name: str, description: str, options: Iterable[Payload] = ()) -> Payload:
    return {"type": SLASH, "name": name, "description": description, "options": list(options), **_anywhere()}


def _on_message(name: str) -> Payload:
    return {"type": ON_MESSAGE, "name": name, **_anywhere()}


def _anywhere() -> Payload:
    """In servers, and in direct messages with the bot; not in those of other people, where it cannot post."""
    return {"integration_types": [SERVER_INSTALL, USER_INSTALL], "contexts": [IN_SERVER, IN_BOT_DM]}


def _option(kind: int, name: str, description: str, **more: Any) -> Payload:
    return {"type": kind, "name": name, "description": description, **more}


def _text(name: str, description: str, most: int = NAME_MAX_CHARACTERS, **more: Any) -> Payload:
    return _option(STRING, name, description, max_length=most, **more)


def _model(description: str) -> Payload:
    return _text("name", description, required=True, autocomplete=True)


def _images(description: str) -> list[Payload]:
    return [_option(ATTACHMENT, f"image{number}", description) for number in range(1, MAX_ATTACHMENTS + 1)]


def _preset() -> Payload:
    return _option(STRING, "preset", "How thoroughly to train", choices=_choices(_PRESETS))


def _choices(names: Mapping[str, str]) -> list[Payload]:
    return [{"name": name, "value": value} for name, value in names.items()]


_COMPARED = ("type", "name", "description", "options", "integration_types", "contexts")
_COMPARED_OF_OPTIONS = (
    "type", "name", "description", "required", "choices", "autocomplete",
    "min_value", "max_value", "min_length", "max_length",
)  # fmt: skip


def are_same(registered: Iterable[Mapping[str, Any]], wanted: Iterable[Mapping[str, Any]]) -> bool:
    """Tell whether Discord has these commands, whatever it notes beside them and in whatever order."""
    return _by_name(registered) == _by_name(wanted)


def _by_name(found: Iterable[Mapping[str, Any]]) -> dict[tuple[int, str], Payload]:
    return {(command.get("type", SLASH), command["name"]): _plain(command, _COMPARED) for command in found}


def _plain(thing: Mapping[str, Any], compared: Collection[str]) -> Payload:
    """Return what matters of a command or option; what is left out, false, none or empty is all the same."""
    plain = {name: thing[name] for name in compared if thing.get(name) not in (None, False, "", [])}
    if "options" in plain:
        plain["options"] = [_plain(option, _COMPARED_OF_OPTIONS) for option in plain["options"]]
    if "choices" in plain:
        plain["choices"] = [(choice["name"], choice["value"]) for choice in plain["choices"]]
    for name in ("integration_types", "contexts"):
        if name in plain:
            plain[name] = sorted(plain[name])
    return plain
