"""Faults in the middle of a review, with the whole bot behind Slack: each person's choice counts once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from core.store.records import DraftPhotoRecord, InboxRecord
from tests.bot.conftest import PhotoMaker
from tests.bot.slack.whole_bot import KEEP, REMOVE, WholeBot
from tests.fakes.slack import Message, Person

REMOVED = "Removed."
KEPT = "Kept"


async def assert_removed_once(whole_bot: WholeBot, photo: Message) -> None:
    """The photo is removed by Mia's one vote, and stays so for the next process."""
    for _ in range(2):
        await whole_bot.until_rows(DraftPhotoRecord.filter(choice="remove").exists)
        await whole_bot.fake.until(lambda: REMOVED in photo.text())
        await whole_bot.is_told()
        assert await whole_bot.votes() == [(whole_bot.mia.id, "remove")]
        await whole_bot.restart()


async def three(whole_bot: WholeBot, photo: PhotoMaker) -> list[Message]:
    """Two of three photos are flagged; return their messages."""
    return await whole_bot.reviews(photo(1), photo(2, blur=8), photo(3, blur=8))


async def cut(whole_bot: WholeBot) -> None:
    """The line is gone without a word."""
    await whole_bot.fake.faults.close_sockets()


async def closed(whole_bot: WholeBot) -> None:
    """Slack closes the line."""
    await whole_bot.fake.faults.close_sockets(in_good_order=True)


async def refreshed(whole_bot: WholeBot) -> None:
    """Slack asks the bot to come back over another line."""
    await whole_bot.fake.faults.refresh_sockets()


LINES_END = [cut, closed, refreshed]


@pytest.mark.parametrize("fault", LINES_END)
async def test_a_reaction_put_while_the_line_was_gone_counts_once(
    whole_bot: WholeBot, photo: PhotoMaker, fault: Callable[[WholeBot], Awaitable[None]]
) -> None:
    first, _ = await three(whole_bot, photo)
    await fault(whole_bot)
    await whole_bot.mia.react(first, REMOVE)
    await whole_bot.fake.until(lambda: whole_bot.fake.sockets.is_connected)
    whole_bot.clock.advance(minutes=1)  # what Slack could not tell it tells again

    await assert_removed_once(whole_bot, first)


@pytest.mark.parametrize("fault", [cut, closed])
async def test_a_reaction_that_slack_never_tells_of_is_found_when_the_line_is_back(
    whole_bot: WholeBot, photo: PhotoMaker, fault: Callable[[WholeBot], Awaitable[None]]
) -> None:
    first, _ = await three(whole_bot, photo)
    whole_bot.fake.faults.lose_event("reaction_added")
    await fault(whole_bot)
    await whole_bot.mia.react(first, REMOVE)

    await assert_removed_once(whole_bot, first)


@pytest.mark.parametrize("is_lost", [True, False], ids=["never told", "told late"])
async def test_a_reaction_put_after_the_bot_was_killed_counts_once(
    bot_by_either_way: WholeBot, photo: PhotoMaker, is_lost: bool
) -> None:
    whole_bot = bot_by_either_way
    first, _ = await three(whole_bot, photo)
    await whole_bot.kill()
    if is_lost:
        whole_bot.fake.faults.lose_event("reaction_added")
    await whole_bot.mia.react(first, REMOVE)
    await whole_bot.start_after_kill()
    await whole_bot.fake.until(lambda: REMOVED in first.text())
    [told] = whole_bot.fake.told("reaction_added")[-1:]
    if not is_lost:  # the one that was found under the photo comes a second time
        whole_bot.clock.advance(minutes=1)
        await whole_bot.fake.until(lambda: told.is_acknowledged)

    await assert_removed_once(whole_bot, first)


async def test_a_reaction_taken_off_while_the_bot_was_down_does_not_count(
    whole_bot: WholeBot, photo: PhotoMaker
) -> None:
    await approvers(whole_bot, 2)
    first, _ = await three(whole_bot, photo)
    await whole_bot.mia.react(first, REMOVE)
    await whole_bot.fake.until(lambda: "1 to remove" in first.text())
    await whole_bot.is_told()
    await whole_bot.stop()
    whole_bot.fake.faults.lose_event("reaction_removed")
    await whole_bot.mia.unreact(first, REMOVE)
    await whole_bot.start()

    await whole_bot.fake.until(lambda: "1 to remove" not in first.text())
    await whole_bot.is_told()
    assert await whole_bot.votes() == []


