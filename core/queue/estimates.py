"""How long work takes here, and how long it waits, judged from the work that was done here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tortoise.expressions import Q
from tortoise.functions import Count, Sum
from tortoise.queryset import QuerySet

from core.queue import clocks, workers
from core.rules.kinds import JobKind
from core.rules.presets import TrainingPreset
from core.rules.turns import lane_of, turn_of
from core.store.records import JobRecord, JobStatus, WorkspaceRecord

FIRST_GUESS_SECONDS_PER_STEP = {"tiny": 0.35, "sdxl": 1.0, "flux": 2.0, "bria": 1.0}
"""Used until this installation has trained once; `tiny` on one core, the others on one large GPU."""
FIRST_GUESS_SECONDS_PER_PICTURE_STEP = {"tiny": 0.02, "sdxl": 0.1, "flux": 0.3, "bria": 0.1}
TEST_SHEET_SECONDS = 5.0


@dataclass(frozen=True)
class Wait:
    """What a queued job has before it; `minutes` is None while no worker serves its lane."""

    ahead: int
    minutes: float | None


async def minutes_to_train(base_model: str, preset: TrainingPreset) -> float:
    """Return the likely minutes of a training, after the pace of the last one on that base."""
    last = await _last(JobKind.TRAIN, base_model)
    if last is not None:
        return _seconds_per_step(last) * preset.num_steps / 60
    pace = FIRST_GUESS_SECONDS_PER_STEP.get(base_model, 1.0)
    return (pace * preset.num_steps + TEST_SHEET_SECONDS) / 60


async def wait_of(job: JobRecord, now: datetime) -> Wait:
    """Estimate a queued job's place and time to its start: work ahead of it, shared by the workers of its lane.

    Jobs that come later with an earlier deadline are not foreseen, nor are workers that come or go.
    """
    lane = lane_of(job.kind, job.base_model)
    ahead, steps = await _ahead(job, lane)
    served_by = await workers.serving(lane, now)
    if not served_by:
        return Wait(ahead, None)
    last = await _last(job.kind, job.base_model)
    guesses = (
        FIRST_GUESS_SECONDS_PER_STEP if job.kind is JobKind.TRAIN else FIRST_GUESS_SECONDS_PER_PICTURE_STEP
    )
    pace = _seconds_per_step(last) if last else guesses.get(job.base_model, 1.0)
    seconds = steps * pace + await _seconds_still_running(lane, pace)
    return Wait(ahead, seconds / served_by / 60)


async def _ahead(job: JobRecord, lane: str) -> tuple[int, float]:
    """Count the queued jobs that start first, and their steps."""
    queued = JobRecord.filter(status=JobStatus.QUEUED)
    if job.lane is not None:
        return await _sum(queued.filter(_starts_before(job), lane=lane))
    # It waits for a place of its workspace: first what its workspace has before it, then what others have
    # in the lane before the turn that it would get after those.
    own = queued.filter(workspace_id=job.workspace_id, kind=job.kind, base_model=job.base_model)
    in_line, in_line_steps = await _sum(own.filter(lane__isnull=False))
    waiting, waiting_steps = await _sum(own.filter(lane=None, user_turn__lt=job.user_turn))
    workspace = await WorkspaceRecord.get(id=job.workspace_id)
    line_clock, own_clock = await clocks.read(lane, f"{lane}/{workspace.id}")
    turn = turn_of(line_clock, own_clock, cost=waiting_steps, weight=workspace.turn_weight)
    others = queued.filter(lane=lane, sort_key__lte=turn.deadline).exclude(workspace_id=job.workspace_id)
    other, other_steps = await _sum(others)
    return in_line + waiting + other, in_line_steps + waiting_steps + other_steps


def _starts_before(job: JobRecord) -> Q:
    same_start, same_deadline = Q(sort_key=job.sort_key), Q(deadline=job.deadline)
    return (
        Q(sort_key__lt=job.sort_key)
        | (same_start & Q(deadline__lt=job.deadline))
        | (same_start & same_deadline & Q(created_at__lt=job.created_at))
    )


async def _sum(jobs: QuerySet[JobRecord]) -> tuple[int, float]:
    rows = await jobs.annotate(steps=Sum("cost"), number=Count("id")).values("steps", "number")
    return int(rows[0]["number"]), float(rows[0]["steps"] or 0.0)


async def _seconds_still_running(lane: str, pace: float) -> float:
    """Return what the running jobs of a lane still need together."""
    running = await JobRecord.filter(status=JobStatus.RUNNING, lane=lane).only(
        "progress_seconds_left", "cost"
    )
    return sum(
        job.cost * pace if job.progress_seconds_left is None else job.progress_seconds_left for job in running
    )


async def _last(kind: JobKind, base_model: str) -> JobRecord | None:
    return (
        # A cost of 1 or less was written by a release that did not count steps yet.
        await JobRecord.filter(kind=kind, base_model=base_model, status=JobStatus.SUCCEEDED, cost__gt=1.0)
        .order_by("-ended_at")
        .first()
    )


def _seconds_per_step(job: JobRecord) -> float:
    if job.started_at is None or job.ended_at is None:
        return 1.0
    return max((job.ended_at - job.started_at).total_seconds(), 0.0) / max(job.cost, 1.0)
