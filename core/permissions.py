"""Who may do what in a workspace, as its admins settled it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from core.errors import Refused
from core.store.records import WorkspaceRecord

MAX_QUORUM = 20
"""People who have to agree; more than that never meet in one thread."""
MAX_NAMED = 25
"""Names a list may hold: what Discord lets somebody select at once."""


@dataclass(frozen=True)
class Permissions:
    """The rules of one workspace. Lists hold the platform's ids of people and of roles or groups.

    Attributes:
        quorum: How many people have to agree on a flagged photo.
        approvers: Who may decide about flagged photos beside the person who asked.
        trainers: Who may train, edit and delete; nobody named means everybody.
        has_private_threads: A new model's thread is for its author and approvers only.
    """

    quorum: int = 1
    approvers: frozenset[str] = frozenset()
    trainers: frozenset[str] = frozenset()
    has_private_threads: bool = False


async def permissions_of(workspace_id: str) -> Permissions:
    """Return the rules of a workspace."""
    record = await WorkspaceRecord.get(id=workspace_id)
    return Permissions(
        quorum=max(1, record.review_quorum),
        approvers=_names(record.approvers),
        trainers=_names(record.trainers),
        has_private_threads=record.has_private_threads,
    )


async def change_permissions(
    workspace_id: str,
    *,
    quorum: int | None = None,
    approvers: Collection[str] | None = None,
    trainers: Collection[str] | None = None,
    has_private_threads: bool | None = None,
) -> Permissions | Refused:
    """Change the rules that are given, and return them all; on a refusal none is changed."""
    changes: dict[str, object] = {}
    if quorum is not None:
        if not 1 <= quorum <= MAX_QUORUM:
            return Refused.because(f"Between 1 and {MAX_QUORUM} people can be asked to agree, not {quorum}.")
        changes["review_quorum"] = quorum
    for column, names in (("approvers", approvers), ("trainers", trainers)):
        if names is None:
            continue
        kept = sorted({name.strip() for name in names if name.strip()})
        if len(kept) > MAX_NAMED or any("," in name for name in kept):
            return Refused.because(f"Name at most {MAX_NAMED} people or roles; a role can hold many people.")
        changes[column] = ",".join(kept)
    if has_private_threads is not None:
        changes["has_private_threads"] = has_private_threads
    if changes:
        await WorkspaceRecord.filter(id=workspace_id).update(**changes)
    return await permissions_of(workspace_id)


def is_among(names: frozenset[str], user_id: str, roles: Iterable[str]) -> bool:
    """Tell whether a person is named, or one of their roles."""
    return not names.isdisjoint((user_id, *roles))


def may_train(permissions: Permissions, user_id: str, roles: Iterable[str], *, is_admin: bool) -> bool:
    """Tell whether a person may train, edit and delete models."""
    return is_admin or not permissions.trainers or is_among(permissions.trainers, user_id, roles)


def _names(column: str) -> frozenset[str]:
    return frozenset(filter(None, column.split(",")))
