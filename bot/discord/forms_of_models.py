"""Forms about a model that is there, and about the workspace's rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import discord
from discord import ui

from bot.discord.fields import MAX_OPTIONS, cut, modal_named, upload
from bot.doors import KnownModel, PeopleInCharge
from core.permissions import MAX_NAMED
from core.rules.options import PICTURES_MAX


@dataclass(frozen=True)
class AddToForm:
    """`Add to a model`, on the message that has the photos: a list of models, or their name where there are many."""

    message: int
    models: tuple[KnownModel, ...]

    def modal(self) -> ui.Modal:
        """Lay it out."""
        modal = modal_named("Add to a model", f"add-to:{self.message}")
        if 0 < len(self.models) <= MAX_OPTIONS:
            options = [
                discord.SelectOption(
                    label=f"@{model.handle}", value=model.handle, description=cut(model.display_name)
                )
                for model in self.models
            ]
            field: ui.Item[ui.Modal] = ui.Select(custom_id="model", options=options, required=True)
        else:
            field = ui.TextInput(custom_id="model", placeholder="summer-shoes", max_length=100)
        modal.add_item(ui.Label(text="Which model?", component=field))
        return modal


@dataclass(frozen=True)
class EditPhotosForm:
    """[Add photos] under the photos of a model."""

    handle: str

    def modal(self) -> ui.Modal:
        """Lay it out."""
        modal = modal_named(f"Add photos to @{self.handle}", f"edit-add:{self.handle}")
        return modal.add_item(upload("Photos"))


@dataclass(frozen=True)
class RemovePhotosForm:
    """[Remove photos] under the photos of a model: lists to tick, for a list holds 25."""

    handle: str
    captions: tuple[str, ...]

    def modal(self) -> ui.Modal:
        """Lay it out."""
        modal = modal_named(f"Remove photos of @{self.handle}", f"edit-remove:{self.handle}")
        numbered = list(enumerate(self.captions, start=1))
        for first in range(0, len(numbered), MAX_OPTIONS):
            page = numbered[first : first + MAX_OPTIONS]
            options = [
                discord.SelectOption(
                    label=f"Photo {number}", value=str(number), description=cut(caption) or None
                )
                for number, caption in page
            ]
            field = ui.Select[ui.Modal](
                custom_id=f"remove-{first}",
                options=options,
                min_values=0,
                max_values=len(options),
                required=False,
                placeholder="None of these",
            )
            label = f"Photos {page[0][0]} to {page[-1][0]}" if len(page) > 1 else f"Photo {page[0][0]}"
            modal.add_item(ui.Label(text=label, component=field))
        return modal


@dataclass(frozen=True)
class DeleteForm:
    """`/delete`: the name once more, for nothing of it comes back."""

    handle: str

    def modal(self) -> ui.Modal:
        """Lay it out."""
        modal = modal_named(f"Delete @{self.handle}", f"delete:{self.handle}")
        modal.add_item(
            ui.TextDisplay(
                f"This erases @{self.handle} for good: its photos, captions, every version, previews and cached "
                "files. It cannot be undone."
            )
        )
        field = ui.TextInput[ui.Modal](custom_id="confirmation", placeholder=self.handle, max_length=100)
        return modal.add_item(ui.Label(text=cut(f"To go on, type {self.handle}", 45), component=field))


@dataclass(frozen=True)
class TryForm:
    """[Try it] under a model that is ready."""

    handle: str

    def modal(self) -> ui.Modal:
        """Lay it out."""
        modal = modal_named(f"Try @{self.handle}", f"try:{self.handle}")
        prompt = ui.TextInput[ui.Modal](
            custom_id="prompt",
            style=discord.TextStyle.paragraph,
            default=f"@{self.handle} on a beach",
            max_length=2000,
        )
        modal.add_item(ui.Label(text="What should it show?", component=prompt))
        counts = [
            discord.RadioGroupOption(label=str(number), value=str(number), default=number == 1)
            for number in range(1, PICTURES_MAX + 1)
        ]
        field = ui.RadioGroup[ui.Modal](custom_id="count", options=counts)
        return modal.add_item(ui.Label(text="How many pictures?", component=field))


@dataclass(frozen=True)
class SettingsForm:
    """[Change] under `/settings`, with the rules as they are. `roles` are the ids that are a role's."""

    rules: PeopleInCharge
    roles: frozenset[str]

    def modal(self) -> ui.Modal:
        """Lay it out."""
        modal = modal_named("Settings", "settings")
        trainers = self._people("trainers", self.rules.trainers, "Everybody")
        approvers = self._people("approvers", self.rules.approvers, "The person who asked")
        quorum = ui.TextInput[ui.Modal](custom_id="quorum", default=str(self.rules.quorum), max_length=2)
        private = ui.Checkbox[ui.Modal](custom_id="private", default=self.rules.has_private_threads)
        modal.add_item(
            ui.Label(
                text="Who may train, edit and delete",
                description="Nobody named means everybody.",
                component=trainers,
            )
        )
        modal.add_item(
            ui.Label(
                text="Who decides about flagged photos",
                description="Beside the person who asked.",
                component=approvers,
            )
        )
        modal.add_item(ui.Label(text="How many of them have to agree", component=quorum))
        described = "Only its author, and whom they add, see the thread of a new model."
        return modal.add_item(ui.Label(text="Private threads", description=described, component=private))

    def _people(self, name: str, ids: Sequence[str], placeholder: str) -> ui.MentionableSelect[ui.Modal]:
        chosen = [
            discord.SelectDefaultValue(
                id=int(each),
                type=discord.SelectDefaultValueType.role
                if each in self.roles
                else discord.SelectDefaultValueType.user,
            )
            for each in ids
            if each.isdecimal()
        ]
        return ui.MentionableSelect(
            custom_id=name,
            placeholder=placeholder,
            min_values=0,
            max_values=MAX_NAMED,
            required=False,
            default_values=chosen[:MAX_NAMED],
        )
