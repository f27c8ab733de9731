"""Endings in the outbox: claimed by one, told part by part, tried again with patience."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from datetime import timedelta

import pytest

from core.errors import ClaimLost
from core.queue import outbox
from core.queue.outbox import (
    FIRST_RETRY_SECONDS,
    LONGEST_RETRY_SECONDS,
    MAX_ATTEMPTS,
    Outbox,
    Telling,
)
from core.settings import Settings
from core.store.database import transaction
from core.store.records import JobKind, JobRecord, JobStatus, OutboxPartRecord, OutboxRecord, new_id
from tests.conftest import MovableClock

NewOutbox = Callable[..., Outbox]


@pytest.fixture
def new_outbox(database: None, settings: Settings, clock: MovableClock) -> NewOutbox:
    """Makes the outbox of one more bot process."""

    def make(random_share: Callable[[], float] = lambda: 0.5) -> Outbox:
        return Outbox(settings, clock, clock.monotonic, random_share)

    return make


async def ended(
    clock: MovableClock, kind: JobKind = JobKind.GENERATE, status: JobStatus = JobStatus.FAILED
) -> JobRecord:
    """Leave the ending of a job."""
    job = await JobRecord.create(
        workspace_id=new_id(), user_id="ana", kind=kind, base_model="tiny", status=status, sort_key=0.0,
        spec="{}", platform="memory", thread="t1", credits=1,
    )  # fmt: skip
    async with transaction():
        await outbox.leave(job, status, clock())
    return job


async def claim(of: Outbox) -> Telling:
    [row] = await of.due(["memory"])
    telling = await of.claim(row)
    assert telling is not None
    return telling


async def names(of: Outbox, telling: Telling) -> list[str]:
    job = await JobRecord.get(id=telling.job_id)
    return [part.name for part in await of.parts(telling, job)]


async def wait_seconds(clock: MovableClock) -> float:
    return ((await OutboxRecord.get()).next_attempt_at - clock()).total_seconds()


@pytest.mark.parametrize(
    ("kind", "status", "expected"),
    [
        (JobKind.TRAIN, JobStatus.SUCCEEDED, ["news", "card"]),
        (JobKind.TRAIN, JobStatus.FAILED, ["card"]),
        (JobKind.TRAIN, JobStatus.CANCELLED, ["card"]),
        (JobKind.GENERATE, JobStatus.SUCCEEDED, ["card"]),
    ],
)
@pytest.mark.parametrize("was_left_by_release_1", [False, True])
async def test_only_a_finished_training_is_news(
    new_outbox: NewOutbox,
    clock: MovableClock,
    kind: JobKind,
    status: JobStatus,
    expected: list[str],
    was_left_by_release_1: bool,
) -> None:
    await ended(clock, kind, status)
    if was_left_by_release_1:
        await OutboxPartRecord.all().delete()
    process = new_outbox()
    assert await names(process, await claim(process)) == expected


async def test_a_row_is_given_to_one_of_many(new_outbox: NewOutbox, clock: MovableClock) -> None:
    await ended(clock)
    processes = [new_outbox() for _ in range(8)]
    seen = [(await process.due(["memory"]))[0] for process in processes]
    claims = [process.claim(row) for process, row in zip(processes, seen, strict=True)]
    assert sum(telling is not None for telling in await asyncio.gather(*claims)) == 1


async def test_a_message_that_was_told_is_not_told_again_when_the_rest_has_to_wait(
    new_outbox: NewOutbox, clock: MovableClock
) -> None:
    job = await ended(clock, JobKind.TRAIN, JobStatus.SUCCEEDED)
    process = new_outbox()
    telling = await claim(process)
    news, _ = await process.parts(telling, job)
    await process.mark_part_told(telling, news)
    await process.postpone(telling)
    clock.advance(seconds=FIRST_RETRY_SECONDS)
    other = new_outbox()
    assert await names(other, await claim(other)) == ["card"]


async def test_who_lost_the_claim_writes_nothing_more(new_outbox: NewOutbox, clock: MovableClock) -> None:
    job = await ended(clock)
    frozen, other = new_outbox(), new_outbox()
    stale = await claim(frozen)
    [part] = await frozen.parts(stale, job)
    await other.due(["memory"])
    clock.advance(seconds=31)
    await claim(other)
    for write in (
        frozen.mark_part_told(stale, part),
        frozen.mark_told(stale),
        frozen.postpone(stale),
        frozen.let_go(stale),
        frozen.renew(stale),
    ):
        with pytest.raises(ClaimLost):
            await write
    row = await OutboxRecord.get()
    assert (row.delivered_at, row.attempts) == (None, 0)
    assert (await OutboxPartRecord.get()).delivered_at is None


async def test_who_renews_keeps_the_claim(new_outbox: NewOutbox, clock: MovableClock) -> None:
    await ended(clock)
    slow, other = new_outbox(), new_outbox()
    telling = await claim(slow)
    for _ in range(20):
        assert await other.due(["memory"]) == []
        clock.advance(seconds=5)
        await slow.renew(telling)
    await slow.mark_told(telling)


@pytest.mark.parametrize("days", [1, -1])
async def test_a_clock_that_jumps_takes_nothing_from_the_living_and_leaves_nothing_with_the_dead(
    new_outbox: NewOutbox, clock: MovableClock, days: int
) -> None:
    await ended(clock)
    await claim(new_outbox())
    other = new_outbox()
    assert await other.due(["memory"]) == []
    clock.jump(days=days)
    assert await other.due(["memory"]) == []
    clock.advance(seconds=31)
    await claim(other)


async def test_a_retry_that_was_set_before_the_clock_jumped_back_is_due(
    new_outbox: NewOutbox, clock: MovableClock
) -> None:
    await ended(clock)
    process = new_outbox()
    clock.jump(days=1)
    await process.postpone(await claim(process))
    clock.jump(days=-1)
    await claim(process)


async def test_the_wait_grows_and_is_spread(new_outbox: NewOutbox, clock: MovableClock) -> None:
    await ended(clock)
    shares = random.Random(5)
    process = new_outbox(shares.random)
    spread = random.Random(5)
    for attempt in range(14):
        await process.postpone(await claim(process))
        limit_seconds = min(FIRST_RETRY_SECONDS * 2**attempt, LONGEST_RETRY_SECONDS)
        assert await wait_seconds(clock) == pytest.approx(limit_seconds * spread.random(), abs=1e-5)
        clock.advance(seconds=limit_seconds)


async def test_what_was_given_up_is_kept_and_tried_again_on_demand(
    new_outbox: NewOutbox, clock: MovableClock
) -> None:
    job = await ended(clock)
    process = new_outbox()
    for _ in range(MAX_ATTEMPTS):
        await process.postpone(await claim(process))
        clock.advance(seconds=LONGEST_RETRY_SECONDS)
    assert await process.due(["memory"]) == []
    assert [letter.job_id for letter in await outbox.dead_letters()] == [job.id]
    assert await outbox.redeliver(clock()) == 1
    assert await outbox.dead_letters() == []
    await process.postpone(await claim(process))
    assert await outbox.dead_letters() == [], "its patience begins anew"


async def test_a_card_that_was_written_over_is_told_again_and_its_news_is_not(
    new_outbox: NewOutbox, clock: MovableClock
) -> None:
    job = await ended(clock, JobKind.TRAIN, JobStatus.SUCCEEDED)
    process = new_outbox()
    telling = await claim(process)
    for part in await process.parts(telling, job):
        await process.mark_part_told(telling, part)
    await process.mark_told(telling)
    await outbox.tell_card_again(job.id, clock())
    assert await names(process, await claim(process)) == ["card"]


async def test_a_card_that_is_written_over_while_it_is_told_is_told_again(
    new_outbox: NewOutbox, clock: MovableClock
) -> None:
    job = await ended(clock)
    process = new_outbox()
    telling = await claim(process)
    await outbox.tell_card_again(job.id, clock())
    with pytest.raises(ClaimLost):
        await process.mark_told(telling)
    await claim(process)


async def test_endings_of_other_platforms_are_left_alone(new_outbox: NewOutbox, clock: MovableClock) -> None:
    await ended(clock)
    clock.advance(seconds=timedelta(days=1).total_seconds())
    assert await new_outbox().due(["elsewhere"]) == []
