"""One process a turn, whatever the clock does."""

from __future__ import annotations

import asyncio

import pytest

from core.ticks import claim_tick
from tests.conftest import MovableClock


async def turns(clock: MovableClock, processes: int = 4) -> int:
    claims = [claim_tick("scrub", 60, clock()) for _ in range(processes)]
    return sum(await asyncio.gather(*claims))


async def test_one_of_many_gets_each_turn(database: None, clock: MovableClock) -> None:
    for _ in range(3):
        assert await turns(clock) == 1
        assert await turns(clock) == 0
        clock.advance(seconds=60)


@pytest.mark.parametrize("days", [1, -1])
async def test_a_clock_that_jumps_stops_no_timer(database: None, clock: MovableClock, days: int) -> None:
    assert await turns(clock) == 1
    clock.jump(days=days)
    assert await turns(clock) == 1
    assert await turns(clock) == 0
    clock.advance(seconds=60)
    assert await turns(clock) == 1
