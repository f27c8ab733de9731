"""The Slack part of `likeness doctor`, asked of the fake."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.doctor import examine
from bot.doctor.finding import Finding, Status
from bot.doctor.slack import look_at_slack, look_at_workspaces
from bot.slack.app_definition import SCOPES
from core.errors import ConfigurationError
from core.settings import Settings
from tests.bot.slack.installed import (
    ManyWorkspaces,
    many_workspaces,
    new_key,
    settings_for_many,
    settings_for_one,
)
from tests.conftest import MovableClock
from tests.fakes.slack import RESET_BEFORE, FakeSlack, refusal, server_error


@pytest.fixture
async def stand(
    fake_slack: FakeSlack, settings: Settings, clock: MovableClock, database: None
) -> AsyncIterator[ManyWorkspaces]:
    async with many_workspaces(fake_slack, settings, clock) as served:
        yield served


async def findings(settings: Settings, fake: FakeSlack) -> list[Finding]:
    found = [finding async for finding in look_at_slack(settings)]
    found += [finding async for finding in look_at_workspaces(settings)]
    assert all(finding.fix for finding in found if finding.status is not Status.OK)
    for secret in (fake.bot_token, fake.app_token, fake.client_secret, fake.signing_secret):
        assert secret not in str(found)
    return found


def to_do(found: list[Finding]) -> list[Finding]:
    return [finding for finding in found if finding.status is not Status.OK]


def text(found: list[Finding]) -> str:
    return "\n".join(finding.sentence for finding in found)


async def test_without_tokens_slack_is_off(settings: Settings, fake_slack: FakeSlack):
    [found] = await findings(settings, fake_slack)
    assert (found.status, "Slack is off" in found.sentence) == (Status.OK, True)
    assert fake_slack.requests == []


async def test_all_is_well_in_one_workspace(settings: Settings, fake_slack: FakeSlack):
    found = await findings(settings_for_one(settings, fake_slack), fake_slack)
    assert to_do(found) == []
    assert "likeness's in Atelier" in text(found) and "Socket Mode" in text(found)
    assert "Slack tells nobody which events" in text(found)  # what cannot be known is said


async def test_a_wrong_token_names_where_to_get_a_right_one(settings: Settings, fake_slack: FakeSlack):
    wrong = settings_for_one(settings, fake_slack, slack_bot_token="xoxb-a-secret-word")
    [found] = to_do(await findings(wrong, fake_slack))
    assert found.status is Status.FAIL and "invalid_auth" in found.sentence
    assert "OAuth & Permissions" in found.fix and "secret-word" not in str(found)


async def test_an_app_that_was_thrown_out(settings: Settings, fake_slack: FakeSlack):
    own = settings_for_one(settings, fake_slack)
    await fake_slack.faults.uninstall()
    [found] = to_do([finding async for finding in look_at_slack(own)])
    assert "account_inactive" in found.sentence


@pytest.mark.parametrize("scope", sorted(SCOPES))
async def test_each_missing_scope_is_named_with_what_it_is_for(
    settings: Settings, fake_slack: FakeSlack, scope: str
):
    fake_slack.faults.take_scope(scope)
    [found] = to_do(await findings(settings_for_one(settings, fake_slack), fake_slack))
    assert found.status is Status.FAIL
    assert f"the scope {scope}, with which it {SCOPES[scope]}" in found.sentence
    assert "reinstall" in found.fix


async def test_an_app_token_that_opens_no_socket(settings: Settings, fake_slack: FakeSlack):
    wrong = settings_for_one(settings, fake_slack, slack_app_token="xapp-1-wrong")
    [found] = to_do(await findings(wrong, fake_slack))
    assert "invalid_auth" in found.sentence and "connections:write" in found.fix


async def test_socket_mode_that_is_off(settings: Settings, fake_slack: FakeSlack):
    fake_slack.faults.next("apps.connections.open", refusal("forbidden_team"))
    [found] = to_do(await findings(settings_for_one(settings, fake_slack), fake_slack))
    assert "Enable Socket Mode" in found.fix


@pytest.mark.parametrize("fault", [RESET_BEFORE, server_error()])
@pytest.mark.parametrize("method", ["auth.test", "apps.connections.open"])
async def test_a_slack_that_cannot_be_reached(settings: Settings, fake_slack: FakeSlack, method: str, fault):
    fake_slack.faults.next(method, fault)
    [found] = to_do(await findings(settings_for_one(settings, fake_slack), fake_slack))
    assert found.status is Status.FAIL and "slack.com" in found.fix


async def test_over_http_the_address_is_told(settings: Settings, fake_slack: FakeSlack):
    own = settings_for_one(
        settings,
        fake_slack,
        slack_app_token="",
        slack_signing_secret="s",
        slack_public_url="https://l.example.com/",
    )
    found = await findings(own, fake_slack)
    assert to_do(found) == []
    assert "https://l.example.com/slack/events" in text(found) and "Verified" in text(found)


async def test_both_ways_at_once_are_pointed_out(settings: Settings, fake_slack: FakeSlack):
    own = settings_for_one(settings, fake_slack, slack_client_id=fake_slack.client_id)
    [found] = to_do(await findings(own, fake_slack))
    assert found.status is Status.WARN and "only the one workspace" in found.sentence


async def test_settings_that_cannot_work_are_the_operators_to_correct(
    settings: Settings, fake_slack: FakeSlack
):
    with pytest.raises(ConfigurationError, match="LIKENESS_SLACK_TOKEN_KEY"):
        await findings(settings_for_many(settings, fake_slack, slack_token_key=""), fake_slack)


# Many workspaces


async def test_nobody_has_installed_it_yet(stand: ManyWorkspaces):
    [found] = to_do(await findings(stand.settings, stand.fake))
    assert found.status is Status.WARN and stand.install_address in found.fix


@pytest.mark.parametrize(
    ("setting", "error"),
    [("slack_client_id", "invalid_client_id"), ("slack_client_secret", "bad_client_secret")],
)
async def test_an_id_or_a_secret_that_slack_refuses(stand: ManyWorkspaces, setting: str, error: str):
    await stand.install(stand.workspace())
    stand.fake.expect_complaint(error)
    stand.restart(**{setting: "1.2"})
    [found] = to_do(await findings(stand.settings, stand.fake))
    assert f"LIKENESS_{setting.upper()} ({error})" in found.sentence and "Basic Information" in found.fix


async def test_all_is_well_in_many(stand: ManyWorkspaces):
    for name in ("North", "South"):
        await stand.install(stand.workspace(name))
    found = await findings(stand.settings, stand.fake)
    assert to_do(found) == []
    assert "In 2 workspaces the bot may do what it needs." in text(found)


async def test_each_workspace_with_a_problem_is_named(stand: ManyWorkspaces):
    spaces = [stand.workspace(name) for name in ("North", "South", "East")]
    for space in spaces:
        await stand.install(space)
    stand.fake.faults.take_scope("files:read", spaces[0])
    await stand.fake.faults.revoke_token(spaces[1])
    found = await findings(stand.settings, stand.fake)
    assert [finding.sentence for finding in to_do(found)] == [
        "In North the bot lacks files:read.",
        "Slack does not take the token of South any more (token_revoked).",
    ]
    assert all(stand.install_address in finding.fix for finding in to_do(found))
    assert "In 1 workspace the bot may do what it needs." in text(found)


async def test_many_with_a_problem_are_counted(stand: ManyWorkspaces):
    for number in range(7):
        await stand.install(stand.workspace(f"Space {number}"))
    stand.restart(slack_token_key=new_key())
    problems = to_do(await findings(stand.settings, stand.fake))
    assert len(problems) == 6 and "behind the newest one" in problems[0].fix
    assert "In 2 more workspaces" in problems[-1].sentence


async def test_the_whole_doctor_asks_about_slack(stand: ManyWorkspaces):
    await stand.install(stand.workspace())
    report = await examine(stand.settings)
    said = "\n".join(finding.sentence for finding in report.findings if finding.name.startswith("slack"))
    assert "In 1 workspace the bot may do what it needs." in said and "over HTTP" in said
