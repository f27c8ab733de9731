"""The whole bot in one process on a Discord of its own: what people do there, and a worker played by the test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bot.discord.frontend import Discord
from core.rules.kinds import JobKind
from core.settings import Settings
from core.store.records import DraftPhotoRecord
from tests.bot.whole_bot import DONE as DONE
from tests.bot.whole_bot import READY as READY
from tests.bot.whole_bot import Processes
from tests.conftest import MovableClock
from tests.fakes.discord import Channel, FakeDiscord, File, Message, Person


class WholeBot(Processes):
    """A server with the bot in it, and Mia, who works there."""

    def __init__(self, fake: FakeDiscord, settings: Settings, clock: MovableClock) -> None:
        super().__init__(fake, settings, clock)
        self.fake = fake
        self.place: Channel = fake.channel("studio")
        self.mia: Person = fake.person("mia")

    @property
    def is_up(self) -> bool:
        """Whether it hears what people do."""
        frontend = self.context.frontends["discord"]
        assert isinstance(frontend, Discord)
        return frontend.client is not None and frontend.client.is_ready()

    # What people do

    async def asks_to_train(self, *photos: Path) -> None:
        """Mia types /train with her photos."""
        options: dict[str, Any] = {"type": "product", "name": "Red Mug", "class": "mug", "preset": "quick"}
        for number, path in enumerate(photos, start=1):
            options[f"image{number}"] = as_file(path)
        await self.mia.slash(self.place, "train", **options)

    async def reviews(self, *photos: Path) -> list[Message]:
        """Mia sends photos to be looked at; return the messages of those that are flagged, the worst first."""
        await self.asks_to_train(*photos)
        await self.until_rows(DraftPhotoRecord.filter(message__isnull=False).exists)
        await self.is_told()
        return [each for each in self.said("") if "❌" in each.reactions]

    async def trains(self, photo: Path) -> Channel:
        """Mia has a mug trained; return its thread, where the training is under way."""
        await self.asks_to_train(photo)
        await self.mia.press(await self.reads("Captions"), "Looks right")
        await self.mia.press(await self.reads("Ready to train"), "Start")
        card = await self.reads("Queued")
        await self.begin(JobKind.TRAIN)
        await self.reads("Training")
        return card.channel

    # What can be read

    def said(self, words: str) -> list[Message]:
        """Everything of the bot's that is to be read with these words, wherever it stands."""
        return [
            message
            for channel in self.fake.world.channels.values()
            if not channel.is_deleted
            for message in channel.messages.values()
            if message.author is self.fake.bot and not message.is_deleted and words in message.text()
        ]

    async def reads(self, words: str) -> Message:
        """Wait for a message of the bot's with these words; the newest."""
        return (await self.fake.until(lambda: self.said(words)))[-1]

    @property
    def calls(self) -> list[Message]:
        """The messages that pinged Mia."""
        return [message for message in self.said("") if "mia" in message.pinged]

    async def assert_told_once(self) -> Message:
        """The training's news and its card's last words stand once, also for the next process; return the news."""
        await self.assert_settled(self.claim.job_id)
        await self.restart()
        await self.is_told()
        [news], [_] = self.said(READY), self.said(DONE)
        assert self.calls == [news]
        return news


def as_file(path: Path) -> File:
    """Return a photo as somebody attaches it."""
    return File(path.name, path.read_bytes())
