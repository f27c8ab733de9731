"""Faults in the middle of a training, with the whole bot behind Discord: one ending, and nothing lost."""

from __future__ import annotations

import asyncio

import pytest

from core.queue.outbox import LONGEST_RETRY_SECONDS, Outbox
from core.store.records import OutboxRecord
from tests.bot.conftest import PhotoMaker
from tests.bot.discord.whole_bot import DONE, READY, WholeBot
from tests.fakes.discord import RESET_AFTER_STORING, RESET_BEFORE, rate_limited, server_error
from tests.fakes.discord.faults import Fault

pytestmark = pytest.mark.database

POST = "/channels/{channel_id}/messages"
EDIT = "/channels/{channel_id}/messages/{message_id}"
TO_WRITE = ("send_messages", "send_messages_in_threads")


async def test_a_thread_deleted_in_mid_training_ends_in_its_channel(
    whole_bot: WholeBot, photo: PhotoMaker
) -> None:
    thread = await whole_bot.trains(photo(1))
    await whole_bot.fake.faults.delete_thread(thread)
    await whole_bot.finish()

    news = await whole_bot.assert_told_once()
    assert news.channel is whole_bot.place


async def test_progress_that_moves_to_the_channel_calls_nobody(
    whole_bot: WholeBot, photo: PhotoMaker
) -> None:
    thread = await whole_bot.trains(photo(1))
    await whole_bot.fake.faults.delete_thread(thread)
    whole_bot.clock.advance(minutes=1)
    await whole_bot.gets_on(40)
    card = await whole_bot.reads("40 %")
    assert card.channel is whole_bot.place
    assert whole_bot.calls == []
    await whole_bot.finish()

    await whole_bot.assert_told_once()
    assert DONE in card.text(), "the card that moved is the one that ends"


async def test_a_channel_that_closes_after_its_thread_was_deleted_ends_in_private(
    whole_bot: WholeBot, photo: PhotoMaker
) -> None:
    thread = await whole_bot.trains(photo(1))
    await whole_bot.fake.faults.delete_thread(thread)
    for name in ("view_channel", *TO_WRITE):
        await whole_bot.fake.faults.revoke(name)
    await whole_bot.finish()

    news = await whole_bot.assert_told_once()
    assert news.channel is whole_bot.mia.direct_channel()


async def test_whoever_cannot_be_told_in_the_server_is_told_in_private_at_once_and_not_again(
    whole_bot: WholeBot, photo: PhotoMaker
) -> None:
    await whole_bot.trains(photo(1))
    for name in TO_WRITE:
        await whole_bot.fake.faults.revoke(name)
    await whole_bot.finish()
    await whole_bot.is_told()
    for name in TO_WRITE:
        await whole_bot.fake.faults.grant(name)
    whole_bot.clock.advance(minutes=30)

    news = await whole_bot.assert_told_once()
    assert news.channel is whole_bot.mia.direct_channel()


async def test_whoever_cannot_be_told_anywhere_is_told_when_the_permission_is_back(
    whole_bot: WholeBot, photo: PhotoMaker
) -> None:
    thread = await whole_bot.trains(photo(1))
    whole_bot.mia.user.takes_direct_messages = False
    for name in TO_WRITE:
        await whole_bot.fake.faults.revoke(name)
    await whole_bot.finish()
    await whole_bot.until_rows(OutboxRecord.filter(attempts__gt=0).exists)
    assert whole_bot.said(READY) == []
    for name in TO_WRITE:
        await whole_bot.fake.faults.grant(name)
    whole_bot.clock.advance(seconds=LONGEST_RETRY_SECONDS)

    news = await whole_bot.assert_told_once()
    assert news.channel is thread


async def test_a_training_that_outlives_its_interaction_ends_in_its_thread(
    whole_bot: WholeBot, photo: PhotoMaker
) -> None:
    thread = await whole_bot.trains(photo(1))
    for done in (30, 60, 90):  # the edits go on when they are rationed, an hour after the post
        whole_bot.clock.advance(minutes=25)
        await whole_bot.gets_on(done)
        await whole_bot.reads(f"{done} %")
    await whole_bot.finish()

    news = await whole_bot.assert_told_once()
    assert news.channel is thread
    assert len(news.pictures()) == 1


@pytest.mark.parametrize("noted", [0, 1], ids=["after the news", "after the card"])
async def test_a_bot_killed_between_a_post_and_its_note_says_it_once(
    whole_bot: WholeBot, photo: PhotoMaker, monkeypatch: pytest.MonkeyPatch, noted: int
) -> None:
    await whole_bot.trains(photo(1))
    mark, marked, is_posted = Outbox.mark_part_told, 0, asyncio.Event()

    async def mark_or_hang(*which: object) -> None:
        nonlocal marked
        if marked == noted:
            is_posted.set()
            await asyncio.Event().wait()
        marked += 1
        await mark(*which)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Outbox, "mark_part_told", mark_or_hang)
        await whole_bot.finish()
        await is_posted.wait()
        await whole_bot.kill()
    assert len(whole_bot.said(READY)) == 1
    whole_bot.clock.advance(minutes=1)
    await whole_bot.start_after_kill()

    await whole_bot.assert_told_once()


FAULTS = [
    pytest.param(RESET_BEFORE, 1, id="cut before it was stored"),
    pytest.param(RESET_AFTER_STORING, 1, id="cut after it was stored"),
    pytest.param(rate_limited(), 2, id="429"),
    pytest.param(server_error(500), 1, id="500"),
    pytest.param(server_error(503), 1, id="503"),
    pytest.param(server_error(500), 12, id="500 for longer than anybody waits"),
    pytest.param(server_error(503), 3, id="503 for longer than anybody waits"),
    pytest.param(RESET_AFTER_STORING, 12, id="cut after it was stored, each time"),
]


@pytest.mark.parametrize(("fault", "times"), FAULTS)
@pytest.mark.parametrize(("verb", "route"), [("POST", POST), ("PATCH", EDIT)], ids=["news", "card"])
async def test_a_discord_that_is_unwell_at_the_ending_hears_it_once(
    whole_bot: WholeBot, photo: PhotoMaker, verb: str, route: str, fault: Fault, times: int
) -> None:
    await whole_bot.trains(photo(1))
    faults = whole_bot.fake.faults
    faults.next(verb, route, fault, times)
    await whole_bot.finish()

    async def is_told_in_the_end() -> bool:
        whole_bot.clock.advance(seconds=60)  # what is postponed comes to its time
        return not await OutboxRecord.filter(delivered_at=None).exists()

    await whole_bot.until_rows(is_told_in_the_end)
    await whole_bot.assert_told_once()
