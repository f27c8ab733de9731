"""A small bot on the real discord.py, and raw requests for what discord.py would never send."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import aiohttp
import discord
import pytest
from discord import app_commands

from tests.fakes.discord import Channel, FakeDiscord, File, Person


class Bot(discord.Client):
    """Registers its commands when it starts, and notes what it hears."""

    def __init__(self, intents: discord.Intents | None = None) -> None:
        super().__init__(intents=intents or discord.Intents.default(), guild_ready_timeout=0)
        self.tree = app_commands.CommandTree(self)
        self.heard: list[discord.Message] = []
        self.reactions: list[discord.RawReactionActionEvent] = []
        self.failures: list[BaseException] = []
        self.asked = 0

    async def setup_hook(self) -> None:
        await self.tree.sync()

    async def on_message(self, message: discord.Message) -> None:
        self.heard.append(message)

    async def on_raw_reaction_add(self, reaction: discord.RawReactionActionEvent) -> None:
        self.reactions.append(reaction)

    async def on_raw_reaction_remove(self, reaction: discord.RawReactionActionEvent) -> None:
        self.reactions.append(reaction)

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        self.asked += 1

    def texts(self) -> list[str]:
        """Return what it heard others say."""
        return [message.content for message in self.heard if message.author != self.user]


Start = Callable[[Bot], Awaitable[asyncio.Task[None]]]


@pytest.fixture
async def start(fake_discord: FakeDiscord) -> AsyncIterator[Start]:
    """Start a bot, and wait until it listens; it is stopped when the test is over."""
    running: list[tuple[Bot, asyncio.Task[None]]] = []

    async def begin(bot: Bot) -> asyncio.Task[None]:
        task = asyncio.create_task(bot.start(fake_discord.bot_token))
        running.append((bot, task))
        await fake_discord.until(lambda: task.done() or fake_discord.gateway.is_connected)
        return task

    yield begin
    for bot, task in running:
        await bot.close()
        with suppress(Exception):
            await task


@pytest.fixture
def ada(fake_discord: FakeDiscord) -> Person:
    """A member of the server."""
    return fake_discord.person("ada")


@pytest.fixture
def studio(fake_discord: FakeDiscord) -> Channel:
    """A text channel."""
    return fake_discord.channel("studio")


@pytest.fixture
async def bot(start: Start, studio: Channel) -> Bot:
    """A bot that is in the studio and ready."""
    bot = Bot()
    await start(bot)
    await bot.wait_until_ready()
    return bot


@pytest.fixture
def channel(bot: Bot, studio: Channel) -> discord.TextChannel:
    """The studio, as the bot has it."""
    found = bot.get_channel(studio.id)
    assert isinstance(found, discord.TextChannel)
    return found


@dataclass(frozen=True)
class Answered:
    """What Discord answered to a raw request."""

    status: int
    body: Any

    @property
    def code(self) -> int:
        """Discord's own code."""
        code: int = self.body["code"]
        return code

    def error_at(self, *path: str) -> str:
        """Return the name of what is wrong with a field."""
        node = self.body["errors"]
        for key in path:
            node = node[key]
        name: str = node["_errors"][0]["code"]
        return name


class Raw:
    """Sends requests with the bot's token, and nothing of discord.py in between."""

    def __init__(self, fake: FakeDiscord, session: aiohttp.ClientSession) -> None:
        self.fake = fake
        self._session = session

    async def send(self, method: str, path: str, body: Any = None, files: tuple[File, ...] = ()) -> Answered:
        headers = {"Authorization": f"Bot {self.fake.bot_token}"}
        data: Any = None
        if files:
            data = aiohttp.FormData(quote_fields=False)
            data.add_field("payload_json", json.dumps(body))
            for number, file in enumerate(files):
                data.add_field(f"files[{number}]", file.content, filename=file.filename)
        elif body is not None:
            data = json.dumps(body)
            headers["Content-Type"] = "application/json"
        url = self.fake.api_address + path
        async with self._session.request(method, url, data=data, headers=headers) as response:
            text = await response.text()
            is_json = response.headers.get("Content-Type") == "application/json"
            return Answered(response.status, json.loads(text) if text and is_json else text)


@pytest.fixture
async def raw(fake_discord: FakeDiscord) -> AsyncIterator[Raw]:
    """Raw requests to the fake."""
    async with aiohttp.ClientSession() as session:
        yield Raw(fake_discord, session)
