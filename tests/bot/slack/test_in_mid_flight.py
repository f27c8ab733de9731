"""Faults in the middle of a training, with the whole bot behind Slack: one ending, and nothing lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from core.queue.outbox import LONGEST_RETRY_SECONDS, Outbox
from core.store.records import OutboxRecord
from tests.bot.conftest import PhotoMaker
from tests.bot.slack.whole_bot import DONE, READY, WholeBot
from tests.fakes.slack import RESET_AFTER_STORING, RESET_BEFORE, rate_limited, refusal, server_error
from tests.fakes.slack.faults import Fault

POST, UPDATE, FILES = "chat.postMessage", "chat.update", "files.completeUploadExternal"


async def is_told_in_the_end(whole_bot: WholeBot) -> None:
    """Let the time come to what is postponed, until everything is told."""

    async def nothing_waits() -> bool:
        whole_bot.clock.advance(seconds=60)
        return not await OutboxRecord.filter(delivered_at=None).exists()

    await whole_bot.until_rows(nothing_waits)


async def test_a_training_lives_in_its_thread_and_ends_there(whole_bot: WholeBot, photo: PhotoMaker) -> None:
    card = await whole_bot.trains(photo(1))
    await whole_bot.finish()

    news = await whole_bot.assert_told_once()
    [sheet] = whole_bot.filed
    assert news.root is card.root is sheet.root
    assert len(sheet.images()) == 1


async def refreshed(whole_bot: WholeBot) -> None:
    """Slack asks the bot to come back over another line, and closes this one."""
    await whole_bot.fake.faults.refresh_sockets()


async def cut(whole_bot: WholeBot) -> None:
    """The line is gone without a word."""
    await whole_bot.fake.faults.close_sockets()


async def closed(whole_bot: WholeBot) -> None:
    """Slack closes the line."""
    await whole_bot.fake.faults.close_sockets(in_good_order=True)


@pytest.mark.parametrize("fault", [refreshed, cut, closed])
async def test_a_line_that_ends_at_every_step_costs_nothing(
    whole_bot: WholeBot, photo: PhotoMaker, fault: Callable[[WholeBot], Awaitable[None]]
) -> None:
    await whole_bot.asks_to_train(photo(1))
    captions = await whole_bot.reads("Captions")
    await fault(whole_bot)
    await whole_bot.insists(captions, "Looks right")
    card = await whole_bot.reads("Ready to train")
    await fault(whole_bot)
    await whole_bot.insists(card, "Start")
    await whole_bot.train_begins()
    await fault(whole_bot)
    await whole_bot.finish()

    await whole_bot.assert_told_once()


async def test_a_channel_archived_in_mid_training_ends_with_its_person(
    whole_bot: WholeBot, photo: PhotoMaker
) -> None:
    await whole_bot.trains(photo(1))
    whole_bot.fake.faults.archive(whole_bot.place)
    await whole_bot.finish()

    news = await whole_bot.assert_told_once()
    assert news.channel is whole_bot.mia.direct_channel()
    assert "comes to you here" in news.text()


async def test_a_bot_removed_from_a_private_channel_in_mid_training_ends_with_its_person(
    whole_bot: WholeBot, photo: PhotoMaker
) -> None:
    fake = whole_bot.fake
    secret = fake.channel("secret", is_private=True)
    if whole_bot.mia.user not in secret.members:
        fake.join(secret, whole_bot.mia)
    await whole_bot.trains(photo(1), place=secret)
    fake.leave(secret, fake.workspace.installed.bot)
    await whole_bot.finish()

    news = await whole_bot.assert_told_once()
    assert news.channel is whole_bot.mia.direct_channel()
    [sheet] = whole_bot.filed
    assert sheet.channel is news.channel


async def test_a_bot_removed_from_a_public_channel_in_mid_training_ends_once(
    whole_bot: WholeBot, photo: PhotoMaker
) -> None:
    await whole_bot.trains(photo(1))
    whole_bot.fake.leave(whole_bot.place, whole_bot.fake.workspace.installed.bot)
    await whole_bot.finish()

    # It may post where it is not, and not share files: the news show the sheet themselves.
    news = await whole_bot.assert_told_once(files=0)
    assert len(news.images()) == 1


async def test_progress_after_the_channel_was_archived_calls_nobody(
    whole_bot: WholeBot, photo: PhotoMaker
) -> None:
    await whole_bot.trains(photo(1))
    whole_bot.fake.faults.archive(whole_bot.place)
    whole_bot.clock.advance(minutes=2)
    await whole_bot.gets_on(40)
    await whole_bot.reads("40 %")
    assert whole_bot.calls == []
    await whole_bot.finish()

    news = await whole_bot.assert_told_once()
    assert news.channel is whole_bot.mia.direct_channel()


async def test_whoever_was_told_directly_is_not_told_again_when_the_channel_opens(
    whole_bot: WholeBot, photo: PhotoMaker
) -> None:
    await whole_bot.trains(photo(1))
    whole_bot.fake.faults.restrict(whole_bot.place)
    await whole_bot.finish()
    await whole_bot.is_told()
    whole_bot.fake.faults.restrict(whole_bot.place, is_restricted=False)
    whole_bot.clock.advance(minutes=30)

    news = await whole_bot.assert_told_once()
    assert news.channel is whole_bot.mia.direct_channel()


async def test_whoever_cannot_be_told_anywhere_is_told_when_the_channel_opens(
    whole_bot: WholeBot, photo: PhotoMaker
) -> None:
    card = await whole_bot.trains(photo(1))
    whole_bot.fake.faults.restrict(whole_bot.place)
    whole_bot.fake.faults.next("conversations.open", refusal("cannot_dm_bot"), 3)
    await whole_bot.finish()
    await whole_bot.until_rows(OutboxRecord.filter(attempts__gt=0).exists)
    assert whole_bot.said(READY) == []
    whole_bot.fake.faults.restrict(whole_bot.place, is_restricted=False)
    whole_bot.clock.advance(seconds=LONGEST_RETRY_SECONDS)

    news = await whole_bot.assert_told_once()
    assert news.root is card.root


async def test_without_the_scope_for_files_the_ending_is_told_with_a_sentence(
    whole_bot: WholeBot, photo: PhotoMaker
) -> None:
    await whole_bot.trains(photo(1))
    whole_bot.fake.faults.take_scope("files:write")
    await whole_bot.finish()

    news = await whole_bot.assert_told_once(files=0)
    assert "I lack the permission files:write here" in news.text()
    assert "An admin can grant it by installing me again" in news.text()


async def test_without_the_scope_for_files_pictures_are_told_of_with_a_sentence(whole_bot: WholeBot) -> None:
    whole_bot.fake.faults.take_scope("files:write")
    card = await whole_bot.paints()
    await whole_bot.restart()
    await whole_bot.is_told()

    assert "I lack the permission files:write here" in card.text()
    assert whole_bot.filed == []
    assert [each.text() for each in whole_bot.said("files:write")] == [card.text()]


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
    assert len(whole_bot.filed) == 1
    whole_bot.clock.advance(minutes=1)
    await whole_bot.start_after_kill()

    await whole_bot.assert_told_once()


async def test_a_bot_killed_between_the_news_and_their_sheet_brings_the_sheet_alone(
    whole_bot: WholeBot, photo: PhotoMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    await whole_bot.trains(photo(1))
    is_posted = asyncio.Event()

    async def hang(*_: object) -> None:
        is_posted.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as patch:
        patch.setattr("bot.slack.uploads.Uploads.share", hang)
        await whole_bot.finish()
        await is_posted.wait()
        await whole_bot.kill()
    assert (len(whole_bot.said(READY)), whole_bot.filed) == (1, [])
    whole_bot.clock.advance(minutes=1)
    await whole_bot.start_after_kill()

    await whole_bot.assert_told_once()


async def test_a_bot_killed_between_pictures_and_their_note_shows_them_once(
    whole_bot: WholeBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    await whole_bot.mia.slash(whole_bot.place, "/imagine", "a red mug")
    card = await whole_bot.reads("Queued")
    await whole_bot.begin_painting()
    is_posted = asyncio.Event()

    async def hang(*_: object) -> None:
        is_posted.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as patch:
        patch.setattr(Outbox, "mark_part_told", hang)
        await whole_bot.finish()
        await is_posted.wait()
        await whole_bot.kill()
    assert len(whole_bot.filed) == 1
    whole_bot.clock.advance(minutes=1)
    await whole_bot.start_after_kill()

    await whole_bot.assert_settled(whole_bot.claim.job_id)
    assert [each.root for each in whole_bot.filed] == [card.root]
    assert card.button("Again")
    assert len(whole_bot.said("Again")) == 0 and len(card.images()) == 1


FAULTS = [
    pytest.param(RESET_BEFORE, 1, id="cut before it was stored"),
    pytest.param(RESET_AFTER_STORING, 1, id="cut after it was stored"),
    pytest.param(rate_limited(7), 2, id="429"),
    pytest.param(rate_limited(600), 1, id="429 for ten minutes"),
    pytest.param(server_error(500), 1, id="500"),
    pytest.param(server_error(503), 12, id="503 for longer than anybody waits"),
    pytest.param(RESET_AFTER_STORING, 6, id="cut after it was stored, each time"),
]


@pytest.mark.parametrize(("fault", "times"), FAULTS)
@pytest.mark.parametrize("method", [POST, UPDATE, FILES], ids=["news", "card", "sheet"])
async def test_a_slack_that_is_unwell_at_the_ending_hears_it_once(
    whole_bot: WholeBot, photo: PhotoMaker, method: str, fault: Fault, times: int
) -> None:
    await whole_bot.trains(photo(1))
    await whole_bot.is_told()
    whole_bot.fake.faults.next(method, fault, times)
    waited = len(whole_bot.waited)
    await whole_bot.finish()
    await is_told_in_the_end(whole_bot)

    await whole_bot.assert_told_once()
    if fault.headers.get("Retry-After") == "7":
        assert whole_bot.waited[waited:].count(7) == 2, "as long as Slack said, and no shorter"


@pytest.mark.parametrize(("fault", "times"), FAULTS)
@pytest.mark.parametrize("method", [UPDATE, FILES], ids=["card", "pictures"])
async def test_pictures_come_once_whatever_is_wrong_with_slack(
    whole_bot: WholeBot, method: str, fault: Fault, times: int
) -> None:
    await whole_bot.mia.slash(whole_bot.place, "/imagine", "a red mug")
    card = await whole_bot.reads("Queued")
    await whole_bot.begin_painting()
    await whole_bot.is_told()
    whole_bot.fake.faults.next(method, fault, times)
    await whole_bot.finish()
    await is_told_in_the_end(whole_bot)

    await whole_bot.assert_settled(whole_bot.claim.job_id)
    await whole_bot.restart()
    await whole_bot.is_told()
    assert [each.root for each in whole_bot.filed] == [card.root]
    assert len(whole_bot.said("a red mug")) == 2, "the card, and the words above its pictures"
    assert whole_bot.calls == whole_bot.filed


async def test_pictures_that_slack_is_not_done_with_are_waited_for(whole_bot: WholeBot) -> None:
    whole_bot.fake.polls_until_accessible = 3
    card = await whole_bot.paints()
    assert len(card.images()) == 1
    assert len(whole_bot.filed) == 1
    assert 0.5 in whole_bot.waited, "between two looks"


async def test_pictures_that_slack_is_never_done_with_come_as_files_all_the_same(whole_bot: WholeBot) -> None:
    whole_bot.fake.faults.never_accessible()
    card = await whole_bot.paints()
    assert len(whole_bot.filed) == 1
    assert DONE not in card.text() and card.button("Again")
