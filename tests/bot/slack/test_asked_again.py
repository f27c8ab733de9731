"""What is asked twice, late, or of a bot that is gone: done once, and paid once, with the whole bot behind Slack."""

from __future__ import annotations

import asyncio

import pytest

from bot import housekeeping
from core.rules.kinds import JobKind
from core.store.records import DraftRecord, InboxRecord, JobRecord, PhotoRecord, TransferRecord
from tests.bot.conftest import PhotoMaker
from tests.bot.slack.whole_bot import WORDS, WholeBot, as_file
from tests.fakes.slack import TIMEOUT


async def assert_one_draft(bot: WholeBot) -> None:
    """One draft stands there, with one card, and nothing is charged yet."""
    await bot.reads("Captions")
    await bot.is_told()
    assert await DraftRecord.all().count() == 1
    assert await PhotoRecord.all().count() == 1
    assert len(bot.said("@red-mug")) == 1
    assert not await TransferRecord.filter(job_id__isnull=False).exists()


async def assert_one_training(bot: WholeBot) -> None:
    """One training stands in line, charged once, with one card."""
    await bot.reads("Queued")
    await bot.is_told()
    [job] = await JobRecord.all()
    assert await bot.movements(job.id) == ["reserve"]
    assert len(bot.said("Queued")) == 1


async def test_a_mention_with_photos_told_twice_and_again_is_one_draft(
    bot_by_either_way: WholeBot, photo: PhotoMaker
) -> None:
    faults = bot_by_either_way.fake.faults
    faults.duplicate_event("app_mention")
    faults.retry_event("app_mention")
    faults.duplicate_event("message")
    await bot_by_either_way.asks_to_train(photo(1))

    await assert_one_draft(bot_by_either_way)
    await bot_by_either_way.restart()
    await assert_one_draft(bot_by_either_way)


async def test_a_direct_message_told_twice_and_again_is_one_draft(
    bot_by_either_way: WholeBot, photo: PhotoMaker
) -> None:
    faults, mia = bot_by_either_way.fake.faults, bot_by_either_way.mia
    faults.duplicate_event("message")
    faults.retry_event("message")
    await mia.mention(mia.direct_channel(), WORDS, files=[as_file(photo(1))])

    await assert_one_draft(bot_by_either_way)


async def test_a_command_told_twice_is_one_job_one_charge_and_one_card(bot_by_either_way: WholeBot) -> None:
    bot = bot_by_either_way
    bot.fake.faults.duplicate_event("/imagine")
    await bot.paints()
    await bot.restart()
    await bot.is_told()

    [told] = bot.fake.told("/imagine")
    assert len(told.attempts) == 2
    assert await JobRecord.all().count() == 1
    assert len(bot.filed) == 1
    assert len(bot.said("a red mug")) == 2, "the card, and the words above its picture"


async def test_a_button_told_twice_starts_one_training(
    bot_by_either_way: WholeBot, photo: PhotoMaker
) -> None:
    bot = bot_by_either_way
    await bot.asks_to_train(photo(1))
    await bot.mia.press(await bot.reads("Captions"), "Looks right")
    card = await bot.reads("Ready to train")
    bot.fake.faults.duplicate_event("block_actions")
    await bot.mia.press(card, "Start")

    await assert_one_training(bot)


async def test_a_button_pressed_twice_at_once_starts_one_training(
    whole_bot: WholeBot, photo: PhotoMaker
) -> None:
    await whole_bot.asks_to_train(photo(1))
    await whole_bot.mia.press(await whole_bot.reads("Captions"), "Looks right")
    card = await whole_bot.reads("Ready to train")
    await asyncio.gather(*(whole_bot.mia.press(card, "Start") for _ in range(2)))

    await assert_one_training(whole_bot)


async def test_a_form_told_twice_is_one_draft(bot_by_either_way: WholeBot, photo: PhotoMaker) -> None:
    bot = bot_by_either_way
    form = await (await bot.mia.slash(bot.place, "/train", "product Red Mug class: mug")).opened()
    bot.fake.faults.duplicate_event("view_submission")
    await bot.mia.submit(form, {"Photos": [as_file(photo(1))]})

    await assert_one_draft(bot)
    [told] = bot.fake.told("view_submission")
    assert len(told.attempts) == 2


