"""Jobs: the row is the truth, a claim token fences every write of a worker, and a job ends once.

    enqueue ──► queued ──claim──► running ──finish──► succeeded
                  ▲ │                │ ├────fail────► failed
                  │ └──cancel──┐     │ └──cancelled─► cancelled
                  │            └─────┼──────────────► cancelled
                  └── give_back, or the lease ran out

Each ending is one transaction: status, what the result changes, credits, and one outbox row.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from core import credits
from core.clock import Clock, utc_now
from core.errors import ClaimLost
from core.queue.endings import apply_result, apply_without_result
from core.queue.specs import GenerateSpec, Result, Spec, TrainSpec, from_json, to_json
from core.settings import Settings
from core.store.database import transaction
from core.store.records import JobKind, JobRecord, JobStatus, OutboxRecord, new_id

log = logging.getLogger(__name__)

WORKER_DIED = (
    "The worker stopped {attempts} times while it was on this. Your credits are back. "
    "Trying again later may help; the operator finds the reason in the worker's log."
)


@dataclass(frozen=True)
class NewJob:
    """What `enqueue` needs to know."""

    workspace_id: str
    user_id: str
    spec: Spec
    credits: int
    platform: str
    thread: str
    card_message: str | None = None
    draft_id: str | None = None
    job_id: str | None = None
    """A given id makes asking twice one job."""


@dataclass(frozen=True)
class Claim:
    """A job in a worker's hands. `token` goes into every write; when it is stale, the write touches nothing."""

    job_id: str
    token: str
    kind: JobKind
    spec: TrainSpec | GenerateSpec
    attempt: int
    checkpoint_key: str | None
    enqueued_at: datetime


