"""The outbox: endings that wait to be told in their threads, and which process tells each.

    left ──► due ──claim──► being told ──mark──► told
              ▲                  │
              ├────postpone──────┤
              └────redeliver──── given up

An ending is one row, and each of its messages a part with a mark of its own, so that what was told is not told
again when the rest has to wait. A process claims a row by compare-and-set, and every write of its telling is
fenced by that claim: whoever lost it writes nothing more.

Who holds a claim is judged by watching (`core.queue.stalled`), so a clock that jumps neither takes a row from
a living process nor leaves it with a dead one.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from tortoise.expressions import Q, Subquery
from tortoise.queryset import QuerySet

from core.clock import Clock, utc_now
from core.errors import ClaimLost, StoreUnavailable
from core.queue.stalled import Lease, LeaseWatch
from core.rules.kinds import JobKind
from core.settings import Settings
from core.store.database import transaction
from core.store.records import JobRecord, JobStatus, OutboxPartRecord, OutboxRecord, new_id

log = logging.getLogger(__name__)

NEWS = "news"
"""A message of its own."""
CARD = "card"
"""The last words of the job's card."""
DRAFT = "draft"
"""No message: the draft that waited for the job goes on."""

FIRST_RETRY_SECONDS = 1.0
LONGEST_RETRY_SECONDS = 600.0
MAX_ATTEMPTS = 100
"""About seven and a half hours of a platform that is down: half the longest wait each, on average."""
ROWS_A_LOOK = 100


def parts_of(kind: JobKind, status: JobStatus) -> tuple[str, ...]:
    """Return the messages of an ending, in the order in which they are told."""
    if kind is JobKind.FEATURES:
        return (DRAFT,)
    if kind is JobKind.TRAIN and status is JobStatus.SUCCEEDED:
        return (NEWS, CARD)
    return (CARD,)


async def leave(job: JobRecord, status: JobStatus, now: datetime) -> None:
    """Leave a job's ending for its thread. Runs inside the transaction that ends the job."""
    row = await OutboxRecord.create(
        dedupe_key=f"ending:{job.id}", job_id=job.id, platform=job.platform, next_attempt_at=now
    )
    await _leave_parts(row, parts_of(job.kind, status))


async def _leave_parts(row: OutboxRecord, names: tuple[str, ...]) -> None:
    parts = [
        OutboxPartRecord(
            outbox_id=row.id, dedupe_key=f"{row.dedupe_key}:{name}", name=name, position=position
        )
        for position, name in enumerate(names)
    ]
    await OutboxPartRecord.bulk_create(parts, ignore_conflicts=True)


async def dead_letters() -> list[OutboxRecord]:
    """Return the endings that were given up, the oldest first."""
    return await OutboxRecord.filter(failed_at__isnull=False, delivered_at=None).order_by("created_at")


async def give_up(workspace_id: str, now: datetime) -> int:
    """Tell a workspace nothing any more: its endings count as given up, also those that are being told."""
    untold = _of_workspace(OutboxRecord.filter(delivered_at=None, failed_at=None), workspace_id)
    return await untold.update(failed_at=now, lease_token=None, lease_expires_at=None)


def _of_workspace(rows: QuerySet[OutboxRecord], workspace_id: str) -> QuerySet[OutboxRecord]:
    return rows.filter(job_id__in=Subquery(JobRecord.filter(workspace_id=workspace_id).values("id")))


async def redeliver(now: datetime, workspace_id: str | None = None) -> int:
    """Try the endings that were given up again, from the beginning of their patience; return how many.

    Args:
        now: When they are due.
        workspace_id: Only those of this workspace.
    """
    given_up = OutboxRecord.filter(failed_at__isnull=False, delivered_at=None)
    if workspace_id is not None:
        given_up = _of_workspace(given_up, workspace_id)
    return await given_up.update(
        failed_at=None, attempts=0, next_attempt_at=now, lease_token=None, lease_expires_at=None
    )


async def tell_card_again(job_id: str, now: datetime) -> None:
    """Have the card of a job that has ended told once more: something older was written over it.

    A process that is telling it just now loses its claim, because it may have been overwritten as well.
    """
    async with transaction():
        row = await OutboxRecord.filter(job_id=job_id).select_for_update().first()
        if row is None:
            return
        await OutboxPartRecord.filter(outbox_id=row.id, name=CARD).update(delivered_at=None)
        await OutboxRecord.filter(id=row.id).update(
            delivered_at=None, next_attempt_at=now, lease_token=None, lease_expires_at=None
        )


@dataclass(frozen=True)
class Telling:
    """An ending in a process's hands. `token` goes into every write, and touches nothing when it is stale."""

    row_id: str
    job_id: str
    token: str
    attempts: int


