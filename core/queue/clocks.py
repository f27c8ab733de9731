"""The virtual clocks behind `core.rules.turns`, as rows. Call these in a transaction."""

from __future__ import annotations

from core.store.records import TurnClockRecord


async def read(name: str) -> float:
    """Return what a clock shows; one that never moved shows 0."""
    clock = await TurnClockRecord.get_or_none(name=name)
    return clock.reading if clock else 0.0


async def advance(name: str, reading: float) -> None:
    """Move a clock forward; it never goes back."""
    if await TurnClockRecord.filter(name=name, reading__lt=reading).update(reading=reading):
        return
    # The row may be there already, also by somebody else's hand a moment ago: then nothing happens.
    await TurnClockRecord.bulk_create([TurnClockRecord(name=name, reading=reading)], ignore_conflicts=True)
