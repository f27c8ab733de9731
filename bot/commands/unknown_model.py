"""Finding a model by what a person typed, or saying that it is not here."""

from __future__ import annotations

from bot.replies import Refusal
from core.rules.names import nearest, normalise_handle
from core.rules.resolution import ModelState
from core.rules.wording import day_of, mentions
from core.workspace import ModelView, Workspace


async def find_model(workspace: Workspace, typed: str) -> ModelView | Refusal:
    """Return the live model of that name; else a sentence with the nearest names, or when it was deleted."""
    handle = normalise_handle(typed)
    model = await workspace.model(handle)
    if model is not None:
        return model
    known = await workspace.named_models()
    if handle in known:
        gone = known[handle]
        who = "its owner" if gone.deleted_by_owner else "an admin"
        when = f" on {day_of(gone.deleted_on)}" if gone.deleted_on else ""
        return Refusal((f"@{handle} was deleted by {who}{when}.",))
    near = nearest(handle, [name for name, one in known.items() if one.state is not ModelState.DELETED])
    hint = f"Did you mean {mentions(near, 'or')}?" if near else "/models shows the names to use."
    return Refusal((f"There is no model @{handle} here. {hint}",))
