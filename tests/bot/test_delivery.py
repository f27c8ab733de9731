"""Every ending told exactly once, by any of several bots, whatever happens to them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, cast

import pytest

from bot.delivery import CARD_GRACE_SECONDS, CARD_LOOK_SECONDS, Delivery
from bot.replies import ImagesReady, JobCancelled, JobDone, JobFailed, JobQueued, JobRunning, ModelReady
from bot.requests import ImagineRequest
from core.queue import outbox
from core.queue.dispatch import Dispatch
from core.queue.outbox import LONGEST_RETRY_SECONDS, MAX_ATTEMPTS, Outbox
from core.queue.progress import FIRST_IN_LINE
from core.queue.workers import Announcement, announce
from core.rules.kinds import JobKind
from core.rules.turns import lane_of
from core.store.records import JobRecord, JobStatus, OutboxPartRecord, OutboxRecord
from tests.bot.conftest import Chat, PhotoMaker
from tests.conftest import MovableClock
from tests.fakes.store import counted_statements, store_outage


class Bots:
    """Bot processes over one database and one platform."""

    def __init__(self, chat: Chat) -> None:
        self.chat = chat
        self.clock = cast(MovableClock, chat.context.clock)

    def start(self, platforms: Callable[[], set[str]] | None = None, **changes: Any) -> Delivery:
        settings = self.chat.context.settings
        endings = Outbox(settings, self.clock, self.clock.monotonic, lambda: 0.5)
        return Delivery(replace(self.chat.context, **changes), platforms=platforms, endings=endings)

    async def ask(self, count: int = 1) -> list[JobRecord]:
        """Queue jobs whose cards were never posted, so that their endings are messages."""
        for _ in range(count):
            await self.chat.ask(ImagineRequest(self.chat.person(), "a mug"))
        await JobRecord.all().update(card_message=None)
        self.chat.frontend.messages.clear()
        return await JobRecord.all().order_by("created_at")

    async def end(self, count: int = 1) -> list[JobRecord]:
        """Leave as many endings."""
        jobs = await self.ask(count)
        for job in jobs:
            await self.chat.context.jobs.cancel(job)
        self.clock.advance(seconds=CARD_GRACE_SECONDS)
        return jobs

    async def untold(self) -> int:
        return await OutboxRecord.filter(delivered_at=None).count()


@pytest.fixture
def bots(chat: Chat) -> Bots:
    return Bots(chat)


async def test_two_bots_tell_fifty_endings_once_each(chat: Chat, bots: Bots) -> None:
    await bots.end(50)
    await asyncio.gather(*(bots.start().deliver_due() for _ in range(2)))
    assert len(chat.frontend.of_type(JobCancelled)) == 50
    told = [count for nonce, count in chat.frontend.asked.items() if nonce.startswith("e")]
    assert told == [1] * 50, "the platform did not even have to look twice"
    assert await bots.untold() == 0


async def test_a_bot_that_freezes_after_the_post_is_followed_and_the_message_is_one(
    chat: Chat, bots: Bots
) -> None:
    await bots.end()
    frozen, second = bots.start(), bots.start()
    chat.frontend.answers_after = answer = asyncio.Event()
    telling = asyncio.create_task(frozen.deliver_due())
    await chat.frontend.has_stored.wait()
    await second.deliver_due()
    assert await bots.untold() == 1, "it waits for the lease"
    bots.clock.advance(seconds=31)
    await second.deliver_due()
    assert await bots.untold() == 0
    answer.set()
    await telling
    assert len(chat.frontend.messages) == 1
    assert await bots.untold() == 0


async def test_a_bot_that_dies_between_post_and_mark_is_followed_and_the_message_is_one(
    chat: Chat, bots: Bots
) -> None:
    await bots.end()
    second = bots.start()
    chat.frontend.answers_after = asyncio.Event()
    dying = asyncio.create_task(bots.start().deliver_due())
    await chat.frontend.has_stored.wait()
    with store_outage():  # it writes nothing more
        dying.cancel()
        await asyncio.gather(dying, return_exceptions=True)
    await second.deliver_due()
    bots.clock.advance(seconds=31)
    await second.deliver_due()
    assert len(chat.frontend.messages) == 1
    assert await bots.untold() == 0


async def test_a_bot_that_is_stopped_in_the_middle_hands_the_ending_on_at_once(
    chat: Chat, bots: Bots
) -> None:
    await bots.end()
    chat.frontend.answers_after = asyncio.Event()
    stopping = asyncio.create_task(bots.start().deliver_due())
    await chat.frontend.has_stored.wait()
    stopping.cancel()
    await asyncio.gather(stopping, return_exceptions=True)
    await bots.start().deliver_due()
    assert len(chat.frontend.messages) == 1
    assert await bots.untold() == 0


async def test_news_that_stand_are_not_told_again_because_the_card_had_to_wait(
    chat: Chat, bots: Bots, photo: PhotoMaker
) -> None:
    chat.delivery = bots.start()
    await chat.train(photo(1))
    await chat.press("Looks right")
    await chat.press("Start")
    chat.frontend.fails_after = 1
    await chat.work()
    chat.card(ModelReady)
    assert not chat.frontend.of_type(JobDone)
    chat.frontend.fails_after = None
    bots.clock.advance(seconds=1)
    await bots.start().deliver_due()
    chat.card(ModelReady)
    chat.card(JobDone)
    assert [count for nonce, count in chat.frontend.asked.items() if nonce.startswith("n")] == [1]


async def test_a_training_that_release_1_ended_is_told_with_its_news(
    chat: Chat, bots: Bots, photo: PhotoMaker
) -> None:
    chat.delivery = bots.start(platforms=set)
    await chat.train_to_the_end(photo(1))
    await OutboxPartRecord.all().delete()
    await bots.start().deliver_due()
    chat.card(ModelReady)
    chat.card(JobDone)


async def test_a_platform_that_is_down_for_long_is_told_when_somebody_asks_for_it(
    chat: Chat, bots: Bots
) -> None:
    await bots.end()
    bot = bots.start()
    chat.frontend.is_down = True
    waits: list[float] = []
    for _ in range(MAX_ATTEMPTS):
        await bot.deliver_due()
        row = await OutboxRecord.get()
        waits.append((row.next_attempt_at - bots.clock()).total_seconds())
        bots.clock.advance(seconds=LONGEST_RETRY_SECONDS)
    assert waits[:5] == pytest.approx([0.5, 1, 2, 4, 8])
    assert max(waits) == LONGEST_RETRY_SECONDS / 2
    chat.frontend.is_down = False
    await bot.deliver_due()
    assert not chat.frontend.messages
    assert len(await outbox.dead_letters()) == 1
    await outbox.redeliver(bots.clock())
    await bot.deliver_due()
    chat.card(JobCancelled)


@pytest.mark.parametrize("days", [1, -1])
async def test_a_clock_that_jumps_neither_repeats_nor_delays_an_ending(
    chat: Chat, bots: Bots, days: int
) -> None:
    await bots.end(3)
    frozen, other = bots.start(), bots.start()
    chat.frontend.answers_after = answer = asyncio.Event()
    telling = asyncio.create_task(frozen.deliver_due())
    await chat.frontend.has_stored.wait()
    bots.clock.jump(days=days)
    await other.deliver_due()
    await other.deliver_due()
    assert await bots.untold() == 1, "the one that is being told stays with its bot"
    answer.set()
    await telling
    assert await bots.untold() == 0
    assert sorted(count for nonce, count in chat.frontend.asked.items() if nonce.startswith("e")) == [1, 1, 1]


async def test_a_bug_in_one_ending_stops_no_other(
    chat: Chat, bots: Bots, caplog: pytest.LogCaptureFixture
) -> None:
    first, *_ = await bots.end(3)
    chat.frontend.breaks_on = {f"e{first.id[:24]}"}
    await bots.start().deliver_due()
    assert len(chat.frontend.of_type(JobCancelled)) == 2
    assert "fault=KeyError" in caplog.text
    assert "secret prototype" not in caplog.text
    chat.frontend.breaks_on = set()
    bots.clock.advance(seconds=1)
    await bots.start().deliver_due()
    assert len(chat.frontend.of_type(JobCancelled)) == 3


async def test_a_bot_speaks_only_where_it_holds_the_connection(chat: Chat, bots: Bots) -> None:
    await bots.end()
    held: set[str] = set()
    bot = bots.start(platforms=lambda: held)
    await bot.deliver_due()
    assert not chat.frontend.messages
    held.add("memory")
    await bot.deliver_due()
    chat.card(JobCancelled)


class HandEars:
    """A dispatcher's ears that hear when the test says so."""

    def __init__(self) -> None:
        self.is_listening = asyncio.Semaphore(0)
        self.calls = asyncio.Semaphore(0)

    @asynccontextmanager
    async def ears(self, _: str):
        yield self

    async def wait(self, timeout_seconds: float) -> None:
        self.is_listening.release()
        await self.calls.acquire()


