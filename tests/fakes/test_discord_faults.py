"""Requests that go wrong, and what discord.py makes of them."""

import asyncio

import aiohttp
import discord
import pytest

from tests.fakes.discord import (
    RESET_AFTER_STORING,
    RESET_BEFORE,
    TIMEOUT,
    rate_limited,
    refusal,
    server_error,
)

POST = ("POST", "/channels/{channel_id}/messages")


@pytest.mark.parametrize(
    "fault",
    [
        rate_limited(2.5),
        rate_limited(2.5, is_global=True),
        server_error(500),
        server_error(502),
        server_error(504),
    ],
)
async def test_discord_py_tries_again_by_itself(fake_discord, channel, studio, quick_retries, fault):
    fake_discord.faults.next(*POST, fault)
    await channel.send("hello")
    assert quick_retries[0] == (2.5 if fault.status == 429 else 1)
    assert fake_discord.count(*POST) == 2
    assert len(fake_discord.messages(studio)) == 1
    assert fake_discord.faults.is_all_met


async def test_a_503_is_not_tried_again(fake_discord, channel, studio):
    fake_discord.faults.next(*POST, server_error(503))
    with pytest.raises(discord.DiscordServerError):
        await channel.send("hello")
    assert fake_discord.messages(studio) == []


async def test_five_times_is_enough(fake_discord, channel, quick_retries):
    fake_discord.faults.next("*", "/channels/*/messages", server_error(500), times=5)
    with pytest.raises(discord.DiscordServerError):
        await channel.send("hello")
    assert [seconds for seconds in quick_retries if seconds] == [1, 3, 5, 7, 9]
    await channel.send("hello")


@pytest.mark.parametrize(("fault", "stored"), [(RESET_BEFORE, 0), (RESET_AFTER_STORING, 1)])
async def test_a_line_that_is_cut_says_nothing_of_what_was_done(fake_discord, channel, studio, fault, stored):
    fake_discord.faults.next(*POST, fault)
    with pytest.raises((aiohttp.ClientError, OSError)):
        await channel.send("hello", nonce="n1")
    assert len(fake_discord.messages(studio)) == stored
    await channel.send("hello", nonce="n1")
    assert len(fake_discord.messages(studio)) == 1


async def test_an_answer_that_does_not_come(fake_discord, channel, studio):
    fake_discord.faults.next(*POST, TIMEOUT)
    sending = asyncio.create_task(channel.send("hello"))
    await fake_discord.until(lambda: fake_discord.count(*POST) == 1)
    assert not sending.done()
    fake_discord.faults.release()
    with pytest.raises((aiohttp.ClientError, OSError)):
        await sending
    assert fake_discord.messages(studio) == []


async def test_any_refusal_can_be_had(fake_discord, channel):
    fake_discord.faults.next(*POST, refusal(403, 50013, "Missing Permissions"))
    with pytest.raises(discord.Forbidden) as refused:
        await channel.send("hello")
    assert refused.value.code == 50013
