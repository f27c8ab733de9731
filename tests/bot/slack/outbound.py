"""What goes from us to Slack, put together as a process has it, with the strict fake behind it."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from PIL import Image

from bot.catching_up import CatchingUp
from bot.reconcile import PhotoInReview
from bot.replies import (
    Button,
    FlaggedPhoto,
    ImagesReady,
    JobQueued,
    JobRunning,
    JobTitle,
    ModelReady,
    Notice,
    PhotosNeeded,
    Picture,
    Reply,
)
from bot.requests import MessageRef, Requester, ThreadAddress
from bot.slack.addresses import PLATFORM, Place, place_of, read_message_name
from bot.slack.answers import Answers
from bot.slack.ballots import SlackBallots
from bot.slack.clients import Clients
from bot.slack.files import Files
from bot.slack.messages import Messages
from bot.slack.pace import Pace
from bot.slack.posting import Posting
from bot.slack.threads import Threads
from bot.slack.uploads import Uploads
from bot.slack.web import Web
from bot.slack.wording import Wording
from core.store.blobs import Blobs
from tests.contracts.reply_examples import CANCEL, DRAFT, JOB, KEEP, REMOVE, SHOES
from tests.fakes.slack import Channel, FakeSlack, Message

POST, UPDATE = "chat.postMessage", "chat.update"


class Installed:
    """The tokens that the fake's workspaces gave."""

    def __init__(self, fake: FakeSlack) -> None:
        self._fake = fake

    async def bot_token(self, workspace: str) -> str | None:
        installation = self._fake.world.workspaces[workspace].installation
        return None if installation is None else installation.token


