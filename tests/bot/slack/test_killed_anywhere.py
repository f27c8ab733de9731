"""A bot killed at any of its requests, with the whole bot behind Slack: the next process goes on, and says it once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from core.store.records import DraftPhotoRecord, DraftRecord, JobRecord
from tests.bot.conftest import PhotoMaker
from tests.bot.slack.whole_bot import REMOVE, WholeBot


async def killed_at(bot: WholeBot, number: int, doing: Callable[[], Awaitable[object]]) -> None:
    """Do something, kill the bot as soon as it has made so many requests, and let the next process go on."""
    begun = len(bot.fake.requests)
    await doing()
    await bot.fake.until(lambda: len(bot.fake.requests) >= begun + number)
    await bot.kill()
    bot.clock.advance(minutes=1)
    await bot.start_after_kill()
    bot.clock.advance(minutes=6)  # what was not heard Slack tells again


@pytest.mark.parametrize("number", range(1, 5))
async def test_at_an_ending(whole_bot: WholeBot, photo: PhotoMaker, number: int) -> None:
    await whole_bot.trains(photo(1))
    await whole_bot.is_told()
    await killed_at(whole_bot, number, whole_bot.finish)

    await whole_bot.assert_told_once()


@pytest.mark.parametrize("number", range(1, 5))
async def test_at_an_ending_with_pictures(whole_bot: WholeBot, number: int) -> None:
    await whole_bot.mia.slash(whole_bot.place, "/imagine", "a red mug")
    card = await whole_bot.reads("Queued")
    await whole_bot.begin_painting()
    await whole_bot.is_told()
    await killed_at(whole_bot, number, whole_bot.finish)

    await whole_bot.assert_settled(whole_bot.claim.job_id)
    await whole_bot.restart()
    await whole_bot.is_told()
    assert [each.root for each in whole_bot.filed] == [card.root]
    assert len(card.images()) == 1


@pytest.mark.parametrize("number", range(1, 6))
async def test_at_the_beginning_of_a_draft(whole_bot: WholeBot, photo: PhotoMaker, number: int) -> None:
    await killed_at(whole_bot, number, lambda: whole_bot.asks_to_train(photo(1)))

    card = await whole_bot.reads("Captions")
    await whole_bot.is_told()
    assert await DraftRecord.all().count() == 1
    assert whole_bot.said("@red-mug") == [card]
    await whole_bot.accepts()
    await whole_bot.is_told()
    assert await JobRecord.all().count() == 1
    assert len(whole_bot.said("@red-mug")) == 1


@pytest.mark.parametrize("number", range(4, 16, 3))
async def test_at_the_photos_of_a_review(whole_bot: WholeBot, photo: PhotoMaker, number: int) -> None:
    photos = photo(1), photo(2, blur=8), photo(3, blur=8)
    await killed_at(whole_bot, number, lambda: whole_bot.asks_to_train(*photos))
    await whole_bot.until_rows(DraftPhotoRecord.filter(message__isnull=False).exists)
    await whole_bot.is_told()

    async def are_all_shown() -> bool:
        return await DraftPhotoRecord.filter(message__isnull=False).count() == 2

    await whole_bot.until_rows(are_all_shown)
    await whole_bot.fake.until(
        lambda: len([each for each in whole_bot.said("") if REMOVE in each.reactions]) == 2
    )
    flagged = [each for each in whole_bot.said("") if each.images()]
    assert len(flagged) == 2, "each flagged photo stands there once"
    for each in flagged:
        await whole_bot.mia.react(each, REMOVE)
    await whole_bot.reads("Captions")
    assert len(whole_bot.said("Captions")) == 1


async def test_at_the_beginning_of_a_training(whole_bot: WholeBot, photo: PhotoMaker) -> None:
    await whole_bot.asks_to_train(photo(1))
    await whole_bot.mia.press(await whole_bot.reads("Captions"), "Looks right")
    card = await whole_bot.reads("Ready to train")
    await whole_bot.is_told()
    await killed_at(whole_bot, 1, lambda: whole_bot.mia.press(card, "Start"))
    await whole_bot.reads("Queued")
    await whole_bot.is_told()

    [job] = await JobRecord.all()
    assert await whole_bot.movements(job.id) == ["reserve"]
    assert len(whole_bot.said("@red-mug")) == 1
