"""The front-end's inbound half on the real discord.py: people act, and requests arrive."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
from pydantic import SecretStr

from bot.discord import client as discord_client
from bot.discord import messages, supervisor
from bot.discord.client import Likeness, build_client
from bot.doors import KnownModel, OpenDraft, PeopleInCharge
from bot.requests import Request
from core.errors import StoreUnavailable
from core.rules.kinds import ModelKind
from core.settings import Settings
from core.store.database import dialect
from tests.bot.discord.whole_bot import WholeBot
from tests.conftest import MovableClock
from tests.contracts.discord_harness import DiscordHarness
from tests.contracts.harness import Acceptor
from tests.fakes.discord import Channel, FakeDiscord, Interaction, Message, Person

T = TypeVar("T")

SHOES = KnownModel("summer-shoes", "Summer Shoes", ModelKind.PRODUCT, is_ready=True)
ADA = KnownModel("ada", "Ada", ModelKind.CHARACTER, is_ready=True)
HAT = KnownModel("red-hat", "Red Hat", ModelKind.PRODUCT, is_ready=False)
LOAFER = KnownModel("demo-loafer", "Demo Loafer", ModelKind.PRODUCT, is_ready=True, is_demo=True)

NOBODY_NAMED = PeopleInCharge(1, (), (), has_private_threads=False)


@dataclass
class KnownThings:
    """What the workspace has, for forms and suggestions."""

    models: list[KnownModel] = field(default_factory=lambda: [ADA, LOAFER, HAT, SHOES])
    drafts: dict[str, OpenDraft] = field(default_factory=dict)
    photos: dict[str, tuple[str, ...]] = field(default_factory=dict)
    rules: PeopleInCharge = NOBODY_NAMED
    is_down: bool = False
    asked: list[str] = field(default_factory=list)
    """The workspaces that were asked about."""

    async def handles(self, workspace: str) -> Sequence[KnownModel]:
        self._check(workspace)
        return self.models

    async def draft(self, workspace: str, draft_id: str) -> OpenDraft | None:
        self._check(workspace)
        return self.drafts.get(draft_id)

    async def has_draft(self, workspace: str, thread: str) -> bool:
        self._check(workspace)
        return any(draft.thread == thread for draft in self.drafts.values())

    async def captions(self, workspace: str, handle: str) -> tuple[str, ...]:
        self._check(workspace)
        return self.photos.get(handle, ())

    async def in_charge(self, workspace: str) -> PeopleInCharge:
        self._check(workspace)
        return self.rules

    async def undecided(self) -> Sequence[Any]:
        return ()

    def _check(self, workspace: str) -> None:
        self.asked.append(workspace)
        if self.is_down:
            raise StoreUnavailable("away")


class Inbound:
    """A running client, what it accepted, and the Discord behind it."""

    def __init__(self, fake: FakeDiscord, settings: Settings) -> None:
        self.fake = fake
        self.settings = settings
        self.things = KnownThings()
        self.acceptor = Acceptor()
        self.is_store_down = False
        self.fails_once = False
        self.client: Likeness | None = None
        self._running: asyncio.Task[None] | None = None

    async def accept(self, request: Request, event_id: str) -> None:
        if self.is_store_down or self.fails_once:
            self.fails_once = False
            raise StoreUnavailable("away")
        await self.acceptor.accept(request, event_id)

    async def start(self, shard_count: int = 1) -> None:
        """Come up, as after a crash where it ran before."""
        await self.stop()
        self.client = client = build_client(self.settings, self.accept, self.things, shard_count=shard_count)
        self._running = asyncio.create_task(client.start(self.fake.bot_token))
        running = self._running
        await self.fake.until(lambda: running.done() or client.guilds)

    async def stop(self) -> None:
        """Go down."""
        if self.client is not None and self._running is not None:
            await self.client.close()
            with suppress(Exception):
                await self._running

    @property
    def studio(self) -> Channel:
        """A channel where people ask for things."""
        return self.fake.channel("studio")

    def person(self, name: str = "ada", **more: Any) -> Person:
        """Somebody in the server."""
        return self.fake.person(name, **more)

    def only(self, kind: type[T]) -> T:
        """Return the one request that arrived."""
        [request] = self.acceptor.requests
        assert isinstance(request, kind)
        return request

    async def arrived(self, kind: type[T], count: int = 1) -> list[T]:
        """Wait for so many requests and return them."""
        await self.fake.until(lambda: len(self.acceptor.requests) >= count)
        assert len(self.acceptor.requests) == count
        found = [request for request in self.acceptor.requests if isinstance(request, kind)]
        assert len(found) == count
        return found

    async def card(self, *buttons: tuple[str, str], channel: Channel | None = None) -> Message:
        """Let the bot post a message with these buttons, by label and action."""
        assert self.client is not None
        row = [{"type": 2, "style": 2, "label": label, "custom_id": action} for label, action in buttons]
        body = {"flags": 1 << 15, "components": [{"type": 1, "components": row}]}
        place = channel or self.studio
        posted = await self.client.http.request(
            discord_client.discord.http.Route("POST", "/channels/{channel_id}/messages", channel_id=place.id),
            json=body,
        )
        message = self.fake.world.message(int(posted["id"]))
        assert message is not None
        return message


def is_private_reply(interaction: Interaction, words: str) -> bool:
    """Tell whether the person alone reads this."""
    reply = interaction.response
    return reply is not None and reply.is_ephemeral and words in reply.text()


@pytest.fixture
async def inbound(
    fake_discord: FakeDiscord, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Inbound]:
    """A client that is up."""
    monkeypatch.setattr(discord_client, "GUILDS_READY_SECONDS", 0.0)
    stand = Inbound(fake_discord, settings)
    await stand.start()
    yield stand
    await stand.stop()


@pytest.fixture
async def stand(fake_discord: FakeDiscord, tmp_path: Path) -> AsyncIterator[DiscordHarness]:
    """The whole front-end, up, with Mia in a channel of a server."""
    async with DiscordHarness.open(tmp_path, fake_discord) as harness:
        yield harness


@pytest.fixture
async def whole_bot(
    request: pytest.FixtureRequest,
    fake_discord: FakeDiscord,
    settings: Settings,
    clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
    quick_retries: list[float],
) -> AsyncIterator[WholeBot]:
    """The bot as `likeness run` has it, up on a Discord of its own."""
    monkeypatch.setattr(discord_client, "GUILDS_READY_SECONDS", 0.0)
    monkeypatch.setattr(supervisor, "FIRST_PAUSE_SECONDS", 0.0)
    for pace in ("EDIT_PACE_SECONDS", "ROOM_PACE_SECONDS", "OLD_EDIT_PACE_SECONDS", "REFUSED_REST_SECONDS"):
        monkeypatch.setattr(messages, pace, 0.0)
    if dialect(settings) == "sqlite":
        settings.data_dir.mkdir(parents=True)
        shutil.copy(request.getfixturevalue("sqlite_template"), settings.data_dir)
    settings = settings.model_copy(
        update={
            "discord_token": SecretStr(fake_discord.bot_token),
            "discord_api_base": fake_discord.api_address,
            "discord_gateway": fake_discord.gateway_address,
        }
    )
    bot = WholeBot(fake_discord, settings, clock)
    await bot.start()
    yield bot
    await bot.stop()