class Outbound:
    """Mia in a channel of a workspace that has the bot, and the bot's parts that speak."""

    picture: Picture

    def __init__(self, fake: FakeSlack, blobs: Blobs) -> None:
        self.fake = fake
        self.blobs = blobs
        self.patience_seconds = 20.0
        self.waits: list[float] = []
        self.studio = fake.channel("studio")
        self.mia = fake.person("mia")
        self.in_review: list[PhotoInReview] = []
        self.start()

    @classmethod
    @asynccontextmanager
    async def open(cls, fake: FakeSlack, blobs: Blobs) -> AsyncIterator[Outbound]:
        """Come up; in the end nothing went faster than Slack allows."""
        outbound = cls(fake, blobs)
        outbound.picture = await outbound.new_picture("side view.png")
        yield outbound
        assert fake.pace.excesses() == []

    def start(self) -> None:
        """Begin as a new process does: it remembers nothing of the one before."""
        fake, it = self.fake, {"wait": self.wait}
        self.clients = Clients(Installed(fake), fake.api_address, **it)
        pace = Pace(monotonic=fake.clock.monotonic, **it)
        self.web = Web(self.clients, pace, patience_seconds=self.patience_seconds)
        uploads = Uploads(self.web, self.blobs, patience_seconds=self.patience_seconds, **it)
        self.messages = Messages(self.web, uploads, fake.clock.monotonic)
        wording = Wording()
        self.posting = Posting(self.web, self.messages, wording)
        self.threads = Threads(self.web, self.messages)
        self.answers = Answers(self.web, self.posting, uploads, wording, fake.address)
        self.files = Files(self.web, self.clients, fake.address, **it)
        self.catching_up = CatchingUp(self._photos_in_review, SlackBallots(self.web, self._whose), **it)

    def restart(self) -> None:
        """Be killed, and come up a minute later."""
        self.pass_time(61)
        self.start()

    async def wait(self, seconds: float) -> None:
        """Let time pass on the fake's clock."""
        self.waits.append(seconds)
        self.pass_time(seconds)
        await asyncio.sleep(0)

    def pass_time(self, seconds: float) -> None:
        clock: Any = self.fake.clock
        clock.advance(seconds=seconds)
        self.fake.changed()

    async def _photos_in_review(self) -> Sequence[PhotoInReview]:
        return self.in_review

    async def _whose(self, workspace: str, user_id: str, thread: ThreadAddress) -> Requester:
        return Requester(PLATFORM, workspace, user_id, "", thread)

    # The scene

    @property
    def workspace(self) -> str:
        return self.fake.workspace.id

    @property
    def channel(self) -> ThreadAddress:
        """The channel itself."""
        return self.address(self.studio)

    def address(self, channel: Channel, thread: Message | None = None) -> ThreadAddress:
        return Place(self.workspace, channel.id, "" if thread is None else thread.ts).address

    async def thread(self) -> ThreadAddress:
        """A thread that hangs on something that Mia wrote."""
        return self.address(self.studio, await self.mia.say(self.studio, "Look at these shoes."))

    def requester(self, thread: ThreadAddress | None = None, reply_token: str = "") -> Requester:
        return Requester(
            PLATFORM, self.workspace, self.mia.id, "Mia", thread or self.channel, reply_token=reply_token
        )

    async def new_picture(self, name: str = "one.png", kind: str = "PNG", colour: str = "teal") -> Picture:
        buffer = io.BytesIO()
        Image.new("RGB", (32, 24), colour).save(buffer, kind)
        key = await self.blobs.put("w", buffer.getvalue(), f".{kind.lower()}")
        return Picture(key, name, name.partition(".")[0])

    # What people see

    def message(self, ref: MessageRef) -> Message:
        named = read_message_name(ref.message)
        assert named is not None
        channel, ts = named
        return self.fake.world.channels[channel].messages[ts]

    def seen(self, thread: ThreadAddress | None = None) -> list[Message]:
        """The bot's messages in the channel, or in a thread with what it hangs on."""
        place = place_of(thread or self.channel)
        channel = self.fake.world.channels[place.channel]
        root = channel.messages[place.thread] if place.thread else None
        return [each for each in self.fake.messages(channel, thread=root) if each.author.is_bot]

    def told_mia(self) -> list[Message]:
        """What stands in Mia's conversation with the bot."""
        return [each for each in self.fake.messages(self.mia.direct_channel()) if each.author.is_bot]

    # What is said

    def title(self) -> JobTitle:
        return JobTitle(JOB, "Summer Shoes → @summer-shoes · product · 4 photos", self.mia.id)

    def queued(self, ahead: int = 2) -> JobQueued:
        return JobQueued(self.title(), ahead, 4.0, is_worker_online=True, buttons=(CANCEL,))

    def running(self, fraction: float, preview: Picture | None = None) -> JobRunning:
        return JobRunning(self.title(), "Training", fraction, 2.0, preview, (CANCEL,))

    def ready(self) -> ModelReady:
        buttons = (Button("Try it", "model:shoes:try"),)
        return ModelReady(
            self.title(), self.mia.id, "shoes", 1, 0.9, self.picture, "/imagine @shoes", "If so.", buttons
        )

    def painted(self, *pictures: Picture) -> ImagesReady:
        title = JobTitle(JOB, "@shoes · on a beach · 2 pictures", self.mia.id)
        again = Button("Again", f"again:{JOB}")
        return ImagesReady(title, self.mia.id, pictures or (self.picture,), "seed 8112", (), (again,))

    def flagged(self, picture: Picture | None = None, decision: str = "") -> FlaggedPhoto:
        return FlaggedPhoto(DRAFT, 3, 4, picture or self.picture, ("Blurry.",), (KEEP, REMOVE), decision)

    def draft_card(self) -> PhotosNeeded:
        return PhotosNeeded(
            replace(SHOES, requester_id=self.mia.id),
            ("One more.",),
            (),
            (Button("Add photos", f"draft:{DRAFT}:add"),),
        )

    async def post(self, reply: Reply | str, nonce: str, thread: ThreadAddress | None = None) -> MessageRef:
        said = Notice(reply) if isinstance(reply, str) else reply
        return await self.posting.post(thread or self.channel, said, nonce=nonce)