class Jobs:
    """Every change that a job can go through."""

    def __init__(self, settings: Settings, clock: Clock = utc_now) -> None:
        self._lease = timedelta(seconds=settings.lease_seconds)
        self._max_attempts = settings.max_attempts
        self._clock = clock

    async def enqueue(self, new: NewJob) -> JobRecord | None:
        """Queue a job and reserve its credits, or return None, with nothing written, when they are too few.

        Call it in a transaction, with whatever else belongs to the job.
        """
        job_id = new.job_id or new_id()
        if not await credits.reserve(new.workspace_id, job_id, new.credits):
            return None
        spec = new.spec
        is_training = isinstance(spec, TrainSpec)
        return await JobRecord.create(
            id=job_id,
            workspace_id=new.workspace_id,
            user_id=new.user_id,
            kind=JobKind.TRAIN if is_training else JobKind.GENERATE,
            base_model=spec.base_model,
            sort_key=self._clock().timestamp(),
            spec=to_json(spec),
            draft_id=new.draft_id,
            model_id=spec.model_id if isinstance(spec, TrainSpec) else None,
            version_id=spec.version_id if isinstance(spec, TrainSpec) else None,
            platform=new.platform,
            thread=new.thread,
            card_message=new.card_message,
            credits=new.credits,
        )

    async def claim(
        self, *, worker_id: str, bases: Collection[str], kinds: Collection[JobKind]
    ) -> Claim | None:
        """Take the next job that this worker can run, or None. Jobs that were tried too often fail here."""
        while True:
            async with transaction():
                job = (
                    await JobRecord.filter(
                        status=JobStatus.QUEUED, base_model__in=list(bases), kind__in=list(kinds)
                    )
                    .order_by("sort_key")
                    .first()
                )
                if job is None:
                    return None
                if job.attempts < self._max_attempts:
                    return await self._take(job, worker_id)
                await self._end(
                    job,
                    JobStatus.FAILED,
                    expected=JobStatus.QUEUED,
                    reason=WORKER_DIED.format(attempts=job.attempts),
                )

    async def _take(self, job: JobRecord, worker_id: str) -> Claim:
        token, now = new_id(), self._clock()
        await JobRecord.filter(id=job.id, status=JobStatus.QUEUED).update(
            status=JobStatus.RUNNING,
            claim_token=token,
            worker_id=worker_id,
            lease_expires_at=now + self._lease,
            attempts=job.attempts + 1,
            started_at=job.started_at or now,
        )
        kind = TrainSpec if job.kind is JobKind.TRAIN else GenerateSpec
        return Claim(
            job.id,
            token,
            job.kind,
            from_json(kind, job.spec),
            job.attempts + 1,
            job.checkpoint_key,
            job.created_at,
        )

    async def heartbeat(self, claim: Claim) -> bool:
        """Extend the lease, and tell whether somebody asked to cancel.

        Raises:
            ClaimLost: The job is no longer this worker's.
        """
        await self._write(claim, lease_expires_at=self._clock() + self._lease)
        return await JobRecord.exists(id=claim.job_id, is_cancel_requested=True)

    async def report_progress(
        self,
        claim: Claim,
        *,
        done: int,
        total: int,
        seconds_left: float | None,
        preview_key: str | None = None,
    ) -> None:
        """Tell how far the job is; a preview, once given, stays until the next.

        Raises:
            ClaimLost: The job is no longer this worker's.
        """
        preview = {} if preview_key is None else {"preview_key": preview_key}
        await self._write(
            claim, progress_done=done, progress_total=total, progress_seconds_left=seconds_left, **preview
        )

    async def save_checkpoint(self, claim: Claim, checkpoint_key: str) -> None:
        """Record where the next attempt may begin.

        Raises:
            ClaimLost: The job is no longer this worker's.
        """
        await self._write(claim, checkpoint_key=checkpoint_key)

    async def give_back(self, claim: Claim) -> None:
        """Return the job to the queue at once, without counting the attempt: the worker shuts down.

        Raises:
            ClaimLost: The job is no longer this worker's.
        """
        await self._write(
            claim,
            status=JobStatus.QUEUED,
            claim_token=None,
            worker_id=None,
            lease_expires_at=None,
            attempts=claim.attempt - 1,
        )

    async def finish(self, claim: Claim, result: Result) -> None:
        """End the job well: publish what it made, charge for it, and leave the news for its thread.

        Raises:
            ClaimLost: The job is no longer this worker's; its files are orphans now.
        """
        async with transaction():
            job = await self._mine(claim)
            await apply_result(job, result, self._clock())
            await self._end(
                job,
                JobStatus.SUCCEEDED,
                expected=JobStatus.RUNNING,
                delivered=job.credits,
                result=to_json(result),
                checkpoint_key=None,
            )

    async def fail(self, claim: Claim, reason: str) -> None:
        """End the job with a sentence for its requester; every credit returns.

        Raises:
            ClaimLost: The job is no longer this worker's.
        """
        async with transaction():
            job = await self._mine(claim)
            await self._end(job, JobStatus.FAILED, expected=JobStatus.RUNNING, reason=reason)

    async def settle_cancelled(self, claim: Claim, *, fraction_done: float) -> None:
        """End a job that was stopped in the middle; credits return for what was left to do.

        Raises:
            ClaimLost: The job is no longer this worker's.
        """
        async with transaction():
            job = await self._mine(claim)
            delivered = round(job.credits * min(max(fraction_done, 0.0), 1.0))
            await self._end(job, JobStatus.CANCELLED, expected=JobStatus.RUNNING, delivered=delivered)

    async def cancel(self, job: JobRecord) -> JobStatus:
        """Stop a job for its requester: at once while it is queued, at the next step while it runs.

        Returns:
            The status found: `QUEUED` means it is cancelled now, `RUNNING` that it will be, else it had ended.
        """
        async with transaction():
            fresh = await JobRecord.get(id=job.id)
            if fresh.status is JobStatus.QUEUED:
                await self._end(fresh, JobStatus.CANCELLED, expected=JobStatus.QUEUED)
            elif fresh.status is JobStatus.RUNNING:
                await JobRecord.filter(id=job.id).update(is_cancel_requested=True)
            return fresh.status

    async def return_stalled(self) -> int:
        """Put jobs whose worker fell silent back into the queue; return how many."""
        now = self._clock()
        stalled = JobRecord.filter(status=JobStatus.RUNNING, lease_expires_at__lt=now)
        count = await stalled.update(
            status=JobStatus.QUEUED, claim_token=None, worker_id=None, lease_expires_at=None
        )
        if count:
            log.warning("action=stalled_jobs_returned count=%d", count)
        return count

    async def ahead_of(self, job: JobRecord) -> int:
        """Count the jobs on the same base that will start first."""
        return await JobRecord.filter(
            status=JobStatus.QUEUED, base_model=job.base_model, kind=job.kind, sort_key__lt=job.sort_key
        ).count()

    async def _mine(self, claim: Claim) -> JobRecord:
        job = await JobRecord.get_or_none(id=claim.job_id, claim_token=claim.token, status=JobStatus.RUNNING)
        if job is None:
            raise ClaimLost(claim.job_id)
        return job

    async def _write(self, claim: Claim, **changes: object) -> None:
        mine = JobRecord.filter(id=claim.job_id, claim_token=claim.token, status=JobStatus.RUNNING)
        if await mine.update(**changes) == 0:
            raise ClaimLost(claim.job_id)

    async def _end(
        self,
        job: JobRecord,
        status: JobStatus,
        *,
        expected: JobStatus,
        delivered: int = 0,
        **changes: object,
    ) -> None:
        """Close the row, settle its credits and leave one outbox row. Runs inside a transaction."""
        now = self._clock()
        ended = await JobRecord.filter(id=job.id, status=expected).update(
            status=status, ended_at=now, claim_token=None, lease_expires_at=None, **changes
        )
        if ended == 0:
            raise ClaimLost(job.id)
        if status is not JobStatus.SUCCEEDED:
            await apply_without_result(job, status)
        await credits.settle(job.workspace_id, job.id, reserved=job.credits, delivered=delivered)
        await OutboxRecord.create(
            dedupe_key=f"ending:{job.id}", job_id=job.id, platform=job.platform, next_attempt_at=now
        )
        log.info("action=job_ended job=%s kind=%s status=%s", job.id, job.kind.value, status.value)
