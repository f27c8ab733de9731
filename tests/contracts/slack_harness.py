"""Slack's test stand: the real app over real sockets, and the strict fake behind it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from bot.doors import AtHome, FullDoors
from bot.reconcile import PhotoInReview
from bot.replies import Picture
from bot.requests import MessageRef, Request, ThreadAddress
from bot.slack.addresses import Place, message_name, read_message_name
from bot.slack.emoji import emoji_of
from bot.slack.emoji import name_of as name_of_emoji
from bot.slack.frontend import Slack, Time
from bot.slack.listening import EVENTS_PATH
from core.settings import Settings
from core.store.blobs import Blobs
from tests.contracts.discord_harness import NoDoors
from tests.contracts.harness import Acceptor, Seen
from tests.fakes.slack import Channel, FakeSlack, Interaction, Message


class EmptyWorkspace(NoDoors):
    """A workspace without models, drafts and jobs."""

    async def at_home(self, workspace: str) -> AtHome:
        return AtHome(0, ())

    async def thread_of_photo(self, workspace: str, message: str) -> str | None:
        return None


class SlackHarness:
    """Mia in a channel of a workspace that has the bot."""

    picture: Picture

    def __init__(self, folder: Path, fake: FakeSlack, *, is_over_http: bool = False) -> None:
        self.fake = fake
        self.acceptor = Acceptor()
        self._is_over_http = is_over_http
        self.settings = Settings(
            _env_file=None,
            data_dir=folder,
            slack_bot_token=fake.bot_token,
            slack_app_token="" if is_over_http else fake.app_token,
            slack_signing_secret=fake.signing_secret,
            slack_listen="127.0.0.1:0",
            slack_api_base=fake.api_address,
        )
        self.blobs = Blobs(self.settings.resolved_storage_dir)
        self.studio = fake.channel("studio")
        self.mia = fake.person("mia")
        self._place = Place(fake.workspace.id, self.studio.id)
        self.thread = self._place.address
        self.doors: FullDoors = EmptyWorkspace()
        self.in_review: list[PhotoInReview] = []
        self.waits: list[float] = []
        """What was waited for, which is over at once."""
        self._asked: dict[str, Interaction] = {}
        self._names: dict[str, str] = {}
        self._starts = 0

    @classmethod
    @asynccontextmanager
    async def open(
        cls, folder: Path, fake: FakeSlack, *, is_over_http: bool = False
    ) -> AsyncIterator[SlackHarness]:
        harness = cls(folder, fake, is_over_http=is_over_http)
        image = BytesIO()
        Image.new("RGB", (32, 24), "teal").save(image, "PNG")
        harness.picture = Picture(
            await harness.blobs.put("w", image.getvalue(), ".png"), "side view.png", "the side view"
        )
        await harness.start()
        try:
            yield harness
        finally:
            await harness.stop()
        assert fake.pace.excesses() == []

    async def start(self) -> None:
        """Come up, and return when the bot hears what people do."""
        clock = self.fake.clock
        self.frontend = Slack(
            self.settings,
            self.blobs,
            self.doors,
            self._photos_in_review,
            Time(clock, clock.monotonic, self._wait, request_patience_seconds=20.0),
        )
        self._running = asyncio.create_task(self.frontend.run(self._accept))
        await self.fake.until(lambda: self._running.done() or self.frontend.is_up)
        if self._is_over_http:
            self.fake.deliver_to(f"{self.frontend.address}{EVENTS_PATH}")
        self._starts += 1

    async def stop(self) -> None:
        """Go down, as a process that is killed: nothing in hand is finished."""
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    async def _wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        clock: Any = self.fake.clock
        clock.advance(seconds=seconds)
        self.fake.changed()
        await asyncio.sleep(0)

    async def _photos_in_review(self) -> Sequence[PhotoInReview]:
        return self.in_review

    async def _accept(self, request: Request, event_id: str) -> None:
        await self.acceptor.accept(request, self._names.get(event_id, event_id))
        self.fake.changed()

    async def seen(self) -> list[Seen]:
        everything = self.studio.messages.values()
        return [self.see(each) for each in everything if self._is_card(each)]

    def _is_card(self, message: Message) -> bool:
        """Tell whether the bot says something there; its files lie in messages of their own."""
        is_there = not message.is_deleted and not message.is_ephemeral
        return is_there and message.author is self.fake.workspace.installed.bot and not message.files

    def see(self, message: Message) -> Seen:
        """Return a message as a person sees it."""
        own = self.fake.workspace.installed.bot
        return Seen(
            message_name(message.channel.id, message.ts),
            message.text(),
            tuple(button.label for button in message.buttons()),
            tuple(emoji_of(name) for name, users in message.reacted.items() if own in users),
            len(message.images()),
        )

    def message(self, reference: MessageRef) -> Message:
        """Return the message itself."""
        named = read_message_name(reference.message)
        assert named is not None
        channel: Channel = self.fake.world.channels[named[0]]
        return channel.messages[named[1]]

    async def delete(self, message: MessageRef) -> None:
        await self.fake.person("olga", is_admin=True).delete(self.message(message))

    async def imagine(self, prompt: str, event_id: str) -> bool:
        """Send the command; whoever is left without an answer by a restart sends it again."""
        known = self._asked.get(event_id)
        if known is not None:
            sent = known.sent
            again = self.fake.deliverer.send(sent.kind, sent.name, sent.payload, sent.installation)
            await self.fake.until(lambda: again.is_acknowledged)
            return True
        while True:
            starts = self._starts
            asked = await self.mia.slash(self.studio, "/imagine", prompt, await_answer=False)
            self._asked[event_id] = asked
            self._names[f"command:{asked.trigger_id}"] = event_id
            await self.fake.until(lambda: asked.is_acknowledged or self._starts != starts)  # noqa: B023
            if asked.is_acknowledged:
                return True

    async def press(self, message: MessageRef, label: str) -> None:
        await self.mia.press(self.message(message), label)

    async def react(self, message: MessageRef, emoji: str, *, is_withdrawn: bool = False) -> None:
        before = len(self.acceptor.by_event)
        act = self.mia.unreact if is_withdrawn else self.mia.react
        name = name_of_emoji(emoji)
        assert name is not None
        await act(self.message(message), name)
        await self.fake.until(lambda: len(self.acceptor.by_event) > before)

    def answers_to(self, message: MessageRef) -> ThreadAddress:
        return self._place.beneath(self.message(message).ts).address

    async def round_trip(self) -> None:
        await asyncio.sleep(0)
