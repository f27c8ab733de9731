"""What one job asks of PostgreSQL: statements, transactions and rows written, for the sizing table.

The server's own counters give transactions and rows. Statements are counted in the driver, where both Tortoise's
and procrastinate's pass, without BEGIN and COMMIT. What a function or a trigger of procrastinate's does counts as
rows only.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row

from benchmarks import report
from benchmarks.queue.installations import POSTGRES, dispatchers, installation, opened, server_settings
from benchmarks.queue.office import LANE, Office
from benchmarks.queue.processes import Part, Turn, running
from benchmarks.queue.stand_in import USUAL_ROOM
from core.queue.dispatch import Dispatch
from core.queue.jobs import Claim, Jobs
from core.queue.specs import GenerateResult
from core.settings import Settings

JOBS = 100
HEARTBEATS = 20
WORKSPACES = 10
FLUSH_SECONDS = 1.0
"""A session hands in its counters when it ends; this is for the server to see that end."""
COUNTERS = """
    SELECT sum(n_tup_ins)::int AS rows_inserted, sum(n_tup_upd)::int AS rows_updated,
        sum(n_tup_del)::int AS rows_deleted,
        (SELECT xact_commit::int FROM pg_stat_database WHERE datname = current_database()) AS transactions
    FROM pg_stat_user_tables
"""


def run() -> None:
    """Count on PostgreSQL, and write the figures."""
    if POSTGRES not in dispatchers():
        return
    with installation(POSTGRES) as settings:
        _in_a_process(settings, "ask", WORKSPACES)  # the workspaces' own rows are not a job's
        _in_a_process(settings, "serve", WORKSPACES)
        asked = _in_a_process(settings, "ask", JOBS)
        served = _in_a_process(settings, "serve", JOBS)
        steps = _in_a_process(settings, "step", WORKSPACES)["statements_by_step"]
    per_job = {name: (asked["counts"][name] + served["counts"][name]) / JOBS for name in asked["counts"]}
    report.write(
        "queue-footprint",
        {
            "benchmark": f"what one job asks of PostgreSQL, mean of {JOBS}",
            "enqueue_per_job": {name: count / JOBS for name, count in asked["counts"].items()},
            "work_per_job": {name: count / JOBS for name, count in served["counts"].items()},
            "together_per_job": per_job,
            "statements_by_step": steps,
            "postgres_settings": server_settings(),
        },
    )


def _in_a_process(settings: Settings, phase: str, count: int) -> dict[str, Any]:
    """Do a phase in a process of its own; return what it and the server counted."""
    before = _counters(settings)
    part = Part(open_counting, settings)
    with running(part):
        answer = part.turn(phase, count)
    after = _counters(settings)
    counts = {name: after[name] - before[name] for name in after}
    return {"counts": {"statements": answer.pop("statements", 0), **counts}, **answer}


def _counters(settings: Settings) -> dict[str, int]:
    time.sleep(FLUSH_SECONDS)
    with psycopg.connect(settings.database_url) as connection:
        return connection.cursor(row_factory=dict_row).execute(COUNTERS).fetchone() or {}


@contextmanager
def _statements() -> Generator[list[int]]:
    """Count, in a list of one number, the statements that this process sends."""
    count, execute = [0], psycopg.AsyncCursor.execute

    async def counted(cursor: psycopg.AsyncCursor[Any], *arguments: Any, **options: Any) -> Any:
        count[0] += 1
        return await execute(cursor, *arguments, **options)

    psycopg.AsyncCursor.execute = counted  # pyright: ignore[reportAttributeAccessIssue] - it takes what it took
    try:
        yield count
    finally:
        psycopg.AsyncCursor.execute = execute


@asynccontextmanager
async def open_counting(settings: Settings) -> AsyncGenerator[Turn]:
    """Run one phase in a process."""
    async with opened(settings) as (jobs, dispatch):
        counting = Counting(jobs, dispatch)

        async def turn(phase: str, count: int) -> dict[str, Any]:
            return await getattr(counting, phase)(count)

        yield turn


class Counting:
    """The phases, each inside its own process."""

    def __init__(self, jobs: Jobs, dispatch: Dispatch) -> None:
        self._jobs = jobs
        self._dispatch = dispatch
        self._office = Office(jobs, dispatch)

    async def ask(self, count: int) -> dict[str, Any]:
        """Ask for so many jobs."""
        for number in range(WORKSPACES):
            await self._office.open(f"workspace-{number}", "enterprise")
        with _statements() as statements:
            for number in range(count):
                await self._office.ask(f"workspace-{number % WORKSPACES}")
            return {"statements": statements[0]}

    async def serve(self, count: int) -> dict[str, Any]:
        """Do so many jobs as a worker does: tickets, claims, endings, calls."""
        left, done = [count], asyncio.Event()

        async def finish(claim: Claim) -> None:
            await self._jobs.finish(claim, GenerateResult(()))
            left[0] -= 1
            if left[0] == 0:
                done.set()

        async def start(lane: str) -> asyncio.Task[None] | None:
            claim = await self._jobs.claim(lane, worker_id="w")
            return None if claim is None else asyncio.create_task(finish(claim))

        with _statements() as statements:
            serving = asyncio.create_task(self._dispatch.serve(USUAL_ROOM, start))
            await done.wait()
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
            return {"statements": statements[0]}

    async def step(self, count: int) -> dict[str, Any]:
        """Count each step alone; the claims stand beside their tickets, which nobody draws here."""
        claims: list[Claim] = []

        async def claim() -> None:
            taken = await self._jobs.claim(LANE, worker_id="w")
            assert taken is not None
            claims.append(taken)

        by_step = {
            "enqueue": await _mean(count, lambda: self._office.ask("workspace-0")),
            "claim": await _mean(count // 2, claim),
            "heartbeat": await _mean(HEARTBEATS, lambda: self._jobs.heartbeat(claims)),
            "finish": await _mean(len(claims), lambda: self._jobs.finish(claims.pop(), GenerateResult(()))),
        }
        return {"statements_by_step": by_step}


async def _mean(times: int, step: Callable[[], Awaitable[Any]]) -> float:
    """Return the mean number of statements of a step."""
    with _statements() as statements:
        for _ in range(times):
            await step()
        return statements[0] / times
