"""The worker process: claim → engine → finish, with heartbeats, cancels and an orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial

from core.clock import utc_now
from core.errors import ClaimLost, ConfigurationError, StoreUnavailable
from core.queue import workers
from core.queue.dispatch import Dispatch, open_dispatch
from core.queue.jobs import Claim, Jobs
from core.queue.workers import Announcement
from core.settings import Settings
from core.store.blobs import Blobs, open_blobs
from core.store.database import migrate, open_database
from core.store.records import new_id
from gpu_worker.admission import lanes_for
from gpu_worker.device import device_title, memory_bytes
from gpu_worker.engine import Engine
from gpu_worker.engine_thread import EngineThread
from gpu_worker.families.registry import FAMILIES, SHIPPED, Prepared, prepare
from gpu_worker.job_run import JobRun, Order
from gpu_worker.likeness import likeness, load_judge
from gpu_worker.runner import Runner
from gpu_worker.scheduler import StepScheduler
from gpu_worker.trial import Judge
from gpu_worker.vision.eye import Eye, load_eye

log = logging.getLogger(__name__)

ANNOUNCE_SECONDS = 20.0
"""How often a worker says that it is there; `core.queue.workers` forgets it after 60 s."""


async def run(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT: then finish the step, keep what was learnt, and give the jobs back.

    Raises:
        ConfigurationError: None of the operator's bases can run here.
    """
    prepared = base_to_serve(settings)
    lanes = lanes_for(prepared.name, memory_bytes(), memory_gib=prepared.memory_gib)
    await migrate(settings)  # it may be the first process of all
    async with open_database(settings), open_dispatch(settings) as dispatch:
        worker = Worker(settings, dispatch, open_blobs(settings), lanes)
        await serve(
            worker, partial(build_engine, prepared, settings.training_share), partial(load_eye, settings)
        )


async def serve(worker: Worker, build: Callable[[], Engine], load: Callable[[], Eye | None]) -> None:
    """Work with an engine that `build` makes and the eye that `load` returns, until a signal comes."""
    loop = asyncio.get_running_loop()
    with ExitStack() as undo:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, worker.stop)
            undo.callback(loop.remove_signal_handler, number)
        await worker.run(build, load)


def build_engine(prepared: Prepared, training_share: float) -> Engine:
    """Load a base and put an engine around it. Runs in the engine's thread."""
    started = time.perf_counter()
    engine = Engine(Runner(prepared.load()), StepScheduler(training_share), judge=_find_judge())
    seconds = time.perf_counter() - started
    identity = engine.runner.family.identity
    log.info(
        "action=base_loaded base=%s weights=%.12s seconds=%.1f",
        identity.name,
        identity.weights_sha256,
        seconds,
    )
    return engine


def _find_judge() -> Judge | None:
    """Load what measures likeness now, rather than at the end of the first training."""
    try:
        load_judge()
    except FileNotFoundError:
        log.warning("action=judge_missing")  # models are then ready without a score
        return None
    return likeness


def base_to_serve(settings: Settings) -> Prepared:
    """Find the first of the operator's bases that this worker knows and has a source for.

    What is announced is what was found and fits: a base that cannot be had here ends the worker with the reason.

    Raises:
        ConfigurationError: There is none, its licence is not accepted, or it does not fit.
    """
    sources = settings.base_sources
    known = [base for base in settings.bases if base in FAMILIES]
    for base in known:
        if base == SHIPPED or base in sources:
            return prepare(base, sources.get(base, ""))
    if known:
        return prepare(known[0])  # which says what is missing
    raise ConfigurationError(
        f"LIKENESS_BASES is {', '.join(settings.bases) or 'empty'}, and this worker can run none of it. "
        f"It can run: {', '.join(FAMILIES)}."
    )