async def test_a_form_closed_in_mid_way_leaves_nothing_behind(whole_bot: WholeBot, photo: PhotoMaker) -> None:
    mia = whole_bot.mia
    for words in ("", "product Red Mug"):
        form = await (await mia.slash(whole_bot.place, "/train", words)).opened()
        await mia.close(form)
    form = await (await mia.slash(whole_bot.place, "/imagine")).opened()
    await mia.close(form)
    await whole_bot.restart()
    await whole_bot.is_told()

    assert whole_bot.said("", who=mia) == []
    for record in (DraftRecord, InboxRecord, JobRecord, PhotoRecord):
        assert not await record.exists()


async def test_a_form_closed_under_a_draft_leaves_the_draft_as_it_was(
    whole_bot: WholeBot, photo: PhotoMaker
) -> None:
    await whole_bot.asks_to_train(photo(1))
    card = await whole_bot.reads("Captions")
    before = card.text()
    await whole_bot.mia.close(await (await whole_bot.mia.press(card, "Edit captions")).opened())
    await whole_bot.mia.press(card, "Looks right")
    assert before.splitlines()[0] in (await whole_bot.reads("Ready to train")).text()

    assert await PhotoRecord.all().count() == 1
    assert not await JobRecord.exists()


async def test_again_pressed_twice_at_once_is_two_wishes_each_made_once(whole_bot: WholeBot) -> None:
    card = await whole_bot.paints()
    await asyncio.gather(*(whole_bot.mia.press(card, "Again") for _ in range(2)))
    await whole_bot.fake.until(lambda: len(whole_bot.said("Queued")) == 2)
    await whole_bot.is_told()
    assert await JobRecord.all().count() == 3


async def test_a_picture_is_made_again_next_week_by_another_process(whole_bot: WholeBot) -> None:
    card = await whole_bot.paints()
    await whole_bot.stop()
    whole_bot.clock.advance(days=7)
    await whole_bot.start()
    await whole_bot.mia.press(card, "Again")
    await whole_bot.reads("Queued")
    await whole_bot.begin_painting()
    await whole_bot.finish()

    await whole_bot.assert_settled(whole_bot.claim.job_id)
    assert len(whole_bot.filed) == 2


async def test_a_command_written_down_before_a_kill_is_done_once_by_the_next_process(
    whole_bot: WholeBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("bot.inbox.answer", hang)
        asked = await whole_bot.mia.slash(whole_bot.place, "/imagine", "a red mug")
        assert asked.is_acknowledged
        await whole_bot.kill()
    await whole_bot.start_after_kill()
    await whole_bot.reads("Queued")
    await whole_bot.begin_painting()
    await whole_bot.finish()

    await whole_bot.assert_settled(whole_bot.claim.job_id)
    assert await JobRecord.all().count() == 1


async def hang(*_: object) -> None:
    """Answer nobody."""
    await asyncio.Event().wait()


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


async def test_photos_that_slack_has_not_finished_are_waited_for(
    whole_bot: WholeBot, photo: PhotoMaker
) -> None:
    whole_bot.fake.polls_until_photos_accessible = 3
    await whole_bot.asks_to_train(photo(1))

    await assert_one_draft(whole_bot)
    assert 0.5 in whole_bot.waited, "between two looks"


async def test_without_the_scope_to_read_files_the_person_is_told_what_to_do(
    whole_bot: WholeBot, photo: PhotoMaker
) -> None:
    whole_bot.fake.faults.take_scope("files:read")
    await whole_bot.asks_to_train(photo(1))
    sentence = await whole_bot.is_whispered("files:read")
    await whole_bot.is_told()
    await whole_bot.restart()
    await whole_bot.is_told()

    assert "Ask an admin to install it again, then attach the photos once more." in sentence.text()
    assert len(whole_bot.said("files:read", who=whole_bot.mia)) == 1
    assert not await JobRecord.exists()
    assert not await PhotoRecord.exists()


async def test_photos_deleted_before_they_were_read_are_asked_for_again(
    whole_bot: WholeBot, photo: PhotoMaker
) -> None:
    fake = whole_bot.fake
    fake.faults.next("download", TIMEOUT)
    asked = await whole_bot.asks_to_train(photo(1))
    await fake.until(lambda: fake.faults.is_all_met)
    assert await InboxRecord.filter(handled_at=None).count() == 1
    await whole_bot.kill()
    fake.faults.release()
    await whole_bot.mia.delete(asked)
    for file in asked.files:
        file.is_deleted = True
    await whole_bot.start_after_kill()
    await whole_bot.is_told()
    await whole_bot.restart()
    await whole_bot.is_told()

    [sentence] = whole_bot.said("Attach it again", who=whole_bot.mia)
    assert "photo-1" in sentence.text()
    assert not await DraftRecord.exists()
    assert not await TransferRecord.filter(job_id__isnull=False).exists()
