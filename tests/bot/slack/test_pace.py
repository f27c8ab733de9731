"""How fast we call: by waiting for one's turn, so that Slack never has to say that it was too fast."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest

from bot.slack.limits import CALLS_A_MINUTE, SPARE_CALLS
from bot.slack.pace import POST, Pace
from core.store.blobs import Blobs
from tests.bot.slack.outbound import Outbound
from tests.conftest import MovableClock
from tests.fakes.slack import FakeSlack
from tests.fakes.slack.pace import PER_MINUTE


@pytest.fixture
async def slack(fake_slack: FakeSlack, blobs: Blobs) -> AsyncIterator[Outbound]:
    async with Outbound.open(fake_slack, blobs) as outbound:
        fake_slack.pace.enforced = True
        yield outbound


async def call(pace: Pace, method: str) -> None:
    async with pace.turn(method, "T1", "C1"):
        pass


async def test_a_channel_gets_one_message_a_second_however_many_wait(slack: Outbound) -> None:
    posts = [slack.post("Here.", f"n{number}", await slack.thread()) for number in range(12)]
    await asyncio.gather(*posts)

    times = slack.fake.pace.posts(slack.studio.id)
    assert len(times) == 12
    assert all(later - earlier >= 1 for earlier, later in pairwise(times))


async def test_channels_do_not_wait_for_each_other(slack: Outbound) -> None:
    for name in ("one", "two", "three"):
        await slack.post("Here.", name, slack.address(slack.fake.channel(name)))

    assert slack.waits == []


async def test_many_edits_that_matter_wait_for_their_minute(slack: Outbound) -> None:
    ref = await slack.post(slack.queued(), "j1")
    for number in range(70):
        await slack.posting.edit(ref, slack.flagged(decision=f"Decision {number}."))

    assert "Decision 69." in slack.message(ref).text()
    assert sum(slack.waits) >= 60


async def test_calls_are_taken_in_the_order_in_which_they_came(clock: MovableClock) -> None:
    async def wait(seconds: float) -> None:
        clock.advance(seconds=seconds)
        await asyncio.sleep(0)

    pace, done = Pace(monotonic=clock.monotonic, wait=wait), []

    async def post(number: int) -> None:
        async with pace.turn(POST, "T1", "C1"):
            done.append(number)

    await asyncio.gather(*(post(number) for number in range(5)))

    assert done == [0, 1, 2, 3, 4]
    assert clock.monotonic() == pytest.approx(4.4)


async def test_who_stops_waiting_does_not_keep_the_others(clock: MovableClock) -> None:
    never = asyncio.Event()

    async def wait(seconds: float) -> None:
        await never.wait()

    pace = Pace(monotonic=clock.monotonic, wait=wait)
    await call(pace, POST)
    waiting = asyncio.create_task(call(pace, POST))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    clock.advance(seconds=2)
    await call(pace, POST)


async def test_a_call_that_takes_long_keeps_the_next_one_waiting(clock: MovableClock) -> None:
    async def wait(seconds: float) -> None:
        clock.advance(seconds=seconds)

    pace, answered = Pace(monotonic=clock.monotonic, wait=wait), asyncio.Event()

    async def slow() -> None:
        async with pace.turn(POST, "T1", "C1"):
            await answered.wait()

    first = asyncio.create_task(slow())
    second = asyncio.create_task(call(pace, POST))
    await asyncio.sleep(0)
    clock.advance(seconds=20)
    answered.set()
    await asyncio.gather(first, second)

    assert clock.monotonic() == pytest.approx(21.1)


async def test_progress_leaves_calls_for_what_matters(clock: MovableClock) -> None:
    pace = Pace(monotonic=clock.monotonic)
    for _ in range(CALLS_A_MINUTE["chat.update"] - SPARE_CALLS):
        assert pace.has_plenty("chat.update", "T1")
        await call(pace, "chat.update")

    assert not pace.has_plenty("chat.update", "T1")
    assert pace.has_plenty("chat.update", "T2")
    clock.advance(minutes=2)
    assert pace.has_plenty("chat.update", "T1")


async def test_the_limits_are_those_that_slack_publishes(fake_slack: FakeSlack) -> None:
    published = {method: PER_MINUTE[fake_slack.specification.tiers[method]] for method in CALLS_A_MINUTE}

    assert published == CALLS_A_MINUTE
