"""A workspace takes its token back, or throws the app out, with the whole bot behind Slack that says so itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from core.rules.kinds import JobKind
from core.store.records import InstallationRecord, JobRecord, JobStatus, ModelRecord, WorkspaceRecord
from tests.bot.conftest import PhotoMaker
from tests.bot.slack.whole_bot import DONE, READY, WholeBot, positions
from tests.fakes.slack import Message

pytestmark = pytest.mark.database


async def revoked(bot: WholeBot) -> None:
    """An admin takes the token back."""
    await bot.fake.faults.revoke_token(bot.workspace)


async def uninstalled(bot: WholeBot) -> None:
    """An admin throws the app out."""
    await bot.fake.faults.uninstall(bot.workspace)


ENDS = [revoked, uninstalled]
End = Callable[[WholeBot], Awaitable[None]]


async def is_noted(bot: WholeBot) -> None:
    """Wait until the bot knows that it is out."""
    await bot.until_rows(InstallationRecord.filter(removed_at__isnull=False).exists)
    told = [*bot.fake.told("tokens_revoked"), *bot.fake.told("app_uninstalled")]
    await bot.fake.until(lambda: all(each.is_acknowledged for each in told))


async def comes_back(bot: WholeBot, ends: End) -> None:
    """The app is installed again, and the next process has the new token."""
    bot.fake.install(bot.workspace)
    if bot.workspace.installed.bot not in bot.place.members:
        bot.fake.join(bot.place, bot.workspace.installed.bot)
    if ends is uninstalled:  # the new bot tries to change what only the old one could, and says it anew
        bot.fake.expect_complaint("cant_update_message")
    await bot.comes_back_with(bot.fake.bot_token)


async def has_a_model(bot: WholeBot, photo: PhotoMaker) -> None:
    """Mia has a mug that is ready."""
    await bot.trains(photo(1))
    await bot.finish()
    await bot.reads(DONE)
    await bot.is_told()


async def has_pictures_on_the_way(bot: WholeBot) -> Message:
    """Mia's pictures are being made; return their card."""
    await bot.mia.slash(bot.place, "/imagine", "@red-mug in the harbour")
    card = await bot.reads("in the harbour")
    await bot.begin_painting()
    await bot.is_told()
    return card


@pytest.mark.parametrize("ends", ENDS)
async def test_work_in_mid_flight_ends_with_its_credits_back_and_nobody_is_written_to(
    bot_by_either_way: WholeBot, photo: PhotoMaker, ends: End
) -> None:
    bot = bot_by_either_way
    await bot.mia.slash(bot.place, "/models")
    await bot.is_told()
    before = await bot.balance()
    await bot.trains(photo(1))
    await bot.mia.slash(bot.place, "/imagine", "a red mug")
    await bot.reads("a red mug")
    await bot.is_told()
    said = positions(bot.said("", who=bot.mia))
    await ends(bot)
    await is_noted(bot)
    asked = len(bot.fake.requests)
    await bot.time_passes(seconds=11)

    assert [job.status for job in await JobRecord.all()] == [JobStatus.CANCELLED] * 2
    assert await bot.balance() == before
    await bot.time_passes(hours=3)
    assert positions(bot.said("", who=bot.mia)) == said
    assert len(bot.fake.requests) == asked, "nothing is asked of a Slack that threw us out"


@pytest.mark.parametrize("ends", ENDS)
async def test_installed_again_within_thirty_days_everything_is_back(
    whole_bot: WholeBot, photo: PhotoMaker, ends: End
) -> None:
    await has_a_model(whole_bot, photo)
    await has_pictures_on_the_way(whole_bot)
    await ends(whole_bot)
    await is_noted(whole_bot)
    await whole_bot.time_passes(seconds=11)
    await whole_bot.time_passes(days=29)
    assert await ModelRecord.exists(handle="red-mug")
    await whole_bot.stop()

    await comes_back(whole_bot, ends)
    await whole_bot.mia.slash(whole_bot.place, "/models", "red-mug")
    listed = await whole_bot.is_whispered("1 model")
    assert "Red Mug" in listed.text()
    await whole_bot.is_told()
    await whole_bot.time_passes(days=2)  # counted from the removal, its time would be over
    assert await ModelRecord.exists(handle="red-mug")
    assert len(whole_bot.said(READY)) == 1


@pytest.mark.parametrize("ends", ENDS)
async def test_installed_again_it_has_everything_also_where_nobody_asks_for_anything(
    whole_bot: WholeBot, photo: PhotoMaker, ends: End
) -> None:
    await has_a_model(whole_bot, photo)
    card = await has_pictures_on_the_way(whole_bot)
    await ends(whole_bot)
    await is_noted(whole_bot)
    await whole_bot.time_passes(seconds=11)
    await whole_bot.stop()

    await comes_back(whole_bot, ends)
    await whole_bot.until_rows(InstallationRecord.filter(removed_at=None).exists)
    await whole_bot.is_told()
    assert len(whole_bot.said("Cancelled.")) == 1
    assert ("Cancelled." in card.text()) is (ends is revoked)
    await whole_bot.time_passes(days=40)
    assert await ModelRecord.exists(handle="red-mug")


@pytest.mark.parametrize("ends", ENDS)
async def test_after_thirty_days_nothing_is_left(whole_bot: WholeBot, photo: PhotoMaker, ends: End) -> None:
    await has_a_model(whole_bot, photo)
    our_id = await whole_bot.our_id()
    await ends(whole_bot)
    await is_noted(whole_bot)
    await whole_bot.time_passes(seconds=11)
    await whole_bot.time_passes(days=30, hours=1)

    assert not await WorkspaceRecord.exists(id=our_id)
    assert not await ModelRecord.exists(handle="red-mug")
    assert not await JobRecord.exists(workspace_id=our_id)
    assert await whole_bot.context.blobs.keys(our_id) == []


async def test_a_bot_that_was_down_meanwhile_finds_out_and_tells_nobody(
    whole_bot: WholeBot, photo: PhotoMaker
) -> None:
    await has_a_model(whole_bot, photo)
    await whole_bot.mia.slash(whole_bot.place, "/imagine", "@red-mug on a beach")
    await whole_bot.begin(JobKind.GENERATE)
    await whole_bot.kill()
    said = positions(whole_bot.said(""))
    await uninstalled(whole_bot)
    await whole_bot.start_after_kill()
    await whole_bot.finish()
    whole_bot.clock.advance(minutes=1)  # Slack says it again
    await whole_bot.until_rows(InstallationRecord.filter(removed_at__isnull=False).exists)
    await whole_bot.time_passes(seconds=11)

    assert positions(whole_bot.said("")) == said
