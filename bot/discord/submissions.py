"""A form that was sent → a request, from nothing but what came with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from bot.discord.asked import Sentence
from bot.discord.attached import attachments_of
from bot.requests import (
    AddPhotosRequest,
    Attachment,
    CaptionsRequest,
    DeleteRequest,
    EditRequest,
    ImagineRequest,
    Request,
    Requester,
    SettingsRequest,
    ThreadAddress,
    TrainRequest,
)
from core.rules.kinds import ModelKind

PHOTOS_FORGOTTEN = "I no longer have that message at hand. Choose the command from its menu once more."
OLD_FORM = "That form belongs to an earlier version of me. Type the command again."
NO_NUMBER = "How many have to agree is a number, for example 2. Nothing was changed."
LOST_FILE = "A file got lost on its way here. Attach it again."

Photos = Callable[[int], tuple[Attachment, ...] | None]
"""The photos of a message that a command was chosen on, if they are still known."""
Fields = Mapping[str, Any]
"""By custom_id, the component as it was sent."""


def read_form(requester: Requester, sent: Mapping[str, Any], photos: Photos) -> Request | Sentence:
    """Read an interaction's data. What cannot be read is said in a sentence."""
    fields = {field["custom_id"]: field for field in _fields(sent.get("components") or ())}
    name, _, rest = str(sent.get("custom_id", "")).partition(":")
    reader = _READERS.get(name)
    if reader is not None:
        return reader(requester, rest, fields, sent.get("resolved") or {})
    if name in ("train-from", "add-to") and rest.isdecimal():
        attachments = photos(int(rest))
        if attachments is None:
            return Sentence(PHOTOS_FORGOTTEN)
        return (
            _train_from(requester, fields, attachments)
            if name == "train-from"
            else _add_to(requester, fields, attachments)
        )
    return Sentence(OLD_FORM)


def _fields(components: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for component in components:
        inner = component.get("component")
        yield from _fields([inner] if inner else component.get("components") or ())
        if "custom_id" in component:
            yield component


def _text(fields: Fields, name: str) -> str:
    value = fields.get(name, {}).get("value")
    return value.strip() if isinstance(value, str) else ""


def _values(fields: Fields, name: str) -> tuple[str, ...]:
    return tuple(str(value) for value in fields.get(name, {}).get("values") or ())


def _train(
    requester: Requester, rest: str, fields: Fields, resolved: Mapping[str, Any]
) -> Request | Sentence:
    kind, base_model, preset = (*rest.split(":"), "", "")[:3]
    attachments = attachments_of(resolved, _values(fields, "photos"))
    if kind not in set(ModelKind):
        return Sentence(OLD_FORM)
    if attachments is None:
        return Sentence(LOST_FILE)
    return TrainRequest(
        requester,
        ModelKind(kind),
        _text(fields, "name"),
        attachments,
        class_noun=_text(fields, "class"),
        base_model=base_model,
        preset=preset or "standard",
        customizations=_text(fields, "features"),
    )


def _train_from(
    requester: Requester, fields: Fields, attachments: tuple[Attachment, ...]
) -> Request | Sentence:
    kind = _text(fields, "kind")
    if kind not in set(ModelKind):
        return Sentence(OLD_FORM)
    return TrainRequest(
        requester,
        ModelKind(kind),
        _text(fields, "name"),
        attachments,
        class_noun=_text(fields, "class"),
        customizations=_text(fields, "features") if kind == ModelKind.CHARACTER else "",
    )


def _add_to(requester: Requester, fields: Fields, attachments: tuple[Attachment, ...]) -> Request:
    chosen = _values(fields, "model") or (_text(fields, "model"),)
    return EditRequest(requester, chosen[0].removeprefix("@"), attachments)


def _add_photos(
    requester: Requester, rest: str, fields: Fields, resolved: Mapping[str, Any]
) -> Request | Sentence:
    _, _, thread = rest.partition(":")
    attachments = attachments_of(resolved, _values(fields, "photos"))
    return (
        Sentence(LOST_FILE) if attachments is None else AddPhotosRequest(_in(requester, thread), attachments)
    )


def _captions(requester: Requester, rest: str, fields: Fields, resolved: Mapping[str, Any]) -> Request:
    _, _, thread = rest.partition(":")
    numbered = [
        (int(name.removeprefix("caption-")), _text(fields, name)) for name in fields if _is_caption(name)
    ]
    return CaptionsRequest(_in(requester, thread), tuple(sorted(numbered)))


def _is_caption(name: str) -> bool:
    return re.fullmatch(r"caption-\d{1,4}", name) is not None


def _in(requester: Requester, thread: str) -> Requester:
    return replace(requester, thread=ThreadAddress(requester.platform, thread)) if thread else requester


def _edit_add(
    requester: Requester, rest: str, fields: Fields, resolved: Mapping[str, Any]
) -> Request | Sentence:
    attachments = attachments_of(resolved, _values(fields, "photos"))
    return Sentence(LOST_FILE) if attachments is None else EditRequest(requester, rest, attachments)


def _edit_remove(requester: Requester, rest: str, fields: Fields, resolved: Mapping[str, Any]) -> Request:
    chosen = {int(value) for name in fields for value in _values(fields, name) if value.isdecimal()}
    return EditRequest(requester, rest, remove=tuple(sorted(chosen)))


def _delete(requester: Requester, rest: str, fields: Fields, resolved: Mapping[str, Any]) -> Request:
    return DeleteRequest(requester, rest, _text(fields, "confirmation"))


def _try(requester: Requester, rest: str, fields: Fields, resolved: Mapping[str, Any]) -> Request | Sentence:
    prompt, count = _text(fields, "prompt"), _text(fields, "count")
    return ImagineRequest(requester, prompt, count=int(count) if count.isdecimal() else None)


def _settings(
    requester: Requester, rest: str, fields: Fields, resolved: Mapping[str, Any]
) -> Request | Sentence:
    quorum = _text(fields, "quorum")
    if not re.fullmatch(r"\d{1,2}", quorum):
        return Sentence(NO_NUMBER)
    return SettingsRequest(
        requester,
        quorum=int(quorum),
        approvers=_values(fields, "approvers"),
        trainers=_values(fields, "trainers"),
        has_private_threads=fields.get("private", {}).get("value") is True,
    )


_READERS: dict[str, Callable[[Requester, str, Fields, Mapping[str, Any]], Request | Sentence]] = {
    "train": _train,
    "add": _add_photos,
    "captions": _captions,
    "edit-add": _edit_add,
    "edit-remove": _edit_remove,
    "delete": _delete,
    "try": _try,
    "settings": _settings,
}
