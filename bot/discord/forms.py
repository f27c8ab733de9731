"""Forms: what a command or a button asks for in a window of its own.

A form's custom_id says all that its answer needs, so that `submissions` reads it also after a restart. Here are
those of new models and drafts; `forms_of_models` has the others.
"""

from __future__ import annotations

from dataclasses import dataclass

import discord
from discord import ui

from bot.discord.fields import (
    CAPTIONS_A_FORM,
    MAX_FILES,
    class_field,
    features_field,
    modal_named,
    name_field,
    upload,
)
from bot.discord.forms_of_models import (
    AddToForm,
    DeleteForm,
    EditPhotosForm,
    RemovePhotosForm,
    SettingsForm,
    TryForm,
)
from core.rules.captions import CAPTION_MAX_CHARACTERS
from core.rules.kinds import ModelKind

_ADVICE = {
    ModelKind.PRODUCT: (
        "One item, whole in the frame, from different sides and in even light. "
        "One great photo beats one great and two poor."
    ),
    ModelKind.CHARACTER: (
        "5 to 15 varied photos are best: one full-body, one close-up, nobody else in the frame. "
        "For a generic person, such as a woman in a red coat, words are enough: no model is needed."
    ),
    ModelKind.STYLE: (
        "5 to 40 pictures that share a look and show different things. "
        "Ten fit into this form; more can be added afterwards."
    ),
}


@dataclass(frozen=True)
class TrainForm:
    """`/train` without photos. What was typed already is filled in."""

    kind: ModelKind
    name: str = ""
    class_noun: str = ""
    features: str = ""
    base_model: str = ""
    preset: str = "standard"
    most_files: int = MAX_FILES

    def modal(self) -> ui.Modal:
        """Lay it out."""
        modal = modal_named(f"Train a {self.kind}", f"train:{self.kind}:{self.base_model}:{self.preset}")
        modal.add_item(ui.TextDisplay(_ADVICE[self.kind]))
        modal.add_item(name_field(self.name))
        if self.kind is not ModelKind.STYLE:
            modal.add_item(class_field(self.class_noun))
        photos = "Pictures" if self.kind is ModelKind.STYLE else "Photos"
        modal.add_item(upload(photos, most=self.most_files))
        if self.kind is ModelKind.CHARACTER:
            modal.add_item(features_field(self.features))
        return modal


@dataclass(frozen=True)
class TrainFromForm:
    """`Train from these photos`, on the message that has them."""

    message: int

    def modal(self) -> ui.Modal:
        """Lay it out."""
        modal = modal_named("Train from these photos", f"train-from:{self.message}")
        kinds = [discord.RadioGroupOption(label=kind.capitalize(), value=kind) for kind in ModelKind]
        modal.add_item(ui.Label(text="What is it?", component=ui.RadioGroup(custom_id="kind", options=kinds)))
        modal.add_item(name_field(""))
        modal.add_item(class_field("", is_required=False))
        modal.add_item(features_field(""))
        return modal


@dataclass(frozen=True)
class AddPhotosForm:
    """[Add photos] on a draft's card. `thread` is the draft's, wherever its card had to be posted."""

    draft_id: str
    thread: str

    def modal(self) -> ui.Modal:
        """Lay it out."""
        modal = modal_named("Add photos", f"add:{self.draft_id}:{self.thread}")
        return modal.add_item(upload("Photos"))


@dataclass(frozen=True)
class CaptionsForm:
    """[Edit captions]: five of them, from the photo number `first` on."""

    draft_id: str
    thread: str
    first: int
    captions: tuple[str, ...]

    def modal(self) -> ui.Modal:
        """Lay it out."""
        modal = modal_named("Edit captions", f"captions:{self.draft_id}:{self.thread}")
        shown = self.captions[self.first - 1 : self.first - 1 + CAPTIONS_A_FORM]
        for number, caption in enumerate(shown, start=self.first):
            field = ui.TextInput[ui.Modal](
                custom_id=f"caption-{number}",
                style=discord.TextStyle.paragraph,
                default=caption[:CAPTION_MAX_CHARACTERS] or None,
                max_length=CAPTION_MAX_CHARACTERS,
            )
            modal.add_item(ui.Label(text=f"Photo {number}", component=field))
        return modal


@dataclass(frozen=True)
class CaptionPages:
    """[Edit captions] where there are more than a form holds: buttons, for a form cannot open the next."""

    draft_id: str
    count: int

    def view(self) -> ui.LayoutView:
        """Lay it out."""
        view = ui.LayoutView(timeout=None)
        view.add_item(ui.TextDisplay("Which captions do you want to edit?"))
        firsts = range(1, self.count + 1, CAPTIONS_A_FORM)
        buttons: list[ui.Button[ui.LayoutView]] = []
        for first in firsts:
            last = min(first + CAPTIONS_A_FORM - 1, self.count)
            label = f"{first} to {last}" if last > first else str(first)
            buttons.append(ui.Button(label=label, custom_id=f"draft:{self.draft_id}:captions:{first}"))
        for start in range(0, len(buttons), 5):
            view.add_item(ui.ActionRow(*buttons[start : start + 5]))
        return view


Form = (
    TrainForm
    | TrainFromForm
    | AddToForm
    | AddPhotosForm
    | EditPhotosForm
    | RemovePhotosForm
    | CaptionsForm
    | CaptionPages
    | DeleteForm
    | TryForm
    | SettingsForm
)
