"""Whatever ends a client, a new one comes; what only the operator can mend is said."""

from __future__ import annotations

import asyncio

import discord
import pytest

from bot.discord.supervisor import (
    FIRST_PAUSE_SECONDS,
    LONGEST_PAUSE_SECONDS,
    WRONG_INTENTS,
    WRONG_TOKEN,
    problem_of,
)
from bot.replies import Notice
from tests.contracts.discord_harness import DiscordHarness
from tests.fakes.discord import RESET_BEFORE, server_error


async def new_life(stand: DiscordHarness, after: discord.Client | None) -> None:
    await stand.fake.until(lambda: stand.is_up and stand.frontend.client is not after)


async def still_works(stand: DiscordHarness) -> None:
    await stand.frontend.post(stand.thread, Notice("Here."), nonce="n1")
    assert len(await stand.seen()) == 1
    assert await stand.imagine("a red mug", "event-1")


async def test_a_refused_handshake_leads_to_a_new_life(stand: DiscordHarness, quick_retries) -> None:
    await stand.stop()
    stand.fake.faults.refuse_next_handshake(times=2)
    await stand.start()

    await still_works(stand)
    assert len(stand.waits) == 2


async def test_a_malformed_event_leads_to_a_new_life(stand: DiscordHarness) -> None:
    before = stand.frontend.client
    await stand.fake.faults.malformed_event()
    await new_life(stand, before)

    await still_works(stand)


async def test_a_session_that_discord_ended_is_begun_anew(stand: DiscordHarness, quick_retries) -> None:
    await stand.fake.faults.invalidate_session(resumable=False)
    await stand.fake.until(lambda: stand.fake.gateway.identified == 2)

    await still_works(stand)


async def test_a_login_that_fails_for_now_is_tried_again(stand: DiscordHarness) -> None:
    await stand.stop()
    stand.fake.faults.next("GET", "/users/@me", server_error(503))
    stand.fake.faults.next("GET", "/oauth2/applications/@me", RESET_BEFORE, times=3)
    await stand.start()

    await still_works(stand)


async def test_while_it_is_down_nothing_is_lost(stand: DiscordHarness) -> None:
    before = stand.frontend.client
    await stand.fake.faults.malformed_event()
    await stand.frontend.post(stand.thread, Notice("Here."), nonce="n1")
    await new_life(stand, before)

    assert len(await stand.seen()) == 1


async def test_a_wrong_token_is_said_and_tried_seldom(
    stand: DiscordHarness, caplog: pytest.LogCaptureFixture
) -> None:
    await stand.stop()
    right, stand.fake.bot_token = stand.fake.bot_token, "another"
    stand.prepare()
    running = asyncio.create_task(stand.frontend.run(stand.acceptor.accept))
    await stand.fake.until(lambda: len(stand.waits) >= 2)

    assert stand.frontend.problem == WRONG_TOKEN
    assert all(LONGEST_PAUSE_SECONDS / 2 <= wait <= LONGEST_PAUSE_SECONDS for wait in stand.waits)
    assert right not in caplog.text
    stand.fake.bot_token = right
    await stand.fake.until(lambda: stand.is_up)
    assert stand.frontend.problem == ""
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_an_intent_that_is_not_granted_is_said(stand: DiscordHarness) -> None:
    await stand.stop()
    stand.fake.faults.refuse_identify(4014)
    await stand.start()

    assert stand.waits[0] >= LONGEST_PAUSE_SECONDS / 2


def test_problems_name_what_to_do() -> None:
    assert problem_of(discord.LoginFailure("no")) == WRONG_TOKEN
    assert problem_of(discord.PrivilegedIntentsRequired(None)) == WRONG_INTENTS
    assert problem_of(OSError()) == problem_of(None) == problem_of(AttributeError()) == ""


async def test_lives_that_end_at_once_come_ever_more_slowly(stand: DiscordHarness, quick_retries) -> None:
    await stand.stop()
    stand.waits.clear()
    stand.fake.faults.refuse_next_handshake(times=12)
    await stand.start()

    assert FIRST_PAUSE_SECONDS / 2 <= stand.waits[0] <= FIRST_PAUSE_SECONDS
    assert all(wait <= LONGEST_PAUSE_SECONDS for wait in stand.waits)
    assert max(stand.waits) >= LONGEST_PAUSE_SECONDS / 2
    assert len(stand.waits) == 12


async def test_a_bot_that_discord_wants_in_shards_connects_as_often(
    stand: DiscordHarness, quick_retries
) -> None:
    await stand.stop()
    stand.fake.shard_count = 2
    await stand.start()

    assert isinstance(stand.frontend.client, discord.AutoShardedClient)
    await still_works(stand)
