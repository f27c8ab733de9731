"""What is asked twice, late, or of a bot that is gone: done once, and paid once, with the whole bot behind Discord."""

from __future__ import annotations

import asyncio

import pytest

from bot import housekeeping
from core.rules.kinds import JobKind
from core.store.records import DraftRecord, InboxRecord, JobRecord, TransferRecord
from tests.bot.conftest import PhotoMaker
from tests.bot.discord.whole_bot import WholeBot
from tests.fakes.discord import TIMEOUT

pytestmark = pytest.mark.database

POST = "/channels/{channel_id}/messages"
CALLBACK = "/interactions/{interaction_id}/{interaction_token}/callback"


async def test_an_interaction_told_twice_is_one_job_one_charge_and_one_card(whole_bot: WholeBot) -> None:
    fake = whole_bot.fake
    fake.faults.duplicate_interaction()
    await whole_bot.mia.slash(whole_bot.place, "imagine", prompt="a red mug")
    await fake.until(lambda: fake.count("POST", CALLBACK) == 2)
    await whole_bot.reads("Queued")
    await whole_bot.begin(JobKind.GENERATE)
    await whole_bot.finish()
    await whole_bot.assert_settled(whole_bot.claim.job_id)
    await whole_bot.restart()

    assert await JobRecord.all().count() == 1
    [card] = whole_bot.said("a red mug")
    assert len(card.pictures()) == 1


async def test_a_button_pressed_twice_at_once_starts_one_training(
    whole_bot: WholeBot, photo: PhotoMaker
) -> None:
    await whole_bot.asks_to_train(photo(1))
    await whole_bot.mia.press(await whole_bot.reads("Captions"), "Looks right")
    card = await whole_bot.reads("Ready to train")
    await asyncio.gather(*(whole_bot.mia.press(card, "Start") for _ in range(2)))
    await whole_bot.reads("Queued")
    await whole_bot.is_told()

    [job] = await JobRecord.all()
    assert await whole_bot.movements(job.id) == ["reserve"]
    assert len(whole_bot.said("Queued")) == 1


async def test_again_pressed_twice_at_once_is_two_wishes_each_made_once(whole_bot: WholeBot) -> None:
    await paints(whole_bot)
    [card] = whole_bot.said("a red mug")
    await asyncio.gather(*(whole_bot.mia.press(card, "Again") for _ in range(2)))
    await whole_bot.fake.until(lambda: len(whole_bot.said("Queued")) == 2)
    await whole_bot.is_told()
    assert await JobRecord.all().count() == 3


async def paints(whole_bot: WholeBot) -> None:
    """Mia gets her picture, and nothing goes on thinking."""
    asked = await whole_bot.mia.slash(whole_bot.place, "imagine", prompt="a red mug")
    await whole_bot.reads("Queued")
    await whole_bot.fake.until(lambda: asked.response is None or asked.response.is_deleted)
    await whole_bot.begin(JobKind.GENERATE)
    await whole_bot.finish()
    await whole_bot.assert_settled(whole_bot.claim.job_id)


async def test_a_picture_is_made_again_next_week_by_another_process(whole_bot: WholeBot) -> None:
    await paints(whole_bot)
    await whole_bot.stop()
    whole_bot.clock.advance(days=7)
    await whole_bot.start()
    [card] = whole_bot.said("a red mug")
    await whole_bot.mia.press(card, "Again")
    await whole_bot.reads("Queued")
    await whole_bot.begin(JobKind.GENERATE)
    await whole_bot.finish()

    await whole_bot.assert_settled(whole_bot.claim.job_id)
    assert [len(each.pictures()) for each in whole_bot.said("a red mug")] == [1, 1]


async def test_a_draft_of_last_week_says_that_it_is_over_and_has_nothing_to_press(
    whole_bot: WholeBot, photo: PhotoMaker
) -> None:
    await whole_bot.asks_to_train(photo(1))
    await whole_bot.mia.press(await whole_bot.reads("Captions"), "Looks right")
    card = await whole_bot.reads("Ready to train")
    await whole_bot.is_told()
    await whole_bot.stop()
    whole_bot.clock.advance(days=7)
    await whole_bot.start()
    await housekeeping.expire(whole_bot.context)
    await whole_bot.fake.until(lambda: "Start again with /train" in card.text())
    assert card.buttons() == []


async def test_start_pressed_next_week_on_a_draft_that_still_stands_trains_once(
    whole_bot: WholeBot, photo: PhotoMaker
) -> None:
    await whole_bot.asks_to_train(photo(1))
    await whole_bot.mia.press(await whole_bot.reads("Captions"), "Looks right")
    card = await whole_bot.reads("Ready to train")
    await whole_bot.is_told()
    await whole_bot.stop()
    whole_bot.clock.advance(days=7)
    await whole_bot.start()
    await whole_bot.mia.press(card, "Start")
    await whole_bot.reads("Queued")
    await whole_bot.begin(JobKind.TRAIN)
    await whole_bot.finish()

    await whole_bot.assert_told_once()


async def test_photos_whose_links_ended_before_they_were_read_are_asked_for_again(
    whole_bot: WholeBot, photo: PhotoMaker
) -> None:
    fake = whole_bot.fake
    fake.faults.next("POST", POST, TIMEOUT)
    await whole_bot.mia.slash(whole_bot.place, "imagine", prompt="a red mug")
    await fake.until(lambda: fake.faults.is_all_met)
    await whole_bot.asks_to_train(photo(1))  # waits in the same channel for an answer that does not come
    assert await InboxRecord.filter(handled_at=None).count() == 2
    await whole_bot.kill()
    fake.faults.release()
    whole_bot.clock.advance(hours=25)
    await whole_bot.start_after_kill()
    await whole_bot.is_told()
    await whole_bot.restart()

    [sentence] = whole_bot.said("no longer there on Discord")
    assert "Attach it again" in sentence.text()
    assert whole_bot.calls == [sentence]
    assert len(whole_bot.said("a red mug")) == 1
    assert not await DraftRecord.exists()
    assert fake.threads(whole_bot.place) == []
    [picture] = await JobRecord.all()
    [charge] = await TransferRecord.filter(job_id__isnull=False)
    assert charge.job_id == picture.id, "the training that did not come about cost nothing"
