"""A typed line → a request, or the sentences that say what to type instead."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bot.chat.grammar import Parts, numbers, split_options, unquoted, whole_number, words
from bot.chat.typed import read_imagine
from bot.console.grammar import files, split_trailing_files
from bot.console.marks import find_button, find_choice
from bot.console.timeline import Timeline
from bot.console.verbs import Verb, find_verb, help_lines, no_such_verb
from bot.replies import Notice, Refusal
from bot.requests import (
    AddPhotosRequest,
    Attachment,
    ButtonPress,
    CaptionsRequest,
    CreditsRequest,
    DeleteRequest,
    EditRequest,
    JobsRequest,
    ModelsRequest,
    Reaction,
    Request,
    Requester,
    SettingsRequest,
    TrainRequest,
)
from core.rules.kinds import ModelKind
from core.rules.names import nearest
from core.rules.wording import listed


@dataclass(frozen=True)
class Typed:
    """A line with all that its meaning depends on. `folder` is where its author's shell stands."""

    line: str
    requester: Requester
    folder: Path
    timeline: Timeline


@dataclass(frozen=True)
class ClearPost:
    """`/clear`: a wish to the console itself."""

    number: int


Asked = Request | Refusal | Notice | ClearPost


def parse(typed: Typed) -> Asked:
    """Read a line. A `Notice` or `Refusal` is for its author's eyes only."""
    line = typed.line.strip()
    if not line.startswith("/"):
        return _no_slash(line, typed.timeline)
    name, _, rest = re.sub(r"^(\S+)\s+", r"\1 ", line[1:]).partition(" ")
    verb = find_verb(name)
    if verb is None:
        return Refusal((no_such_verb(name) if name else "Type a command after the slash. /help lists them.",))
    text_options = verb.text_options + (("",) if verb.name == "imagine" else ())
    if not verb.options:
        return _READERS[verb.name](typed, Parts(rest.strip()))
    parts = split_options(rest, verb.options, text_options, verb.name)
    return parts if isinstance(parts, Refusal) else _READERS[verb.name](typed, parts)


def _no_slash(line: str, timeline: Timeline) -> Asked:
    if not line:
        return Notice("/help lists what you can type.")
    if not isinstance(find_button(timeline, line), Refusal):
        return Refusal((f"To press a button, type /press {line}",))
    hint = (
        "I answer to lines that begin with a slash. Put /imagine in front to see that painted, or type /help."
    )
    return Refusal((hint,))


def _train(typed: Typed, parts: Parts) -> Asked:
    first, _, head = parts.head.partition(" ")
    if first.lower() not in {kind.value for kind in ModelKind}:
        kinds = [kind.value for kind in ModelKind]
        near = nearest(first.lower(), kinds, limit=1)
        meant = f"Did you mean {near[0]}?" if near else "For example: /train product name: Summer Shoes ..."
        return Refusal((f"Say first what it is: {listed(kinds, 'or')}. {meant}",))
    spoken, names = split_trailing_files(head, typed.folder)
    name = parts.options.get("name")
    if name is not None and spoken:
        return Refusal((f'I cannot place "{spoken}". Put the name after name: and the files after photos:.',))
    if name is None:
        name = spoken
    elif not name.startswith(('"', "'")):
        name, more = split_trailing_files(name, typed.folder)
        names += more
    attachments = files([*names, *words(parts.options.get("photos", ""))], typed.folder)
    if isinstance(attachments, Refusal):
        return attachments
    return TrainRequest(
        typed.requester,
        ModelKind(first.lower()),
        unquoted(name),
        attachments,
        class_noun=unquoted(parts.options.get("class", "")),
        base_model=parts.options.get("base", "").lower(),
        preset=parts.options.get("preset", "standard").lower(),
        customizations=unquoted(parts.options.get("features", "")),
    )


def _photos(typed: Typed, parts: Parts, names: list[str]) -> tuple[Attachment, ...] | Refusal:
    return files([*names, *words(parts.options.get("photos", ""))], typed.folder)


def _add(typed: Typed, parts: Parts) -> Asked:
    attachments = _photos(typed, parts, words(parts.head))
    if isinstance(attachments, Refusal):
        return attachments
    if not attachments:
        return Refusal(("Name the photos to add, for example /add top.jpg",))
    return AddPhotosRequest(typed.requester, attachments)


