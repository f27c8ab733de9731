"""People do what a Discord client lets them do, and no more."""

import discord
import pytest
from discord import ui

from tests.fakes.discord import File


@pytest.fixture
def hidden(fake_discord):
    return fake_discord.channel("hidden", hidden_from_everyone=True)


async def test_nobody_writes_where_they_see_nothing(fake_discord, hidden, ada):
    with pytest.raises(AssertionError, match="ada does not see #hidden"):
        await ada.say(hidden, "hello")
    assert not ada.sees(hidden)
    boss = fake_discord.person("boss", is_admin=True)
    await boss.say(hidden, "hello")


async def test_nobody_writes_where_they_may_not(fake_discord, studio, ada):
    fake_discord.deny(studio, "send_messages", to=fake_discord.guild.everyone)
    with pytest.raises(AssertionError, match="may not write"):
        await ada.say(studio, "hello")


async def test_a_role_opens_what_it_opens(fake_discord, hidden, ada):
    crew = fake_discord.role("crew", ["view_channel"])
    boss = fake_discord.role("boss", ["administrator"])
    ada.give(crew)
    assert not ada.sees(hidden), "the channel's own rule is stronger"
    ada.give(boss)
    assert ada.sees(hidden)
    ada.take(boss)
    assert not ada.sees(hidden)


@pytest.mark.parametrize(
    ("text", "files"), [("", 0), ("x" * 2001, 0), ("too many", 11)], ids=["empty", "long", "files"]
)
async def test_what_the_client_does_not_send(studio, ada, text, files):
    with pytest.raises(AssertionError):
        await ada.say(studio, text, files=[File(f"{number}.png", b"x") for number in range(files)])


async def test_people_change_and_delete_their_own(fake_discord, bot, studio, ada):
    bea = fake_discord.person("bea")
    message = await ada.say(studio, "helo")
    await ada.edit(message, "hello")
    assert message.is_edited and message.history == ["helo"]
    for attempt in (bea.edit(message, "bye"), bea.delete(message)):
        with pytest.raises(AssertionError):
            await attempt
    await ada.delete(message)
    with pytest.raises(AssertionError, match="gone"):
        await ada.react(message, "👍")


async def test_a_reaction_is_taken_back_by_whoever_gave_it(fake_discord, studio, ada):
    bea = fake_discord.person("bea")
    message = await ada.say(studio, "hello")
    await bea.react(message, "👍")
    with pytest.raises(AssertionError, match="ada has not reacted"):
        await ada.unreact(message, "👍")
    with pytest.raises(AssertionError, match="no emoji"):
        await ada.react(message, "keep")
    assert message.reactions == {"👍": ["bea"]}


async def test_in_a_closed_thread_buttons_answer_and_commands_do_not(fake_discord, bot, channel, ada):
    @bot.tree.command(name="jobs", description="What is going on")
    async def jobs(interaction: discord.Interaction): ...

    class Card(ui.View):
        @ui.button(label="Go", custom_id="go")
        async def go(self, interaction: discord.Interaction, button: ui.Button) -> None:
            await interaction.response.send_message("gone", ephemeral=True)

    await bot.tree.sync()
    thread = await channel.create_thread(name="Mug", type=discord.ChannelType.public_thread)
    await thread.send("Ready", view=Card(timeout=None))
    seen, message = fake_discord.thread("Mug"), fake_discord.message_with("Ready")
    await fake_discord.faults.archive(seen)
    with pytest.raises(AssertionError, match="closed"):
        await ada.slash(seen, "jobs")
    assert (await ada.press(message, "Go")).text() == "gone"
    assert seen.is_archived, "what only one person sees opens nothing"
    await fake_discord.faults.archive(seen, is_locked=True)
    with pytest.raises(AssertionError, match="closed"):
        await ada.press(message, "Go")


async def test_who_writes_in_a_thread_is_in_it(fake_discord, bot, studio, ada):
    bea = fake_discord.person("bea")
    thread = await ada.start_thread(await ada.say(studio, "photos"), "Photos")
    await bea.say(thread, "nice")
    await fake_discord.until(lambda: bot.get_channel(thread.id))
    await bot.get_channel(thread.id).send("thank you")
    assert thread.members == {"ada", "bea", "Likeness"}
