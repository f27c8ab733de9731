"""Wiring, and nothing else: settings → database → front-ends → inbox, delivery and timers."""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
from collections.abc import AsyncGenerator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager

from bot.commands.drafting import resume
from bot.console.frontend import Console
from bot.context import Context
from bot.delivery import Delivery
from bot.frontend import Frontend
from bot.housekeeping import start_sweeps
from bot.inbox import Inbox
from core import demo_models
from core.clock import Clock, utc_now
from core.processes import exit_with_parent
from core.queue.jobs import Jobs
from core.rules.plans import load_plans
from core.settings import Settings
from core.store.blobs import Blobs
from core.store.database import open_database
from core.store.records import WorkspaceRecord


def configured_frontends(settings: Settings, blobs: Blobs) -> Sequence[Frontend]:
    """Return the front-ends that the settings ask for; the console is always there."""
    return (Console(settings, blobs),)


@asynccontextmanager
async def open_context(settings: Settings, clock: Clock = utc_now) -> AsyncGenerator[Context]:
    """Open everything that commands need, and close it again."""
    # spawn: a forked copy of a process with running threads and sockets is not safe to use.
    processes = ProcessPoolExecutor(
        settings.feedback_processes,
        multiprocessing.get_context("spawn"),
        # A pool's processes wait on a pipe that they hold open themselves: they would wait for ever.
        initializer=exit_with_parent,
        initargs=(signal.SIGKILL,),
    )
    blobs = Blobs(settings.resolved_storage_dir)
    frontends = {frontend.platform: frontend for frontend in configured_frontends(settings, blobs)}
    try:
        async with open_database(settings):
            yield Context(
                settings=settings,
                plans=load_plans(settings.plans_file),
                blobs=blobs,
                jobs=Jobs(settings, clock),
                frontends=frontends,
                photo_processes=processes,
                clock=clock,
            )
    finally:
        processes.shutdown(cancel_futures=True)


async def serve(settings: Settings) -> None:
    """Run the bot until it is cancelled."""
    async with open_context(settings) as context:
        await run(context)


async def run(context: Context) -> None:
    """Answer, deliver and sweep until cancelled; what an earlier process left half-done goes on first."""
    inbox = Inbox(context)
    for workspace in await WorkspaceRecord.all():  # this release may bring the shipped models anew
        await demo_models.install(workspace.id, context.blobs)
    sweeps = start_sweeps(context)
    try:
        await resume(context)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(inbox.run())
            tasks.create_task(Delivery(context).run())
            for frontend in context.frontends.values():
                tasks.create_task(frontend.run(inbox.accept))
    finally:
        sweeps.shutdown(wait=False)
