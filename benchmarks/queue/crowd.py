"""Rows of many queued jobs, written in bulk, and one turn among them: claim, end, ask again."""

from __future__ import annotations

import random
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from procrastinate import App, PsycopgConnector
from procrastinate.jobs import Job, Status

from benchmarks.queue.installations import opened
from benchmarks.queue.office import LANE
from benchmarks.queue.processes import Turn
from core.clock import utc_now
from core.queue.dispatch import Dispatch
from core.queue.jobs import Claim, Jobs, NewJob
from core.queue.postgres import TASK
from core.queue.specs import GenerateResult, GenerateSpec, to_json
from core.rules.kinds import JobKind
from core.settings import Settings
from core.store.database import dialect, execute, psycopg_conninfo, transaction
from core.store.records import JobRecord, WorkspaceRecord

IN_LINE, WAITING = "jobs that stand in line", "jobs that wait for a place"
PLACES = 4
WAITING_WORKSPACES = 10
COST = 20.0
BATCH = 1_000


@asynccontextmanager
async def open_crowd(settings: Settings, case: str, depth: int, seed: int) -> AsyncGenerator[Turn]:
    """Fill a database with so many queued jobs; each turn returns seconds by step."""
    async with opened(settings) as (jobs, dispatch):
        tickets = await _fill(case, depth, random.Random(seed))
        if dialect(settings) == "sqlite":
            yield Crowd(jobs, dispatch, None).turn
            return
        await _add_tickets(tickets)
        await execute("ANALYZE")  # rows that come one by one are analysed as they come; these came at once
        async with App(connector=PsycopgConnector(conninfo=psycopg_conninfo(settings))).open_async() as app:
            yield Crowd(jobs, dispatch, app).turn


class Crowd:
    """One worker's view of a full table. `app` draws the tickets of PostgreSQL."""

    def __init__(self, jobs: Jobs, dispatch: Dispatch, app: App | None) -> None:
        self._jobs = jobs
        self._dispatch = dispatch
        self._app = app
        self._drawer: int | None = None

    async def turn(self) -> dict[str, float]:
        """Claim, end, and ask anew for the same workspace; return the seconds of each step."""
        seconds: dict[str, float] = {}
        ticket = None if self._app is None else await self._draw(self._app, seconds)
        began = time.perf_counter()
        claim = await self._jobs.claim(LANE, worker_id="w")
        seconds["claim"] = time.perf_counter() - began
        assert claim is not None
        if ticket is not None:
            seconds["ticket and claim"] = seconds["ticket"] + seconds["claim"]
        began = time.perf_counter()
        await self._jobs.finish(claim, GenerateResult(()))
        seconds["finish"] = time.perf_counter() - began
        if self._app is not None and ticket is not None:
            await self._app.job_manager.finish_job(ticket, Status.SUCCEEDED, delete_job=True)
        seconds["enqueue"] = await self._ask(claim)
        return seconds

    async def _draw(self, app: App, seconds: dict[str, float]) -> Job:
        if self._drawer is None:
            self._drawer = await app.job_manager.register_worker()
        began = time.perf_counter()
        ticket = await app.job_manager.fetch_job(queues=[LANE], worker_id=self._drawer)
        seconds["ticket"] = time.perf_counter() - began
        assert ticket is not None
        return ticket

    async def _ask(self, ended: Claim) -> float:
        new = NewJob(ended.spec.workspace_id, "ana", ended.spec, 0, "console", "main", jobs_at_once=PLACES)
        began = time.perf_counter()
        async with transaction():
            await self._jobs.enqueue(new)
        return time.perf_counter() - began


async def _fill(case: str, depth: int, chance: random.Random) -> int:
    """Write workspaces and jobs; return how many of the jobs stand in the lane."""
    count = WAITING_WORKSPACES if case == WAITING else -(-depth // PLACES)
    workspaces = [
        WorkspaceRecord(platform="console", external_id=str(n), plan="pro", jobs_at_once=PLACES)
        for n in range(count)
    ]
    await WorkspaceRecord.bulk_create(workspaces, batch_size=BATCH)
    in_line = WAITING_WORKSPACES * PLACES if case == WAITING else depth
    rows = [_row(workspaces[n % count], n, in_line, chance) for n in range(in_line)]
    if case == WAITING:
        rows += [_row(workspaces[n % count], n, 0, chance) for n in range(depth)]
    chance.shuffle(rows)
    await JobRecord.bulk_create(rows, batch_size=BATCH)
    return in_line


def _row(workspace: WorkspaceRecord, number: int, in_line: int, chance: random.Random) -> JobRecord:
    """Return a queued job; with `in_line` 0 it waits for a place."""
    spec = GenerateSpec(workspace.id, "a red mug on a beach", (), "tiny", 1, 7, 64, 64)
    start = chance.uniform(0.0, COST * in_line)
    place: dict[str, Any] = {"lane": None, "sort_key": 0.0}
    if in_line:
        place = {"lane": LANE, "sort_key": start, "deadline": start + COST}
    return JobRecord(
        workspace_id=workspace.id,
        user_id=f"user-{number % 7}",
        kind=JobKind.GENERATE,
        base_model="tiny",
        user_turn=COST * (1 + number),
        cost=COST,
        spec=to_json(spec),
        platform="console",
        thread="main",
        created_at=utc_now() - timedelta(milliseconds=chance.randrange(3_600_000)),
        **place,
    )


async def _add_tickets(count: int) -> None:
    """Defer as many tickets as jobs stand in the lane, in one statement."""
    await execute(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args)"
        " SELECT %s, %s, jsonb_build_object('lane', %s::varchar) FROM generate_series(1, %s)",
        [LANE, TASK, LANE, count],
    )
