"""A command as Discord sends it → a request, a form to fill in, or a sentence. Pure: who asks is known already."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.chat.typed import photo_numbers
from bot.discord.asked import Asked, Sentence
from bot.discord.attached import attachments_of
from bot.discord.forms import TrainForm
from bot.discord.forms_of_models import DeleteForm
from bot.discord.tree import MAX_ATTACHMENTS
from bot.requests import (
    Attachment,
    CreditsRequest,
    DeleteRequest,
    EditRequest,
    ImagineRequest,
    JobsRequest,
    ModelsRequest,
    Requester,
    SettingsRequest,
    TrainRequest,
)
from core.rules.kinds import ModelKind
from core.rules.wording import listed

OLD_COMMAND = "That command belongs to an earlier version of me. Type / to see what there is now."
LOST_FILE = "A file got lost on its way here. Attach it again."
NO_PROMPT = "Say what to paint, for example /imagine @summer-shoes on a beach"
NO_NUMBERS = "Write the numbers of the photos to remove with commas between them, for example 2, 5."
MOST_NUMBER = 9999
"""Far more photos than any model has; a range that ends beyond it is a slip of the keyboard."""


@dataclass(frozen=True)
class Typed:
    """A slash command's options by name, and the files that came with it."""

    requester: Requester
    values: Mapping[str, Any]
    attachments: tuple[Attachment, ...]

    def text(self, name: str) -> str:
        """Return an option's words; empty where it was left out."""
        value = self.values.get(name)
        return value.strip() if isinstance(value, str) else ""

    def whole(self, name: str) -> int | None:
        """Return an option's whole number, if it has one."""
        value = self.values.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None


def read_command(requester: Requester, data: Mapping[str, Any]) -> Asked:
    """Read a slash command. What it does not make sense of is said, and nothing is asked for."""
    reader = _READERS.get(str(data.get("name")))
    if reader is None:
        return Sentence(OLD_COMMAND)
    values = {option["name"]: option.get("value") for option in data.get("options") or ()}
    files = [values[name] for name in _IMAGES if name in values]
    attachments = attachments_of(data.get("resolved") or {}, files)
    if attachments is None:
        return Sentence(LOST_FILE)
    return reader(Typed(requester, values, attachments))


_IMAGES = tuple(f"image{number}" for number in range(1, MAX_ATTACHMENTS + 1))


def _train(typed: Typed) -> Asked:
    kind = typed.text("type").lower()
    if kind not in set(ModelKind):
        kinds = listed([each.value for each in ModelKind], "or")
        return Sentence(f"Say what it is: {kinds}. For example /train type: product")
    base_model, preset = typed.text("base").lower(), typed.text("preset").lower() or "standard"
    if not typed.attachments:
        return TrainForm(
            ModelKind(kind),
            typed.text("name"),
            typed.text("class"),
            typed.text("features"),
            base_model,
            preset,
        )
    return TrainRequest(
        typed.requester,
        ModelKind(kind),
        typed.text("name"),
        typed.attachments,
        class_noun=typed.text("class"),
        base_model=base_model,
        preset=preset,
        customizations=typed.text("features"),
    )


def _edit(typed: Typed) -> Asked:
    name = typed.text("name").removeprefix("@")
    if not name:
        return Sentence("Name the model to edit, for example /edit @summer-shoes")
    remove = photo_numbers(typed.text("remove"))
    if remove is None:
        return Sentence(NO_NUMBERS)
    preset = typed.text("preset").lower() or "standard"
    return EditRequest(typed.requester, name, typed.attachments, remove, preset)


def _delete(typed: Typed) -> Asked:
    name = typed.text("name").removeprefix("@")
    if not name:
        return Sentence("Name the model to delete, for example /delete @summer-shoes")
    confirmation = typed.text("confirm").removeprefix("@")
    return DeleteRequest(typed.requester, name, confirmation) if confirmation else DeleteForm(name)


def _imagine(typed: Typed) -> Asked:
    prompt = typed.text("prompt")
    if not prompt:
        return Sentence(NO_PROMPT)
    guidance = typed.values.get("guidance")
    return ImagineRequest(
        typed.requester,
        prompt,
        count=typed.whole("count"),
        seed=typed.whole("seed"),
        aspect=typed.text("aspect") or None,
        steps=typed.whole("steps"),
        guidance=float(guidance) if isinstance(guidance, int | float) else None,
        negative=typed.text("negative"),
    )


def _settings(typed: Typed) -> Asked:
    private = typed.values.get("private")
    return SettingsRequest(
        typed.requester,
        quorum=typed.whole("quorum"),
        has_private_threads=private if isinstance(private, bool) else None,
        more_approvers=_named(typed.text("approver")),
        more_trainers=_named(typed.text("trainer")),
    )


def _named(name: str) -> tuple[str, ...]:
    return (name,) if name else ()


_READERS: Mapping[str, Callable[[Typed], Asked]] = {
    "train": _train,
    "edit": _edit,
    "delete": _delete,
    "imagine": _imagine,
    "models": lambda typed: ModelsRequest(typed.requester, typed.text("search")),
    "jobs": lambda typed: JobsRequest(typed.requester),
    "credits": lambda typed: CreditsRequest(typed.requester),
    "settings": _settings,
}
