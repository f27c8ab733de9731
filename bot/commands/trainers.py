"""Who may train, edit and delete here; everybody, where a workspace names nobody."""

from __future__ import annotations

from bot.replies import Refusal
from bot.requests import Requester
from core.permissions import may_train, permissions_of
from core.workspace import Workspace

NOT_A_TRAINER = (
    "Training, editing and deleting are for certain people here. /settings shows for whom; "
    "an admin of this workspace can add you."
)


async def require_trainer(workspace: Workspace, requester: Requester) -> Refusal | None:
    """Check that a person may change models here."""
    rules = await permissions_of(workspace.id)
    if may_train(rules, requester.user_id, requester.roles, is_admin=requester.is_admin):
        return None
    return Refusal((NOT_A_TRAINER,))
