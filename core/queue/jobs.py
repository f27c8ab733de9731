"""Jobs: the row is the truth, a claim token fences every write of a worker, and a job ends once.

    enqueue ──► queued ──claim──► running ──finish──► succeeded
                  ▲ │                │ ├────fail────► failed
                  │ └──cancel──┐     │ └──cancelled─► cancelled
                  │            └─────┼──────────────► cancelled
                  └── give_back, or the worker fell silent

Each ending is one transaction: status, what the result changes, credits, the workspace's next job, and one
outbox row.
"""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from tortoise.expressions import Q

from core import credits
from core.clock import Clock, utc_now
from core.errors import ClaimLost, StoreUnavailable
from core.queue import admission, clocks
from core.queue.admission import hold_workspace
from core.queue.dispatch import Dispatch
from core.queue.endings import apply_result, end
from core.queue.specs import (
    SPECS,
    FeaturesResult,
    FeaturesSpec,
    Result,
    Spec,
    TrainSpec,
    from_json,
    kind_of,
    to_json,
)
from core.queue.stalled import Lease, LeaseWatch
from core.rules.turns import lane_of
from core.settings import Settings
from core.store.database import transaction
from core.store.records import JobKind, JobRecord, JobStatus, WorkspaceRecord, new_id

log = logging.getLogger(__name__)

WORKER_DIED = (
    "The worker stopped {attempts} times while it was on this. Your credits are back. "
    "Trying again later may help; the operator finds the reason in the worker's log."
)


@dataclass(frozen=True)
class NewJob:
    """What `enqueue` needs to know. `weight` and `jobs_at_once` are those of the workspace's plan."""

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
    weight: float = 1.0
    jobs_at_once: int = 1


@dataclass(frozen=True)
class Claim:
    """A job in a worker's hands. `token` goes into every write; when it is stale, the write touches nothing."""

    job_id: str
    token: str
    kind: JobKind
    spec: Spec
    attempt: int
    checkpoint_key: str | None
    enqueued_at: datetime


@dataclass(frozen=True)
class Pulse:
    """What a heartbeat brought back, as job ids."""

    lost: frozenset[str]
    """Somebody else's now: stop."""
    cancelled: frozenset[str]
    """Their requesters do not want them any more."""


