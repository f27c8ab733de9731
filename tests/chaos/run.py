"""A whole run: an installation for each dispatcher, chapters of rounds, and nothing left behind."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from bot.console.client import ConsoleClient
from tests.chaos import server as servers
from tests.chaos.disk import SmallDisk
from tests.chaos.faults import KILLS, Deck, Fault
from tests.chaos.files import can_scrub
from tests.chaos.installation import APART, TOGETHER, TWO_WORKERS, Dispatcher, Installation, Shape
from tests.chaos.people import Person
from tests.chaos.report import RunReport
from tests.chaos.rounds import Load, Rounds
from tests.chaos.server import PostgresServer

MANY_ATTEMPTS = 50
"""So that jobs succeed in spite of many kills."""
DEFAULT_ATTEMPTS = 3
START_SECONDS = 60.0
SECONDS_A_KILL = 2.5
"""Kills come this often on average: sooner than a worker takes to load, so that some hit it while it does."""
_SERVER_FAULTS = {Fault.CUT_CONNECTIONS, Fault.CRASH_SERVER}


@dataclass(frozen=True)
class Wanted:
    """What the command line asks for, of one dispatcher."""

    rounds: int
    kills: int
    seed: int
    minutes: float
    is_short: bool = False
    """A round is one kill and a picture or two, rather than a training and several of everything."""


def shapes(dispatcher: Dispatcher) -> Sequence[Shape]:
    """Return the shapes in which the rounds of a dispatcher are played, in turn."""
    if dispatcher is Dispatcher.POSTGRES:
        return (
            Shape("bot + 2 workers", TWO_WORKERS, MANY_ATTEMPTS),
            Shape("bot + 2 workers, 3 attempts", TWO_WORKERS, DEFAULT_ATTEMPTS),
        )
    return (
        Shape("run", TOGETHER, MANY_ATTEMPTS),
        Shape("bot + worker", APART, MANY_ATTEMPTS),
        Shape("run, 3 attempts", TOGETHER, DEFAULT_ATTEMPTS),
    )


class Run:
    """Plays all rounds of one dispatcher, and tells each as it ends."""

    def __init__(self, dispatcher: Dispatcher, wanted: Wanted, report: RunReport) -> None:
        self._dispatcher = dispatcher
        self._wanted = wanted
        self._report = report
        self._random = Random(f"{wanted.seed}/{dispatcher}")
        self._ends_at = time.monotonic() + wanted.minutes * 60

    async def play(self) -> None:
        """Play until all rounds and kills are done, the time is over, or something does not hold."""
        async with self._installation() as installation:
            deck = Deck(self._random, self._available(installation))
            chapters = shapes(self._dispatcher)[: 2 if self._wanted.is_short else None]
            number = 0
            for index in range(len(chapters)):
                until = self._wanted.rounds * (index + 1) // len(chapters)
                number = await self._chapter(installation, chapters[index], number, until, deck)
                if not self._report.is_good:
                    return
        if number < self._wanted.rounds:
            self._fail(f"the time was over after {number} of {self._wanted.rounds} rounds")
        if self._kills_done() < self._wanted.kills:
            self._fail(f"{self._kills_done()} of {self._wanted.kills} kills came about")

    async def _chapter(
        self, installation: Installation, shape: Shape, number: int, until: int, deck: Deck
    ) -> int:
        """Start the installation in this shape, play its rounds, end it; return the last round's number."""
        installation.start(shape)
        try:
            async with ConsoleClient(installation.data_dir, "ana", connect_seconds=START_SECONDS) as client:
                rounds = Rounds(
                    self._dispatcher, installation, Person(client), seed=self._wanted.seed,
                    has_scrub=self._has_scrub,
                )  # fmt: skip
                while self._goes_on(number, until) and time.monotonic() < self._ends_at:
                    number += 1
                    played = await rounds.play(number, shape, self._load(number, deck))
                    self._report.rounds.append(played)
                    print(played.line(), flush=True)
                    for problem in played.problems:
                        print(f"    {problem}", flush=True)
                    if played.problems:
                        break
        finally:
            for problem in await installation.end():
                self._fail(problem)
        return number

    def _goes_on(self, number: int, until: int) -> bool:
        """Whether another round is due: after the last one, if some kill found nobody to kill."""
        is_short_of_kills = until == self._wanted.rounds and self._kills_done() < self._wanted.kills
        return number < until or is_short_of_kills

    def _load(self, number: int, deck: Deck) -> Load:
        """Spread the kills that are still to do over the rounds that are still to come."""
        left = max(0, self._wanted.kills - self._kills_done())
        rounds_left = max(1, self._wanted.rounds - number + 1)
        kills = -(-left // rounds_left)
        if rounds_left > 1 and kills > 1:
            kills += self._random.randint(-1, 1)
        is_short = self._wanted.is_short
        return Load(
            pictures=1 if is_short else self._random.randint(2, 4),
            trainings=int(number % 4 == 1) if is_short else 1,
            kills=kills,
            others=deck.deal(1 if is_short else self._random.randint(1, 3)),
            window_seconds=max(3.0, kills * SECONDS_A_KILL),
        )

    def _kills_done(self) -> int:
        mine = [played for played in self._report.rounds if played.dispatcher is self._dispatcher]
        return sum(played.faults.get(fault, 0) for played in mine for fault in KILLS)

    def _available(self, installation: Installation) -> set[Fault]:
        """Return the faults beside kills that can be tried here; what cannot is said."""
        available = set(Fault) - set(KILLS)
        if not installation.disk.is_small:
            self._note("no full disk: mounting a tmpfs needs root")
            available.discard(Fault.FILL_DISK)
        if installation.server is None:
            available -= _SERVER_FAULTS
        self._has_scrub = can_scrub()
        if not self._has_scrub:
            self._note("NO ORPHAN CHECK: this version has no likeness scrub")
        return available

    def _note(self, text: str) -> None:
        self._report.notes.append(f"{self._dispatcher.value}: {text}")
        print(self._report.notes[-1], flush=True)

    def _fail(self, text: str) -> None:
        self._report.failures.append(f"{self._dispatcher.value}: {text}")

    @asynccontextmanager
    async def _installation(self) -> AsyncIterator[Installation]:
        """Make the folder, the disk and the server; keep what is left of them only where something went wrong."""
        folder = Path(tempfile.mkdtemp(prefix=f"lk-chaos-{self._dispatcher.value[0]}-"))
        (folder / "log").mkdir()
        disk, server = SmallDisk(folder / "d"), None
        try:
            if self._dispatcher is Dispatcher.POSTGRES:
                programs = servers.binaries()
                if programs is None:
                    raise FileNotFoundError("this machine has no PostgreSQL server: install postgresql")
                server = PostgresServer(folder, programs)
                server.create()
                await server.start()
            yield Installation(folder, disk, server)
        except BaseException as error:
            self._fail(f"the run broke: {type(error).__name__}: {error}")
            raise
        finally:
            if server is not None:
                server.stop()
            await asyncio.to_thread(self._clear, folder, disk)

    def _clear(self, folder: Path, disk: SmallDisk) -> None:
        if self._report.is_good:
            disk.unmount()
            shutil.rmtree(folder)
            return
        disk.keep(folder / "kept")
        disk.unmount()
        print(f"{self._dispatcher.value}: data and logs are kept in {folder}", flush=True)
