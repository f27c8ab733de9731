"""Forms and buttons with everything behind them: the real front-end, inbox, commands and rows; no worker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.context import Context
from bot.delivery import Delivery
from bot.discord import client as discord_client
from bot.discord.frontend import Discord, Time
from bot.inbox import Inbox
from bot.reconcile import photos_in_review
from bot.stored_doors import StoredDoors
from core.queue.dispatch import Dispatch
from core.queue.jobs import Jobs
from core.queue.specs import TrainResult
from core.rules.kinds import JobKind
from core.rules.plans import load_plans
from core.rules.turns import lane_of
from core.settings import Settings
from core.store.blobs import Blobs
from core.store.records import WorkspaceRecord
from tests.bot.conftest import PhotoMaker
from tests.conftest import MovableClock
from tests.fakes.discord import Channel, FakeDiscord, File, Message, Person


class Studio:
    """A server with the bot in it, and Mia, who works there."""

    def __init__(self, fake: FakeDiscord, context: Context) -> None:
        self.fake = fake
        self.context = context
        self.place: Channel = fake.channel("studio")
        self.mia: Person = fake.person("mia")

    async def reads(self, *words: str) -> Message:
        """Wait until the newest messages of the bot have one that says all this."""
        return await self.fake.until(lambda: self._said(words))

    def _said(self, words: tuple[str, ...]) -> Message | None:
        for place in (self.place, *self.fake.threads(self.place)):
            for message in reversed(self.fake.messages(place)):
                if message.author is self.fake.bot and all(word in message.text() for word in words):
                    return message
        return None

    async def work(self) -> None:
        """Finish the training in line as a worker would, with made-up files."""
        jobs, blobs = self.context.jobs, self.context.blobs
        claim = await jobs.claim(lane_of(JobKind.TRAIN, "tiny"), worker_id="w")
        assert claim is not None
        sheet = await blobs.put(claim.spec.workspace_id, PNG, ".png")
        await jobs.finish(claim, TrainResult(sheet, "a" * 64, sheet, 20, 12.0, likeness=0.8))
        await Delivery(self.context).deliver_due()


PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63606060000000"
    "0400012734270a0000000049454e44ae426082"
)
"""A picture of one black point."""


@pytest.fixture
async def studio(
    fake_discord: FakeDiscord,
    dispatch: Dispatch,
    settings: Settings,
    blobs: Blobs,
    clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Studio]:
    monkeypatch.setattr(discord_client, "GUILDS_READY_SECONDS", 0.0)
    settings = settings.model_copy(
        update={
            "discord_token": SecretStr(fake_discord.bot_token),
            "discord_api_base": fake_discord.api_address,
            "discord_gateway": fake_discord.gateway_address,
        }
    )
    it = Time(clock, clock.monotonic)
    frontend = Discord(settings, blobs, StoredDoors("discord"), partial(photos_in_review, "discord"), it)
    with ThreadPoolExecutor(1) as threads:
        context = Context(
            settings=settings,
            plans=load_plans(),
            blobs=blobs,
            dispatch=dispatch,
            jobs=Jobs(settings, dispatch, clock, clock.monotonic),
            frontends={"discord": frontend},
            photo_processes=threads,
            clock=clock,
        )
        inbox = Inbox(context)
        async with AsyncExitStack() as stack:
            for running in (inbox.run(), frontend.run(inbox.accept)):
                task = asyncio.create_task(running)
                stack.push_async_callback(_end, task)
            await fake_discord.until(lambda: frontend.client is not None and frontend.client.is_ready())
            yield Studio(fake_discord, context)


async def _end(task: asyncio.Task[Any]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def file(path: Path) -> File:
    return File(path.name, path.read_bytes())


async def test_a_model_from_the_form_to_its_captions_to_its_photos(studio: Studio, photo: PhotoMaker) -> None:
    mia = studio.mia
    asked = await mia.slash(studio.place, "train", type="product", name="Red Mug", preset="quick")
    photos = [file(photo(1)), file(photo(2))]
    await mia.submit(asked, {"What is it?": "mug", "Photos": photos})
    card = await studio.reads("Red Mug", "Captions")

    # Captions in a form; the card follows.
    opened = await mia.press(card, "Edit captions")
    await mia.submit(opened, {"Photo 2": "red-mug mug, seen from above"})
    await studio.reads("seen from above")

    # One photo more, by the card's own form.
    added = await mia.message_command(await mia.say(card.channel, files=[file(photo(3))]), "Add to a model")
    assert added.modal is None, "the thread says which model"
    card = await studio.reads("3 photos", "Captions")
    await mia.press(card, "Looks right")
    await mia.press(await studio.reads("Ready to train"), "Start")
    await studio.reads("Queued")
    await studio.work()
    await studio.reads("@red-mug is ready")

    # Then its photos, two of which go.
    shown = await (await mia.slash(studio.place, "edit", name="red-mug")).replied()
    assert shown.is_ephemeral
    assert len(shown.pictures()) == 3
    removing = await mia.press(shown, "Remove photos")
    await mia.submit(removing, {"Photos 1 to 3": ["Photo 1", "Photo 3"]})
    edited = await studio.reads("1 photo", "edit", "Captions")
    assert "seen from above" in edited.text()


async def test_an_admin_says_who_decides_and_everybody_reads_it(studio: Studio) -> None:
    lead = studio.fake.role("brand lead")
    root = studio.fake.person("root", is_admin=True)
    shown = await (await root.slash(studio.place, "settings")).replied()
    opened = await root.press(shown, "Change")
    await root.submit(opened, {"Who decides about flagged photos": [lead], "Private threads": True})
    await studio.fake.until(lambda: lead.mention in shown.text())
    record = await WorkspaceRecord.get(external_id=str(studio.fake.guild.id))
    assert (record.approvers, record.has_private_threads) == (str(lead.id), True)

    refused = await (await studio.mia.slash(studio.place, "settings", quorum=3)).replied()
    assert "Only an admin" in refused.text()


async def test_deleting_by_form_says_no_where_the_name_is_not_the_same(
    studio: Studio, photo: PhotoMaker
) -> None:
    mia = studio.mia
    asked = await mia.slash(
        studio.place, "train", type="product", name="Red Mug", **{"class": "mug"}, image1=file(photo(1))
    )
    assert asked.is_acknowledged
    await mia.press(await studio.reads("Captions"), "Looks right")
    await mia.press(await studio.reads("Ready to train"), "Start")
    await studio.reads("Queued")
    await studio.work()
    ready = await studio.reads("@red-mug is ready")

    opened = await mia.press(ready, "Delete")
    sent = await mia.submit(opened, {"To go on, type red-mug": "red"})
    again = await sent.replied()
    assert "cannot be undone" in again.text()
    reopened = await mia.press(again, "Delete for good")
    sent = await mia.submit(reopened, {"To go on, type red-mug": "red-mug"})
    assert "@red-mug is deleted" in (await sent.replied()).text()
