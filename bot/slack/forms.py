"""Forms: what a command, a shortcut or a button asks for in a window of its own.

What a form's answer needs beside what was typed travels with it, so that `submissions` reads it also after a
restart. Here are those of new models and drafts; `forms_of_models` has the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.requests import Attachment
from bot.slack.attached import kept
from bot.slack.fields import (
    Block,
    asking,
    choosing,
    class_field,
    features_field,
    modal,
    name_field,
    option,
    photos_field,
    preset_field,
    small,
    text,
)
from bot.slack.form_limits import MAX_METADATA_CHARACTERS, MAX_VIEW_BLOCKS
from bot.slack.forms_of_models import (
    AddToForm,
    DeleteForm,
    EditForm,
    EditPhotosForm,
    ImagineForm,
    RemovePhotosForm,
    SettingsForm,
)
from bot.slack.origin import Origin
from core.rules.captions import CAPTION_MAX_CHARACTERS
from core.rules.kinds import ModelKind
from core.rules.wording import counted

_ADVICE = (
    "*Product*: one item, whole in the frame, from different sides and in even light. "
    "One great photo beats one great and two poor.\n"
    "*Character*: 5 to 15 varied photos are best: one full-body, one close-up, nobody else in the frame. "
    "For a generic person, such as a woman in a red coat, words are enough: no model is needed.\n"
    "*Style*: 5 to 40 pictures that share a look and show different things."
)
_METADATA_OF_THE_REST = 600
"""Characters that a form keeps beside its files, at most."""


@dataclass(frozen=True)
class TrainForm:
    """`/train`. What was typed already is filled in; files of a message need not be chosen again.

    `bases` are those to choose from, by name and title; with a single one nobody is asked.
    """

    kind: str = ""
    name: str = ""
    class_noun: str = ""
    features: str = ""
    base_model: str = ""
    preset: str = "standard"
    attachments: tuple[Attachment, ...] = ()
    bases: tuple[tuple[str, str], ...] = ()

    def view(self, origin: Origin) -> Block:
        """Lay it out."""
        kept_here: dict[str, Any] = origin.written()
        kinds = [option(kind.value, kind.capitalize()) for kind in ModelKind]
        blocks = [small(_ADVICE), asking("kind", "What is it?", choosing("radio_buttons", kinds, self.kind))]
        blocks += [name_field(self.name), class_field(self.class_noun)]
        if self.attachments:
            kept_here["files"] = kept(self.attachments, MAX_METADATA_CHARACTERS - _METADATA_OF_THE_REST)
            blocks.insert(0, small(f"{counted(len(self.attachments), 'photo')} from the message"))
        else:
            blocks.append(photos_field())
        blocks.append(features_field(self.features))
        if len(self.bases) > 1:
            bases = [option(name, title) for name, title in self.bases]
            field = choosing("static_select", bases, self.base_model)
            blocks.append(asking("base", "The base model to train on", field, is_required=False))
        blocks.append(preset_field(self.preset))
        return modal("train", "Train a model", kept_here, blocks, "Go on")


@dataclass(frozen=True)
class AddPhotosForm:
    """[Add photos] on a draft's card. `thread` is the draft's, wherever its card had to be posted."""

    thread: str

    def view(self, origin: Origin) -> Block:
        """Lay it out."""
        return modal("add", "Add photos", origin.at(self.thread).written(), [photos_field()], "Add")


@dataclass(frozen=True)
class CaptionsForm:
    """[Edit captions]: all of them, for a form has room for as many as a model has photos."""

    thread: str
    captions: tuple[str, ...]

    def view(self, origin: Origin) -> Block:
        """Lay it out."""
        blocks = [
            asking(f"caption-{number}", f"Photo {number}", text(caption, most=CAPTION_MAX_CHARACTERS))
            for number, caption in enumerate(self.captions[:MAX_VIEW_BLOCKS], start=1)
        ]
        return modal("captions", "Edit captions", origin.at(self.thread).written(), blocks, "Save")


Form = (
    TrainForm
    | AddPhotosForm
    | CaptionsForm
    | AddToForm
    | EditForm
    | EditPhotosForm
    | RemovePhotosForm
    | DeleteForm
    | ImagineForm
    | SettingsForm
)