def _edit(typed: Typed, parts: Parts) -> Asked:
    spoken, names = split_trailing_files(parts.head, typed.folder)
    if not spoken:
        return Refusal(("Name the model to edit, for example /edit @summer-shoes",))
    attachments = _photos(typed, parts, names)
    if isinstance(attachments, Refusal):
        return attachments
    remove = numbers("remove", parts.options["remove"]) if "remove" in parts.options else ()
    if isinstance(remove, Refusal):
        return remove
    preset = parts.options.get("preset", "standard").lower()
    return EditRequest(typed.requester, spoken.removeprefix("@"), attachments, remove, preset)


def _delete(typed: Typed, parts: Parts) -> Asked:
    if not parts.head:
        return Refusal(("Name the model to delete, for example /delete @summer-shoes",))
    confirmation = unquoted(parts.options.get("confirm", "")).removeprefix("@")
    return DeleteRequest(typed.requester, unquoted(parts.head).removeprefix("@"), confirmation)


def _caption(typed: Typed, parts: Parts) -> Asked:
    pieces = re.split(r"(?:^|\s*[;\n]\s*|^\s*)(?=\d{1,4}\s*:)", parts.head)
    captions = []
    for piece in filter(None, pieces):
        match = re.fullmatch(r"(\d{1,4})\s*:\s*(.*\S)\s*", piece, re.DOTALL)
        if match is None:
            captions.clear()
            break
        captions.append((int(match[1]), unquoted(match[2])))
    if not captions:
        return Refusal(
            ("Write the photo's number, a colon and the new text: /caption 2: sneaker, side view",)
        )
    return CaptionsRequest(typed.requester, tuple(captions))


def _press(typed: Typed, parts: Parts) -> Asked:
    button = find_button(typed.timeline, parts.head)
    if isinstance(button, Refusal):
        return button
    if button.action.startswith("draft:"):
        if button.action.endswith(":add"):
            return Notice("Name the photos, and I look at all of them again: /add top.jpg")
        if button.action.endswith(":captions"):
            return Notice("Send a photo's number and the new text: /caption 2: sneaker, side view")
    return ButtonPress(typed.requester, button.action)


def _react(typed: Typed, parts: Parts, is_withdrawn: bool = False) -> Asked:
    found = find_choice(typed.timeline, parts.head, "unreact" if is_withdrawn else "react")
    if isinstance(found, Refusal):
        return found
    post, choice = found
    return Reaction(typed.requester, str(post.number), choice.emoji, is_withdrawn)


def _clear(typed: Typed, parts: Parts) -> Asked:
    if not re.fullmatch(r"#?\d{1,9}", parts.head):
        return Refusal(("Name the message by its number, for example /clear 7",))
    number = int(parts.head.removeprefix("#"))
    if typed.timeline.get(number) is None:
        return Refusal((f"There is no message {number} here.",))
    return ClearPost(number)


def _settings(typed: Typed, parts: Parts) -> Asked:
    quorum = whole_number("quorum", parts.options["quorum"]) if "quorum" in parts.options else None
    if isinstance(quorum, Refusal):
        return quorum
    return SettingsRequest(
        typed.requester,
        quorum=quorum,
        approvers=_people(parts.options.get("approvers")),
        trainers=_people(parts.options.get("trainers")),
    )


def _people(text: str | None) -> tuple[str, ...] | None:
    """Names separated by commas; a word for nobody in particular clears the list."""
    if text is None:
        return None
    named = tuple(name.strip().removeprefix("@") for name in unquoted(text).split(","))
    return () if {name.lower() for name in named} <= {"", "everybody", "nobody"} else named


def _help(typed: Typed, parts: Parts) -> Asked:
    name = parts.head.removeprefix("/")
    verb: Verb | None = find_verb(name)
    if name and verb is None:
        return Refusal((no_such_verb(name),))
    return Notice("\n".join(help_lines(verb)))


_READERS: dict[str, Callable[[Typed, Parts], Asked]] = {
    "train": _train,
    "add": _add,
    "caption": _caption,
    "imagine": lambda typed, parts: read_imagine(typed.requester, parts),
    "edit": _edit,
    "delete": _delete,
    "models": lambda typed, parts: ModelsRequest(typed.requester, unquoted(parts.head)),
    "jobs": lambda typed, parts: JobsRequest(typed.requester),
    "settings": _settings,
    "credits": lambda typed, parts: CreditsRequest(typed.requester),
    "press": _press,
    "react": _react,
    "unreact": lambda typed, parts: _react(typed, parts, is_withdrawn=True),
    "clear": _clear,
    "help": _help,
}