async def test_the_loop_outlives_the_database(
    chat: Chat, bots: Bots, caplog: pytest.LogCaptureFixture
) -> None:
    await bots.end()
    hand = HandEars()
    bot = bots.start(dispatch=cast(Dispatch, hand))
    with store_outage():
        running = asyncio.create_task(bot.run())
        for _ in range(3):
            await hand.is_listening.acquire()
            hand.calls.release()
        await hand.is_listening.acquire()
    assert caplog.text.count("delivery_waits_for_store") == 1, "said once, not at each look"
    hand.calls.release()
    await hand.is_listening.acquire()
    chat.card(JobCancelled)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_an_ending_that_could_not_be_marked_is_told_again_and_its_message_is_one(
    chat: Chat, bots: Bots, caplog: pytest.LogCaptureFixture
) -> None:
    await bots.end()
    bot = bots.start()
    chat.frontend.answers_after = answer = asyncio.Event()
    telling = asyncio.create_task(bot.deliver_due())
    await chat.frontend.has_stored.wait()
    with store_outage():
        answer.set()
        await asyncio.gather(telling, return_exceptions=True)
    await bot.deliver_due()
    bots.clock.advance(seconds=31)
    await bot.deliver_due()
    assert len(chat.frontend.messages) == 1
    assert await bots.untold() == 0


