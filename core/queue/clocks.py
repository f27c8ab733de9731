"""The virtual clocks behind `core.rules.turns`, as rows. Call these in a transaction."""

from __future__ import annotations

from collections.abc import Mapping

from core.store.records import TurnClockRecord


async def read(*names: str) -> list[float]:
    """Return what the clocks show, in the order asked for; one that never moved shows 0."""
    rows = await TurnClockRecord.filter(name__in=names).values_list("name", "reading")
    shown = {str(name): float(reading) for name, reading in rows}
    return [shown.get(name, 0.0) for name in names]


async def move(readings: Mapping[str, float]) -> None:
    """Set clocks that only whoever holds their workspace may move."""
    moved = [TurnClockRecord(name=name, reading=reading) for name, reading in readings.items()]
    await TurnClockRecord.bulk_create(moved, on_conflict=["name"], update_fields=["reading"])


async def advance(name: str, reading: float) -> None:
    """Move a clock forward that anybody may move; it never goes back."""
    if await TurnClockRecord.filter(name=name, reading__lt=reading).update(reading=reading):
        return
    # The row may be there already, also by somebody else's hand a moment ago: then nothing happens.
    await TurnClockRecord.bulk_create([TurnClockRecord(name=name, reading=reading)], ignore_conflicts=True)
