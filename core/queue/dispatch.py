"""The port between the rows and the workers: who is told that there is work, and when.

What the work is, the rows alone say. A dispatcher may therefore tell too often, or the wrong worker: whoever
is told claims the best row of a lane, or finds none.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Literal, Protocol

from core.settings import Settings
from core.store.database import dialect

Name = Literal["bot", "worker"]

HEAD_START_SECONDS = 0.02
"""How much later a worker with jobs of a lane looks for another there: one that idles is first. Waking it and claiming
take a median of 6 to 11 ms (docs/many-machines.md)."""

Start = Callable[[str], Awaitable["asyncio.Task[None] | None"]]
"""Claims the best job of a lane and returns the task that does it, or None when there was no job."""


class Ears(Protocol):
    """What a process waits with."""

    async def wait(self, timeout_seconds: float) -> None:
        """Return when somebody called since the last wait, or after the time given."""
        ...


class Dispatch(Protocol):
    """Tells workers of work and bots of endings. A lost message costs time, never a job."""

    async def hand_out(self, lane: str) -> None:
        """Promise one claim in that lane. Call it in the transaction that puts the job there."""
        ...

    async def serve(self, lanes: Mapping[str, int], start: Start) -> None:
        """Call `start` when a lane may have a job, with at most so many running a lane, until cancelled.

        Jobs that were started go on when this is cancelled.
        """
        ...

    async def recover(self) -> int:
        """Hand out again what was promised to processes that died; return how much."""
        ...

    async def wake_idle(self) -> None:
        """Make workers look for jobs now. Call it after the transaction that queued them."""
        ...

    async def call_worker(self, worker_id: str) -> None:
        """Make this worker look at the jobs that it has: one of them is to be cancelled."""
        ...

    async def call_bots(self) -> None:
        """Make the bots look for endings to tell."""
        ...

    def ears(self, name: Name, worker_id: str = "") -> AbstractAsyncContextManager[Ears]:
        """Listen for the calls above."""
        ...


@asynccontextmanager
async def open_dispatch(settings: Settings) -> AsyncGenerator[Dispatch]:
    """Open the dispatcher that belongs to the database, which has to be open."""
    if dialect(settings) == "sqlite":
        from core.queue.embedded import Embedded

        yield Embedded(settings)
        return
    # Here, so that one machine with SQLite needs no PostgreSQL driver.
    from core.queue.postgres import open_postgres

    async with open_postgres(settings) as dispatch:
        yield dispatch
