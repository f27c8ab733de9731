"""Wiring, and nothing else: settings → database → front-ends → inbox, delivery and timers."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from collections.abc import AsyncGenerator, Collection, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from functools import partial

from bot.commands.drafting import resume
from bot.connections import Connections
from bot.console.frontend import Console
from bot.context import Context
from bot.delivery import Delivery
from bot.frontend import Frontend
from bot.housekeeping import start_sweeps
from bot.inbox import Inbox
from bot.reconcile import photos_in_review
from bot.slack.configuration import check_settings as check_slack
from bot.slack.configuration import is_on as is_on_slack
from bot.stored_doors import StoredDoors
from core import demo_models
from core.clock import Clock, utc_now
from core.patience import patiently
from core.processes import exit_with_parent
from core.queue.dispatch import open_dispatch
from core.queue.jobs import Jobs
from core.rules.plans import load_plans
from core.settings import Settings
from core.store.blobs import Blobs, open_blobs
from core.store.database import open_database
from core.store.records import WorkspaceRecord

RESUME_AGAIN_SECONDS = 30.0
"""Between two tries to go on with drafts whose platform could not be told of it."""


def configured_frontends(settings: Settings, blobs: Blobs, clock: Clock = utc_now) -> Sequence[Frontend]:
    """Return the front-ends that the settings ask for; the console is always there.

    Raises:
        ConfigurationError: A setting of one cannot work.
    """
    frontends: list[Frontend] = [Console(settings, blobs)]
    if settings.discord_token.get_secret_value():
        # Imported where it is wanted: its libraries take most of a second that a console alone need not wait.
        from bot.discord.frontend import Discord, Time

        in_review = partial(photos_in_review, "discord")
        frontends.append(Discord(settings, blobs, StoredDoors("discord"), in_review, Time(clock)))
    check_slack(settings)
    if is_on_slack(settings):
        from bot.slack.frontend import Slack
        from bot.slack.frontend import Time as SlackTime

        in_review = partial(photos_in_review, "slack")
        frontends.append(Slack(settings, blobs, StoredDoors("slack"), in_review, SlackTime(clock)))
    return frontends


@asynccontextmanager
async def open_context(settings: Settings, clock: Clock = utc_now) -> AsyncGenerator[Context]:
    """Open everything that commands need, and close it again."""
    # spawn: a forked copy of a process with running threads and sockets is not safe to use.
    processes = ProcessPoolExecutor(
        settings.feedback_processes,
        multiprocessing.get_context("spawn"),
        # A pool's processes wait on a pipe that they hold open themselves: they would wait for ever.
        initializer=exit_with_parent,
        initargs=(os.getpid(), signal.SIGKILL),
    )
    blobs = open_blobs(settings)
    frontends = {frontend.platform: frontend for frontend in configured_frontends(settings, blobs, clock)}
    try:
        async with open_database(settings), open_dispatch(settings) as dispatch:
            yield Context(
                settings=settings,
                plans=load_plans(settings.plans_file),
                blobs=blobs,
                dispatch=dispatch,
                jobs=Jobs(settings, dispatch, clock),
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
    settings = context.settings
    connections = Connections(beat_seconds=settings.heartbeat_seconds, lease_seconds=settings.lease_seconds)
    inbox = Inbox(context, platforms=tuple)  # each platform is adopted when its connection is held
    held = partial(_platforms_held, context, connections)
    delivery = Delivery(context, platforms=held, hand_on=inbox.accept)
    await patiently(lambda: _bring_demo_models(context), "demo models")
    sweeps = start_sweeps(context)
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(inbox.run())
            tasks.create_task(delivery.run())
            for frontend in context.frontends.values():
                tasks.create_task(_serve(context, connections, inbox, frontend))
    finally:
        sweeps.shutdown(wait=False)


async def _serve(context: Context, connections: Connections, inbox: Inbox, frontend: Frontend) -> None:
    """Serve a platform, alone among all bot processes where it allows only one."""

    async def talk() -> None:
        """Hear the platform at once, go on with what an earlier process left, and only then answer."""
        inbox.hold_back(frontend.platform)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(frontend.run(inbox.accept))
            left = await _resume(context, frontend)
            await inbox.adopt(frontend.platform)
            while left and not running.done():
                await asyncio.sleep(RESUME_AGAIN_SECONDS)
                left = await _resume(context, frontend, left)

    if frontend.connection is None:
        await talk()
    else:
        await connections.hold(frontend.connection, talk)


async def _resume(context: Context, frontend: Frontend, only: Collection[str] | None = None) -> list[str]:
    platform = frontend.platform
    return await patiently(lambda: resume(context, platform, only), f"drafts of {platform}")


def _platforms_held(context: Context, connections: Connections) -> Collection[str]:
    held = {None, *connections.held()}
    return [name for name, frontend in context.frontends.items() if frontend.connection in held]


async def _bring_demo_models(context: Context) -> None:
    """Give every workspace the shipped models as this release has them."""
    for workspace in await WorkspaceRecord.all():
        await demo_models.install(workspace.id, context.blobs)
