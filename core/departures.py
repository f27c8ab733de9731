"""Workspaces that removed the bot: their work ends at once, what they have is kept for a while, then erased.

    installed ──remove──► removed ──`GRACE` goes by──► erased
        ▲                    │
        └────come back───────┘

The installation's row is the truth. What follows from it is done by sweeps, which find it there also after
a crash; each of their steps may be repeated.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from tortoise.expressions import Subquery
from tortoise.queryset import QuerySet

from core.erasure import delete_files, erase_workspace_rows
from core.queue import outbox
from core.queue.jobs import Jobs
from core.store.blobs import Blobs
from core.store.database import transaction
from core.store.records import InstallationRecord, JobRecord, JobStatus, OutboxRecord, WorkspaceRecord

log = logging.getLogger(__name__)

GRACE = timedelta(days=30)
"""How long a workspace's models, pictures and credits outlive the bot's removal."""


async def stop_work(jobs: Jobs, now: datetime) -> int:
    """End the open jobs of removed workspaces, their credits given back, and tell nobody there; return how many.

    What was to be told waits with the endings that were given up, until the bot comes back.
    """
    workspace_ids = await _removed_workspace_ids()
    if not workspace_ids:
        return 0
    open_jobs = JobRecord.filter(
        workspace_id__in=workspace_ids, status__in=[JobStatus.QUEUED, JobStatus.RUNNING]
    )
    count = 0
    for job in await open_jobs:
        count += await jobs.drop(job)
    for workspace_id in workspace_ids:
        await outbox.give_up(workspace_id, now)
    return count


async def come_back(platform: str, external_id: str, now: datetime) -> None:
    """Have a workspace told what it missed while the bot was out."""
    workspace = await WorkspaceRecord.get_or_none(platform=platform, external_id=external_id)
    if workspace is not None:
        await outbox.redeliver(now, workspace.id)


async def erase_overdue(blobs: Blobs, now: datetime) -> int:
    """Erase the workspaces that the bot was removed from longer ago than `GRACE`; return how many.

    Raises:
        StoreUnavailable: Rows that are gone stay gone. Files that are left are orphans, which the scrub deletes.
    """
    found = await _overdue(now)
    for installation in found:
        async with transaction():
            # It may have come back since, and this lock decides which of the two was first.
            still = await _overdue(now).filter(id=installation.id).select_for_update().first()
            if still is None:
                continue
            workspace = await WorkspaceRecord.get_or_none(
                platform=still.platform, external_id=still.external_id
            )
            if workspace is not None:
                await erase_workspace_rows(workspace.id)
            await still.delete()
        log.info("action=departed_erased platform=%s", installation.platform)
        if workspace is not None:
            await delete_files(workspace.id, blobs)
    return len(found)


def _overdue(now: datetime) -> QuerySet[InstallationRecord]:
    # Made anew each time: a query keeps to the connection, or transaction, that it was first asked on.
    return InstallationRecord.filter(removed_at__lte=now - GRACE)


async def told_to_nobody(dead: list[OutboxRecord]) -> set[str]:
    """Return the ids of those endings that are not told because their workspace removed the bot."""
    workspace_ids = await _removed_workspace_ids()
    if not dead or not workspace_ids:
        return set()
    removed = JobRecord.filter(workspace_id__in=workspace_ids)
    rows = OutboxRecord.filter(id__in=[row.id for row in dead], job_id__in=Subquery(removed.values("id")))
    return {str(row_id) for row_id in await rows.values_list("id", flat=True)}


async def _removed_workspace_ids() -> list[str]:
    removed = await InstallationRecord.filter(removed_at__isnull=False).values_list("platform", "external_id")
    if not removed:
        return []
    named = WorkspaceRecord.filter(external_id__in=[external_id for _, external_id in removed])
    return [row.id for row in await named if (row.platform, row.external_id) in removed]
