"""A form that was sent → a request, from nothing but what came with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from bot.chat.typed import photo_numbers
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
    TrainRequest,
)
from bot.slack.asked import Sentence
from bot.slack.attached import attachments_of, read_kept
from bot.slack.fields import OURS
from core.rules.kinds import ModelKind
from core.rules.prompts import parse_prompt
from core.rules.wording import listed

OLD_FORM = "That form belongs to an earlier version of me. Type the command again."
NO_NUMBER = "How many have to agree is a number, for example 2. Nothing was changed."
CANNOT_AGREE = (
    "In direct messages only the person who asked sees the photos, so more than one person cannot agree. "
    "Choose 1, or the channel. Nothing was changed."
)
NO_NUMBERS = "Write the numbers of the photos with commas between them, for example 2, 5."
NO_SEED = "A seed is a whole number, for example 8112. Leave it empty to be surprised."
CLASS_NEEDED = "Say in a word or two what it is, for example sneaker or woman."
KIND_NEEDED = "Choose what it is: product, character or style."


@dataclass(frozen=True)
class Sent:
    """A form's answers by field, and what it kept."""

    requester: Requester
    fields: Mapping[str, Mapping[str, Any]]
    kept: Mapping[str, Any]

    def text(self, name: str) -> str:
        """Return what was typed; empty where nothing was."""
        value = self.fields.get(name, {}).get("value")
        return value.strip() if isinstance(value, str) else ""

    def chosen(self, name: str) -> str:
        """Return what was chosen; empty where nothing was."""
        option = self.fields.get(name, {}).get("selected_option") or {}
        return str(option.get("value", ""))

    def chosen_several(self, name: str) -> tuple[str, ...]:
        """Return everything that was chosen."""
        field = self.fields.get(name, {})
        options = [each["value"] for each in field.get("selected_options") or ()]
        named = [
            each for key in ("selected_users", "selected_conversations") for each in field.get(key) or ()
        ]
        return tuple(map(str, (*options, *named)))

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        """The files that were put into it, or that its message had."""
        workspace = self.requester.workspace
        if files := self.kept.get("files"):
            return read_kept(workspace, files)
        return attachments_of(workspace, self.fields.get("photos", {}).get("files") or ())

    @property
    def model(self) -> str:
        """The model that it is about, chosen there or before."""
        return str(self.kept.get("model") or self.chosen("model"))


def read_form(requester: Requester, view: Mapping[str, Any], kept: Mapping[str, Any]) -> Request | Sentence:
    """Read a view as it was sent. What cannot be read is said in a sentence."""
    reader = _READERS.get(str(view.get("callback_id", "")).removeprefix(OURS))
    if reader is None:
        return Sentence(OLD_FORM)
    values: Mapping[str, Mapping[str, Any]] = (view.get("state") or {}).get("values") or {}
    fields = {name: next(iter(actions.values()), {}) for name, actions in values.items()}
    return reader(Sent(requester, fields, kept))


def _train(sent: Sent) -> Request | Sentence:
    kind = sent.chosen("kind")
    if kind not in set(ModelKind):
        return Sentence(KIND_NEEDED, "kind")
    if kind != ModelKind.STYLE and not sent.text("class"):
        return Sentence(CLASS_NEEDED, "class")
    return TrainRequest(
        sent.requester,
        ModelKind(kind),
        sent.text("name"),
        sent.attachments,
        class_noun="" if kind == ModelKind.STYLE else sent.text("class"),
        base_model=sent.chosen("base"),
        preset=sent.chosen("preset") or "standard",
        customizations=sent.text("features") if kind == ModelKind.CHARACTER else "",
    )


def _add(sent: Sent) -> Request:
    return AddPhotosRequest(sent.requester, sent.attachments)


def _captions(sent: Sent) -> Request:
    numbered = [
        (int(name.removeprefix("caption-")), sent.text(name))
        for name in sent.fields
        if re.fullmatch(r"caption-\d{1,4}", name)
    ]
    return CaptionsRequest(sent.requester, tuple(sorted(numbered)))


def _edit(sent: Sent) -> Request | Sentence:
    remove = photo_numbers(sent.text("remove"))
    if remove is None:
        return Sentence(NO_NUMBERS, "remove")
    return EditRequest(sent.requester, sent.model, sent.attachments, remove)


def _edit_photos(sent: Sent) -> Request:
    return EditRequest(sent.requester, sent.model, sent.attachments)


def _edit_remove(sent: Sent) -> Request:
    chosen = {int(value) for value in sent.chosen_several("remove") if value.isdecimal()}
    return EditRequest(sent.requester, sent.model, remove=tuple(sorted(chosen)))


def _delete(sent: Sent) -> Request:
    return DeleteRequest(sent.requester, sent.model, sent.text("confirmation").removeprefix("@"))


def _imagine(sent: Sent) -> Request | Sentence:
    seed, count = sent.text("seed"), sent.chosen("count")
    if seed and not seed.isdecimal():
        return Sentence(NO_SEED, "seed")
    return ImagineRequest(
        sent.requester,
        _with_models(sent.text("prompt"), sent.chosen_several("models")),
        count=int(count) if count.isdecimal() else None,
        seed=int(seed) if seed else None,
        aspect=sent.chosen("aspect") or None,
    )


def _with_models(prompt: str, chosen: Sequence[str]) -> str:
    """Return the prompt with the chosen models in front, but for those that it names."""
    named = parse_prompt(prompt).handles
    missing = [f"@{handle}" for handle in chosen if handle not in named]
    return f"{listed(missing)} {prompt}" if missing else prompt


def _settings(sent: Sent) -> Request | Sentence:
    quorum = sent.text("quorum")
    if not re.fullmatch(r"[0-9]{1,2}", quorum):
        return Sentence(NO_NUMBER, "quorum")
    is_private = sent.chosen("private") == "private"
    if is_private and int(quorum) > 1:
        return Sentence(CANNOT_AGREE, "quorum")
    unshown: Mapping[str, Any] = sent.kept.get("unshown") or {}

    def named(name: str) -> tuple[str, ...]:
        chosen = [sent.chosen_several(f"{name}{kind}") for kind in ("", "-groups", "-channels")]
        return (*chain(*chosen), *map(str, unshown.get(name, ())))

    return SettingsRequest(
        sent.requester,
        quorum=int(quorum),
        approvers=named("approvers"),
        trainers=named("trainers"),
        has_private_threads=is_private,
    )


_READERS: dict[str, Callable[[Sent], Request | Sentence]] = {
    "train": _train,
    "add": _add,
    "captions": _captions,
    "add-to": _edit_photos,
    "edit": _edit,
    "edit-add": _edit_photos,
    "edit-remove": _edit_remove,
    "delete": _delete,
    "imagine": _imagine,
    "settings": _settings,
}