class Worker:
    """Takes jobs from its lanes while there is room, and keeps their leases alive."""

    _engine: Engine
    _eye: Eye | None = None

    def __init__(
        self, settings: Settings, dispatch: Dispatch, blobs: Blobs, lanes: Mapping[str, int]
    ) -> None:
        self._heartbeat_seconds = settings.heartbeat_seconds
        self._lease_seconds = settings.lease_seconds
        self._dispatch = dispatch
        self._lanes = lanes
        self._thread = EngineThread(settings.torch_threads)
        self._jobs = Jobs(settings, dispatch)
        self._blobs = blobs
        self._worker_id = f"{socket.gethostname()}-{os.getpid()}-{new_id()[:6]}"
        self._runs: dict[asyncio.Task[None], JobRun] = {}
        self._starts: set[asyncio.Task[asyncio.Task[None] | None]] = set()
        self._stopping = asyncio.Event()
        self._announce_due = _Due(ANNOUNCE_SECONDS)

    def stop(self) -> None:
        """Begin to shut down; `run` returns when every job is given back or ended."""
        log.info("action=worker_stopping jobs=%d", len(self._runs))
        self._stopping.set()
        for job in self._runs.values():
            job.tell(Order.STOP)

    async def run(self, build: Callable[[], Engine], load: Callable[[], Eye | None] = lambda: None) -> None:
        """Build the engine and load the eye in their thread, and work until `stop`.

        Raises:
            ConfigurationError: The vision model that the operator named cannot look.
        """
        try:
            self._eye = await self._thread.call(load)  # first: a wrong setting is said at once
            self._engine = await self._thread.load(build)
            log.info(
                "action=worker_started worker=%s lanes=%s provider=%s",
                self._worker_id,
                ",".join(self._lanes),
                self._provider or "none",
            )
            async with asyncio.TaskGroup() as tasks:
                ticking = tasks.create_task(self._thread.run())
                leases = tasks.create_task(self._keep_leases())
                serving = tasks.create_task(self._dispatch.serve(self._lanes, self._start))
                await self._stopping.wait()
                serving.cancel()
                await self._see_jobs_off()
                leases.cancel()
                await self._thread.stop()
                await ticking
        finally:
            await self._thread.stop()
        with contextlib.suppress(StoreUnavailable):
            await workers.withdraw(self._worker_id)
        log.info("action=worker_stopped worker=%s", self._worker_id)

    async def _see_jobs_off(self) -> None:
        while self._starts or self._runs:
            await asyncio.wait({*self._starts, *self._runs}, return_when=asyncio.FIRST_COMPLETED)

    # Leases

    async def _keep_leases(self) -> None:
        """Renew the leases once a heartbeat, and at every call: a cancel calls, and this is where it is heard."""
        async with self._dispatch.ears("worker", self._worker_id) as ears:
            while True:
                try:
                    async with asyncio.timeout(self._lease_seconds):
                        await self._announce()
                        await self._heartbeat()
                except (StoreUnavailable, TimeoutError):
                    log.warning("action=heartbeat_postponed jobs=%d", len(self._runs))
                await ears.wait(self._heartbeat_seconds)

    async def _announce(self) -> None:
        if self._announce_due():
            identity = self._engine.runner.family.identity
            bases = {identity.name: identity.weights_sha256}
            said = Announcement(
                self._worker_id, bases, tuple(self._lanes), device_title(), memory_bytes(), self._provider
            )
            await workers.announce(said, utc_now())

    @property
    def _provider(self) -> str:
        """What it looks at photos with; empty where it does not."""
        return self._eye.provider if self._eye is not None else ""

    async def _heartbeat(self) -> None:
        runs = {job.claim.job_id: job for job in self._runs.values()}
        pulse = await self._jobs.heartbeat([job.claim for job in runs.values()])
        for job_id in pulse.cancelled:
            runs[job_id].tell(Order.CANCEL)
        for job_id in pulse.lost:
            runs[job_id].tell(ClaimLost(job_id))

    # Jobs

    async def _start(self, lane: str) -> asyncio.Task[None] | None:
        """Claim the best job of a lane and begin it. A claim is never dropped, even when nobody waits any more."""
        start = asyncio.create_task(self._claim_and_run(lane))
        self._starts.add(start)
        start.add_done_callback(self._starts.discard)
        return await asyncio.shield(start)

    async def _claim_and_run(self, lane: str) -> asyncio.Task[None] | None:
        if self._stopping.is_set():
            return None
        claim = await self._jobs.claim(lane, worker_id=self._worker_id, provider=self._provider)
        return None if claim is None else self._begin(claim)

    def _begin(self, claim: Claim) -> asyncio.Task[None]:
        job = JobRun(claim, self._jobs, self._blobs, self._thread, self._engine, self._eye)
        task = asyncio.create_task(job.run())
        self._runs[task] = job
        task.add_done_callback(self._forget)
        if self._stopping.is_set():  # it came while we were asking
            job.tell(Order.STOP)
        return task

    def _forget(self, task: asyncio.Task[None]) -> None:
        job = self._runs.pop(task)
        fault = None if task.cancelled() else task.exception()
        if fault is not None:
            # Not even its failure could be written. The lease runs out, and the job is tried again.
            log.error("action=job_abandoned job=%s fault=%s", job.claim.job_id, type(fault).__name__)


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
