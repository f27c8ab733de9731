"""The whole bot in one process: how it comes up and goes down, a worker played by the test, and what is written down.

Each platform adds what its people do and can read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from bot.app import open_context, run
from bot.context import Context
from core.queue.jobs import Claim
from core.queue.specs import GenerateResult, GenerateSpec, MadePicture, TrainResult
from core.rules.kinds import JobKind
from core.rules.turns import lane_of
from core.settings import Settings
from core.store.records import (
    InboxRecord,
    JobRecord,
    JobStatus,
    OutboxPartRecord,
    OutboxRecord,
    TransferRecord,
    VoteRecord,
)
from tests.conftest import MovableClock
from tests.fakes.store import store_outage
from tests.fakes.strict import PATIENCE_SECONDS, Watched

T = TypeVar("T")

READY = "@red-mug is ready"
DONE = "Ready."
IMPATIENT = {"lease_seconds": 1.5, "heartbeat_seconds": 0.2}
"""How soon a process that follows a killed one takes over what that one held."""
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63606060000000"
    "0400012734270a0000000049454e44ae426082"
)
"""A picture of one black point."""


class Processes:
    """The bot as `likeness run` has it, one process after the other."""

    def __init__(self, world: Watched, settings: Settings, clock: MovableClock) -> None:
        self._world = world
        self.settings = settings
        self.clock = clock
        self._life = AsyncExitStack()

    # Processes

    async def start(self, **changes: Any) -> None:
        """Come up as a new process, and return when it hears and answers people."""
        settings = self.settings.model_copy(update=changes)
        opened = await self._life.enter_async_context(open_context(settings, self.clock))
        threads = self._life.enter_context(ThreadPoolExecutor(1))
        self.context = self.prepared(replace(opened, photo_processes=threads))
        self._running = asyncio.create_task(run(self.context))
        await self._world.until(lambda: self._running.done() or self.is_up)
        assert not self._running.done(), self._running

    def prepared(self, context: Context) -> Context:
        """Return what a process is made of, changed as the platform's tests need it."""
        return context

    @property
    def is_up(self) -> bool:
        """Whether it hears what people do."""
        raise NotImplementedError

    async def stop(self) -> None:
        """Go down in good order."""
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)
        await self._life.aclose()

    async def restart(self) -> None:
        """Go down in good order, and come up again."""
        await self.stop()
        await self.start()

    async def kill(self) -> None:
        """Be gone at once: nothing more reaches the rows."""
        with store_outage():
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        await self._life.aclose()

    async def start_after_kill(self) -> None:
        """Come up as the process that follows a killed one."""
        await self.start(**IMPATIENT)

    # What a worker does

    async def begin(self, kind: JobKind) -> Claim:
        """The worker takes the job that is next in line, asking again while its row is held."""
        claim = partial(self.context.jobs.claim, lane_of(kind, "tiny"), worker_id="w")
        self.claim: Claim = await self.until_rows(claim)
        return self.claim

    async def gets_on(self, done: int) -> None:
        """The worker tells how far it is, of a hundred."""
        await self.context.jobs.report_progress(self.claim, done=done, total=100, seconds_left=60.0)

    async def finish(self) -> None:
        """The worker is done, and leaves made-up files."""
        key = await self.context.blobs.put(self.claim.spec.workspace_id, PNG, ".png")
        if isinstance(self.claim.spec, GenerateSpec):
            made = tuple(
                MadePicture(key, self.claim.spec.seed + n, 1, 1) for n in range(self.claim.spec.count)
            )
            await self.context.jobs.finish(self.claim, GenerateResult(made))
        else:
            result = TrainResult(key, "a" * 64, key, 20, 12.0, likeness=0.8)
            await self.context.jobs.finish(self.claim, result)

    # What is written down

    async def until_rows(self, look: Callable[[], Awaitable[T | None]]) -> T:
        """Wait until the rows say so."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not (found := await look()):
                    await self._world.next_change()
                return found
        except TimeoutError:
            endings = [dict(each) for each in await OutboxRecord.all().values()]
            asked = [dict(each) for each in await InboxRecord.filter(handled_at=None).values()]
            raise AssertionError(f"waited in vain. Endings: {endings}. Unanswered: {asked}") from None

    async def is_told(self) -> None:
        """Wait until every ending is told or given up, and every request is answered."""
        untold = OutboxRecord.filter(delivered_at=None, failed_at=None)
        unanswered = InboxRecord.filter(handled_at=None)

        async def nothing_waits() -> bool:
            return not await untold.exists() and not await unanswered.exists()

        await self.until_rows(nothing_waits)

    async def assert_settled(self, job_id: str) -> None:
        """Nothing of a job that ended well is lost, and nothing is there twice."""
        await self.is_told()
        job = await JobRecord.get(id=job_id)
        assert job.status is JobStatus.SUCCEEDED
        row = await OutboxRecord.get(job_id=job_id)
        assert not await OutboxPartRecord.filter(outbox_id=row.id, delivered_at=None).exists()
        assert await self.movements(job_id) == ["capture", "reserve"]

    async def movements(self, job_id: str) -> list[str]:
        """Return what became of a job's credits."""
        return sorted([each.kind for each in await TransferRecord.filter(job_id=job_id)])

    async def votes(self) -> list[tuple[str, str]]:
        """Return who stands behind which choice, as often as it is written down."""
        standing = await VoteRecord.filter(is_withdrawn=False).order_by("created_at")
        return [(each.user_id, each.choice.value) for each in standing]
