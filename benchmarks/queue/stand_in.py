"""A worker without a graphics card: it claims, keeps its leases, hears cancels and finishes as the real one does.

`gpu_worker.main` is the original; what differs is that nothing is computed.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any

from benchmarks.queue.installations import opened
from benchmarks.queue.processes import Part, Turn, notes_pipe
from core.queue.dispatch import Dispatch
from core.queue.jobs import Claim, Jobs
from core.queue.specs import GenerateResult
from core.settings import Settings
from gpu_worker.admission import lanes_for

USUAL_ROOM = lanes_for("tiny", 2**40)
"""What a worker for `tiny` takes at once."""
HELD = float("inf")
"""A job that lasts until it is cancelled."""
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Note:
    """What a worker says of a job: `started`, `cancelling` or `ended`, and when, on the monotonic clock."""

    what: str
    job_id: str
    at: float


class StandIn:
    """The worker itself, inside its process."""

    def __init__(
        self, settings: Settings, jobs: Jobs, dispatch: Dispatch, job_seconds: float, notes: Connection
    ) -> None:
        self._heartbeat_seconds = settings.heartbeat_seconds
        self._jobs = jobs
        self._dispatch = dispatch
        self._job_seconds = job_seconds
        self._notes = notes
        self._worker_id = f"stand-in-{os.getpid()}"
        self._claims: dict[str, Claim] = {}
        self._cancelled: dict[str, asyncio.Event] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    def _note(self, what: str, job_id: str) -> None:
        self._notes.send(Note(what, job_id, time.monotonic()))

    async def keep_leases(self) -> None:
        """Renew the leases once a heartbeat, and at every call."""
        async with self._dispatch.ears("worker", self._worker_id) as ears:
            while True:
                pulse = await self._jobs.heartbeat(list(self._claims.values()))
                for job_id in pulse.cancelled:
                    if not self._cancelled[job_id].is_set():
                        self._note("cancelling", job_id)
                        self._cancelled[job_id].set()
                await ears.wait(self._heartbeat_seconds)

    async def serve(self, lanes: Mapping[str, int]) -> None:
        """Take jobs until cancelled."""
        await self._dispatch.serve(lanes, self._start)

    async def see_jobs_off(self) -> None:
        """Let what was started come to its end, before the database is closed."""
        for cancelled in self._cancelled.values():
            cancelled.set()
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _start(self, lane: str) -> asyncio.Task[None] | None:
        return await asyncio.shield(self._kept(self._claim_and_run(lane)))

    def _kept(self, work: Any) -> asyncio.Task[Any]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _claim_and_run(self, lane: str) -> asyncio.Task[None] | None:
        claim = await self._jobs.claim(lane, worker_id=self._worker_id)
        if claim is None:
            return None
        self._note("started", claim.job_id)
        self._claims[claim.job_id], self._cancelled[claim.job_id] = claim, asyncio.Event()
        return self._kept(self._work(claim))

    async def _work(self, claim: Claim) -> None:
        cancelled = self._cancelled[claim.job_id]
        if self._job_seconds == HELD:
            await cancelled.wait()
        elif self._job_seconds:
            await asyncio.sleep(self._job_seconds)
        if cancelled.is_set():
            await self._jobs.settle_cancelled(claim, fraction_done=0.5)
        else:
            await self._jobs.finish(claim, GenerateResult(()))
        del self._claims[claim.job_id], self._cancelled[claim.job_id]
        self._note("ended", claim.job_id)


@asynccontextmanager
async def open_stand_in(
    settings: Settings, lanes: Mapping[str, int], job_seconds: float, notes: Connection
) -> AsyncGenerator[Turn]:
    """Run a worker in a process; its only order is to begin."""
    async with opened(settings) as (jobs, dispatch):
        worker = StandIn(settings, jobs, dispatch, job_seconds, notes)
        tasks = [asyncio.create_task(worker.keep_leases())]

        async def begin() -> None:
            tasks.append(asyncio.create_task(worker.serve(lanes)))

        try:
            yield begin
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await worker.see_jobs_off()


class WorkerPart(Part):
    """A worker in a process of its own."""

    def __init__(
        self, settings: Settings, *, job_seconds: float = 0.0, lanes: Mapping[str, int] = USUAL_ROOM
    ) -> None:
        self.notes, theirs = notes_pipe()
        super().__init__(open_stand_in, settings, lanes, job_seconds, theirs)
        theirs.close()

    def begin(self) -> None:
        """Let it take jobs."""
        self.turn()

    def wait_for(self, what: str, job_id: str) -> float:
        """Return when that happened to that job; what it said before is passed over."""
        while self.notes.poll(PATIENCE_SECONDS):
            note = self.notes.recv()
            if (note.what, note.job_id) == (what, job_id):
                return note.at
        raise TimeoutError(f"no worker says that a job {what}")


def heard(workers: Iterable[WorkerPart]) -> list[Note]:
    """Return what these workers say, at least one note."""
    ready = wait([worker.notes for worker in workers], PATIENCE_SECONDS)
    if not ready:
        raise TimeoutError("the workers have fallen silent")
    return [note for pipe in ready if isinstance(pipe, Connection) for note in _read(pipe)]


def _read(pipe: Connection) -> list[Note]:
    notes = [pipe.recv()]
    while pipe.poll():
        notes.append(pipe.recv())
    return notes
