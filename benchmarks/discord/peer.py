"""A bot made of nothing but discord.py, which acknowledges the same commands at once and then does nothing.

Run as a process of its own, with the variables that Likeness itself is given.
"""

from __future__ import annotations

import os
from typing import Any

import discord
import yarl
from discord import app_commands, ui
from discord.gateway import DiscordWebSocket
from discord.http import Route


class Bare(discord.Client):
    """Has a command tree; buttons and forms are acknowledged as they come."""

    def __init__(self) -> None:
        super().__init__(intents=discord.Intents(guilds=True))
        self.tree = app_commands.CommandTree(self)

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Acknowledge a button."""
        if interaction.type is discord.InteractionType.component:
            await interaction.response.defer()


class TrainForm(ui.Modal, title="Train"):
    """The fields that Likeness' own form has."""

    name = ui.Label(text="Name", component=ui.TextInput[ui.Modal](custom_id="name"))
    noun = ui.Label(text="What is it?", component=ui.TextInput[ui.Modal](custom_id="class"))
    photos = ui.Label(
        text="Photos", component=ui.FileUpload[ui.Modal](custom_id="photos", min_values=1, max_values=4)
    )

    async def on_submit(self, interaction: discord.Interaction[Any]) -> None:
        """Acknowledge the form."""
        await interaction.response.defer(ephemeral=True, thinking=True)


bot = Bare()


@bot.tree.command(description="Make pictures")
async def imagine(interaction: discord.Interaction[Bare], prompt: str) -> None:
    """Acknowledge, whatever the prompt."""
    await interaction.response.defer(ephemeral=True, thinking=True)


@imagine.autocomplete("prompt")
async def suggest(interaction: discord.Interaction[Bare], typed: str) -> list[app_commands.Choice[str]]:
    """Suggest what was typed."""
    return [app_commands.Choice(name=typed, value=typed)]


@bot.tree.command(description="Make a model")
@app_commands.rename(kind="type")
async def train(interaction: discord.Interaction[Bare], kind: str, name: str = "") -> None:
    """Open a form."""
    await interaction.response.send_modal(TrainForm())


async def acknowledge(interaction: discord.Interaction[Bare]) -> None:
    """Acknowledge, and do nothing."""
    await interaction.response.defer(ephemeral=True, thinking=True)


def main() -> None:
    """Serve until terminated. The commands are registered already, by the bot that it is compared with."""
    for name in ("models", "jobs", "credits"):
        bot.tree.command(name=name, description=name)(acknowledge)
    Route.BASE = os.environ["LIKENESS_DISCORD_API_BASE"]
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(os.environ["LIKENESS_DISCORD_GATEWAY"])
    bot.run(os.environ["LIKENESS_DISCORD_TOKEN"], log_handler=None)


if __name__ == "__main__":
    main()