class Jobs:
    """Every change that a job can go through."""

    def __init__(
        self,
        settings: Settings,
        dispatch: Dispatch,
        clock: Clock = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lease = timedelta(seconds=settings.lease_seconds)
        self._max_attempts = settings.max_attempts
        self._dispatch = dispatch
        self._clock = clock
        self._watch = LeaseWatch(
            lease_seconds=settings.lease_seconds,
            heartbeat_seconds=settings.heartbeat_seconds,
            monotonic=monotonic,
        )

    # Asking

    async def enqueue(self, new: NewJob) -> JobRecord | None:
        """Queue a job and reserve its credits, or return None, with nothing written, when they are too few.

        Call it in a transaction, with whatever else belongs to the job, and `Dispatch.wake_idle` after it.
        """
        workspace = await self._workspace_for(new)
        job_id, spec = new.job_id or new_id(), new.spec
        if not await credits.reserve(workspace.id, job_id, new.credits):
            return None
        kind = kind_of(spec)
        lane, cost = lane_of(kind, spec.base_model), admission.cost_of(spec)
        asked = await JobRecord.create(
            id=job_id,
            workspace_id=workspace.id,
            user_id=new.user_id,
            kind=kind,
            base_model=spec.base_model,
            sort_key=0.0,
            user_turn=await admission.user_turn(workspace.id, new.user_id, lane, cost),
            cost=cost,
            provider=spec.provider if isinstance(spec, FeaturesSpec) else None,
            spec=to_json(spec),
            draft_id=new.draft_id,
            model_id=spec.model_id if isinstance(spec, TrainSpec) else None,
            version_id=spec.version_id if isinstance(spec, TrainSpec) else None,
            platform=new.platform,
            thread=new.thread,
            card_message=new.card_message,
            credits=new.credits,
        )
        admitted = await admission.admit(workspace, kind, spec.base_model, self._dispatch)
        return next((job for job in admitted if job.id == job_id), asked)

    async def _workspace_for(self, new: NewJob) -> WorkspaceRecord:
        workspace = await hold_workspace(new.workspace_id)
        if (workspace.turn_weight, workspace.jobs_at_once) != (new.weight, new.jobs_at_once):
            workspace.turn_weight, workspace.jobs_at_once = new.weight, new.jobs_at_once
            await workspace.save(update_fields=["turn_weight", "jobs_at_once"])
        return workspace

    async def cancel(self, job: JobRecord) -> JobStatus:
        """Stop a job for its requester: at once while it is queued, at the next step while it runs.

        Returns:
            The status found: `QUEUED` means it is cancelled now, `RUNNING` that it will be, else it had ended.
        """
        async with transaction():
            workspace = await hold_workspace(job.workspace_id)
            fresh = await JobRecord.filter(id=job.id).select_for_update().get()
            if fresh.status is JobStatus.QUEUED:
                await self._end(workspace, fresh, JobStatus.CANCELLED, expected=JobStatus.QUEUED)
            elif fresh.status is JobStatus.RUNNING:
                await JobRecord.filter(id=job.id).update(is_cancel_requested=True)
        if fresh.status is JobStatus.RUNNING and fresh.worker_id is not None:
            await self._dispatch.call_worker(fresh.worker_id)
        elif fresh.status is JobStatus.QUEUED:
            await self._tell()
        return fresh.status

    async def drop(self, job: JobRecord) -> bool:
        """End a job now, also while a worker has it, whose writes touch nothing from then on; False when it had ended.

        For what nobody waits for any more: unlike `cancel` it leaves a worker that hangs no say.
        """
        async with transaction():
            workspace = await hold_workspace(job.workspace_id)
            fresh = await JobRecord.filter(id=job.id).select_for_update().get()
            if fresh.status not in (JobStatus.QUEUED, JobStatus.RUNNING):
                return False
            await self._end(workspace, fresh, JobStatus.CANCELLED, expected=fresh.status)
        if fresh.worker_id is not None:
            await self._dispatch.call_worker(fresh.worker_id)
        await self._tell()
        return True

    # A worker's side

    async def claim(self, lane: str, *, worker_id: str, provider: str = "") -> Claim | None:
        """Take the next job of a lane, or None. Jobs that were tried too often fail here.

        Args:
            provider: The worker's vision. It leaves looks that need another to other workers.
        """
        can_do = Q(provider=None) | Q(provider=provider) if provider else Q(provider=None)
        while True:
            async with transaction():
                job = await (
                    JobRecord.filter(can_do, status=JobStatus.QUEUED, lane=lane)
                    .order_by("sort_key", "deadline", "created_at")
                    .select_for_update(skip_locked=True)
                    .first()
                )
                if job is None:
                    return None
                if job.attempts < self._max_attempts:
                    return await self._take(job, worker_id)
            await self._give_up(job)

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
        await clocks.advance(str(job.lane), job.sort_key)
        return Claim(
            job.id,
            token,
            job.kind,
            from_json(SPECS[job.kind], job.spec),
            job.attempts + 1,
            job.checkpoint_key,
            job.created_at,
        )

    async def heartbeat(self, claims: Sequence[Claim]) -> Pulse:
        """Extend the leases of all jobs that a worker has, and hear which it has to let go of."""
        if not claims:
            return Pulse(frozenset(), frozenset())
        mine = JobRecord.filter(claim_token__in=[claim.token for claim in claims], status=JobStatus.RUNNING)
        await mine.update(lease_expires_at=self._clock() + self._lease)
        rows = await mine.values_list("id", "is_cancel_requested")
        kept = {str(job_id): bool(is_cancelled) for job_id, is_cancelled in rows}
        return Pulse(
            lost=frozenset(claim.job_id for claim in claims if claim.job_id not in kept),
            cancelled=frozenset(job_id for job_id, is_cancelled in kept.items() if is_cancelled),
        )

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
        async with self._held(claim) as (_, job):
            await self._requeue(job, attempts=claim.attempt - 1)
        await self._dispatch.wake_idle()

    # Endings

    async def finish(
        self, claim: Claim, result: Result, see_to_files: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        """End the job well: publish what it made, charge for it, and leave the news for its thread.

        Args:
            see_to_files: Makes sure that the result's files are still there. Called while the workspace is held,
                which nobody deletes files without: a scrub may have taken them for orphans until now.

        Raises:
            ClaimLost: The job is no longer this worker's; its files are orphans now.
        """
        async with self._held(claim) as (workspace, job):
            if see_to_files is not None:
                await see_to_files()
            await apply_result(job, result, self._clock())
            await self._end(
                workspace,
                job,
                JobStatus.SUCCEEDED,
                expected=JobStatus.RUNNING,
                delivered=job.credits,
                # What was seen on photos lies beside them alone, so that nothing outlives a photo.
                result="" if isinstance(result, FeaturesResult) else to_json(result),
            )
        await self._tell()

    async def fail(self, claim: Claim, reason: str) -> None:
        """End the job with a sentence for its requester; every credit returns.

        Raises:
            ClaimLost: The job is no longer this worker's.
        """
        async with self._held(claim) as (workspace, job):
            await self._end(workspace, job, JobStatus.FAILED, expected=JobStatus.RUNNING, reason=reason)
        await self._tell()

    async def settle_cancelled(self, claim: Claim, *, fraction_done: float) -> None:
        """End a job that was stopped in the middle; credits return for what was left to do.

        Raises:
            ClaimLost: The job is no longer this worker's.
        """
        async with self._held(claim) as (workspace, job):
            delivered = round(job.credits * min(max(fraction_done, 0.0), 1.0))
            await self._end(
                workspace, job, JobStatus.CANCELLED, expected=JobStatus.RUNNING, delivered=delivered
            )
        await self._tell()

    async def _give_up(self, job: JobRecord) -> None:
        """Fail a queued job that was tried too often."""
        async with transaction():
            workspace = await hold_workspace(job.workspace_id)
            if await JobRecord.exists(id=job.id, status=JobStatus.QUEUED):
                reason = WORKER_DIED.format(attempts=job.attempts)
                await self._end(workspace, job, JobStatus.FAILED, expected=JobStatus.QUEUED, reason=reason)
        await self._tell()

    # Time's side

    async def return_stalled(self) -> int:
        """Put jobs whose worker fell silent back into the queue; return how many."""
        try:
            running = await JobRecord.filter(status=JobStatus.RUNNING).only(
                "id", "claim_token", "lease_expires_at"
            )
        except StoreUnavailable:
            self._watch.forget()  # nobody could renew a lease meanwhile either
            raise
        leases = [
            Lease(job.id, job.claim_token, job.lease_expires_at)
            for job in running
            if job.claim_token and job.lease_expires_at
        ]
        count = 0
        for lease in self._watch.silent(leases, self._clock()):
            count += await self._return(lease)
        if count:
            log.warning("action=stalled_jobs_returned count=%d", count)
            await self._dispatch.wake_idle()
        return count

    async def _return(self, lease: Lease) -> bool:
        async with transaction():
            job = (
                await JobRecord.filter(id=lease.row_id, claim_token=lease.token, status=JobStatus.RUNNING)
                .select_for_update()
                .first()
            )
            # A worker that woke up since the look has renewed the lease, and keeps the job.
            if job is None or job.lease_expires_at != lease.expires_at:
                return False
            await self._requeue(job)
        if job.attempts >= self._max_attempts:
            await self._give_up(job)
        return True

    async def admit_waiting(self) -> int:
        """Give out places that nobody gave out, as after an upgrade in mid-flight; return how many."""
        admitted = 0
        waiting = JobRecord.filter(status=JobStatus.QUEUED, lane=None).distinct()
        for workspace_id, kind, base_model in await waiting.values_list("workspace_id", "kind", "base_model"):
            async with transaction():
                workspace = await hold_workspace(str(workspace_id))
                admitted += len(
                    await admission.admit(workspace, JobKind(kind), str(base_model), self._dispatch)
                )
        if admitted:
            await self._dispatch.wake_idle()
        return admitted

    # The ways to write

    @asynccontextmanager
    async def _held(self, claim: Claim) -> AsyncGenerator[tuple[WorkspaceRecord, JobRecord]]:
        """Open a transaction on a job that is this worker's, with its workspace held."""
        async with transaction():
            workspace = await hold_workspace(claim.spec.workspace_id)
            job = (
                await JobRecord.filter(id=claim.job_id, claim_token=claim.token, status=JobStatus.RUNNING)
                .select_for_update()
                .first()
            )
            if job is None:
                raise ClaimLost(claim.job_id)
            yield workspace, job

    async def _write(self, claim: Claim, **changes: object) -> None:
        mine = JobRecord.filter(id=claim.job_id, claim_token=claim.token, status=JobStatus.RUNNING)
        if await mine.update(**changes) == 0:
            raise ClaimLost(claim.job_id)

    async def _requeue(self, job: JobRecord, **changes: object) -> None:
        """Put a running job back to where it stood in its lane. Runs inside a transaction."""
        await JobRecord.filter(id=job.id).update(
            status=JobStatus.QUEUED, claim_token=None, worker_id=None, lease_expires_at=None, **changes
        )
        if job.lane is not None:
            await self._dispatch.hand_out(job.lane)

    async def _end(
        self,
        workspace: WorkspaceRecord,
        job: JobRecord,
        status: JobStatus,
        *,
        expected: JobStatus,
        delivered: int = 0,
        **changes: object,
    ) -> None:
        """End a job and let the workspace's next one in line. Runs in a transaction that holds the workspace."""
        await end(job, status, self._clock(), expected=expected, delivered=delivered, **changes)
        await admission.admit(workspace, job.kind, job.base_model, self._dispatch)

    async def _tell(self) -> None:
        """After an ending: there is news, and perhaps the workspace's next job."""
        await self._dispatch.call_bots()
        await self._dispatch.wake_idle()
