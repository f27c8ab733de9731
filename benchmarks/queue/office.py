"""The asking side: workspaces that ask for pictures, in a process of their own."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from benchmarks.queue.installations import opened
from benchmarks.queue.processes import Part, Turn
from core.clock import utc_now
from core.queue.dispatch import Dispatch
from core.queue.jobs import Jobs, NewJob
from core.queue.specs import GenerateSpec
from core.rules.plans import load_plans
from core.settings import Settings
from core.store.database import transaction
from core.store.records import JobRecord
from core.workspace import Workspace, open_workspace

LANE = "generate.tiny"


@dataclass(frozen=True)
class Asked:
    """A job that was asked for; times in seconds of the monotonic clock."""

    job_id: str
    began: float
    ended: float
    """When the asker's transaction was committed and the workers woken."""


class Office:
    """Asks and cancels for any workspace by its name."""

    def __init__(self, jobs: Jobs, dispatch: Dispatch) -> None:
        self.jobs = jobs
        self._dispatch = dispatch
        self._plans = load_plans()
        self._workspaces: dict[str, Workspace] = {}

    async def ask(self, name: str, plan: str = "enterprise", user: str = "ana", credits: int = 1) -> Asked:
        """Ask for one picture, as the bot does."""
        workspace = await self.open(name, plan)
        spec = GenerateSpec(workspace.id, "a red mug on a beach", (), "tiny", 1, 7, 64, 64)
        new = NewJob(
            workspace.id, user, spec, credits, "console", "main",
            weight=workspace.plan.weight, jobs_at_once=workspace.plan.jobs_at_once,
        )  # fmt: skip
        began = time.monotonic()
        async with transaction():
            job = await self.jobs.enqueue(new)
        await self._dispatch.wake_idle()
        assert job is not None, "the workspace's credits are spent"
        return Asked(job.id, began, time.monotonic())

    async def open(self, name: str, plan: str) -> Workspace:
        """Return the workspace of that name, made at its first word."""
        if name not in self._workspaces:
            self._workspaces[name], _ = await open_workspace(
                "console", name, default_plan=plan, plans=self._plans, now=utc_now()
            )
        return self._workspaces[name]

    async def cancel(self, job_id: str) -> float:
        """Cancel a job; return the time just before."""
        job = await JobRecord.get(id=job_id)
        began = time.monotonic()
        await self.jobs.cancel(job)
        return began


@asynccontextmanager
async def open_office(settings: Settings) -> AsyncGenerator[Turn]:
    """Run an office in a process."""
    async with opened(settings) as (jobs, dispatch):
        office = Office(jobs, dispatch)

        async def turn(action: str, *words: str) -> Asked | float:
            return await getattr(office, action)(*words)

        yield turn


class OfficePart(Part):
    """An office in a process of its own."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(open_office, settings)

    def ask(self, name: str = "office", plan: str = "enterprise", user: str = "ana") -> Asked:
        """Ask for one picture."""
        return self.turn("ask", name, plan, user)

    def cancel(self, job_id: str) -> float:
        """Cancel a job; return the time just before."""
        return self.turn("cancel", job_id)
