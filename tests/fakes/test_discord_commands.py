"""Commands: who is offered what, what the client sends, and what people get to see."""

import discord
import pytest
from discord import app_commands

from tests.fakes.conftest import Bot
from tests.fakes.discord import File


@pytest.fixture
def bot():
    return Bot()


async def test_a_command_with_a_photo_is_answered_to_its_person_alone(fake_discord, bot, start, ada, studio):
    @bot.tree.command(name="train", description="Learn something")
    @app_commands.choices(kind=[app_commands.Choice(name="Product", value="product")])
    async def train(interaction: discord.Interaction, kind: str, photo: discord.Attachment, count: int = 1):
        content = await photo.read()
        assert interaction.filesize_limit == 10 * 1024 * 1024
        await interaction.response.send_message(f"{kind} {photo.filename} {content!r}", ephemeral=True)

    await start(bot)
    asked = await ada.slash(studio, "train", kind="Product", photo=File("my mug.png", b"pixels"))
    assert asked.response.text() == "product my_mug.png b'pixels'"
    assert asked.response.is_ephemeral
    assert asked.acked_within == 0
    assert fake_discord.messages(studio) == []
    assert fake_discord.messages(studio, to=ada) == [asked.response]


async def test_suggestions_come_while_a_person_types(fake_discord, bot, start, ada, studio):
    @bot.tree.command(name="imagine", description="Make pictures")
    async def imagine(interaction: discord.Interaction, model: str, prompt: str): ...

    @imagine.autocomplete("model")
    async def models(interaction: discord.Interaction, typed: str):
        names = ["mug", "mule"]
        return [app_commands.Choice(name=name, value=name) for name in names if name.startswith(typed)]

    await start(bot)
    assert [each.name for each in await ada.autocomplete(studio, "imagine", model="mu")] == ["mug", "mule"]
    assert await ada.autocomplete(studio, "imagine", model="x") == []


async def test_subcommands_have_two_words(fake_discord, bot, start, ada, studio):
    group = app_commands.Group(name="model", description="Models")

    @group.command(name="delete", description="Delete one")
    async def delete(interaction: discord.Interaction, name: str):
        await interaction.response.send_message(f"deleted {name}")

    bot.tree.add_command(group)
    await start(bot)
    asked = await ada.slash(studio, "model delete", name="mug")
    assert asked.text() == "deleted mug"
    with pytest.raises(AssertionError, match="subcommands"):
        await ada.slash(studio, "model")


async def test_a_message_menu_shows_the_photos_without_the_content_intent(
    fake_discord, bot, start, ada, studio
):
    @bot.tree.context_menu(name="Train from these photos")
    async def train(interaction: discord.Interaction, message: discord.Message):
        names = [attachment.filename for attachment in message.attachments]
        await interaction.response.send_message(f"{message.content}: {names}")

    await start(bot)
    message = await ada.say(studio, "look", files=[File("a.png", b"1"), File("b.png", b"2")])
    asked = await ada.message_command(message, "Train from these photos")
    assert asked.text() == "look: ['a.png', 'b.png']"


async def test_commands_are_offered_only_to_those_who_may_use_them(fake_discord, bot, start, ada, studio):
    @bot.tree.command(name="settings", description="For admins")
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.guild_only()
    async def settings(interaction: discord.Interaction):
        await interaction.response.send_message("here")

    await start(bot)
    with pytest.raises(AssertionError, match="ada is offered no 'settings'"):
        await ada.slash(studio, "settings")
    boss = fake_discord.person("boss", is_admin=True)
    assert (await boss.slash(studio, "settings")).text() == "here"
    with pytest.raises(AssertionError, match="boss is offered no"):
        await boss.slash(boss.direct_channel(), "settings")


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({}, "not sent without"),
        ({"count": "three"}, "takes no"),
        ({"count": 9}, "1 to 4"),
        ({"count": 1, "size": "big"}, "no option"),
    ],
)
async def test_the_client_sends_no_command_that_is_filled_in_wrongly(
    fake_discord, bot, start, ada, studio, options, problem
):
    @bot.tree.command(name="imagine", description="Make pictures")
    async def imagine(interaction: discord.Interaction, count: app_commands.Range[int, 1, 4]): ...

    await start(bot)
    with pytest.raises(AssertionError, match=problem):
        await ada.slash(studio, "imagine", **options)


async def test_what_was_bought_comes_with_each_question(fake_discord, bot, start, ada, studio):
    @bot.tree.command(name="plan", description="Which plan")
    async def plan(interaction: discord.Interaction):
        await interaction.response.send_message(repr([each.sku_id for each in interaction.entitlements]))

    await start(bot)
    fake_discord.entitle(ada, 77)
    fake_discord.entitle(fake_discord.guild, 88)
    assert (await ada.slash(studio, "plan")).text() == "[77, 88]"
    assert (await fake_discord.person("bea").slash(studio, "plan")).text() == "[88]"


async def test_a_person_brings_the_bot_along_to_a_server_that_it_is_not_in(fake_discord, bot, start):
    @bot.tree.command(name="here", description="Only where it is a member")
    async def here(interaction: discord.Interaction): ...

    @bot.tree.command(name="along", description="Anywhere")
    @app_commands.allowed_installs(guilds=True, users=True)
    async def along(interaction: discord.Interaction):
        assert interaction.is_user_integration() and not interaction.is_guild_integration()
        await interaction.response.send_message("first")
        for number in range(5):
            await interaction.followup.send(str(number))
        with pytest.raises(discord.HTTPException) as refused:
            await interaction.followup.send("one too many")
        await interaction.edit_original_response(content=str(refused.value.code))

    await start(bot)
    elsewhere = fake_discord.add_guild("Elsewhere", has_bot=False)
    ada = fake_discord.person("ada", guild=elsewhere)
    lobby = fake_discord.channel("lobby", guild=elsewhere)
    with pytest.raises(AssertionError, match="offered no 'here'"):
        await ada.slash(lobby, "here")
    asked = await ada.slash(lobby, "along")
    await fake_discord.until(lambda: asked.response.text() == "40094")
    assert len(asked.followups) == 5
    assert bot.heard == []
