"""The line to the gateway: it breaks, it comes back, and nothing is lost that should not be."""

import asyncio

import aiohttp
import discord
import pytest

from tests.fakes.conftest import Bot


def address(fake_discord):
    return f"{fake_discord.gateway_address}?v=10&encoding=json"


@pytest.fixture
async def bot(start, quick_retries):
    bot = Bot()
    bot.task = await start(bot)
    await bot.wait_until_ready()
    return bot


async def test_what_a_bot_missed_while_its_line_was_down_is_told_when_it_is_back(fake_discord, bot):
    ada, studio = fake_discord.person("ada"), fake_discord.channel("studio")
    await fake_discord.faults.drop_connection()
    message = await ada.say(studio, "while you were away", mentions=[fake_discord.bot])
    await ada.react(message, "👍")

    await fake_discord.until(lambda: bot.reactions)
    assert len(bot.heard) == 1
    assert fake_discord.gateway.resumed == 1
    assert fake_discord.gateway.identified == 1


async def test_what_was_lost_is_not_told_later(fake_discord, bot):
    ada, studio = fake_discord.person("ada"), fake_discord.channel("studio")
    await fake_discord.faults.drop_connection(lose=["MESSAGE_REACTION_ADD"])
    message = await ada.say(studio, "hello")
    await ada.react(message, "👍")
    await fake_discord.until(lambda: fake_discord.gateway.resumed)
    await ada.react(message, "🎉")

    await fake_discord.until(lambda: bot.reactions)
    assert [str(reaction.emoji) for reaction in bot.reactions] == ["🎉"]


async def test_a_session_that_is_invalid_begins_anew(fake_discord, bot):
    await fake_discord.faults.invalidate_session(resumable=False)
    await fake_discord.until(lambda: fake_discord.gateway.identified == 2)
    assert fake_discord.gateway.resumed == 0
    await fake_discord.person("ada").say(fake_discord.channel("studio"), "hello")
    await fake_discord.until(lambda: bot.heard)


@pytest.mark.parametrize("trouble", ["invalid but resumable", "asked to reconnect", "closed with 4000"])
async def test_a_session_that_may_go_on_goes_on(fake_discord, bot, trouble):
    if trouble == "invalid but resumable":
        await fake_discord.faults.invalidate_session(resumable=True)
    elif trouble == "asked to reconnect":
        await fake_discord.faults.ask_to_reconnect()
    else:
        await fake_discord.faults.close_gateway(4000)
    await fake_discord.until(lambda: fake_discord.gateway.resumed == 1)
    assert fake_discord.gateway.identified == 1


async def test_a_closed_account_ends_the_client(fake_discord, bot):
    await fake_discord.faults.close_gateway(4004)
    with pytest.raises(discord.ConnectionClosed) as closed:
        await bot.task
    assert closed.value.code == 4004


async def test_an_identify_can_be_refused(fake_discord, start):
    fake_discord.faults.refuse_identify(4014)
    task = await start(Bot())
    with pytest.raises(discord.PrivilegedIntentsRequired):
        await task


async def test_a_refused_first_handshake_ends_discord_py(fake_discord, start, quick_retries):
    fake_discord.faults.refuse_next_handshake()
    task = await start(Bot())
    with pytest.raises(AttributeError):
        await task


async def test_a_malformed_event_ends_the_client_while_it_says_it_is_ready(fake_discord, bot):
    await fake_discord.faults.malformed_event()
    await fake_discord.until(bot.task.done)
    assert bot.task.exception() is not None
    assert bot.is_ready()


async def test_an_event_can_come_twice(fake_discord, bot):
    fake_discord.faults.duplicate_event("MESSAGE_CREATE")
    await fake_discord.person("ada").say(fake_discord.channel("studio"), "hello", mentions=[fake_discord.bot])
    await fake_discord.until(lambda: len(bot.heard) == 2)
    assert len({message.id for message in bot.heard}) == 1


async def test_who_says_goodbye_has_no_session_any_more(fake_discord):
    identify = {"token": fake_discord.bot_token, "properties": {}, "intents": 1}
    async with aiohttp.ClientSession() as session, session.ws_connect(address(fake_discord)) as line:
        await line.send_json({"op": 2, "d": identify})
        await fake_discord.until(lambda: fake_discord.gateway.sessions)
        await line.close(code=1000)
    await fake_discord.until(lambda: not fake_discord.gateway.sessions)


async def test_a_bot_that_was_thrown_out_knows(fake_discord, bot):
    await fake_discord.faults.remove_bot(fake_discord.guild)
    await fake_discord.until(lambda: not bot.guilds)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("not json", 4002),
        ('{"op": 3, "d": {}}', 4003),
        ('{"op": 99, "d": {}}', 4001),
        ('{"op": 2, "d": {"token": "x", "properties": {}}}', 4002),
        ('{"op": 2, "d": {"token": "x", "properties": {}, "intents": 1}}', 4004),
    ],
)
async def test_nonsense_on_the_line_is_cut_off_with_its_code(fake_discord, sent, code):
    if code != 4004:
        fake_discord.expect_complaint(str(code))
    async with aiohttp.ClientSession() as session, session.ws_connect(address(fake_discord)) as line:
        assert (await line.receive_json())["op"] == 10
        await line.send_str('{"op": 1, "d": null}')
        assert (await line.receive_json())["op"] == 11
        await line.send_str(sent)
        assert (await line.receive()).type is aiohttp.WSMsgType.CLOSE
        assert line.close_code == code


async def test_more_than_two_events_a_second_are_too_many(fake_discord):
    fake_discord.expect_complaint("120")
    async with aiohttp.ClientSession() as session, session.ws_connect(address(fake_discord)) as line:
        for _ in range(121):
            await line.send_str('{"op": 1, "d": null}')
        async with asyncio.timeout(5):
            while not line.closed:
                await line.receive()
    assert line.close_code == 4008
