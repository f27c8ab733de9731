"""Buttons that open a form here; elsewhere the same buttons say what to type."""

from __future__ import annotations

import discord

from bot.discord.fields import CAPTIONS_A_FORM
from bot.discord.forms import AddPhotosForm, CaptionPages, CaptionsForm, Form
from bot.discord.forms_of_models import DeleteForm, EditPhotosForm, RemovePhotosForm, SettingsForm, TryForm
from bot.doors import Doors


async def opened_by(action: str, workspace: str, doors: Doors, guild: discord.Guild | None) -> Form | None:
    """Return the form that a button opens. None for one that does something, or that comes too late.

    Raises:
        StoreUnavailable: What the form begins with cannot be read now.
    """
    area, _, rest = action.partition(":")
    name, _, verb = rest.partition(":")
    match area, verb.partition(":")[0]:
        case "draft", "add":
            draft = await doors.draft(workspace, name)
            return AddPhotosForm(name, draft.thread) if draft else None
        case "draft", "captions":
            return await _captions(name, verb.partition(":")[2], workspace, doors)
        case "model", "try":
            return TryForm(name)
        case "model", "add":
            return EditPhotosForm(name)
        case "model", "remove":
            captions = await doors.captions(workspace, name)
            return RemovePhotosForm(name, captions) if captions else None
        case "model", "delete":
            return DeleteForm(name)
        case "settings", "change":
            rules = await doors.in_charge(workspace)
            return SettingsForm(
                rules, frozenset(str(role.id) for role in guild.roles) if guild else frozenset()
            )
        case _:
            return None


async def _captions(draft_id: str, first: str, workspace: str, doors: Doors) -> Form | None:
    draft = await doors.draft(workspace, draft_id)
    if draft is None or not draft.captions:
        return None
    count = len(draft.captions)
    if not first and count > CAPTIONS_A_FORM:
        return CaptionPages(draft_id, count)
    number = int(first) if first.isdecimal() else 1
    return CaptionsForm(draft_id, draft.thread, number, draft.captions) if number <= count else None
