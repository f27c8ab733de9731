"""The engine in a thread of its own, so that a long step never holds up a heartbeat.

Everything that touches the engine goes through one thread: ticks, and the calls that come between them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

import torch

from gpu_worker.engine import Engine
from gpu_worker.events import Event

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

Inbox = asyncio.Queue[object]
"""What one job hears of: engine events, a fault to raise, and orders from the worker."""


class EngineThread:
    """The way from the event loop to the engine and back."""

    def __init__(self, torch_threads: int) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="engine")
        if torch_threads:
            # torch counts threads per calling thread, so it is told in this one.
            self._thread.submit(torch.set_num_threads, torch_threads)
        self._engine: Engine | None = None
        self._has_work = asyncio.Event()
        self._is_stopping = False
        self._inboxes: dict[str, Inbox] = {}

    async def load(self, build: Callable[[], Engine]) -> Engine:
        """Build the engine in its thread; loading a base may take a while."""
        self._engine = await self.call(build)
        return self._engine

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run something between two ticks."""
        loop = asyncio.get_running_loop()
        result = await loop.run_in_executor(self._thread, lambda: function(*args, **kwargs))
        self._has_work.set()
        return result

    def open_inbox(self, job_id: str) -> Inbox:
        """Let a job hear what the engine says about it."""
        self._inboxes[job_id] = asyncio.Queue()
        return self._inboxes[job_id]

    def close_inbox(self, job_id: str) -> None:
        """Stop listening; what is said after this is lost on purpose."""
        self._inboxes.pop(job_id, None)

    async def run(self) -> None:
        """Tick while there is work, until `stop`."""
        loop = asyncio.get_running_loop()
        while not self._is_stopping:
            await self._has_work.wait()
            if self._engine is None or self._engine.is_idle:
                self._has_work.clear()
                continue
            tick = loop.run_in_executor(self._thread, self._engine.step)
            await asyncio.wait({tick})
            fault = tick.exception()
            if fault is not None:
                await self._report_fault(self._engine, fault)
            else:
                self._deliver(tick.result())

    async def stop(self) -> None:
        """Let the step in progress end, and take no other."""
        self._is_stopping = True
        self._has_work.set()
        await asyncio.to_thread(self._thread.shutdown)

    def _deliver(self, events: list[Event]) -> None:
        for event in events:
            inbox = self._inboxes.get(event.job_id)
            if inbox is not None:
                inbox.put_nowait(event)

    async def _report_fault(self, engine: Engine, fault: BaseException) -> None:
        """Hand a fault, as a value, to the job whose step it was: that job's boundary deals with it.

        When several took the step, each goes on alone, and the one that is at fault meets it again.
        """
        if len(engine.jobs_in_hand) > 1:
            log.warning(
                "action=batch_parted jobs=%d fault=%s", len(engine.jobs_in_hand), type(fault).__name__
            )
            await self.call(engine.part, fault)
            return
        job_id = next(iter(engine.jobs_in_hand), "")
        await self.call(engine.cancel, job_id)
        inbox = self._inboxes.get(job_id)
        if inbox is None:
            log.error("action=fault_without_job job=%s fault=%s", job_id, type(fault).__name__)
        else:
            inbox.put_nowait(fault)
