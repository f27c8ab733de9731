"""Whose turn it is, counted: a newcomer beside a flood, Free beside Pro, users of one workspace."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from benchmarks import report
from benchmarks.queue.installations import dispatchers, installation, opened
from benchmarks.queue.office import LANE, Asked, Office, OfficePart
from benchmarks.queue.processes import Part, Turn, running
from benchmarks.queue.stand_in import Note, WorkerPart, heard
from core.queue.jobs import Jobs
from core.queue.specs import GenerateResult
from core.settings import Settings
from core.store.records import JobRecord

FLOOD = 1_000
NEWCOMERS = {0: "enterprise", 1: "free", 10: "enterprise", 20: "free", 100: "enterprise", 200: "free"}
"""The newcomers' plans, by how many of the flood's jobs have started when they ask. The flood is of an Enterprise
workspace, which has the largest weight and the most places: nobody can stand more in the way."""
JOB_SECONDS = 0.02
TURNS = 200
RIVALS = 5


def run() -> None:
    """Count on both dispatchers, and write the figures."""
    figures: dict[str, Any] = {"benchmark": "whose turn it is; counts, not times"}
    for dispatcher in dispatchers():
        flood = {f"{gpus} GPUs": _newcomers(dispatcher, gpus) for gpus in (1, 4)}
        figures[dispatcher] = {f"newcomers beside {FLOOD} jobs": flood, **_shares(dispatcher)}
    report.write("queue-fairness", figures)


# A flood, with real workers that have room for one job each


def _newcomers(dispatcher: str, gpus: int) -> dict[str, Any]:
    with installation(dispatcher) as settings:
        office = OfficePart(settings)
        workers = [WorkerPart(settings, job_seconds=JOB_SECONDS, lanes={LANE: 1}) for _ in range(gpus)]
        with running(office, *workers):
            flood = {office.ask("flood").job_id for _ in range(FLOOD)}
            for worker in workers:
                worker.begin()
            passed = _ask_as_newcomers(office, workers, flood)
    counts = {f"{NEWCOMERS[so_many]}, asked after {so_many}": count for so_many, count in passed.items()}
    most = max(passed.values())
    return {
        "flood_jobs_started_before_the_newcomers": counts,
        "most": most,
        "allowed": gpus,
        "is_met": most <= gpus,
    }


def _ask_as_newcomers(office: OfficePart, workers: Sequence[WorkerPart], flood: set[str]) -> dict[int, int]:
    """Let a newcomer ask whenever that much of the flood has started; count what starts before its job."""
    passed: dict[int, int] = {}
    started: list[Note] = []

    def listen() -> None:
        started.extend(note for note in heard(workers) if note.what == "started")

    for so_many, plan in NEWCOMERS.items():
        while sum(note.job_id in flood for note in started) < so_many:
            listen()
        asked = office.ask(f"newcomer-{so_many}", plan)
        while asked.job_id not in {note.job_id for note in started}:
            listen()
        passed[so_many] = _between(started, asked, flood)
    return passed


def _between(started: Sequence[Note], asked: Asked, flood: set[str]) -> int:
    """Count the flood's jobs that started after the newcomer's was in line and before it started."""
    own = next(note.at for note in started if note.job_id == asked.job_id)
    return sum(note.job_id in flood and asked.ended < note.at < own for note in started)


# Shares, one turn after the other


def _shares(dispatcher: str) -> dict[str, Any]:
    with installation(dispatcher) as settings:
        part = Part(open_hall, settings)
        with running(part):
            return part.turn()


@asynccontextmanager
async def open_hall(settings: Settings) -> AsyncGenerator[Turn]:
    """Count turns in a process with one worker's claims."""
    async with opened(settings) as (jobs, dispatch):
        hall = Hall(jobs, Office(jobs, dispatch))

        async def turn() -> dict[str, Any]:
            return {"free beside 5 pro": await hall.free_beside_pro(), "users": await hall.users()}

        yield turn


class Hall:
    """Workspaces that always have a job waiting, and one worker."""

    def __init__(self, jobs: Jobs, office: Office) -> None:
        self._jobs = jobs
        self._office = office
        self._askers: dict[str, str] = {}

    async def free_beside_pro(self) -> dict[str, Any]:
        """Give out turns while one Free and five Pro workspaces always have jobs queued."""
        plans = {f"pro-{number}": "pro" for number in range(RIVALS)} | {"free": "free"}
        weights = {"pro": 4, "free": 1}
        for name, plan in plans.items():
            for _ in range(4):
                await self._ask(name, plan)
        order: list[str] = []
        for _ in range(TURNS):
            name, _ = await self._serve()
            order.append(name)
            await self._ask(name, plans[name])
        turns = [number for number, name in enumerate(order) if name == "free"]
        return {
            "share_of_turns": len(turns) / len(order),
            "share_by_weight": weights["free"] / sum(weights[plan] for plan in plans.values()),
            "longest_wait_turns": max(b - a for a, b in zip([-1, *turns], turns, strict=False)) - 1,
            "turns": len(order),
        }

    async def users(self) -> dict[str, Any]:
        """Let one user queue forty jobs and another four; count the turns until the second has had all four."""
        while await self._serve_if_any():
            pass
        for user, times in (("ana", 40), ("ben", 4)):
            for _ in range(times):
                await self._ask("team", "pro", user)
        order: list[str] = []
        while order.count("ben") < 4:
            order.append((await self._serve())[1])
        return {"order": " ".join(order), "turns_by_user": dict(Counter(order))}

    async def _ask(self, name: str, plan: str, user: str = "ana") -> None:
        asked = await self._office.ask(
            name, plan, user, credits=0
        )  # the month's credits of Free are soon spent
        self._askers[asked.job_id] = name

    async def _serve(self) -> tuple[str, str]:
        """Do the next job; return its workspace and its user."""
        served = await self._serve_if_any()
        assert served is not None
        return served

    async def _serve_if_any(self) -> tuple[str, str] | None:
        claim = await self._jobs.claim(LANE, worker_id="w")
        if claim is None:
            return None
        await self._jobs.finish(claim, GenerateResult(()))
        return self._askers[claim.job_id], (await JobRecord.get(id=claim.job_id)).user_id
