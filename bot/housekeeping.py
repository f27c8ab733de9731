"""Sweeps: what time alone has to do.

Each sweep reads due rows, so nothing is lost when a process dies between two of them. The timer fires in
every bot process; a row that is moved by compare-and-set lets one of them run the sweep.
"""
# pyright: basic, reportMissingTypeStubs=false
# (apscheduler ships no types)

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger
from tortoise.exceptions import IntegrityError

from bot import cards
from bot.context import Context
from bot.frontend import FrontendUnavailable
from bot.requests import Requester, ThreadAddress
from core import drafts, intake
from core.store.records import (
    DraftRecord,
    DraftState,
    InboxRecord,
    PhotoRecord,
    TickRecord,
    WorkspaceRecord,
)

log = logging.getLogger(__name__)

STALLED_EVERY_SECONDS = 5
EXPIRY_EVERY_SECONDS = 600
INBOX_KEPT = timedelta(days=7)
"""How long a request's key is remembered against repeats; platforms repeat within minutes."""

EXPIRED = "Nobody came back to this for a day, so its photos are erased. Start again with /train."


def start_sweeps(context: Context) -> AsyncIOScheduler:
    """Start the timers; `shutdown()` of what is returned ends them."""
    scheduler = AsyncIOScheduler()
    sweeps: list[tuple[str, int, Callable[[Context], Awaitable[object]]]] = [
        ("stalled", STALLED_EVERY_SECONDS, return_stalled),
        ("expiry", EXPIRY_EVERY_SECONDS, expire),
    ]
    for name, every_seconds, sweep in sweeps:
        scheduler.add_job(
            run_if_due, IntervalTrigger(seconds=every_seconds), args=(context, name, every_seconds, sweep),
            coalesce=True, max_instances=1,
        )  # fmt: skip
    scheduler.start()
    return scheduler


async def run_if_due(
    context: Context, name: str, every_seconds: int, sweep: Callable[[Context], Awaitable[object]]
) -> bool:
    """Run the sweep if no other process did so since it was last due."""
    now = context.clock()
    due_next = now + timedelta(seconds=every_seconds * 0.9)
    tick = await TickRecord.get_or_none(name=name)
    if tick is None:
        try:
            await TickRecord.create(name=name, due_at=due_next)
        except IntegrityError:
            return False
    elif await TickRecord.filter(name=name, due_at=tick.due_at, due_at__lte=now).update(due_at=due_next) == 0:
        return False
    await sweep(context)
    return True


async def return_stalled(context: Context) -> None:
    """Queue the jobs of silent workers again."""
    if await context.jobs.return_stalled():
        context.wake_worker()


async def expire(context: Context) -> None:
    """Close drafts that nobody came back to, erase their photos, and forget old requests."""
    now = context.clock()
    idle_since = now - timedelta(hours=context.settings.draft_expiry_hours)
    idle = DraftRecord.filter(updated_at__lt=idle_since, platform__in=list(context.frontends))
    for draft in await idle.exclude(state__in=[DraftState.CLOSED, DraftState.QUEUED]):
        await _expire_draft(context, draft)
    await InboxRecord.filter(handled_at__lt=now - INBOX_KEPT).delete()


async def _expire_draft(context: Context, draft: DraftRecord) -> None:
    record = await WorkspaceRecord.get(id=draft.workspace_id)
    thread = ThreadAddress(draft.platform, draft.thread)
    requester = Requester(draft.platform, record.external_id, draft.requester_id, "", thread)
    workspace = await context.workspace_of(requester)
    photo_ids = [photo.photo_id for photo in await drafts.photos(draft) if photo.is_new]
    if not await drafts.close(draft, EXPIRED):
        return
    try:
        await cards.show_draft(context, workspace, draft)
    except FrontendUnavailable:
        log.warning("action=expiry_not_told draft=%s", draft.id)
    await drafts.erase(draft)
    photos = await PhotoRecord.filter(id__in=photo_ids, workspace_id=workspace.id)
    await intake.discard_unused(workspace, context.blobs, photos)
