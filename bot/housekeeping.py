"""Sweeps: what time alone has to do.

Each sweep reads due rows, so nothing is lost when a process dies between two of them. The timer fires in
every bot process, and `core.ticks` lets one of them run the sweep. A sweep that cannot reach the store is
run at its next time.
"""
# pyright: basic, reportMissingTypeStubs=false
# (apscheduler ships no types)

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from bot import cards
from bot.context import Context
from bot.flagged import forget_previews
from bot.frontend import FrontendUnavailable
from core import departures, drafts, intake
from core.errors import StoreUnavailable
from core.queue import looks, workers
from core.scrub import scrub
from core.store.records import (
    DraftRecord,
    DraftState,
    InboxRecord,
    InstallStateRecord,
    PhotoRecord,
)
from core.ticks import claim_tick

log = logging.getLogger(__name__)

STALLED_EVERY_SECONDS = 5
LINE_EVERY_SECONDS = 30
LOOKS_EVERY_SECONDS = 10
DEPARTED_EVERY_SECONDS = 10
ERASURE_EVERY_SECONDS = 3600
EXPIRY_EVERY_SECONDS = 600
SCRUB_EVERY_SECONDS = 6 * 3600
LONGEST_TIMER_SECONDS = 600
"""How often a process asks whether a rare sweep is due: it may not live for as long as the sweep's interval."""
INBOX_KEPT = timedelta(days=7)
"""How long a request's key is remembered against repeats; platforms repeat within minutes."""

EXPIRED = "Nobody came back to this for a day, so its photos are erased. Start again with /train."


@dataclass(frozen=True)
class Sweep:
    """Something to do now and then."""

    name: str
    every_seconds: int
    run: Callable[[Context], Awaitable[object]]
    is_everybodys: bool = False
    """Every process runs it, each time."""


async def return_stalled(context: Context) -> None:
    """Queue the jobs of silent workers again."""
    await context.jobs.return_stalled()


async def expire(context: Context) -> None:
    """Close drafts that nobody came back to, erase their photos, and forget old requests and installations begun."""
    now = context.clock()
    idle_since = now - timedelta(hours=context.settings.draft_expiry_hours)
    idle = DraftRecord.filter(updated_at__lt=idle_since, platform__in=list(context.frontends))
    for draft in await idle.exclude(state__in=[DraftState.CLOSED, DraftState.QUEUED]):
        await _expire_draft(context, draft)
    await InboxRecord.filter(handled_at__lt=now - INBOX_KEPT).delete()
    await InstallStateRecord.filter(expires_at__lt=now).delete()
    await looks.forget_told()


async def drop_looks(context: Context) -> None:
    """End the looks at photos that took too long: their drafts go on without."""
    count = await looks.drop_overdue(context.jobs, context.clock())
    if count:
        log.info("action=looks_dropped count=%d", count)


async def let_departed_go(context: Context) -> None:
    """End the work of workspaces that removed the bot."""
    count = await departures.stop_work(context.jobs, context.clock())
    if count:
        log.info("action=departed_stopped jobs=%d", count)


async def erase_departed(context: Context) -> None:
    """Erase what workspaces had that removed the bot long ago."""
    await departures.erase_overdue(context.blobs, context.clock())


async def scrub_files(context: Context) -> None:
    """Delete files that no row refers to, and report rows whose file is gone."""
    grace = timedelta(hours=context.settings.orphan_grace_hours)
    await scrub(context.blobs, grace=grace, now=context.clock())


async def keep_the_line(context: Context) -> None:
    """Make good what the dispatcher lost, give out places that nobody gave out, forget workers long gone."""
    await context.dispatch.recover()
    await context.jobs.admit_waiting()
    await workers.forget_silent(context.clock())


SWEEPS = (
    # Who is silent is seen by watching for a while, so every process has to watch by itself.
    Sweep("stalled", STALLED_EVERY_SECONDS, return_stalled, is_everybodys=True),
    Sweep("line", LINE_EVERY_SECONDS, keep_the_line),
    Sweep("looks", LOOKS_EVERY_SECONDS, drop_looks),
    Sweep("departed", DEPARTED_EVERY_SECONDS, let_departed_go),
    Sweep("erasure", ERASURE_EVERY_SECONDS, erase_departed),
    Sweep("expiry", EXPIRY_EVERY_SECONDS, expire),
    Sweep("scrub", SCRUB_EVERY_SECONDS, scrub_files),
)


def start_sweeps(context: Context) -> AsyncIOScheduler:
    """Start the timers; `shutdown()` of what is returned ends them."""
    scheduler = AsyncIOScheduler()
    for sweep in SWEEPS:
        timer_seconds = min(sweep.every_seconds, LONGEST_TIMER_SECONDS)
        scheduler.add_job(
            run_if_due, IntervalTrigger(seconds=timer_seconds), args=(context, sweep),
            coalesce=True, max_instances=1,
        )  # fmt: skip
    scheduler.start()
    return scheduler


async def run_if_due(context: Context, sweep: Sweep) -> bool:
    """Run the sweep if no other process did so since it was last due."""
    try:
        if not sweep.is_everybodys and not await claim_tick(sweep.name, sweep.every_seconds, context.clock()):
            return False
        await sweep.run(context)
    except StoreUnavailable:
        log.warning("action=sweep_postponed sweep=%s", sweep.name)
        return False
    return True


async def _expire_draft(context: Context, draft: DraftRecord) -> None:
    workspace = await context.workspace_of(await context.requester_of(draft))
    photo_ids = [photo.photo_id for photo in await drafts.photos(draft) if photo.is_new]
    if not await drafts.close(draft, EXPIRED):
        return
    try:
        await cards.show_draft(context, workspace, draft)
    except FrontendUnavailable:
        log.warning("action=expiry_not_told draft=%s", draft.id)
    await forget_previews(context, workspace, draft)
    await drafts.erase(draft)
    photos = await PhotoRecord.filter(id__in=photo_ids, workspace_id=workspace.id)
    await intake.discard_unused(workspace, context.blobs, photos)
