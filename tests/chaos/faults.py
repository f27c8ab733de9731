"""What goes wrong, when, and how it is brought about."""

from __future__ import annotations

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from random import Random

import psutil

from tests.chaos.installation import LEASE_SECONDS, Installation

VICTIM_SECONDS = 6.0
"""How long to wait for a process to kill, where the one before has not been replaced yet."""
YOUNG_SECONDS = 6.0
"""A worker takes about this long to load: what is younger was killed while it started."""
CLOCK_JUMPS_SECONDS = (86_400.0, 3_600.0, -3_600.0, -86_400.0, 0.0)


class Fault(StrEnum):
    """A thing that goes wrong."""

    KILL_BOT = "kill-bot"
    KILL_WORKER = "kill-worker"
    FREEZE_BOT = "freeze-bot"
    FREEZE_WORKER = "freeze-worker"
    CUT_CONNECTIONS = "cut-connections"
    CRASH_SERVER = "crash-server"
    FILL_DISK = "fill-disk"
    JUMP_CLOCK = "jump-clock"


KILLS = (Fault.KILL_BOT, Fault.KILL_WORKER)


@dataclass(frozen=True)
class Planned:
    """A fault at its moment. `amount` is seconds: of a freeze, of an absence, or of a clock's error."""

    at_seconds: float
    fault: Fault
    amount: float = 0.0


def plan(random: Random, kills: int, others: Collection[Fault], window_seconds: float) -> list[Planned]:
    """Draw a round's faults: so many kills, and each of the others once."""
    drawn = [Planned(random.uniform(0, window_seconds), random.choice(KILLS)) for _ in range(kills)]
    for fault in others:
        drawn.append(Planned(random.uniform(0, window_seconds), fault, _amount(random, fault)))
    return sorted(drawn, key=lambda planned: planned.at_seconds)


def _amount(random: Random, fault: Fault) -> float:
    match fault:
        case Fault.FREEZE_BOT | Fault.FREEZE_WORKER:
            return LEASE_SECONDS * random.uniform(1.3, 2.0)
        case Fault.CRASH_SERVER:
            return random.uniform(0.0, 3.0)
        case Fault.FILL_DISK:
            return random.uniform(2.0, 5.0)
        case Fault.JUMP_CLOCK:
            return random.choice(CLOCK_JUMPS_SECONDS)
        case _:
            return 0.0


class Deck:
    """Deals the faults beside kills, shuffled anew each time that all were dealt: none is left out for long."""

    def __init__(self, random: Random, faults: Collection[Fault]) -> None:
        self._random = random
        self._faults = sorted(faults)
        self._left: list[Fault] = []

    def deal(self, count: int) -> tuple[Fault, ...]:
        """Return the next ones, each at most once."""
        dealt: dict[Fault, None] = {}
        while len(dealt) < min(count, len(self._faults)):
            if not self._left:
                self._left = self._random.sample(self._faults, len(self._faults))
            dealt[self._left.pop()] = None
        return tuple(dealt)


class Injector:
    """Brings planned faults about, and counts those that came about."""

    def __init__(self, installation: Installation, random: Random) -> None:
        self._installation = installation
        self._random = random
        self.done: Counter[Fault] = Counter()
        self.killed_young = 0

    async def bring_about(self, faults: Collection[Planned]) -> None:
        """Bring each about at its moment; return when all are over."""
        async with asyncio.TaskGroup() as tasks:
            for planned in faults:
                tasks.create_task(self._one(planned))

    async def _one(self, planned: Planned) -> None:
        await asyncio.sleep(planned.at_seconds)
        installation = self._installation
        match planned.fault:
            case Fault.KILL_BOT:
                came_about = await self._kill(installation.bots)
            case Fault.KILL_WORKER:
                came_about = await self._kill(installation.workers)
            case Fault.FREEZE_BOT:
                came_about = await self._freeze(installation.bots, planned.amount)
            case Fault.FREEZE_WORKER:
                came_about = await self._freeze(installation.workers, planned.amount)
            case Fault.JUMP_CLOCK:
                installation.set_clock(planned.amount)
                came_about = True
            case Fault.FILL_DISK:
                came_about = await self._fill_disk(planned.amount)
            case Fault.CUT_CONNECTIONS | Fault.CRASH_SERVER:
                came_about = await self._hurt_server(planned)
        self.done[planned.fault] += came_about

    async def _kill(self, candidates: Callable[[], list[int]]) -> bool:
        pid = await self._victim(candidates)
        if pid is None:
            return False
        is_young = _age_seconds(pid) < YOUNG_SECONDS
        if not self._installation.signal(pid, signal.SIGKILL):
            return False
        self.killed_young += is_young
        return True

    async def _freeze(self, candidates: Callable[[], list[int]], seconds: float) -> bool:
        pid = await self._victim(candidates)
        if pid is None or not self._installation.signal(pid, signal.SIGSTOP):
            return False
        try:
            await asyncio.sleep(seconds)
        finally:
            self._installation.signal(pid, signal.SIGCONT)
        return True

    async def _victim(self, candidates: Callable[[], list[int]]) -> int | None:
        give_up = time.monotonic() + VICTIM_SECONDS
        while not (found := candidates()):
            if time.monotonic() > give_up:
                return None
            await asyncio.sleep(0.1)
        return self._random.choice(found)

    async def _fill_disk(self, seconds: float) -> bool:
        disk = self._installation.disk
        disk.fill()
        try:
            await asyncio.sleep(seconds)
        finally:
            disk.empty()
        return True

    async def _hurt_server(self, planned: Planned) -> bool:
        server = self._installation.server
        if server is None:
            return False
        if planned.fault is Fault.CRASH_SERVER:
            await server.crash(planned.amount)
            return True
        return await server.cut_connections() > 0


def _age_seconds(pid: int) -> float:
    try:
        return time.time() - psutil.Process(pid).create_time()
    except psutil.Error:
        return 0.0
