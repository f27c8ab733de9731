"""Reactions: the bot's, people's, and what is told of them."""

import discord
import pytest


@pytest.fixture
async def message(channel):
    """A flagged photo, with its two reactions already there."""
    message = await channel.send("Photo 3 is blurry")
    for emoji in ("✅", "✂️"):
        await message.add_reaction(emoji)
    return message


async def test_a_person_s_reaction_reaches_the_bot(fake_discord, bot, message, ada):
    seen = fake_discord.message_with("Photo 3")
    assert seen.reactions == {"✅": ["Likeness"], "✂️": ["Likeness"]}
    await ada.react(seen, "✂")
    await fake_discord.until(lambda: len(bot.reactions) == 3)
    told = bot.reactions[-1]
    assert (told.user_id, str(told.emoji), told.event_type) == (ada.id, "✂️", "REACTION_ADD")
    assert told.member.name == "ada"
    await ada.unreact(seen, "✂️")
    await fake_discord.until(lambda: len(bot.reactions) == 4)
    assert bot.reactions[-1].event_type == "REACTION_REMOVE"
    assert seen.reactions["✂️"] == ["Likeness"]


async def test_who_reacted_can_be_asked(fake_discord, message, ada):
    bea = fake_discord.person("bea")
    for person in (ada, bea):
        await person.react(fake_discord.message_with("Photo 3"), "✅")
    fresh = await message.channel.fetch_message(message.id)
    assert {user.name async for user in fresh.reactions[0].users()} == {"Likeness", "ada", "bea"}
    assert fresh.reactions[0].count == 3 and fresh.reactions[0].me


async def test_the_bot_takes_back_its_own_and_others_with_the_permission(fake_discord, message, ada):
    seen = fake_discord.message_with("Photo 3")
    await ada.react(seen, "✅")
    await message.remove_reaction("✅", message.author)
    assert seen.reactions["✅"] == ["ada"]
    for attempt in (
        message.remove_reaction("✅", discord.Object(ada.id)),
        message.clear_reactions(),
        message.clear_reaction("✅"),
    ):
        with pytest.raises(discord.Forbidden):
            await attempt
    await fake_discord.faults.grant("manage_messages")
    await message.remove_reaction("✅", discord.Object(ada.id))
    await message.clear_reaction("✂️")
    assert seen.reactions == {}


async def test_a_new_reaction_is_a_permission_and_an_old_one_is_not(fake_discord, message, ada):
    seen = fake_discord.message_with("Photo 3")
    await ada.react(seen, "🎉")
    await fake_discord.faults.revoke("add_reactions", seen.channel)
    await message.add_reaction("🎉")
    with pytest.raises(discord.Forbidden) as refused:
        await message.add_reaction("👍")
    assert refused.value.code == 50013
    await fake_discord.faults.revoke("read_message_history", seen.channel)
    with pytest.raises(discord.Forbidden):
        await message.add_reaction("🎉")


async def test_twenty_emoji_are_the_most(fake_discord, message):
    for number in range(18):
        await message.add_reaction(chr(0x1F600 + number))
    with pytest.raises(discord.HTTPException) as refused:
        await message.add_reaction("👍")
    assert refused.value.code == 30010


async def test_a_word_is_no_emoji(fake_discord, message):
    fake_discord.expect_complaint("10014")
    with pytest.raises(discord.HTTPException) as refused:
        await message.add_reaction("keep")
    assert refused.value.code == 10014
