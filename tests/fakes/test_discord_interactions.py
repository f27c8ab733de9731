"""Answers: in time, once, to whom, and for how long."""

import asyncio

import aiohttp
import discord
import pytest

from tests.fakes.conftest import Bot


@pytest.fixture
def bot():
    return Bot()


async def test_a_later_reply_thinks_first_and_its_first_followup_is_the_reply(
    fake_discord, bot, start, ada, studio
):
    may_go_on = asyncio.Event()

    @bot.tree.command(name="slow", description="Take long")
    async def slow(interaction: discord.Interaction):
        await interaction.response.defer(thinking=True, ephemeral=True)
        await may_go_on.wait()
        await interaction.followup.send("here it is", ephemeral=True)
        await interaction.followup.send("and more")

    await start(bot)
    asked = await ada.slash(studio, "slow")
    assert asked.response.is_thinking
    may_go_on.set()
    assert (await asked.replied()) is asked.response
    await fake_discord.until(lambda: asked.followups)
    assert asked.response.text() == "here it is" and asked.response.is_ephemeral
    assert [message.text() for message in fake_discord.messages(studio)] == ["and more"]


async def test_after_three_seconds_it_is_too_late_to_answer(fake_discord, bot, start, ada, studio, clock):
    refused: list[discord.NotFound] = []

    @bot.tree.command(name="late", description="Come too late")
    async def late(interaction: discord.Interaction):
        clock.advance(seconds=3.1)
        try:
            await interaction.response.send_message("here")
        except discord.NotFound as error:
            refused.append(error)

    await start(bot)
    asked = await ada.slash(studio, "late")
    await fake_discord.until(lambda: refused)
    assert refused[0].code == 10062
    assert asked.is_failed and asked.response is None


async def test_an_interaction_that_comes_twice_is_answered_once(fake_discord, bot, start, ada, studio):
    refused: list[int] = []

    @bot.tree.command(name="once", description="Answer once")
    async def once(interaction: discord.Interaction):
        try:
            await interaction.response.send_message("here")
        except discord.HTTPException as error:
            refused.append(error.code)

    await start(bot)
    fake_discord.faults.duplicate_interaction()
    await ada.slash(studio, "once")
    await fake_discord.until(lambda: refused)
    assert refused == [40060]
    assert len(fake_discord.messages(studio)) == 1


async def test_a_token_ends_after_fifteen_minutes(fake_discord, bot, start, ada, studio, clock):
    kept: list[discord.Interaction] = []

    @bot.tree.command(name="keep", description="Keep the token")
    async def keep(interaction: discord.Interaction):
        kept.append(interaction)
        await interaction.response.send_message("first", ephemeral=True)

    await start(bot)
    asked = await ada.slash(studio, "keep")
    clock.advance(minutes=14)
    await kept[0].edit_original_response(content="second")
    assert asked.text() == "second"
    clock.advance(minutes=2)
    with pytest.raises(discord.HTTPException) as refused:
        await kept[0].edit_original_response(content="third")
    assert (refused.value.status, refused.value.code) == (401, 50027)
    assert asked.text() == "second"


async def test_a_reply_can_be_taken_back(fake_discord, bot, start, ada, studio):
    @bot.tree.command(name="oops", description="Take it back")
    async def oops(interaction: discord.Interaction):
        await interaction.response.send_message("a secret")
        await interaction.delete_original_response()

    await start(bot)
    asked = await ada.slash(studio, "oops")
    await fake_discord.until(lambda: asked.response is None)
    assert fake_discord.messages(studio) == []


@pytest.mark.parametrize(
    ("answer", "refused"),
    [(4, None), (8, "BASE_TYPE_CHOICES"), (7, "BASE_TYPE_CHOICES")],
)
async def test_only_some_answers_go_with_a_command(
    fake_discord, bot, start, ada, studio, raw, answer, refused
):
    @bot.tree.command(name="quiet", description="Say nothing")
    async def quiet(interaction: discord.Interaction): ...

    await start(bot)
    asked = await ada.slash(studio, "quiet", await_answer=False)
    data = {8: {"choices": []}}.get(answer, {"content": "here"})
    path = f"/interactions/{asked.id}/{asked.token}/callback"
    if refused:
        fake_discord.expect_complaint(refused)
    answered = await raw.send("POST", path, {"type": answer, "data": data})
    assert answered.status == (400 if refused else 204)
    if not refused:
        assert answered.body == ""
        again = await raw.send("POST", path, {"type": 4, "data": data})
        assert again.code == 40060


async def test_before_the_first_answer_there_is_nothing_to_follow(fake_discord, bot, start, ada, studio, raw):
    @bot.tree.command(name="quiet", description="Say nothing")
    async def quiet(interaction: discord.Interaction): ...

    await start(bot)
    asked = await ada.slash(studio, "quiet", await_answer=False)
    base = f"/webhooks/{fake_discord.application_id}"
    assert (await raw.send("POST", f"{base}/{asked.token}", {"content": "x"})).code == 10015
    assert (await raw.send("POST", f"{base}/made-up", {"content": "x"})).code == 50027
    assert (await raw.send("POST", f"/webhooks/1/{asked.token}", {"content": "x"})).code == 10015


async def test_an_answer_needs_no_token_of_the_bot(fake_discord, bot, start, ada, studio):
    @bot.tree.command(name="quiet", description="Say nothing")
    async def quiet(interaction: discord.Interaction): ...

    await start(bot)
    asked = await ada.slash(studio, "quiet", await_answer=False)
    url = f"{fake_discord.api_address}/interactions/{asked.id}/{asked.token}/callback"
    async with aiohttp.ClientSession() as session:
        async with session.post(url, json={"type": 4, "data": {"content": "hello"}}) as answered:
            assert answered.status == 204
        async with session.get(f"{fake_discord.api_address}/users/@me") as answered:
            assert answered.status == 401
    assert asked.text() == "hello"
