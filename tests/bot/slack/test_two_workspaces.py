"""Two companies in one bot, each of which installed it: what one has never reaches the other."""

from __future__ import annotations

import pytest

from bot.slack.app_definition import INSTALL_PATH
from core.queue.specs import GenerateSpec
from core.rules.kinds import JobKind
from core.store.records import (
    InstallationRecord,
    JobRecord,
    JobStatus,
    ModelRecord,
    VersionRecord,
    WorkspaceRecord,
)
from tests.bot.conftest import PhotoMaker
from tests.bot.slack.whole_bot import DONE, READY, WholeBot, positions
from tests.fakes.slack import Workspace

pytestmark = pytest.mark.database


async def installs(bot: WholeBot, name: str) -> Workspace:
    """A company lets the bot in."""
    workspace = bot.fake.add_workspace(name)
    await installs_again(bot, workspace)
    return workspace


async def installs_again(bot: WholeBot, workspace: Workspace) -> None:
    admin = bot.fake.person("ada", workspace, is_admin=True)
    page = await admin.install(bot.settings.slack_public_url + INSTALL_PATH)
    assert page.status == 200, page.text
    place = bot.fake.channel("studio", workspace)
    if workspace.installed.bot not in place.members:
        bot.fake.join(place, workspace.installed.bot)


async def has_a_model(bot: WholeBot, workspace: Workspace, photo: PhotoMaker, seed: int) -> None:
    """The company's Mia has a mug that is ready."""
    bot.visit(workspace)
    await bot.trains(photo(seed))
    await bot.finish()
    await bot.reads(DONE)
    await bot.is_told()


def seen_in(bot: WholeBot, workspace: Workspace) -> list[tuple[str, str]]:
    """Return what stands in a company's channels and conversations."""
    channels = [each for each in bot.fake.world.channels.values() if each.workspace is workspace]
    return [(each.ts, each.text()) for channel in channels for each in channel.messages.values()]


async def test_the_same_name_in_both_means_each_ones_own(bot_of_many: WholeBot, photo: PhotoMaker) -> None:
    bot = bot_of_many
    north, south = await installs(bot, "North"), await installs(bot, "South")
    await has_a_model(bot, north, photo, 1)
    await has_a_model(bot, south, photo, 2)
    of_north = seen_in(bot, north)
    await bot.mia.slash(bot.place, "/imagine", "@red-mug in the harbour")
    await bot.reads("in the harbour")
    await bot.begin_painting()
    await bot.finish()
    await bot.assert_settled(bot.claim.job_id)

    assert isinstance(bot.claim.spec, GenerateSpec)
    [used] = bot.claim.spec.adapters
    version = await VersionRecord.get(id=used.version_id)
    southern = await ModelRecord.get(handle="red-mug", workspace_id=await bot.our_id())
    assert version.model_id == southern.id
    assert await ModelRecord.filter(handle="red-mug").count() == 2
    assert seen_in(bot, north) == of_north
    for workspace in (north, south):
        bot.visit(workspace)
        assert len(bot.said(READY)) == 1
        assert len(bot.filed) == (1 if workspace is north else 2)
        for file in (file for message in bot.filed for file in message.files):
            assert file.installations == [workspace.installed]


async def test_names_jobs_and_credits_of_one_are_nowhere_in_the_other(
    bot_of_many: WholeBot, photo: PhotoMaker
) -> None:
    bot = bot_of_many
    north, south = await installs(bot, "North"), await installs(bot, "South")
    await has_a_model(bot, north, photo, 1)
    await bot.mia.slash(bot.place, "/imagine", "@red-mug in the harbour")
    await bot.reads("in the harbour")
    at_north = await bot.mia.open_home()
    form = await (await bot.mia.slash(bot.place, "/imagine")).opened()
    assert any("red-mug" in label for label in await bot.mia.suggest(form, "models", "red"))
    assert "@red-mug" in at_north.text() and "in the harbour" in at_north.text()

    bot.visit(south)
    form = await (await bot.mia.slash(bot.place, "/imagine")).opened()
    assert await bot.mia.suggest(form, "models", "red-mug") == []
    await bot.mia.close(form)
    at_south = await bot.mia.open_home()
    assert "red-mug" not in at_south.text() and "in the harbour" not in at_south.text()
    await bot.mia.slash(bot.place, "/models", "red-mug")
    await bot.is_whispered("No model here matches red-mug")
    await bot.mia.slash(bot.place, "/jobs")
    await bot.is_told()
    assert not any("in the harbour" in each.text() for each in bot.said("", who=bot.mia))
    await bot.mia.slash(bot.place, "/imagine", "@red-mug in the snow")
    await bot.is_whispered("@red-mug")
    await bot.is_told()
    assert await JobRecord.filter(workspace_id=await bot.our_id()).count() == 0


async def test_a_company_that_throws_the_bot_out_is_noticed_by_no_other(
    bot_of_many: WholeBot, photo: PhotoMaker
) -> None:
    bot = bot_of_many
    north, south = await installs(bot, "North"), await installs(bot, "South")
    bot.visit(north)
    await bot.trains(photo(1))
    of_north, before = bot.claim, positions(bot.said(""))
    bot.visit(south)
    await bot.trains(photo(2))
    await bot.fake.faults.uninstall(north)
    await bot.until_rows(InstallationRecord.filter(external_id=north.id, removed_at__isnull=False).exists)
    await bot.time_passes(seconds=11)
    await bot.finish()

    assert (await JobRecord.get(id=of_north.job_id)).status is JobStatus.CANCELLED
    news = await bot.assert_told_once()
    assert news.channel is bot.place
    bot.visit(north)
    assert positions(bot.said("")) == before

    await bot.time_passes(days=31)
    assert not await WorkspaceRecord.exists(external_id=north.id)
    bot.visit(south)
    await bot.mia.slash(bot.place, "/imagine", "@red-mug in the harbour")
    await bot.reads("in the harbour")


async def test_a_company_that_installs_it_again_has_its_models_and_what_it_missed(
    bot_of_many: WholeBot, photo: PhotoMaker
) -> None:
    bot = bot_of_many
    north = await installs(bot, "North")
    await has_a_model(bot, north, photo, 1)
    await bot.mia.slash(bot.place, "/imagine", "@red-mug in the harbour")
    card = await bot.reads("in the harbour")
    await bot.begin_painting()
    await bot.is_told()
    await bot.fake.faults.revoke_token(north)
    await bot.until_rows(InstallationRecord.filter(external_id=north.id, removed_at__isnull=False).exists)
    await bot.finish()  # before anybody ended it
    await bot.time_passes(days=3)
    assert [each.root for each in bot.filed if each.root is card.root] == []
    await installs_again(bot, north)

    await bot.fake.until(lambda: [each for each in bot.filed if each.root is card.root])
    await bot.is_told()
    await bot.restart()
    await bot.is_told()
    assert len([each for each in bot.filed if each.root is card.root]) == 1
    assert await ModelRecord.exists(handle="red-mug")
    await bot.mia.press(card, "Again")
    await bot.begin(JobKind.GENERATE)
