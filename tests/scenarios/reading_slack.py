"""Somebody at Slack who follows a thread: waits until something is said there, and presses what is offered."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass

import aiohttp

from tests.fakes.slack import Channel, FakeSlack, Message, Person
from tests.scenarios.conftest import PATIENCE_SECONDS


@dataclass
class Thread:
    """A channel, or a thread in it, and somebody there who reads and presses."""

    fake: FakeSlack
    person: Person
    channel: Channel
    root: Message | None = None

    @property
    def messages(self) -> list[Message]:
        """What the bot said there, oldest first."""
        bot = self.fake.workspace.installed.bot
        there = self.channel.messages.values() if self.root is None else [self.root, *self.root.replies]
        return [each for each in there if each.author is bot and not each.is_deleted]

    async def reads(self, *words: str) -> Message:
        """Wait until the bot says all of this in one message."""

        def said() -> Message | None:
            found = (each for each in reversed(self.messages) if all(word in each.text() for word in words))
            return next(found, None)

        return await self.fake.until(said, patience_seconds=PATIENCE_SECONDS)

    async def sees(self, count: int, *words: str) -> Message:
        """Wait until so many pictures are there as files, under these words."""

        def shown() -> Message | None:
            there = (each for each in self.messages if len(each.files) == count)
            return next((each for each in there if all(word in each.text() for word in words)), None)

        return await self.fake.until(shown, patience_seconds=PATIENCE_SECONDS)

    async def presses(self, label: str) -> None:
        """Press the newest button of that label."""

        def offered() -> Message | None:
            found = (each for each in reversed(self.messages) if label in [it.label for it in each.buttons()])
            return next(found, None)

        message = await self.fake.until(offered, patience_seconds=PATIENCE_SECONDS)
        await self.person.press(message, label)

    async def opens(self, title: str) -> Thread:
        """Wait for the thread whose first message is the card of this piece of work."""
        card = await self.reads(title)
        return Thread(self.fake, self.person, self.channel, card)


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def comes_up(fake: FakeSlack) -> None:
    """Wait until the bot hears what people do."""
    if not fake.http.is_used:
        await fake.until(lambda: fake.sockets.lines, patience_seconds=PATIENCE_SECONDS)
        return
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await answers(fake):
            await fake.next_change()


async def answers(fake: FakeSlack) -> bool:
    """Tell whether the bot's own server stands."""
    try:
        return await fake.verify_url()
    except aiohttp.ClientConnectionError:
        return False
