"""Timers that many processes share: each interval, one of them does the work."""

from __future__ import annotations

from datetime import datetime, timedelta

from tortoise.exceptions import IntegrityError

from core.store.records import TickRecord

EARLY = 0.9
"""The share of an interval after which the next one may begin: timers of several processes drift."""


async def claim_tick(name: str, every_seconds: float, now: datetime) -> bool:
    """Tell whether it is this process's turn to do what is due every so many seconds.

    Nobody else gets the same turn. When the clock has jumped back, a due time lies further ahead than an
    interval is long: nobody could have meant that, so it counts as due.
    """
    due_next = now + timedelta(seconds=every_seconds * EARLY)
    tick = await TickRecord.get_or_none(name=name)
    if tick is None:
        return await _begin(name, due_next)
    if now < tick.due_at <= now + timedelta(seconds=every_seconds):
        return False
    return await TickRecord.filter(name=name, due_at=tick.due_at).update(due_at=due_next) == 1


async def _begin(name: str, due_next: datetime) -> bool:
    try:
        await TickRecord.create(name=name, due_at=due_next)
    except IntegrityError:
        return False
    return True
