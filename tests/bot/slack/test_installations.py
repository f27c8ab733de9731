"""The tokens of workspaces: one from the settings, or many that are kept encrypted; nothing crosses."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

import pytest

from bot.frontend import FrontendUnavailable, NotInstalled
from bot.requests import Requester, ThreadAddress
from bot.slack.clients import Clients
from bot.slack.installations import Installations, TokenUnusable
from core.errors import ConfigurationError, StoreUnavailable
from core.rules.plans import load_plans
from core.settings import Settings
from core.store.records import InstallationRecord, ModelRecord
from core.workspace import Workspace as OurWorkspace
from core.workspace import open_workspace
from tests.bot.slack.installed import (
    ManyWorkspaces,
    answered,
    many_workspaces,
    new_key,
    settings_for_many,
    settings_for_one,
)
from tests.conftest import MovableClock
from tests.fakes.slack import RESET_BEFORE, FakeSlack
from tests.fakes.store import store_outage


@pytest.fixture
async def stand(
    fake_slack: FakeSlack, settings: Settings, clock: MovableClock, database: None
) -> AsyncIterator[ManyWorkspaces]:
    async with many_workspaces(fake_slack, settings, clock) as served:
        yield served


# Many workspaces


async def ours(stand: ManyWorkspaces, workspace_id: str) -> OurWorkspace:
    """The workspace as commands see it."""
    asker = Requester("slack", workspace_id, "U1", "Ada", ThreadAddress("slack", f"{workspace_id}/C1"))
    opened, _ = await open_workspace(
        asker.platform, asker.workspace, default_plan="pro", plans=load_plans(), now=stand.clock()
    )
    return opened


async def test_two_workspaces_see_nothing_of_each_other(stand: ManyWorkspaces):
    north, south = stand.workspace("North"), stand.workspace("South")
    for space in (north, south):
        await stand.install(space)
    for space in (north, south):
        client = await stand.clients.of(space.id)
        channel = stand.fake.channel("studio", space)
        await client.chat_postMessage(channel=channel.id, text=f"Hello {space.name}")
        assert [message.text() for message in stand.fake.messages(channel)] == [f"Hello {space.name}"]
    posted = [request for request in stand.fake.requests if request.method == "chat.postMessage"]
    assert [request.token for request in posted] == [north.installed.token, south.installed.token]

    here, there = await ours(stand, north.id), await ours(stand, south.id)
    assert here.id != there.id
    await ModelRecord.create(
        workspace_id=here.id,
        handle="boots",
        live_handle="boots",
        display_name="Boots",
        kind="product",
        class_noun="boots",
        trigger_word="zqx",
        owner_id="U1",
    )
    assert await here.model("boots") is not None
    assert await there.model("boots") is None
    assert await there.taken_handles() == set()


async def test_a_token_moved_to_another_workspaces_row_opens_nothing(stand: ManyWorkspaces):
    north, south = stand.workspace("North"), stand.workspace("South")
    for space in (north, south):
        await stand.install(space)
    stolen = (await stand.row(north)).token
    await InstallationRecord.filter(external_id=south.id).update(token=stolen)
    with pytest.raises(TokenUnusable):
        await stand.installations.bot_token(south.id)
    assert await stand.installations.bot_token(north.id) == north.installed.token


async def test_a_workspace_that_nobody_installed_it_in(stand: ManyWorkspaces):
    assert await stand.installations.bot_token("T404") is None
    with pytest.raises(NotInstalled):
        await stand.clients.of("T404")


async def test_installing_again_takes_the_new_token(stand: ManyWorkspaces):
    north = stand.workspace()
    await stand.install(north)
    before = await stand.clients.of(north.id)
    await stand.fake.faults.revoke_token(north)
    await stand.install(north)
    after = await stand.clients.of(north.id)
    assert before.token != after.token == north.installed.token
    assert await stand.installations.workspaces() == [north.id]


async def test_tokens_outlive_a_restart(stand: ManyWorkspaces):
    north = stand.workspace()
    await stand.install(north)
    stand.restart()
    assert await stand.installations.bot_token(north.id) == north.installed.token


async def test_a_new_key_takes_over_token_by_token(stand: ManyWorkspaces):
    old, new = stand.settings.slack_token_key.get_secret_value(), new_key()
    north, south = stand.workspace("North"), stand.workspace("South")
    for space in (north, south):
        await stand.install(space)
    stand.restart(slack_token_key=f"{new}, {old}")
    assert await stand.installations.bot_token(north.id) == north.installed.token
    stand.restart(slack_token_key=new)
    assert await stand.installations.bot_token(north.id) == north.installed.token
    with pytest.raises(TokenUnusable):  # nobody used it while both keys were there
        await stand.installations.bot_token(south.id)


async def test_a_key_that_opens_nothing_is_a_sentence_for_the_operator(
    stand: ManyWorkspaces, caplog: pytest.LogCaptureFixture
):
    north = stand.workspace()
    await stand.install(north)
    stand.restart(slack_token_key=new_key())
    for _ in range(2):
        with pytest.raises(FrontendUnavailable, match="Put that key behind the newest one") as raised:
            await stand.clients.of(north.id)
        assert not isinstance(raised.value, NotInstalled)
    said = [record for record in caplog.records if "token_unusable" in record.message]
    assert len(said) == 1 and north.id in said[0].message
    await stand.install(north)  # by the pages of the first key
    row = await stand.row(north)
    assert row.removed_at is None


async def test_a_store_that_is_away_is_not_taken_for_a_removal(stand: ManyWorkspaces):
    north = stand.workspace()
    await stand.install(north)
    with store_outage(), pytest.raises(StoreUnavailable):
        await stand.installations.bot_token(north.id)
    assert await stand.installations.bot_token(north.id) == north.installed.token


# One workspace


@pytest.fixture
def own(settings: Settings, fake_slack: FakeSlack, clock: MovableClock, database: None) -> Installations:
    """The tokens of settings with a bot token."""
    return Installations(settings_for_one(settings, fake_slack), clock)


async def test_the_settings_token_is_for_the_workspace_that_slack_says(
    own: Installations, fake_slack: FakeSlack
):
    home = fake_slack.workspace
    assert await own.bot_token(home.id) == fake_slack.bot_token
    assert await own.bot_token("T404") is None
    found = await own.find(home.id)
    assert found is not None and found.bot_user_id == home.installed.bot.id
    assert fake_slack.count("auth.test") == 1
    row = await InstallationRecord.get(external_id=home.id)
    assert row.token == ""


async def test_a_restart_changes_nothing(
    own: Installations, fake_slack: FakeSlack, settings: Settings, clock: MovableClock
):
    await own.bot_token(fake_slack.workspace.id)
    first = await InstallationRecord.get()
    clock.advance(hours=1)
    again = Installations(settings_for_one(settings, fake_slack), clock)
    assert await again.bot_token(fake_slack.workspace.id) == fake_slack.bot_token
    assert (await InstallationRecord.get()).installed_at == first.installed_at


async def test_a_slack_that_is_away_at_the_start(own: Installations, fake_slack: FakeSlack):
    fake_slack.faults.next("auth.test", RESET_BEFORE)
    with pytest.raises(FrontendUnavailable):
        await own.bot_token(fake_slack.workspace.id)
    assert own.problem == ""
    assert await own.bot_token(fake_slack.workspace.id) == fake_slack.bot_token


async def test_a_wrong_token_is_a_sentence_for_the_operator(
    settings: Settings,
    fake_slack: FakeSlack,
    clock: MovableClock,
    database: None,
    caplog: pytest.LogCaptureFixture,
):
    caplog.set_level(logging.INFO)
    wrong = Installations(settings_for_one(settings, fake_slack, slack_bot_token="xoxb-1-wrong"), clock)
    for _ in range(2):
        with pytest.raises(TokenUnusable):
            await wrong.bot_token(fake_slack.workspace.id)
    assert "invalid_auth" in wrong.problem and "LIKENESS_SLACK_BOT_TOKEN" in wrong.problem
    assert caplog.text.count("token_unusable") == 1 and "xoxb-1-wrong" not in caplog.text


async def test_a_persons_token_is_not_the_bots(own: Installations, fake_slack: FakeSlack):
    """auth.test takes every kind of token, and says whose it is."""
    fake_slack.faults.next("auth.test", answered(team_id=fake_slack.workspace.id, user_id="U1", user="ada"))
    with pytest.raises(TokenUnusable):
        await own.bot_token(fake_slack.workspace.id)


async def test_a_token_that_the_settings_had_and_that_is_installed_now(
    own: Installations, stand: ManyWorkspaces, fake_slack: FakeSlack
):
    """The one workspace becomes the first of many: until somebody installs it there, it is not in it."""
    home = fake_slack.workspace
    await own.bot_token(home.id)
    assert await stand.installations.bot_token(home.id) is None
    await stand.install(home)
    assert await stand.installations.bot_token(home.id) == home.installed.token


# Settings that cannot work


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"slack_client_secret": ""}, "LIKENESS_SLACK_CLIENT_SECRET"),
        ({"slack_token_key": ""}, "LIKENESS_SLACK_TOKEN_KEY is empty"),
        ({"slack_token_key": "short"}, "LIKENESS_SLACK_TOKEN_KEY cannot be read"),
        ({"slack_public_url": ""}, "LIKENESS_SLACK_PUBLIC_URL"),
        ({"slack_public_url": "http://likeness.example.com"}, "https://"),
        ({"slack_signing_secret": ""}, "LIKENESS_SLACK_SIGNING_SECRET"),
        ({"slack_bot_token": "xoxp-1"}, "LIKENESS_SLACK_BOT_TOKEN is not a bot's token"),
        ({"slack_app_token": "xoxb-1"}, "LIKENESS_SLACK_APP_TOKEN is not an app's token"),
        ({"slack_app_token": "xapp-1", "slack_client_id": ""}, "alone reaches no workspace"),
    ],
)
def test_settings_that_cannot_work_name_the_setting(
    settings: Settings, fake_slack: FakeSlack, changes: dict[str, str], named: str
):
    with pytest.raises(ConfigurationError, match=named) as raised:
        Installations(settings_for_many(settings, fake_slack, **changes))
    assert fake_slack.client_secret not in str(raised.value)


def test_a_bot_token_comes_before_the_apps_secret(settings: Settings, fake_slack: FakeSlack):
    both = settings_for_many(settings, fake_slack, slack_bot_token=fake_slack.bot_token, slack_token_key="")
    Installations(both)


def test_clients_are_made_without_a_token_for_what_needs_none(own: Installations, fake_slack: FakeSlack):
    assert Clients(own, fake_slack.api_address).make().token is None