async def test_a_reaction_that_was_written_down_and_not_answered_before_the_kill_counts_once(
    whole_bot: WholeBot, photo: PhotoMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = await three(whole_bot, photo)
    with monkeypatch.context() as patch:
        patch.setattr("bot.inbox.answer", hang)
        await whole_bot.mia.react(first, REMOVE)
        await whole_bot.until_rows(InboxRecord.filter(handled_at=None).exists)
        await whole_bot.kill()
    await whole_bot.start_after_kill()

    await assert_removed_once(whole_bot, first)


async def hang(*_: object) -> None:
    """Answer nobody."""
    await asyncio.Event().wait()


async def test_a_reaction_told_twice_and_again_counts_once(
    bot_by_either_way: WholeBot, photo: PhotoMaker
) -> None:
    first, _ = await three(bot_by_either_way, photo)
    bot_by_either_way.fake.faults.duplicate_event("reaction_added")
    bot_by_either_way.fake.faults.retry_event("reaction_added")
    await bot_by_either_way.mia.react(first, REMOVE)

    await assert_removed_once(bot_by_either_way, first)


async def test_a_line_refreshed_between_every_choice_loses_none(
    whole_bot: WholeBot, photo: PhotoMaker
) -> None:
    first, second = await three(whole_bot, photo)
    await whole_bot.fake.faults.refresh_sockets()
    await whole_bot.fake.until(lambda: whole_bot.fake.sockets.is_connected)
    await whole_bot.mia.react(first, REMOVE)
    await whole_bot.fake.until(lambda: REMOVED in first.text())
    await whole_bot.fake.faults.close_sockets()
    await whole_bot.fake.until(lambda: whole_bot.fake.sockets.is_connected)
    await whole_bot.mia.react(second, KEEP)
    await whole_bot.fake.until(lambda: KEPT in second.text())

    captions = await whole_bot.reads("Captions")
    await whole_bot.is_told()
    assert "2 photos" in captions.text()
    assert len(whole_bot.said("Captions")) == 1
    assert await whole_bot.votes() == [(whole_bot.mia.id, "remove"), (whole_bot.mia.id, "keep")]


async def settle(whole_bot: WholeBot, values: dict[str, object]) -> None:
    """An admin changes who decides."""
    root = whole_bot.fake.person("root", is_admin=True)
    form = await (await root.slash(whole_bot.place, "/settings")).opened()
    sent = await root.submit(form, values)
    assert sent.errors == {}
    await whole_bot.is_told()


async def approvers(whole_bot: WholeBot, quorum: int, *leads: Person) -> None:
    """An admin lets the brand leads decide, so many of whom have to agree."""
    group = whole_bot.fake.user_group("brand-leads", leads)
    await settle(whole_bot, {"quorum": str(quorum), "approvers-groups": [group.id]})


async def test_two_people_who_react_at_the_same_time_are_two_votes(
    whole_bot: WholeBot, photo: PhotoMaker
) -> None:
    lee = whole_bot.fake.person("lee")
    await approvers(whole_bot, 2, lee)
    first, second = await three(whole_bot, photo)
    await asyncio.gather(whole_bot.mia.react(first, REMOVE), lee.react(first, REMOVE))

    await whole_bot.fake.until(lambda: REMOVED in first.text())
    await whole_bot.is_told()
    assert sorted(await whole_bot.votes()) == sorted([(each.id, "remove") for each in (whole_bot.mia, lee)])
    assert REMOVED not in second.text() and KEPT not in second.text()


async def test_two_people_who_disagree_at_the_same_time_settle_nothing(
    whole_bot: WholeBot, photo: PhotoMaker
) -> None:
    lee = whole_bot.fake.person("lee")
    await approvers(whole_bot, 2, lee)
    first, _ = await three(whole_bot, photo)
    await asyncio.gather(whole_bot.mia.react(first, REMOVE), lee.react(first, KEEP))
    await whole_bot.fake.until(lambda: "1 to remove" in first.text() and "1 to keep" in first.text())

    await lee.unreact(first, KEEP)
    await lee.react(first, REMOVE)
    await whole_bot.fake.until(lambda: REMOVED in first.text())


async def test_an_approver_by_group_decides_and_neither_a_passer_by_nor_another_bot_does(
    whole_bot: WholeBot, photo: PhotoMaker
) -> None:
    fake = whole_bot.fake
    lee, kim, robot = (fake.person(name) for name in ("lee", "kim", "robot"))
    robot.user.bot_id = fake.ids.next("B")
    await approvers(whole_bot, 1, lee, robot)
    first, _ = await three(whole_bot, photo)
    for person in (robot, kim):
        await person.react(first, REMOVE)
    await whole_bot.until_rows(lambda: InboxRecord.filter(payload__contains=kim.id).exists())
    await whole_bot.is_told()
    assert await whole_bot.votes() == []
    await lee.react(first, KEEP)

    await fake.until(lambda: KEPT in first.text())
    await whole_bot.restart()  # what stands under the photo is looked at again
    await whole_bot.is_told()
    assert await whole_bot.votes() == [(lee.id, "keep")]


async def test_whoever_is_in_the_channel_of_approvers_decides(whole_bot: WholeBot, photo: PhotoMaker) -> None:
    fake = whole_bot.fake
    lee = fake.person("lee")
    approvals = fake.channel("likeness-approvals", is_private=True)
    kim = fake.person("kim")
    await settle(whole_bot, {"quorum": "1", "approvers-channels": [approvals]})
    first, second = await three(whole_bot, photo)
    await kim.react(first, REMOVE)
    await whole_bot.until_rows(lambda: InboxRecord.filter(payload__contains=kim.id).exists())
    await whole_bot.is_told()
    assert await whole_bot.votes() == []
    await lee.react(first, KEEP)
    await fake.until(lambda: KEPT in first.text())

    await whole_bot.stop()
    await lee.react(second, REMOVE)
    await whole_bot.start()  # what was missed meanwhile is looked for, and by whom
    await fake.until(lambda: REMOVED in second.text())
    assert await whole_bot.votes() == [(lee.id, "keep"), (lee.id, "remove")]
