"""Coming in: tokens, intents, shards, and what a bot is told of what people write."""

import asyncio

import discord
import pytest

from tests.fakes.conftest import Bot
from tests.fakes.discord import FakeDiscord, File


async def test_a_bot_logs_in_registers_its_commands_and_knows_its_server(fake_discord, start):
    bot = Bot()

    @bot.tree.command(name="train", description="Learn something")
    async def train(interaction: discord.Interaction) -> None: ...

    await start(bot)
    await bot.wait_until_ready()

    assert bot.user is not None and bot.user.id == fake_discord.bot.id
    assert [guild.name for guild in bot.guilds] == ["Atelier"]
    assert fake_discord.commands() == ["train"]


async def test_the_servers_are_listed_with_what_the_bot_may_do_there(fake_discord, start, bot):
    await fake_discord.faults.revoke("attach_files")
    branch = fake_discord.add_guild("Branch")
    listed = await bot.http.get_guilds(200)
    assert [guild["name"] for guild in listed] == ["Atelier", "Branch"]
    allowed = [discord.Permissions(int(guild["permissions"])).attach_files for guild in listed]
    assert allowed == [False, True]
    assert (await bot.fetch_guild(branch.id)).name == "Branch"
    assert (await bot.application_info()).name == "Likeness"


async def test_a_wrong_token_is_refused(fake_discord):
    bot = Bot()
    with pytest.raises(discord.LoginFailure):
        await bot.start("not the token")
    await bot.close()


async def test_a_privileged_intent_must_have_been_granted(fake_discord, start):
    intents = discord.Intents.default()
    intents.message_content = True
    task = await start(Bot(intents))
    with pytest.raises(discord.PrivilegedIntentsRequired):
        await task


async def test_without_the_content_intent_only_what_concerns_the_bot_is_told(fake_discord, start):
    bot = Bot()
    await start(bot)
    ada, studio = fake_discord.person("ada"), fake_discord.channel("studio")

    await ada.say(studio, "a secret", files=[File("a.png", b"1")])
    await ada.say(studio, "please", mentions=[fake_discord.bot], files=[File("b.png", b"2")])
    await ada.say(ada.direct_channel(), "between us")
    await fake_discord.until(lambda: len(bot.heard) == 3)

    assert bot.texts() == ["", f"{fake_discord.bot.mention} please", "between us"]
    assert [len(message.attachments) for message in bot.heard] == [0, 1, 0]


async def test_with_the_content_intent_all_is_told(fake_discord, start):
    fake_discord.portal_intents = {"message_content"}
    intents = discord.Intents.default()
    intents.message_content = True
    bot = Bot(intents)
    await start(bot)
    await fake_discord.person("ada").say(fake_discord.channel("studio"), "hello all")
    await fake_discord.until(lambda: bot.heard)
    assert bot.texts() == ["hello all"]


async def test_events_that_were_not_asked_for_do_not_come(fake_discord, start):
    bot = Bot(discord.Intents(guilds=True, guild_reactions=True))
    await start(bot)
    ada, studio = fake_discord.person("ada"), fake_discord.channel("studio")
    message = await ada.say(studio, "hello")
    await ada.react(message, "👍")
    await fake_discord.until(lambda: bot.reactions)
    assert bot.heard == []


async def test_what_the_bot_cannot_see_it_is_not_told_of(fake_discord, start):
    bot = Bot()
    await start(bot)
    ada, hidden = fake_discord.person("ada"), fake_discord.channel("hidden")
    fake_discord.deny(hidden, "view_channel")
    await ada.say(hidden, "a secret")
    await ada.say(fake_discord.channel("studio"), "hello")
    await fake_discord.until(lambda: bot.heard)
    assert [message.channel.name for message in bot.heard] == ["studio"]


async def test_each_shard_is_told_of_its_own_servers(fake_discord: FakeDiscord, quick_retries):
    fake_discord.clock.advance(seconds=1)
    second = fake_discord.add_guild("Branch")
    fake_discord.shard_count = 2
    bot = discord.AutoShardedClient(intents=discord.Intents.default(), guild_ready_timeout=0)
    task = asyncio.create_task(bot.start(fake_discord.bot_token))
    await fake_discord.until(lambda: fake_discord.gateway.identified == 2)
    await bot.wait_until_ready()
    assert {guild.name: guild.shard_id for guild in bot.guilds} == {
        guild.name: (guild.id >> 22) % 2 for guild in (fake_discord.guild, second)
    }
    await bot.close()
    await task
