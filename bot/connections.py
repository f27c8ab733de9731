"""Which bot process holds a connection to a platform: a Discord shard, a Slack socket, the console's thread.

The holder counts its row's `beats` up. Whoever else wants the connection watches that count, and takes over
when it stood still for a lease, measured with a monotonic clock of its own: a wall clock that jumps changes
nothing. A holder that could not count for almost as long closes its connection first.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from tortoise.exceptions import IntegrityError

from core.errors import StoreUnavailable
from core.store.records import ConnectionRecord, new_id

log = logging.getLogger(__name__)

NOBODY = ""

Run = Callable[[], Awaitable[None]]
"""Serves a connection until it is cancelled. What it opened is closed when it ends."""


@dataclass
class _Grip:
    """A connection that this process holds, and how it last counted."""

    name: str
    holder: str
    beats: int
    beaten_at: float
    """Seconds of the monotonic clock just before the last count was written."""


class Connections:
    """The connections of one bot process. `wait` is `asyncio.sleep`, or a test's own."""

    def __init__(
        self,
        *,
        beat_seconds: float,
        lease_seconds: float,
        monotonic: Callable[[], float] = time.monotonic,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._beat_seconds = beat_seconds
        self._lease_seconds = lease_seconds
        self._monotonic = monotonic
        self._wait = wait
        self._held: set[str] = set()

    def held(self) -> set[str]:
        """Return the names of the connections that this process holds now."""
        return set(self._held)

    async def hold(self, name: str, run: Run) -> None:
        """Serve a connection whenever it is this process's, until `run` returns or this is cancelled.

        Only one process runs it at a time. When it goes to another one, `run` is cancelled, and this waits for
        its next turn.
        """
        while True:
            grip = await self._acquire(name)
            log.info("action=connection_held name=%s", name)
            if await self._serve(grip, run):
                return
            log.warning("action=connection_lost name=%s", name)

    async def _acquire(self, name: str) -> _Grip:
        """Wait until the connection is free, or its holder is silent, and take it."""
        seen: tuple[str, int] | None = None
        since = self._monotonic()
        while True:
            try:
                began = self._monotonic()
                holder, beats = await self._look(name)
                if (holder, beats) != seen:
                    seen, since = (holder, beats), self._monotonic()
                if holder == NOBODY or began - since >= self._lease_seconds:
                    grip = _Grip(name, new_id(), beats + 1, began)
                    as_seen = ConnectionRecord.filter(name=name, holder=holder, beats=beats)
                    if await as_seen.update(holder=grip.holder, beats=grip.beats):
                        return grip
            except StoreUnavailable:
                log.warning("action=connection_not_asked_for name=%s", name)
            await self._wait(self._beat_seconds)

    async def _look(self, name: str) -> tuple[str, int]:
        rows = ConnectionRecord.filter(name=name).values_list("holder", "beats")
        if not await rows:
            with suppress(IntegrityError):  # another process was faster
                await ConnectionRecord.create(name=name, holder=NOBODY)
        [(holder, beats)] = await rows
        return str(holder), int(beats)

    async def _serve(self, grip: _Grip, run: Run) -> bool:
        """Run the connection for as long as it is held; return whether it ended by itself."""
        running = asyncio.ensure_future(run())
        beating = asyncio.create_task(self._beat(grip))
        self._held.add(grip.name)
        try:
            await asyncio.wait({running, beating}, return_when=asyncio.FIRST_COMPLETED)
            has_ended = running.done()
        finally:
            self._held.discard(grip.name)
            await _end(running)  # while the count goes on, so that nobody comes before it has closed
            await _end(beating)
            await self._release(grip)
        (running if has_ended else beating).result()  # a fault of either is heard
        return has_ended

    async def _beat(self, grip: _Grip) -> None:
        """Count until the connection is somebody else's, or may be soon."""
        while True:
            await self._wait(self._beat_seconds)
            began = self._monotonic()
            # One beat earlier than anybody could take over: what is cancelled takes a moment to close.
            left_seconds = self._lease_seconds - self._beat_seconds - (began - grip.beaten_at)
            try:
                async with asyncio.timeout(max(left_seconds, self._beat_seconds / 2)):
                    mine = ConnectionRecord.filter(name=grip.name, holder=grip.holder)
                    if not await mine.update(beats=grip.beats + 1):
                        return
            except (StoreUnavailable, TimeoutError):
                if left_seconds <= self._beat_seconds:
                    return
            else:
                grip.beats, grip.beaten_at = grip.beats + 1, began

    async def _release(self, grip: _Grip) -> None:
        """Let the next process have it at once."""
        with suppress(StoreUnavailable):
            await ConnectionRecord.filter(name=grip.name, holder=grip.holder).update(holder=NOBODY)


async def _end(task: asyncio.Future[None]) -> None:
    """Cancel a task and wait until it is over, whatever it says."""
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled():
        task.exception()
