"""Faults in the middle of a review, with the whole bot behind Discord: each person's choice counts once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from core.store.records import DraftPhotoRecord, InboxRecord
from tests.bot.conftest import PhotoMaker
from tests.bot.discord.whole_bot import WholeBot
from tests.fakes.discord import Message, Role

pytestmark = pytest.mark.database

REMOVED = "Removed."
KEPT = "Kept"


async def assert_removed_once(whole_bot: WholeBot, photo: Message) -> None:
    """The photo is removed by Mia's one vote, and stays so for the next process."""
    mia = str(whole_bot.mia.id)
    for _ in range(2):
        await whole_bot.until_rows(DraftPhotoRecord.filter(choice="remove").exists)
        await whole_bot.fake.until(lambda: REMOVED in photo.text())
        await whole_bot.is_told()
        assert await whole_bot.votes() == [(mia, "remove")]
        await whole_bot.restart()


async def malformed(whole_bot: WholeBot) -> None:
    """discord.py's client ends for good by this."""
    await whole_bot.fake.faults.malformed_event()


async def invalidated(whole_bot: WholeBot) -> None:
    """A session that cannot be resumed."""
    await whole_bot.fake.faults.invalidate_session()


@pytest.mark.parametrize("fault", [malformed, invalidated])
async def test_a_reaction_put_while_the_connection_began_anew_counts_once(
    whole_bot: WholeBot, photo: PhotoMaker, fault: Callable[[WholeBot], Awaitable[None]]
) -> None:
    first, _ = await whole_bot.reviews(photo(1), photo(2, blur=8), photo(3, blur=8))
    gateway = whole_bot.fake.gateway
    await fault(whole_bot)
    await whole_bot.fake.until(lambda: not gateway.is_connected)
    await whole_bot.mia.react(first, "❌")

    await assert_removed_once(whole_bot, first)


async def test_a_reaction_put_after_the_bot_was_killed_counts_once(
    whole_bot: WholeBot, photo: PhotoMaker
) -> None:
    first, _ = await whole_bot.reviews(photo(1), photo(2, blur=8), photo(3, blur=8))
    await whole_bot.kill()
    await whole_bot.mia.react(first, "❌")
    await whole_bot.start_after_kill()

    await assert_removed_once(whole_bot, first)


async def test_a_reaction_that_was_written_down_and_not_answered_before_the_kill_counts_once(
    whole_bot: WholeBot, photo: PhotoMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = await whole_bot.reviews(photo(1), photo(2, blur=8), photo(3, blur=8))
    with monkeypatch.context() as patch:
        patch.setattr("bot.inbox.answer", hang)
        await whole_bot.mia.react(first, "❌")
        await whole_bot.until_rows(InboxRecord.filter(handled_at=None).exists)
        await whole_bot.kill()
    await whole_bot.start_after_kill()

    await assert_removed_once(whole_bot, first)


async def hang(*_: object) -> None:
    """Answer nobody."""
    await asyncio.Event().wait()


async def test_a_reaction_told_late_by_a_resumed_session_counts_once(
    whole_bot: WholeBot, photo: PhotoMaker
) -> None:
    first, _ = await whole_bot.reviews(photo(1), photo(2, blur=8), photo(3, blur=8))
    await whole_bot.fake.faults.drop_connection()
    whole_bot.fake.faults.duplicate_event("MESSAGE_REACTION_ADD")
    await whole_bot.mia.react(first, "❌")

    await assert_removed_once(whole_bot, first)


async def approvers(whole_bot: WholeBot, quorum: int) -> Role:
    """An admin lets the brand leads decide, so many of whom have to agree."""
    lead = whole_bot.fake.role("brand lead")
    root = whole_bot.fake.person("root", is_admin=True)
    opened = await root.press(await (await root.slash(whole_bot.place, "settings")).replied(), "Change")
    await root.submit(opened, {"Who decides about flagged photos": [lead]})
    await root.slash(whole_bot.place, "settings", quorum=quorum)
    await whole_bot.is_told()
    return lead


async def test_two_people_who_react_at_the_same_time_are_two_votes(
    whole_bot: WholeBot, photo: PhotoMaker
) -> None:
    lead = await approvers(whole_bot, quorum=2)
    lee = whole_bot.fake.person("lee", roles=[lead])
    first, second = await whole_bot.reviews(photo(1), photo(2, blur=8), photo(3, blur=8))
    await asyncio.gather(whole_bot.mia.react(first, "❌"), lee.react(first, "❌"))

    await whole_bot.fake.until(lambda: REMOVED in first.text())
    assert sorted(await whole_bot.votes()) == sorted(
        [(str(each.id), "remove") for each in (whole_bot.mia, lee)]
    )
    assert not await DraftPhotoRecord.filter(message__endswith=str(second.id), choice__isnull=False).exists()


async def test_two_people_who_disagree_at_the_same_time_settle_nothing(
    whole_bot: WholeBot, photo: PhotoMaker
) -> None:
    lead = await approvers(whole_bot, quorum=2)
    lee = whole_bot.fake.person("lee", roles=[lead])
    first, _ = await whole_bot.reviews(photo(1), photo(2, blur=8), photo(3, blur=8))
    await asyncio.gather(whole_bot.mia.react(first, "❌"), lee.react(first, "✅"))
    await whole_bot.fake.until(lambda: "1 to remove" in first.text() and "1 to keep" in first.text())

    await lee.unreact(first, "✅")
    await lee.react(first, "❌")
    await whole_bot.fake.until(lambda: REMOVED in first.text())


async def test_a_role_approver_decides_and_neither_a_passer_by_nor_another_bot_does(
    whole_bot: WholeBot, photo: PhotoMaker
) -> None:
    lead = await approvers(whole_bot, quorum=1)
    lee, kim = whole_bot.fake.person("lee", roles=[lead]), whole_bot.fake.person("kim")
    robot = whole_bot.fake.person("other-bot", roles=[lead])
    robot.user.is_bot = True
    first, _ = await whole_bot.reviews(photo(1), photo(2, blur=8), photo(3, blur=8))
    for person in (robot, kim):
        await person.react(first, "❌")
    await whole_bot.until_rows(lambda: InboxRecord.filter(dedupe_key__contains=f":{kim.id}:").exists())
    await whole_bot.is_told()
    assert await whole_bot.votes() == []
    await lee.react(first, "✅")

    await whole_bot.fake.until(lambda: KEPT in first.text())
    await whole_bot.restart()  # what stands under the photo is looked at again
    await whole_bot.is_told()
    assert await whole_bot.votes() == [(str(lee.id), "keep")]
