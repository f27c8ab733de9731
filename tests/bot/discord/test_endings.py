"""A training on Discord ends once for its person, whatever became of its thread meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.commands import answer
from bot.context import Context
from bot.delivery import Delivery
from bot.requests import Attachment, ButtonPress, Requester, TrainRequest
from core.errors import StoreUnavailable
from core.queue.dispatch import Dispatch
from core.queue.jobs import Jobs
from core.queue.outbox import Outbox
from core.queue.specs import TrainResult
from core.rules.kinds import ModelKind
from core.rules.plans import load_plans
from core.rules.turns import lane_of
from core.settings import Settings
from core.store.records import DraftRecord, JobKind, new_id
from tests.bot.conftest import PhotoMaker
from tests.conftest import MovableClock
from tests.contracts.discord_harness import DiscordHarness
from tests.fakes.discord import RESET_AFTER_STORING, Channel, File, Message

pytestmark = pytest.mark.database

POST = "/channels/{channel_id}/messages"


@dataclass
class Bot:
    """The bot's commands and deliveries on Discord, with a worker played by the test."""

    stand: DiscordHarness
    new_context: Callable[[], Context]

    def __post_init__(self) -> None:
        self.context = self.new_context()

    async def restart(self) -> None:
        """Be killed, and come up as a new process."""
        await self.stand.restart()
        self.context = self.new_context()

    async def trains(self, photo: Path) -> Channel:
        """Mia has a mug trained; return its thread, where the training is under way."""
        await self.stand.imagine("a red mug", "event-1")
        mia = self.stand.acceptor.requests[0].requester
        sent = await self.stand.mia.say(
            self.stand.studio, "look", files=[File("mug.jpg", photo.read_bytes())]
        )
        attachment = Attachment("mug.jpg", sent.pictures()[0].url)
        train = TrainRequest(mia, ModelKind.PRODUCT, "Red Mug", (attachment,), "mug")
        assert await answer(self.context, train, new_id()) is None
        draft = await DraftRecord.get()
        for verb in ("accept", "start"):
            assert await answer(self.context, _press(mia, draft.id, verb), new_id()) is None
        [thread] = self.stand.fake.threads(self.stand.studio)
        claim = await self.context.jobs.claim(lane_of(JobKind.TRAIN, "tiny"), worker_id="w")
        assert claim is not None
        self.claim = claim
        await self.delivery.follow_open_jobs()
        return thread

    @property
    def delivery(self) -> Delivery:
        return Delivery(self.context)

    async def ends(self) -> None:
        """The worker is done."""
        key = await self.stand.blobs.put("w", b"\x89PNG a test sheet", ".png")
        await self.context.jobs.finish(self.claim, TrainResult(key, "a" * 64, key, 20, 12.0, likeness=0.8))

    def said(self, words: str) -> list[Message]:
        """Everything that is to be read with these words, wherever it stands."""
        channels = self.stand.fake.world.channels.values()
        return [
            message
            for channel in channels
            if not channel.is_deleted
            for message in channel.messages.values()
            if words in message.text()
        ]


def _press(requester: Requester, draft_id: str, verb: str) -> ButtonPress:
    return ButtonPress(requester, f"draft:{draft_id}:{verb}")


@pytest.fixture
async def bot(
    stand: DiscordHarness, dispatch: Dispatch, settings: Settings, clock: MovableClock
) -> AsyncIterator[Bot]:
    with ThreadPoolExecutor(1) as threads:

        def new_context() -> Context:
            return Context(
                settings=settings,
                plans=load_plans(),
                blobs=stand.blobs,
                dispatch=dispatch,
                jobs=Jobs(settings, dispatch, clock, clock.monotonic),
                frontends={"discord": stand.frontend},
                photo_processes=threads,
                clock=clock,
            )

        yield Bot(stand, new_context)


async def test_a_training_lives_in_its_thread_and_ends_there(bot: Bot, photo: PhotoMaker) -> None:
    thread = await bot.trains(photo(1))
    await bot.ends()
    for _ in range(2):
        await bot.delivery.deliver_due()

    [news] = bot.said("@red-mug is ready")
    assert news.channel is thread
    assert news.pinged == {"mia"}
    assert len(news.pictures()) == 1
    card, _ = bot.stand.own(thread)
    assert "Ready." in card.text()


async def test_a_thread_deleted_in_mid_training_costs_nobody_the_ending(bot: Bot, photo: PhotoMaker) -> None:
    thread = await bot.trains(photo(1))
    await bot.stand.fake.faults.delete_thread(thread)
    await bot.ends()
    for _ in range(2):
        await bot.delivery.deliver_due()

    [news], [card] = bot.said("@red-mug is ready"), bot.said("Ready.")
    assert news.channel is bot.stand.studio is card.channel
    assert news.pinged == {"mia"}


async def test_permissions_revoked_in_mid_training_cost_nobody_the_ending(
    bot: Bot, photo: PhotoMaker
) -> None:
    await bot.trains(photo(1))
    for name in ("view_channel", "send_messages", "send_messages_in_threads"):
        await bot.stand.fake.faults.revoke(name)
    await bot.ends()
    for _ in range(2):
        await bot.delivery.deliver_due()

    [news], [card] = bot.said("@red-mug is ready"), bot.said("Ready.")
    assert news.channel is bot.stand.mia.direct_channel() is card.channel


async def test_a_bot_killed_between_the_post_and_its_note_says_it_once(
    bot: Bot, photo: PhotoMaker, monkeypatch: pytest.MonkeyPatch, clock: MovableClock
) -> None:
    await bot.trains(photo(1))
    await bot.ends()

    async def fails(*_: object) -> None:
        raise StoreUnavailable("killed")

    with monkeypatch.context() as patch:
        patch.setattr(Outbox, "mark_part_told", fails)
        await bot.delivery.deliver_due()
    assert len(bot.said("@red-mug is ready")) == 1
    clock.advance(minutes=30)
    await bot.restart()
    await bot.delivery.deliver_due()

    assert len(bot.said("@red-mug is ready")) == 1
    assert len(bot.said("Ready.")) == 1


async def test_a_line_cut_in_every_post_says_everything_once(bot: Bot, photo: PhotoMaker) -> None:
    bot.stand.fake.faults.next("POST", POST, RESET_AFTER_STORING, times=2)
    await bot.trains(photo(1))
    await bot.ends()
    bot.stand.fake.faults.next("POST", POST, RESET_AFTER_STORING)
    await bot.delivery.deliver_due()

    assert bot.stand.fake.faults.is_all_met
    assert len(bot.said("@red-mug is ready")) == 1
    assert len(bot.said("Ready.")) == 1
    assert len(bot.stand.fake.threads(bot.stand.studio)) == 1
