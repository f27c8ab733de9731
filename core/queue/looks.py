"""Looks at photos by a worker with a vision model: asked for once a draft and set of photos, waited for a while.

What was seen is kept beside each photo and provider, so that a photo is looked at once. A look's own row holds
nothing of it, and goes when its draft went on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime, timedelta

from core.feedback.vision import Seen, from_text
from core.queue.jobs import Jobs
from core.store.database import transaction
from core.store.records import (
    ID_LENGTH,
    DraftRecord,
    DraftState,
    JobKind,
    JobRecord,
    JobStatus,
    OutboxPartRecord,
    OutboxRecord,
    PhotoFeatureRecord,
)

PATIENCE = timedelta(seconds=120)
"""How long a draft waits for its look. A photo takes about a second without a GPU, and pictures go on in between."""

_OPEN = (JobStatus.QUEUED, JobStatus.RUNNING)


def look_id(draft_id: str, provider: str, sha256s: Collection[str]) -> str:
    """Return the job id of a draft's look at these photos: asked again, it is the same look, whatever came of it."""
    named = "\n".join((draft_id, provider, *sorted(sha256s)))
    return hashlib.sha256(named.encode()).hexdigest()[:ID_LENGTH]


async def known(workspace_id: str, provider: str, sha256s: Collection[str]) -> dict[str, Seen]:
    """Return what a provider saw on those of the photos that it looked at, by hash."""
    rows = PhotoFeatureRecord.filter(
        workspace_id=workspace_id, provider=provider, sha256__in=list(sha256s)
    ).values_list("sha256", "seen")
    return {str(sha256): from_text(str(seen)) for sha256, seen in await rows}


async def provider_that_knows(workspace_id: str, sha256s: Collection[str]) -> str | None:
    """Return a provider that looked at every one of the photos; of several, the one that looked last."""
    rows = await PhotoFeatureRecord.filter(workspace_id=workspace_id, sha256__in=list(sha256s)).order_by(
        "-created_at"
    )
    wanted = set(sha256s)
    for provider in dict.fromkeys(row.provider for row in rows):
        if wanted == {row.sha256 for row in rows if row.provider == provider}:
            return provider
    return None


async def open_looks(draft_id: str) -> list[JobRecord]:
    """Return the looks of a draft that have not ended."""
    return await JobRecord.filter(status__in=_OPEN, kind=JobKind.FEATURES, draft_id=draft_id)


async def drop_looks(jobs: Jobs, draft_id: str, *, but: str = "") -> None:
    """End the draft's open looks, except the one of that id: nobody waits for them any more."""
    for look in await open_looks(draft_id):
        if look.id != but:
            await jobs.drop(look)


async def drop_overdue(jobs: Jobs, now: datetime) -> int:
    """End the looks that somebody waited long enough for, and those that nobody waits for; return how many."""
    count = 0
    for look in await JobRecord.filter(status__in=_OPEN, kind=JobKind.FEATURES):
        is_awaited = await DraftRecord.exists(id=look.draft_id, state=DraftState.ANALYZING)
        if not is_awaited or look.created_at <= now - PATIENCE:
            count += await jobs.drop(look)
    return count


async def forget_told() -> int:
    """Erase the rows of looks whose drafts went on; return how many."""
    ended = JobRecord.filter(kind=JobKind.FEATURES).exclude(status__in=_OPEN)
    ids = [str(job_id) for job_id in await ended.values_list("id", flat=True)]
    async with transaction():
        told = await OutboxRecord.filter(job_id__in=ids, delivered_at__isnull=False)
        await OutboxPartRecord.filter(outbox_id__in=[row.id for row in told]).delete()
        await OutboxRecord.filter(id__in=[row.id for row in told]).delete()
        return await JobRecord.filter(id__in=[row.job_id for row in told]).delete()
