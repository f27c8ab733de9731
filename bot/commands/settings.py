"""`/settings`: who may train, who decides about flagged photos, and how many have to agree."""

from __future__ import annotations

from bot.context import Context
from bot.replies import Refusal, Reply, WorkspaceSettings
from bot.requests import SettingsRequest
from core.errors import Refused
from core.permissions import change_permissions, permissions_of

ADMINS_ONLY = "Only an admin of this workspace can change its settings; /settings shows them."


async def start(context: Context, request: SettingsRequest) -> Reply:
    """Show the workspace's rules, after changing those that were given."""
    requester = request.requester
    workspace = await context.workspace_of(requester)
    if _changes_something(request) and not requester.is_admin:
        return Refusal((ADMINS_ONLY,))
    now = await permissions_of(workspace.id)
    rules = await change_permissions(
        workspace.id,
        quorum=request.quorum,
        approvers=_with(request.approvers, now.approvers, request.more_approvers),
        trainers=_with(request.trainers, now.trainers, request.more_trainers),
        has_private_threads=request.has_private_threads,
    )
    if isinstance(rules, Refused):
        return Refusal(rules.reasons)
    return WorkspaceSettings(
        quorum=rules.quorum,
        approvers=tuple(sorted(rules.approvers)),
        trainers=tuple(sorted(rules.trainers)),
        has_private_threads=rules.has_private_threads,
        may_change=requester.is_admin,
    )


def _changes_something(request: SettingsRequest) -> bool:
    given = (request.quorum, request.approvers, request.trainers, request.has_private_threads)
    return any(value is not None for value in given) or bool(request.more_approvers or request.more_trainers)


def _with(
    named: tuple[str, ...] | None, before: frozenset[str], more: tuple[str, ...]
) -> tuple[str, ...] | None:
    """Return the list as it shall be, or None where nothing was said about it."""
    return (*(before if named is None else named), *more) if more else named
