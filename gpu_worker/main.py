"""The worker process: claim → engine → finish, with heartbeats, cancels and an orderly end."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack

from core.clock import utc_now
from core.errors import ClaimLost, ConfigurationError
from core.queue import workers
from core.queue.bell import Bell, ring
from core.queue.jobs import Jobs
from core.settings import Settings
from core.store.blobs import Blobs
from core.store.database import open_database
from core.store.records import JobKind
from gpu_worker.engine import Engine
from gpu_worker.engine_thread import EngineThread
from gpu_worker.job_run import JobRun, Order
from gpu_worker.likeness import likeness, load_judge
from gpu_worker.runner import FAMILIES, Runner, load_family
from gpu_worker.trial import Judge

log = logging.getLogger(__name__)

ADMITTED = {JobKind.TRAIN: 1, JobKind.GENERATE: 4}
"""Jobs of each kind that a worker takes at once: no more than it can hold and serve soon."""
ANNOUNCE_SECONDS = 20.0
"""How often a worker says that it is there; `core.queue.workers` forgets it after 60 s."""


async def run(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT: then finish the step, keep what was learnt, and give the jobs back.

    Raises:
        ConfigurationError: None of the operator's bases can run here.
    """
    base = _base_to_serve(settings)
    async with open_database(settings), Bell(settings.data_dir, "worker") as bell:
        await serve(settings, bell, lambda: build_engine(base))


async def serve(settings: Settings, bell: Bell, build: Callable[[], Engine]) -> None:
    """Work with an engine that `build` makes, the database being open."""
    worker = Worker(settings, bell)
    loop = asyncio.get_running_loop()
    with ExitStack() as undo:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, worker.stop)
            undo.callback(loop.remove_signal_handler, number)
        await worker.run(build)


def build_engine(base: str) -> Engine:
    """Load a base and put an engine around it. Runs in the engine's thread."""
    started = time.perf_counter()
    engine = Engine(Runner(load_family(base)), judge=_find_judge())
    seconds = time.perf_counter() - started
    identity = engine.runner.family.identity
    log.info("action=base_loaded base=%s weights=%.12s seconds=%.1f", base, identity.weights_sha256, seconds)
    return engine


def _find_judge() -> Judge | None:
    """Load what measures likeness now, rather than at the end of the first training."""
    try:
        load_judge()
    except FileNotFoundError:
        log.warning("action=judge_missing")  # models are then ready without a score
        return None
    return likeness


def _base_to_serve(settings: Settings) -> str:
    for base in settings.bases:
        if base in FAMILIES:
            return base
    raise ConfigurationError(
        f"LIKENESS_BASES is {', '.join(settings.bases) or 'empty'}, and this worker can run none of it. "
        f"It can run: {', '.join(FAMILIES)}."
    )


class Worker:
    """Takes jobs from the queue while there is room, and keeps their leases alive."""

    _engine: Engine

    def __init__(self, settings: Settings, bell: Bell) -> None:
        self._settings = settings
        self._bell = bell
        self._thread = EngineThread(settings.torch_threads)
        self._jobs = Jobs(settings)
        self._blobs = Blobs(settings.resolved_storage_dir)
        self._worker_id = f"{socket.gethostname()}-{os.getpid()}"
        self._runs: dict[asyncio.Task[None], JobRun] = {}
        self._is_stopping = False
        self._announce_due = _Due(ANNOUNCE_SECONDS)
        self._wait_seconds = min(settings.poll_seconds, settings.heartbeat_seconds)

    def stop(self) -> None:
        """Begin to shut down; `run` returns when every job is given back or ended."""
        log.info("action=worker_stopping jobs=%d", len(self._runs))
        self._is_stopping = True
        for job in self._runs.values():
            job.tell(Order.STOP)
        ring(self._settings.data_dir, "worker")

    async def run(self, build: Callable[[], Engine]) -> None:
        """Build the engine in its thread, and work until `stop`."""
        try:
            self._engine = await self._thread.load(build)
            log.info("action=worker_started worker=%s", self._worker_id)
            ticking = asyncio.create_task(self._thread.run())
            await self._keep_busy()
            await self._see_jobs_off()
            await self._thread.stop()
            await ticking
        finally:
            await self._thread.stop()
        log.info("action=worker_stopped worker=%s", self._worker_id)

    async def _keep_busy(self) -> None:
        while not self._is_stopping:
            await self._announce()
            # At every wake-up, not only when due: a cancel rings the bell, and this is where it is heard.
            await self._heartbeat()
            await self._claim()
            await self._bell.wait(self._wait_seconds)

    async def _see_jobs_off(self) -> None:
        while self._runs:
            await asyncio.wait(self._runs, timeout=self._wait_seconds)
            await self._heartbeat()

    async def _announce(self) -> None:
        if self._announce_due():
            identity = self._engine.runner.family.identity
            await workers.announce(self._worker_id, {identity.name: identity.weights_sha256}, utc_now())

    async def _heartbeat(self) -> None:
        for job in list(self._runs.values()):
            try:
                if await self._jobs.heartbeat(job.claim):
                    job.tell(Order.CANCEL)
            except ClaimLost as lost:
                job.tell(lost)

    async def _claim(self) -> None:
        while not self._is_stopping:
            held = [job.claim.kind for job in self._runs.values()]
            kinds = [kind for kind, most in ADMITTED.items() if held.count(kind) < most]
            if not kinds:
                return
            identity = self._engine.runner.family.identity
            claim = await self._jobs.claim(worker_id=self._worker_id, bases=[identity.name], kinds=kinds)
            if claim is None:
                return
            job = JobRun(claim, self._jobs, self._blobs, self._thread, self._engine, self._tell_bot)
            task = asyncio.create_task(job.run())
            self._runs[task] = job
            task.add_done_callback(self._forget)
            if self._is_stopping:  # it came while we were asking
                job.tell(Order.STOP)

    def _forget(self, task: asyncio.Task[None]) -> None:
        job = self._runs.pop(task)
        fault = None if task.cancelled() else task.exception()
        if fault is not None:
            # Not even its failure could be written. The lease runs out, and the job is tried again.
            log.error("action=job_abandoned job=%s fault=%s", job.claim.job_id, type(fault).__name__)
        ring(self._settings.data_dir, "worker")  # there is room for the next

    def _tell_bot(self) -> None:
        ring(self._settings.data_dir, "bot")


class _Due:
    """True at the first call, and then once every so many seconds."""

    def __init__(self, every_seconds: float) -> None:
        self._every_seconds = every_seconds
        self._last = float("-inf")

    def __call__(self) -> bool:
        now = time.monotonic()
        if now - self._last < self._every_seconds:
            return False
        self._last = now
        return True
