"""The Discord part of `likeness doctor`, asked of the fake."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from bot.discord.invite import PERMISSIONS, invite_url, needed_permissions
from bot.doctor.discord import look_at_discord
from bot.doctor.finding import Finding, Status
from core.errors import ConfigurationError
from core.settings import Settings
from tests.bot.discord.conftest import Inbound
from tests.fakes.discord import RESET_BEFORE, FakeDiscord


async def findings(settings: Settings, fake: FakeDiscord, **changes: object) -> list[Finding]:
    changes.setdefault("discord_token", SecretStr(fake.bot_token))
    found = [finding async for finding in look_at_discord(settings.model_copy(update=changes))]
    assert all(finding.fix for finding in found if finding.status is not Status.OK)
    assert fake.bot_token not in str(found)
    return found


def to_do(found: list[Finding]) -> list[Finding]:
    return [finding for finding in found if finding.status is not Status.OK]


async def test_all_is_well_where_the_bot_was_started_and_invited(inbound: Inbound):
    found = await findings(inbound.settings, inbound.fake)
    assert to_do(found) == []
    assert "The token is Likeness's" in found[0].sentence
    assert "In 1 server the bot may do what it needs" in found[-1].sentence


async def test_without_a_token_discord_is_off(settings: Settings, fake_discord: FakeDiscord):
    [found] = await findings(settings, fake_discord, discord_token=SecretStr(""))
    assert (found.status, "Discord is off" in found.sentence) == (Status.OK, True)
    assert fake_discord.requests == []


async def test_a_wrong_token_names_where_to_get_a_right_one(settings: Settings, fake_discord: FakeDiscord):
    [found] = await findings(settings, fake_discord, discord_token=SecretStr("a.secret.word"))
    assert found.status is Status.FAIL
    assert "Reset Token" in found.fix
    assert "secret" not in str(found)


async def test_a_discord_that_cannot_be_reached(settings: Settings, fake_discord: FakeDiscord):
    fake_discord.faults.next("GET", "/users/@me", RESET_BEFORE, times=9)
    [found] = await findings(settings, fake_discord)
    assert (found.status, "cannot be reached" in found.sentence) == (Status.FAIL, True)


async def test_commands_that_nobody_registered(settings: Settings, fake_discord: FakeDiscord):
    [found] = to_do(await findings(settings, fake_discord))
    assert found.status is Status.WARN
    assert "likeness bot" in found.fix


async def test_commands_of_other_base_models(inbound: Inbound):
    found = await findings(inbound.settings, inbound.fake, bases=("sdxl", "tiny"))
    assert ["not those of this release" in finding.sentence for finding in to_do(found)] == [True]


async def test_a_server_that_does_not_allow_enough(inbound: Inbound):
    await inbound.fake.faults.revoke("attach_files")
    await inbound.fake.faults.revoke("create_private_threads")
    [found] = to_do(await findings(inbound.settings, inbound.fake))
    assert found.status is Status.FAIL
    assert found.sentence == "In Atelier the bot lacks Create Private Threads and Attach Files."
    assert invite_url(inbound.fake.application_id) in found.fix


async def test_a_bot_that_is_in_no_server_yet(inbound: Inbound):
    await inbound.fake.faults.remove_bot(inbound.fake.guild)
    [found] = to_do(await findings(inbound.settings, inbound.fake))
    assert (found.status, "in no server yet" in found.sentence) == (Status.WARN, True)


async def test_plans_that_cannot_be_read_are_the_operators_to_correct(
    settings: Settings, fake_discord: FakeDiscord
):
    with pytest.raises(ConfigurationError, match="LIKENESS_DISCORD_PLANS"):
        await findings(settings, fake_discord, discord_plans="pro")


def test_the_invitation_asks_for_what_is_needed_and_no_more():
    assert f"permissions={needed_permissions().value}" in invite_url(1)
    assert "scope=bot+applications.commands" in invite_url(1)
    assert sum(value for _, value in needed_permissions()) == len(PERMISSIONS)
    assert not needed_permissions().administrator
