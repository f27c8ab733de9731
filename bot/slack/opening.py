"""Buttons that open a form here; elsewhere the same buttons say what to type."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence

from bot.doors import Doors
from bot.slack.forms import AddPhotosForm, CaptionsForm, Form, TrainForm
from bot.slack.forms_of_models import DeleteForm, EditPhotosForm, ImagineForm, RemovePhotosForm, SettingsForm
from core.rules.bases import load_bases

Groups = Callable[[str], Awaitable[Sequence[tuple[str, str]]]]
"""The user groups of a workspace, by id and name; none where they cannot be had in time."""


class Opening:
    """Knows what a form begins with."""

    def __init__(self, doors: Doors, bases: Collection[str], groups: Groups) -> None:
        """Prepare.

        Args:
            doors: Asked for what is there.
            bases: The base models of this installation.
            groups: Asked for whom rules may name.
        """
        self._doors = doors
        self._groups = groups
        known = [base for base in load_bases().values() if base.name in bases]
        self.bases = tuple((base.name, base.title) for base in known)
        self.aspects = tuple(dict.fromkeys(aspect for base in known for aspect in base.aspects))

    async def by(self, action: str, workspace: str) -> Form | None:
        """Return the form that a button opens. None for one that does something, or that comes too late.

        Raises:
            StoreUnavailable: What the form begins with cannot be read now.
        """
        area, _, rest = action.partition(":")
        name, _, verb = rest.partition(":")
        match area, verb.partition(":")[0]:
            case "draft", "add":
                draft = await self._doors.draft(workspace, name)
                return AddPhotosForm(draft.thread) if draft else None
            case "draft", "captions":
                draft = await self._doors.draft(workspace, name)
                return CaptionsForm(draft.thread, draft.captions) if draft and draft.captions else None
            case "model", "try":
                return ImagineForm(f"@{name} on a beach", self.aspects)
            case "model", "add":
                return EditPhotosForm(name)
            case "model", "remove":
                captions = await self._doors.captions(workspace, name)
                return RemovePhotosForm(name, captions) if captions else None
            case "model", "delete":
                return DeleteForm(name)
            case "settings", "change":
                return await self.settings(workspace)
            case "home", _:
                return TrainForm(bases=self.bases) if name == "train" else ImagineForm("", self.aspects)
            case _:
                return None

    async def settings(self, workspace: str) -> SettingsForm:
        """Return the form of the workspace's rules, as they are.

        Raises:
            StoreUnavailable: They cannot be read now.
        """
        rules = await self._doors.in_charge(workspace)
        return SettingsForm(rules, tuple(await self._groups(workspace)))