class Outbox:
    """One process's way to the endings: what is due, and what it may tell."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
        random_share: Callable[[], float] = random.random,
    ) -> None:
        """Open it; `random_share` returns a number from 0 up to 1."""
        self._lease = timedelta(seconds=settings.lease_seconds)
        self._clock = clock
        self._random_share = random_share
        self._watch = LeaseWatch(
            lease_seconds=settings.lease_seconds,
            heartbeat_seconds=settings.heartbeat_seconds,
            monotonic=monotonic,
        )

    async def due(self, platforms: Collection[str]) -> list[OutboxRecord]:
        """Return endings to tell, the oldest first: those whose time has come, and those of silent processes."""
        now = self._clock()
        untold = OutboxRecord.filter(platform__in=list(platforms), delivered_at=None, failed_at=None)
        # Nobody waits for longer than the longest retry: such a time was written before the clock jumped back.
        beyond = now + timedelta(seconds=LONGEST_RETRY_SECONDS)
        waiting = untold.filter(Q(next_attempt_at__lte=now) | Q(next_attempt_at__gt=beyond), lease_token=None)
        # Those of all platforms, which are looked at in turn: the watch forgets a lease that it is not shown.
        in_hand = OutboxRecord.filter(delivered_at=None, failed_at=None, lease_token__isnull=False)
        try:
            claimed = {row.id: row for row in await in_hand}
        except StoreUnavailable:
            self._watch.forget()  # nobody could renew a lease meanwhile either
            raise
        leases = [
            Lease(row.id, row.lease_token, row.lease_expires_at or now)
            for row in claimed.values()
            if row.lease_token
        ]
        silent = [claimed[lease.row_id] for lease in self._watch.silent(leases, now)]
        silent = [row for row in silent if row.platform in platforms]
        return [*silent, *await waiting.order_by("created_at").limit(ROWS_A_LOOK)]

    async def claim(self, row: OutboxRecord) -> Telling | None:
        """Take an ending that `due` returned, or return None: somebody else was faster."""
        telling = Telling(row.id, row.job_id, new_id(), row.attempts)
        as_seen = OutboxRecord.filter(
            id=row.id,
            lease_token=row.lease_token,
            lease_expires_at=row.lease_expires_at,
            attempts=row.attempts,
            delivered_at=None,
            failed_at=None,
        )
        taken = await as_seen.update(lease_token=telling.token, lease_expires_at=self._expiry())
        return telling if taken else None

    async def parts(self, telling: Telling, job: JobRecord) -> list[OutboxPartRecord]:
        """Return the messages that are still to be told, in their order."""
        parts = OutboxPartRecord.filter(outbox_id=telling.row_id)
        if not await parts.exists():  # left by release 0001, which knew no parts
            row = await OutboxRecord.get(id=telling.row_id)
            await _leave_parts(row, parts_of(job.kind, job.status))
        return await parts.filter(delivered_at=None).order_by("position")

    async def renew(self, telling: Telling) -> None:
        """Keep the claim for another lease.

        Raises:
            ClaimLost: It is somebody else's by now.
        """
        await self._write(telling, lease_expires_at=self._expiry())

    async def mark_part_told(self, telling: Telling, part: OutboxPartRecord) -> None:
        """Remember that a message stands in its thread.

        Raises:
            ClaimLost: It is somebody else's by now.
        """
        async with transaction():
            await self.renew(telling)
            await OutboxPartRecord.filter(id=part.id).update(delivered_at=self._clock())

    async def mark_told(self, telling: Telling) -> None:
        """Close an ending whose messages all stand in their thread.

        Raises:
            ClaimLost: It is somebody else's by now.
        """
        now = self._clock()
        await self._write(telling, delivered_at=now, lease_token=None, lease_expires_at=None)

    async def postpone(self, telling: Telling) -> None:
        """Let go of an ending and try it later, or give it up after the last attempt.

        The wait is anything up to a limit that doubles each time ("full jitter", Brooker 2015, AWS Architecture
        Blog), so that processes do not come back to a platform all at once.

        Raises:
            ClaimLost: It is somebody else's by now.
        """
        attempts, now = telling.attempts + 1, self._clock()
        limit_seconds = min(FIRST_RETRY_SECONDS * 2**telling.attempts, LONGEST_RETRY_SECONDS)
        gave_up = {"failed_at": now} if attempts >= MAX_ATTEMPTS else {}
        await self._write(
            telling,
            attempts=attempts,
            next_attempt_at=now + timedelta(seconds=limit_seconds * self._random_share()),
            lease_token=None,
            lease_expires_at=None,
            **gave_up,
        )
        if gave_up:
            log.error("action=delivery_given_up job=%s attempts=%d", telling.job_id, attempts)

    async def let_go(self, telling: Telling, *, wait_seconds: float = 0.0) -> None:
        """Hand an ending back without counting the attempt: this process stops, or something is to come first.

        Raises:
            ClaimLost: It is somebody else's by now.
        """
        due_at = self._clock() + timedelta(seconds=wait_seconds)
        await self._write(telling, next_attempt_at=due_at, lease_token=None, lease_expires_at=None)

    async def _write(self, telling: Telling, **changes: object) -> None:
        mine = OutboxRecord.filter(id=telling.row_id, lease_token=telling.token, delivered_at=None)
        if await mine.update(**changes) == 0:
            raise ClaimLost(telling.job_id)

    def _expiry(self) -> datetime:
        return self._clock() + self._lease