async def test_a_job_that_ends_while_its_card_is_being_posted_becomes_one_message(
    chat: Chat, bots: Bots
) -> None:
    chat.frontend.answers_after = answer = asyncio.Event()
    asking = asyncio.create_task(chat.ask(ImagineRequest(chat.person(), "a mug")))
    await chat.frontend.has_stored.wait()
    await chat.context.jobs.fail(await chat.claim(), "It did not work out.")
    bot = bots.start()
    await bot.deliver_due()
    assert await bots.untold() == 1
    answer.set()
    await asking
    bots.clock.advance(seconds=CARD_LOOK_SECONDS)
    await bot.deliver_due()
    chat.card(JobFailed)
    assert len(chat.frontend.messages) == 1


# Progress


async def test_a_card_that_was_told_its_ending_does_not_go_back(chat: Chat, bots: Bots) -> None:
    """One bot's edit of the progress is on its way while another one tells the ending."""
    slow, other = bots.start(), bots.start()
    await chat.ask(ImagineRequest(chat.person(), "a mug"))
    claim = await chat.claim()
    await chat.context.jobs.report_progress(claim, done=5, total=20, seconds_left=1.0)

    async def ending() -> None:
        await chat.context.jobs.fail(claim, "It did not work out.")
        await other.deliver_due()

    chat.frontend.before_next_edit = ending
    await slow.follow_open_jobs()
    assert chat.frontend.of_type(JobRunning)
    await slow.deliver_due()
    assert not chat.frontend.of_type(JobRunning)
    assert len(chat.frontend.messages) == 1


async def queue_many(chat: Chat, count: int) -> None:
    """Put jobs in line, each with its card."""
    await chat.ask(ImagineRequest(chat.person(), "a mug"))
    pattern = await JobRecord.get()
    await JobRecord.all().delete()
    chat.frontend.messages.clear()
    rows: list[JobRecord] = []
    for number in range(count):
        message = f"card{number}"
        row = JobRecord(
            workspace_id=pattern.workspace_id, user_id="ana", kind=JobKind.GENERATE, base_model="tiny",
            lane="generate.tiny", sort_key=float(number), spec=pattern.spec, platform="memory", thread="t1",
            card_message=message, credits=1,
        )  # fmt: skip
        chat.frontend.messages[message] = cast(Any, None)
        rows.append(row)
    await JobRecord.bulk_create(rows)


async def test_a_thousand_queued_jobs_cost_no_more_than_the_first_fifty(chat: Chat, bots: Bots) -> None:
    await queue_many(chat, 1000)
    bot = bots.start()
    await bot.follow_open_jobs()
    assert [card.ahead for card in chat.frontend.of_type(JobQueued)] == list(range(FIRST_IN_LINE))
    with counted_statements() as statements:
        await bot.follow_open_jobs()
    assert len(statements) < 10, "nothing is new, so nothing is asked for each job"


async def test_cards_follow_the_line(chat: Chat, bots: Bots) -> None:
    await queue_many(chat, 3)
    bot = bots.start()
    await bot.follow_open_jobs()
    first = await JobRecord.get(sort_key=0.0)
    await JobRecord.filter(id=first.id).update(status=JobStatus.FAILED)
    await bot.follow_open_jobs()
    shown = chat.frontend.messages
    assert [cast(JobQueued, shown[f"card{number}"]).ahead for number in (1, 2)] == [0, 1]


async def test_a_queued_job_is_told_that_a_worker_has_come(chat: Chat, bots: Bots, photo: PhotoMaker) -> None:
    await chat.ask(ImagineRequest(chat.person(), "a mug"))
    bot = bots.start()
    await bot.follow_open_jobs()
    assert not chat.card(JobQueued).is_worker_online
    comes = Announcement("w", {"tiny": "a" * 64}, (lane_of(JobKind.GENERATE, "tiny"),), "CPU", 0)
    await announce(comes, chat.context.clock())
    await bot.follow_open_jobs()
    assert chat.card(JobQueued).is_worker_online


async def test_pictures_arrive_in_the_card_of_their_job(chat: Chat, bots: Bots) -> None:
    chat.delivery = bots.start()
    await chat.ask(ImagineRequest(chat.person(), "a mug"))
    await chat.work()
    chat.card(ImagesReady)
    assert len(chat.frontend.messages) == 1
