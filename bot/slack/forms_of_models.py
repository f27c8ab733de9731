"""Forms about models that are there, and about the workspace's rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.doors import PeopleInCharge
from bot.requests import Attachment
from bot.slack.attached import kept
from bot.slack.fields import (
    Block,
    asking,
    choosing,
    choosing_channels,
    choosing_people,
    choosing_several,
    cut,
    modal,
    model_field,
    models_field,
    option,
    photos_field,
    said,
    small,
    text,
)
from bot.slack.form_limits import MAX_METADATA_CHARACTERS, MAX_OPTIONS
from bot.slack.ids import is_channel, is_person
from bot.slack.origin import Origin
from core.rules.names import HANDLE_MAX_CHARACTERS
from core.rules.options import PICTURES_MAX, SEED_MAX
from core.rules.wording import counted

PROMPT_MAX_CHARACTERS = 2000
NUMBERS_MAX_CHARACTERS = 100
ALL_IN_IT = "Everybody in it. I have to be in a private one to see who that is: /invite me there."
_METADATA_OF_THE_REST = 600
"""Characters that a form keeps beside its files, at most."""


@dataclass(frozen=True)
class AddToForm:
    """`Add to a model`, on the message that has the photos."""

    attachments: tuple[Attachment, ...]

    def view(self, origin: Origin) -> Block:
        """Lay it out."""
        files = kept(self.attachments, MAX_METADATA_CHARACTERS - _METADATA_OF_THE_REST)
        blocks = [small(f"{counted(len(self.attachments), 'photo')} from the message"), model_field()]
        return modal("add-to", "Add to a model", {**origin.written(), "files": files}, blocks, "Add")


@dataclass(frozen=True)
class EditForm:
    """`/edit` without a name."""

    def view(self, origin: Origin) -> Block:
        """Lay it out."""
        numbers = text(example="2, 5", most=NUMBERS_MAX_CHARACTERS)
        blocks = [
            model_field(),
            photos_field("Photos to add", is_required=False),
            asking(
                "remove",
                "Numbers of photos to remove",
                numbers,
                "Leave both empty to see its photos.",
                is_required=False,
            ),
        ]
        return modal("edit", "Edit a model", origin.written(), blocks, "Go on")


@dataclass(frozen=True)
class EditPhotosForm:
    """[Add photos] under the photos of a model."""

    handle: str

    def view(self, origin: Origin) -> Block:
        """Lay it out."""
        about = {**origin.written(), "model": self.handle}
        return modal("edit-add", "Add photos", about, [small(f"To @{self.handle}"), photos_field()], "Add")


@dataclass(frozen=True)
class RemovePhotosForm:
    """[Remove photos] under the photos of a model."""

    handle: str
    captions: tuple[str, ...]

    def view(self, origin: Origin) -> Block:
        """Lay it out."""
        numbered = enumerate(self.captions[:MAX_OPTIONS], start=1)
        options = [option(str(number), f"Photo {number}", caption) for number, caption in numbered]
        field = asking("remove", "Photos to remove", choosing_several(options))
        about = {**origin.written(), "model": self.handle}
        return modal("edit-remove", "Remove photos", about, [small(f"Of @{self.handle}"), field], "Remove")


@dataclass(frozen=True)
class DeleteForm:
    """`/delete`: the name once more, for nothing of it comes back. Without a handle it asks for the model, too."""

    handle: str = ""

    def view(self, origin: Origin) -> Block:
        """Lay it out."""
        which = f"@{self.handle}" if self.handle else "the model"
        warning = said(
            f"This erases {which} for good: its photos, captions, every version, previews and cached files. "
            "It cannot be undone."
        )
        example = self.handle or "summer-shoes"
        label = f"To go on, type {self.handle}" if self.handle else "To go on, type its name"
        confirmation = asking("confirmation", label, text(example=example, most=HANDLE_MAX_CHARACTERS))
        blocks = [warning, *([] if self.handle else [model_field()]), confirmation]
        about = {**origin.written(), "model": self.handle}
        title = cut(f"Delete @{self.handle}" if self.handle else "Delete a model", 24)
        return modal("delete", title, about, blocks, "Delete")


@dataclass(frozen=True)
class ImagineForm:
    """`/imagine` without words, and [Try it] under a model that is ready."""

    prompt: str = ""
    aspects: tuple[str, ...] = ()

    def view(self, origin: Origin) -> Block:
        """Lay it out."""
        prompt = text(
            self.prompt, example="@summer-shoes on a beach", most=PROMPT_MAX_CHARACTERS, is_long=True
        )
        counts = [option(str(number), str(number)) for number in range(1, PICTURES_MAX + 1)]
        hint = "For example @summer-shoes on wet asphalt at night"
        blocks = [
            models_field(),
            asking("prompt", "What should it show?", prompt, hint),
            asking("count", "How many pictures?", choosing("static_select", counts, "1")),
        ]
        if len(self.aspects) > 1:
            shapes = [option(aspect, aspect) for aspect in self.aspects]
            field = choosing("static_select", shapes, self.aspects[0])
            blocks.append(asking("aspect", "Shape", field, is_required=False))
        seed = text(example="8112", most=len(str(SEED_MAX)))
        blocks.append(
            asking("seed", "Seed", seed, "The same seed makes the same picture.", is_required=False)
        )
        return modal("imagine", "Make pictures", origin.written(), blocks, "Paint")


@dataclass(frozen=True)
class SettingsForm:
    """[Change] under `/settings`, with the rules as they are.

    `groups` are the workspace's user groups by id and name. Whom the form cannot show stays named.
    """

    rules: PeopleInCharge
    groups: tuple[tuple[str, str], ...] = ()

    def view(self, origin: Origin) -> Block:
        """Lay it out."""
        blocks = [
            *self._people(
                "trainers", "Who may train, edit and delete", self.rules.trainers, "Nobody named: everybody."
            ),
            *self._people(
                "approvers",
                "Who decides about flagged photos",
                self.rules.approvers,
                "Beside the person who asked.",
            ),
            asking("quorum", "How many of them have to agree", text(str(self.rules.quorum), most=2)),
        ]
        where = [
            option("public", "In the channel, for all to see"),
            option("private", "In direct messages with its author"),
        ]
        chosen = "private" if self.rules.has_private_threads else "public"
        blocks.append(
            asking("private", "Where new models are made", choosing("radio_buttons", where, chosen))
        )
        groups = {group_id for group_id, _ in self._shown}
        lists = {"trainers": self.rules.trainers, "approvers": self.rules.approvers}
        unshown = {
            name: [each for each in ids if not (each in groups or is_person(each) or is_channel(each))]
            for name, ids in lists.items()
        }
        return modal("settings", "Settings", {**origin.written(), "unshown": unshown}, blocks, "Save")

    @property
    def _shown(self) -> Sequence[tuple[str, str]]:
        return self.groups[:MAX_OPTIONS]

    def _people(self, name: str, label: str, ids: Sequence[str], hint: str) -> list[Block]:
        people = choosing_people([each for each in ids if is_person(each)], "People")
        fields = [asking(name, label, people, hint, is_required=False)]
        if self._shown:
            groups = choosing_several([option(*group) for group in self._shown], ids)
            fields.append(asking(f"{name}-groups", f"{label}: user groups", groups, is_required=False))
        channels = choosing_channels([each for each in ids if is_channel(each)], "Channels")
        fields.append(
            asking(f"{name}-channels", f"{label}: channels", channels, ALL_IN_IT, is_required=False)
        )
        return fields
