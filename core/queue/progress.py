"""What there is to tell of jobs that have not ended, in a few queries however many jobs wait."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from core.queue import workers
from core.rules.turns import lane_of
from core.store.records import JobRecord, JobStatus

FIRST_IN_LINE = 50
"""Queued jobs of a lane, and of those without a place in one, whose cards follow the line."""


@dataclass(frozen=True)
class Look:
    """A job as it stood at a look. Two looks are equal when there is nothing new to say."""

    job: JobRecord = field(compare=False)
    news: tuple[object, ...]


async def open_jobs(platform: str, now: datetime) -> list[Look]:
    """Look at a platform's running jobs, and at the queued ones that come first."""
    running = await JobRecord.filter(status=JobStatus.RUNNING, platform=platform)
    looks = [Look(job, _progress(job)) for job in running]
    served_by = Counter(lane for worker in await workers.online(now) for lane in worker.lanes.split(","))
    queued = [*await _first_in_lanes(), *await _first_to_wait()]
    for job, place in _places(queued):
        lane = lane_of(job.kind, job.base_model)
        if job.platform == platform:
            looks.append(Look(job, (job.status, job.lane, place, served_by[lane], job.card_message)))
    return looks


def _progress(job: JobRecord) -> tuple[object, ...]:
    return (
        job.status,
        job.progress_done,
        job.progress_total,
        job.progress_seconds_left,
        job.preview_key,
        job.card_message,
    )


async def _first_in_lanes() -> list[JobRecord]:
    """Return the first jobs of each lane, whatever their platform: a place counts all that come before."""
    queued = JobRecord.filter(status=JobStatus.QUEUED, lane__isnull=False)
    lanes = await queued.distinct().values_list("lane", flat=True)
    first: list[JobRecord] = []
    for lane in lanes:
        in_lane = JobRecord.filter(status=JobStatus.QUEUED, lane=str(lane))
        first += await in_lane.order_by("sort_key", "deadline", "created_at").limit(FIRST_IN_LINE)
    return first


async def _first_to_wait() -> list[JobRecord]:
    """Return the first of those that wait for a place of their workspace."""
    # None has a turn in a lane yet, so in the order of the lanes' index these are simply the oldest.
    waiting = JobRecord.filter(status=JobStatus.QUEUED, lane=None)
    oldest = waiting.order_by("lane", "sort_key", "deadline", "created_at")
    return await oldest.limit(FIRST_IN_LINE)


def _places(queued: list[JobRecord]) -> Iterator[tuple[JobRecord, int]]:
    """Number the jobs in their lanes, and those without one in the line of their workspace."""
    counts: Counter[tuple[str, str]] = Counter()
    for job in queued:
        line = (job.lane, "") if job.lane else (lane_of(job.kind, job.base_model), job.workspace_id)
        yield job, counts[line]
        counts[line] += 1
