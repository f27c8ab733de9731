"""Dispatch on one machine: workers claim from the table, woken by a Unix datagram."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from core.errors import StoreUnavailable
from core.queue.bell import Bell, ring
from core.queue.dispatch import HEAD_START_SECONDS, Name, Start
from core.settings import Settings

log = logging.getLogger(__name__)


class Embedded:
    """Nothing is handed out here: a worker that has room looks into the table."""

    def __init__(self, settings: Settings) -> None:
        self._data_dir = settings.data_dir
        self._poll_seconds = settings.poll_seconds

    async def hand_out(self, lane: str) -> None:
        """Do nothing: the row is there, and `wake_idle` follows."""

    async def recover(self) -> int:
        """Do nothing: what a dead process had is a row whose lease ran out."""
        return 0

    async def serve(self, lanes: Mapping[str, int], start: Start) -> None:
        """Start jobs while there is room, at every call and once a poll interval."""
        running: dict[str, set[asyncio.Task[None]]] = {lane: set() for lane in lanes}
        async with self.ears("worker") as ears:
            while True:
                try:
                    for lane, room in lanes.items():
                        if running[lane]:
                            await asyncio.sleep(HEAD_START_SECONDS)
                        while len(running[lane]) < room and (task := await start(lane)) is not None:
                            running[lane].add(task)
                            task.add_done_callback(
                                lambda done, lane=lane: self._make_room(running[lane], done)
                            )
                except StoreUnavailable:
                    log.warning("action=claim_postponed")
                await ears.wait(self._poll_seconds)

    def _make_room(self, running: set[asyncio.Task[None]], done: asyncio.Task[None]) -> None:
        running.discard(done)
        ring(self._data_dir, "worker")

    async def wake_idle(self) -> None:
        """Ring at every worker of this machine."""
        ring(self._data_dir, "worker")

    async def call_worker(self, worker_id: str) -> None:
        """Ring at every worker of this machine: they are few."""
        ring(self._data_dir, "worker")

    async def call_bots(self) -> None:
        """Ring at the bots of this machine."""
        ring(self._data_dir, "bot")

    def ears(self, name: Name, worker_id: str = "") -> Bell:
        """Listen on a socket of this process's own."""
        return Bell(self._data_dir, name)
