"""One round after another on one installation: work, faults, quiet, and then the checks."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from tests.chaos import checks, files
from tests.chaos.faults import Fault, Injector, plan
from tests.chaos.installation import Dispatcher, Installation, Shape
from tests.chaos.people import Person
from tests.chaos.report import RoundReport
from tests.chaos.rows import Row, Rows, Unreadable
from tests.chaos.thread import Posts

SETTLE_SECONDS = 150.0
"""Far above what a loaded machine needs to come to rest after the last fault."""
_LOOK_SECONDS = 0.25
_APOLOGY = "Something went wrong on my side"
"""How the bot answers a request that it could not handle: allowed, and counted, because people see it."""


@dataclass(frozen=True)
class Load:
    """What a round asks for and what goes wrong in it."""

    pictures: int
    trainings: int
    kills: int
    others: tuple[Fault, ...]
    window_seconds: float


class Rounds:
    """Plays rounds on an installation that is running, with one person at its console."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        installation: Installation,
        person: Person,
        *,
        seed: int,
        has_scrub: bool,
    ) -> None:
        self._dispatcher = dispatcher
        self._installation = installation
        self._person = person
        self._seed = seed
        self._has_scrub = has_scrub

    async def play(self, number: int, shape: Shape, load: Load) -> RoundReport:
        """Play one round and look at what it left."""
        random = Random(f"{self._seed}/{self._dispatcher}/{number}")
        planned = plan(random, load.kills, load.others, load.window_seconds)
        injector = Injector(self._installation, random)
        started = time.monotonic()
        asking = asyncio.create_task(self._ask(number, load, random))
        await injector.bring_about(planned)
        quiet = time.monotonic()
        problems = await self._settle(asking)
        settled = time.monotonic()
        if not problems:
            problems = await self._problems(shape)
        return RoundReport(
            dispatcher=self._dispatcher,
            number=number,
            shape=shape.name,
            faults=dict(injector.done),
            killed_young=injector.killed_young,
            jobs=dict(Counter(job["status"] for job in _jobs_or_none(self._installation.rows))),
            seconds=time.monotonic() - started,
            settled_seconds=settled - quiet,
            apologies=Posts(self._installation.thread_path).says(_APOLOGY),
            problems=tuple(problems),
        )

    async def _ask(self, number: int, load: Load, random: Random) -> None:
        """Ask for everything at moments of the window, so that faults find work in every state."""
        waits = [random.uniform(0, load.window_seconds / 2) for _ in range(load.pictures)]

        async def paint(wait_seconds: float, seed: int) -> None:
            await asyncio.sleep(wait_seconds)
            await self._person.paints(seed)

        async with asyncio.TaskGroup() as tasks:
            for index in range(load.trainings):
                name = f"Mug {self._dispatcher.value[0].upper()}{number}-{index}"
                is_regretted = random.random() < 0.2
                tasks.create_task(self._person.trains(name, is_regretted=is_regretted))
            for index, wait_seconds in enumerate(waits):
                tasks.create_task(paint(wait_seconds, 100 * number + index))

    async def _settle(self, asking: asyncio.Task[None]) -> list[str]:
        """Wait until everybody has asked and everything has come to its end."""
        left: object = "somebody still asks, or waits for an answer"
        try:
            async with asyncio.timeout(SETTLE_SECONDS):
                await asking
                while True:
                    try:
                        left = checks.open_work(self._installation.rows)
                        if not any(left.values()):
                            return []
                    except Unreadable as error:
                        left = f"database: {error}"
                    await asyncio.sleep(_LOOK_SECONDS)
        except TimeoutError:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            open_jobs = [job for job in _jobs_or_none(self._installation.rows) if job["ended_at"] is None]
            return [f"not at rest after {SETTLE_SECONDS:g} s: {left}", *map(str, open_jobs)]

    async def _problems(self, shape: Shape) -> list[str]:
        rows, posts = self._installation.rows, Posts(self._installation.thread_path)
        jobs = jobs_of(rows)
        problems = [
            *checks.jobs_problems(jobs, rows, shape.max_attempts),
            *checks.thread_problems(jobs, posts),
            *checks.ledger_problems(jobs, rows),
            *checks.requests_problems(self._person.accepted, rows, posts),
        ]
        if self._has_scrub:
            problems += await files.scrubbed_problems(self._installation)
        return problems


def jobs_of(rows: Rows) -> list[Row]:
    """Return every job, with the handle that it trains."""
    jobs = rows.select(
        "SELECT id, kind, status, attempts, credits, reason, card_message, spec, lease_expires_at,"
        " worker_id, ended_at FROM job ORDER BY created_at"
    )
    for job in jobs:
        job["handle"] = json.loads(job.pop("spec")).get("handle", "")
    return jobs


def _jobs_or_none(rows: Rows) -> Sequence[Row]:
    try:
        return jobs_of(rows)
    except Unreadable:
        return ()
