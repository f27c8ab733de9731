"""Discord's test stand: the real client over real sockets, and the strict fake behind it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot.discord import client as discord_client
from bot.discord.addresses import message_name, read_message_name, thread_address
from bot.discord.frontend import Discord, Time
from bot.doors import Doors, KnownModel, OpenDraft, PeopleInCharge
from bot.reconcile import PhotoInReview
from bot.replies import Picture
from bot.requests import MessageRef, Request, ThreadAddress
from core.settings import Settings
from core.store.blobs import Blobs
from tests.contracts.harness import Acceptor, Seen
from tests.fakes.discord import FakeDiscord, Interaction, Message


class NoDoors:
    """A workspace without models and drafts."""

    async def handles(self, workspace: str) -> Sequence[KnownModel]:
        return ()

    async def draft(self, workspace: str, draft_id: str) -> OpenDraft | None:
        return None

    async def has_draft(self, workspace: str, thread: str) -> bool:
        return False

    async def captions(self, workspace: str, handle: str) -> tuple[str, ...]:
        return ()

    async def in_charge(self, workspace: str) -> PeopleInCharge:
        return PeopleInCharge(1, (), (), has_private_threads=False)


class DiscordHarness:
    """Mia in a channel of a server that has the bot."""

    picture: Picture

    def __init__(self, folder: Path, fake: FakeDiscord) -> None:
        self.fake = fake
        self.acceptor = Acceptor()
        self.settings = Settings(
            _env_file=None,
            data_dir=folder,
            discord_token=fake.bot_token,
            discord_api_base=fake.api_address,
            discord_gateway=fake.gateway_address,
        )
        self.blobs = Blobs(self.settings.resolved_storage_dir)
        self.studio = fake.channel("studio")
        self.mia = fake.person("mia")
        self.thread = thread_address(self.studio.id)
        self.doors: Doors = NoDoors()
        self.in_review: list[PhotoInReview] = []
        self.request_patience_seconds = 20.0
        self.waits: list[float] = []
        """Pauses between two lives, which are over at once."""
        self._names: dict[str, str] = {}
        self._starts = 0

    @classmethod
    @asynccontextmanager
    async def open(cls, folder: Path, fake: FakeDiscord) -> AsyncIterator[DiscordHarness]:
        harness = cls(folder, fake)
        image = BytesIO()
        Image.new("RGB", (32, 24), "teal").save(image, "PNG")
        harness.picture = Picture(
            await harness.blobs.put("w", image.getvalue(), ".png"), "side view.png", "the side view"
        )
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(discord_client, "GUILDS_READY_SECONDS", 0.0)
            await harness.start()
            try:
                yield harness
            finally:
                await harness.stop()

    async def start(self) -> None:
        """Come up, and return when the bot hears what people do."""
        self.prepare()
        self._running = asyncio.create_task(self.frontend.run(self._accept))
        await self.fake.until(lambda: self._running.done() or self.is_up)
        self._starts += 1

    @property
    def is_up(self) -> bool:
        """Whether the client of this life hears what people do."""
        client = self.frontend.client
        return client is not None and client.is_ready()

    def prepare(self) -> None:
        """Make the front-end, as a new process does."""
        clock = self.fake.clock
        it = Time(clock, clock.monotonic, self._wait, 5.0, self.request_patience_seconds)
        self.frontend = Discord(self.settings, self.blobs, self.doors, self._photos_in_review, it)

    async def stop(self) -> None:
        """Go down, as a process that is killed: nothing in hand is finished."""
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    async def _wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        await asyncio.sleep(0)

    async def _photos_in_review(self) -> Sequence[PhotoInReview]:
        return self.in_review

    async def _accept(self, request: Request, event_id: str) -> None:
        await self.acceptor.accept(request, self._names.get(event_id, event_id))
        self.fake.changed()

    async def seen(self) -> list[Seen]:
        channels = [self.studio, *self.fake.threads(self.studio)]
        return [self.see(each) for channel in channels for each in self.own(channel)]

    def own(self, channel: Any) -> list[Message]:
        """Return what the bot said for all to see in a channel."""
        return [
            each
            for each in self.fake.messages(channel)
            if each.author is self.fake.bot and not each.is_system
        ]

    def see(self, message: Message) -> Seen:
        """Return a message as a person sees it."""
        return Seen(
            message_name(message.channel.id, message.id),
            message.text(),
            tuple(button.label for button in message.buttons()),
            tuple(emoji for emoji, names in message.reactions.items() if self.fake.bot.name in names),
            len(message.pictures()),
        )

    def message(self, reference: MessageRef) -> Message:
        """Return the message itself."""
        named = read_message_name(reference.message)
        assert named is not None
        found = self.fake.world.message(named[1])
        assert found is not None
        return found

    async def delete(self, message: MessageRef) -> None:
        await self.fake.faults.delete_message(self.message(message))

    async def imagine(self, prompt: str, event_id: str) -> bool:
        """Send the command; whoever is left without an answer by a restart sends it again."""
        known = [
            each for each in self.fake.interactions.values() if self._names.get(str(each.id)) == event_id
        ]
        if known:
            self.fake.gateway.tell_of_interaction(known[0].payload, self.studio)
            return await self._acknowledged(known[0])
        await self.fake.until(self.fake.commands)
        while True:
            starts = self._starts
            asked = await self.mia.slash(self.studio, "imagine", prompt=prompt, await_answer=False)
            self._names[str(asked.id)] = event_id
            await self.fake.until(lambda: asked.is_acknowledged or self._starts != starts)  # noqa: B023
            if asked.is_acknowledged:
                return True

    async def _acknowledged(self, asked: Interaction) -> bool:
        await self.fake.until(lambda: asked.is_acknowledged)
        return True

    async def press(self, message: MessageRef, label: str) -> None:
        await self.mia.press(self.message(message), label)

    async def react(self, message: MessageRef, emoji: str, *, is_withdrawn: bool = False) -> None:
        before = len(self.acceptor.by_event)
        act = self.mia.unreact if is_withdrawn else self.mia.react
        await act(self.message(message), emoji)
        await self.fake.until(lambda: len(self.acceptor.by_event) > before)

    def answers_to(self, message: MessageRef) -> ThreadAddress:
        return self.thread

    async def round_trip(self) -> None:
        await asyncio.sleep(0)
