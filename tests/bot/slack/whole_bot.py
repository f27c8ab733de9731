"""The whole bot in one process on a Slack of its own: what people do there, and a worker played by the test."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from pydantic import SecretStr

from bot.context import Context
from bot.housekeeping import SWEEPS, run_if_due
from bot.reconcile import photos_in_review
from bot.slack.frontend import Slack, Time
from bot.slack.listening import EVENTS_PATH
from bot.stored_doors import StoredDoors
from core import credits
from core.rules.kinds import JobKind
from core.settings import Settings
from core.store.records import DraftPhotoRecord, WorkspaceRecord
from tests.bot.whole_bot import DONE as DONE
from tests.bot.whole_bot import READY, Processes
from tests.conftest import MovableClock
from tests.fakes.slack import Channel, FakeSlack, File, Message, Person, Workspace

KEEP, REMOVE = "white_check_mark", "x"
WORDS = "train product Red Mug class: mug preset: quick"


class WholeBot(Processes):
    """A workspace with the bot in it, and Mia, who works there."""

    def __init__(self, fake: FakeSlack, settings: Settings, clock: MovableClock) -> None:
        super().__init__(fake, settings, clock)
        self.fake = fake
        self.visit(fake.workspace)
        self.waited: list[float] = []
        """What the bot waited for, which is over at once: for the bot it went by, and for nobody else."""

    def visit(self, workspace: Workspace) -> None:
        """Go on in a workspace: what is done and read from now on is done and read there."""
        self.workspace = workspace
        self.place: Channel = self.fake.channel("studio", workspace)
        self.mia: Person = self.fake.person("mia", workspace)

    def prepared(self, context: Context) -> Context:
        """Let the bot wait by a clock of its own."""
        it = Time(self.clock, self._monotonic, self._wait, request_patience_seconds=20.0)
        in_review = partial(photos_in_review, "slack")
        frontend = Slack(context.settings, context.blobs, StoredDoors("slack"), in_review, it)
        return replace(context, frontends={**context.frontends, "slack": frontend})

    def _monotonic(self) -> float:
        return self.clock.monotonic() + sum(self.waited)

    async def _wait(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.fake.changed()
        await asyncio.sleep(0)

    async def start(self, **changes: object) -> None:
        """Come up as a new process, and return when it hears and answers people."""
        await super().start(**changes)
        if not self.settings.slack_app_token.get_secret_value():
            self.fake.deliver_to(f"{self.frontend.address}{EVENTS_PATH}")

    async def comes_back_with(self, token: str) -> None:
        """Come up with the token of a new installation in the settings."""
        self.settings = self.settings.model_copy(update={"slack_bot_token": SecretStr(token)})
        await self.start()

    @property
    def frontend(self) -> Slack:
        """What talks to Slack."""
        frontend = self.context.frontends["slack"]
        assert isinstance(frontend, Slack)
        return frontend

    @property
    def is_up(self) -> bool:
        """Whether it hears what people do."""
        return self.frontend.is_up

    # What people do

    async def asks_to_train(self, *photos: Path, place: Channel | Message | None = None) -> Message:
        """Mia writes to the bot, with her photos; return her message."""
        return await self.mia.mention(place or self.place, WORDS, files=[as_file(path) for path in photos])

    async def reviews(self, *photos: Path) -> list[Message]:
        """Mia sends photos to be looked at; return the messages of those that are flagged, the worst first."""
        await self.asks_to_train(*photos)
        await self.until_rows(DraftPhotoRecord.filter(message__isnull=False).exists)
        await self.is_told()
        return [each for each in self.said("") if REMOVE in each.reactions]

    async def accepts(self) -> Message:
        """Mia starts what is asked about; return the card of the job."""
        await self.mia.press(await self.reads("Captions"), "Looks right")
        await self.mia.press(await self.reads("Ready to train"), "Start")
        return await self.reads("Queued")

    async def trains(self, photo: Path, *, place: Channel | Message | None = None) -> Message:
        """Mia has a mug trained; return its card, when the training is under way."""
        await self.asks_to_train(photo, place=place)
        card = await self.accepts()
        await self.train_begins()
        return card

    async def train_begins(self) -> None:
        """The worker begins the training that is in line, and its card says so."""
        await self.reads("Queued")
        await self.begin(JobKind.TRAIN)
        await self.reads("Training")

    async def begin_painting(self) -> None:
        """The worker begins the pictures that are in line, and their card says so."""
        await self.begin(JobKind.GENERATE)

    async def paints(self) -> Message:
        """Mia gets her picture; return its card."""
        await self.mia.slash(self.place, "/imagine", "a red mug")
        card = await self.reads("Queued")
        await self.begin(JobKind.GENERATE)
        await self.finish()
        await self.assert_settled(self.claim.job_id)
        return card

    async def insists(self, message: Message, label: str) -> None:
        """Mia presses a button, and again when Slack tells her that it did not work."""
        while (await self.mia.press(message, label)).is_failed:
            await self.fake.until(lambda: self.fake.sockets.is_connected)

    # What can be read

    def said(self, words: str, *, who: Person | None = None) -> list[Message]:
        """Everything of the bot's that is to be read by all, or by this person too, with these words."""
        bots = [user for user in self.workspace.users.values() if user.is_bot]
        return sorted(
            (
                message
                for channel in self.fake.world.channels.values()
                for message in channel.messages.values()
                if message.author in bots
                and not message.is_deleted
                and (message.only_for is None or (who is not None and message.only_for is who.user))
                and words in message.text()
            ),
            key=lambda message: message.ts,
        )

    async def reads(self, words: str) -> Message:
        """Wait for a message of the bot's with these words; the newest."""
        return (await self.fake.until(lambda: self.said(words)))[-1]

    async def is_whispered(self, words: str) -> Message:
        """Wait for a sentence for Mia's eyes, or one that all may read."""
        return (await self.fake.until(lambda: self.said(words, who=self.mia)))[-1]

    @property
    def calls(self) -> list[Message]:
        """The messages that pinged Mia."""
        return [message for message in self.said("") if "mia" in message.pinged]

    @property
    def filed(self) -> list[Message]:
        """The messages of the bot's that bring pictures as files."""
        return [message for message in self.said("") if message.files]

    # What is written down

    async def our_id(self) -> str:
        """Return the workspace's id in our rows."""
        return (await WorkspaceRecord.get(platform="slack", external_id=self.workspace.id)).id

    async def balance(self) -> int:
        """Return the workspace's credits."""
        return await credits.balance(await self.our_id())

    async def time_passes(self, **amount: float) -> None:
        """Let time go by, and everything be looked after that is due by then."""
        self.clock.advance(**amount)
        for sweep in SWEEPS:
            await run_if_due(self.context, sweep)

    async def assert_told_once(self, *, files: int = 1) -> Message:
        """The training's news and its card's last words stand once, also for the next process; return the news."""
        await self.assert_settled(self.claim.job_id)
        await self.restart()
        await self.is_told()
        [news], [_] = self.said(READY), self.said(DONE)
        assert self.calls == [news]
        assert len(self.filed) == files
        return news


def as_file(path: Path) -> File:
    """Return a photo as somebody attaches it."""
    return File(path.name, path.read_bytes())


def positions(messages: Sequence[Message]) -> list[tuple[str, str]]:
    """Return which messages these are, to compare what stood there before and after."""
    return [(message.channel.id, message.ts) for message in messages]
