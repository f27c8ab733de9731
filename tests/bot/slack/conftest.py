"""The front-end's inbound half on the real slack-bolt, over both transports: people act, and requests arrive."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest
from pydantic import SecretStr

from bot.doors import AtHome, KnownModel, OpenDraft, PeopleInCharge
from bot.frontend import FrontendUnavailable
from bot.requests import Request
from bot.slack import messages
from bot.slack.app_definition import REDIRECT_PATH
from bot.slack.clients import Clients
from bot.slack.listening import EVENTS_PATH, Listener
from core.errors import StoreUnavailable
from core.rules.kinds import ModelKind
from core.settings import Settings
from core.store.database import dialect
from tests.bot.slack.installed import settings_for_many, settings_for_one
from tests.bot.slack.whole_bot import WholeBot
from tests.conftest import MovableClock
from tests.contracts.harness import Acceptor
from tests.fakes.slack import Channel, FakeSlack, Interaction, Message, Person

T = TypeVar("T")

SHOES = KnownModel("summer-shoes", "Summer Shoes", ModelKind.PRODUCT, is_ready=True)
ADA = KnownModel("ada", "Ada", ModelKind.CHARACTER, is_ready=True)
HAT = KnownModel("red-hat", "Red Hat", ModelKind.PRODUCT, is_ready=False)
LOAFER = KnownModel("demo-loafer", "Demo Loafer", ModelKind.PRODUCT, is_ready=True, is_demo=True)

NOBODY_NAMED = PeopleInCharge(1, (), (), has_private_threads=False)
VERBS = ("train", "edit", "delete", "imagine", "models", "jobs", "credits", "settings", "likeness")
SCOPES = {
    "app_mentions:read",
    "channels:history",
    "channels:read",
    "chat:write",
    "commands",
    "files:read",
    "groups:history",
    "groups:read",
    "im:history",
    "reactions:read",
    "reactions:write",
    "usergroups:read",
    "users:read",
}
EVENTS = {
    "app_home_opened",
    "app_mention",
    "app_uninstalled",
    "message.channels",
    "message.groups",
    "message.im",
    "reaction_added",
    "reaction_removed",
    "tokens_revoked",
}
"""No more than this is needed to hear everything."""
SHORTCUTS = {"train_from_photos": "message", "add_to_model": "message"}


@dataclass
class KnownThings:
    """What the workspace has, for forms, suggestions and the Home tab."""

    models: list[KnownModel] = field(default_factory=lambda: [ADA, LOAFER, HAT, SHOES])
    drafts: dict[str, OpenDraft] = field(default_factory=dict)
    photos: dict[str, tuple[str, ...]] = field(default_factory=dict)
    rules: PeopleInCharge = NOBODY_NAMED
    photo_threads: dict[str, str] = field(default_factory=dict)
    """The threads of drafts by the messages that show their photos."""
    home: AtHome = field(default_factory=lambda: AtHome(240, ()))
    is_down: bool = False

    async def handles(self, workspace: str) -> Sequence[KnownModel]:
        self._check()
        return self.models

    async def draft(self, workspace: str, draft_id: str) -> OpenDraft | None:
        self._check()
        return self.drafts.get(draft_id)

    async def has_draft(self, workspace: str, thread: str) -> bool:
        self._check()
        return any(draft.thread == thread for draft in self.drafts.values())

    async def captions(self, workspace: str, handle: str) -> tuple[str, ...]:
        self._check()
        return self.photos.get(handle, ())

    async def in_charge(self, workspace: str) -> PeopleInCharge:
        self._check()
        return self.rules

    async def at_home(self, workspace: str) -> AtHome:
        self._check()
        return self.home

    async def thread_of_photo(self, workspace: str, message: str) -> str | None:
        self._check()
        return self.photo_threads.get(message)

    def _check(self) -> None:
        if self.is_down:
            raise StoreUnavailable("away")


class InstalledTokens:
    """The tokens of the fake's workspaces, as long as the app is in them."""

    def __init__(self, fake: FakeSlack) -> None:
        self._fake = fake
        self.gone: list[str] = []
        self.is_down = False
        self.is_unreachable = False

    async def bot_token(self, workspace: str) -> str | None:
        if self.is_unreachable:
            raise FrontendUnavailable("Slack does not say whose it is")
        if workspace in self.gone:
            return None
        found = self._fake.world.workspaces.get(workspace)
        return found.installation.token if found and found.installation else None

    async def take_away(self, workspace: str) -> None:
        if self.is_down:
            raise StoreUnavailable("away")
        self.gone.append(workspace)
        self._fake.changed()


class Inbound:
    """A listener that runs, what it accepted, and the Slack behind it."""

    def __init__(self, fake: FakeSlack, settings: Settings) -> None:
        self.fake = fake
        self.settings = settings
        self.things = KnownThings()
        self.tokens = InstalledTokens(fake)
        self.acceptor = Acceptor()
        self.is_store_down = False
        self.waits: list[float] = []
        """Pauses between two lives, which are over at once."""
        self.may_pass = asyncio.Event()
        self.may_pass.set()
        self.listener = self._new_listener()
        self._running: asyncio.Task[None] | None = None

    def _new_listener(self, **more: Any) -> Listener:
        clock = self.fake.clock
        clients = Clients(self.tokens, self.fake.api_address)
        return Listener(
            self.settings,
            clients,
            self.things,
            self.accept,
            self.tokens.take_away,
            wait=self._wait,
            monotonic=clock.monotonic,
            jitter=lambda: 1.0,
            **more,
        )

    async def _wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.fake.changed()
        await asyncio.sleep(0)
        await self.may_pass.wait()

    async def accept(self, request: Request, event_id: str) -> None:
        if self.is_store_down:
            raise StoreUnavailable("away")
        await self.acceptor.accept(request, event_id)
        self.fake.changed()

    async def begin(self, **more: Any) -> None:
        """Begin to come up."""
        await self.stop()
        self.listener = self._new_listener(**more)
        self._running = asyncio.create_task(self.listener.run())

    async def start(self) -> None:
        """Come up, as after a crash where it ran before."""
        await self.begin()
        await self.fake.until(lambda: self.listener.is_up)
        if not self.settings.slack_app_token.get_secret_value():
            self.fake.deliver_to(f"{self.listener.address}{EVENTS_PATH}")

    async def stop(self) -> None:
        """Go down."""
        if self._running is not None:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running
            self._running = None

    @property
    def studio(self) -> Channel:
        """A channel where people ask for things."""
        return self.fake.channel("studio")

    @property
    def team(self) -> str:
        """The id of the first workspace."""
        return self.fake.workspace.id

    def person(self, name: str = "mia", **more: Any) -> Person:
        """Somebody in the workspace."""
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

    async def all_told(self, *names: str) -> None:
        """Wait until everything that was told under these names has been acknowledged."""
        told = [each for name in names for each in self.fake.told(name)]
        assert told
        await self.fake.until(lambda: all(each.is_acknowledged for each in told))

    async def whispered(self, person: Person, words: str, channel: Channel | None = None) -> Message:
        """Wait until this one person reads something, and return it."""
        place = channel or self.studio

        def said() -> Message | None:
            found = [each for each in place.messages.values() if each.only_for is person.user]
            return next((each for each in found if words in each.text()), None)

        return await self.fake.until(said)

    async def card(self, *buttons: tuple[str, str], thread: Message | None = None) -> Message:
        """Let the bot post a message with these buttons, by label and action."""
        client = await Clients(self.tokens, self.fake.api_address).of(self.team)
        elements = [
            {
                "type": "button",
                "action_id": f"likeness:{number}",
                "text": {"type": "plain_text", "text": label},
                "value": action,
            }
            for number, (label, action) in enumerate(buttons)
        ]
        blocks: list[dict[str, Any]] = [
            {"type": "section", "text": {"type": "mrkdwn", "text": "A card"}},
            *([{"type": "actions", "elements": elements}] if elements else []),
        ]
        answer = await client.chat_postMessage(
            channel=self.studio.id, text="A card", blocks=blocks, thread_ts=thread.root.ts if thread else None
        )
        return self.studio.messages[str(answer["ts"])]


def is_private_reply(interaction: Interaction, words: str) -> bool:
    """Tell whether the person alone reads this."""
    return any(each.only_for is interaction.user and words in each.text() for each in interaction.replies)


def slack_settings(settings: Settings, fake: FakeSlack, transport: str) -> Settings:
    """Return settings for a Slack of the test's own."""
    way = (
        {"slack_app_token": SecretStr(fake.app_token)}
        if transport == "sockets"
        else {"slack_signing_secret": SecretStr(fake.signing_secret)}
    )
    more = {"slack_api_base": fake.api_address, "slack_listen": "127.0.0.1:0"}
    return settings.model_copy(update={**way, **more})


@pytest.fixture(params=["http", "sockets"])
def transport(request: pytest.FixtureRequest) -> str:
    """One of the two ways in which Slack talks to an app: a test that asks for this runs twice."""
    name: str = request.param
    return name


async def _inbound(fake: FakeSlack, settings: Settings, transport: str) -> AsyncIterator[Inbound]:
    fake.app.commands = {f"/{verb}" for verb in VERBS}
    fake.app.shortcuts = dict(SHORTCUTS)
    fake.app.events, fake.app.scopes = set(EVENTS), set(SCOPES)
    fake.workspace.installed.scopes = set(SCOPES)
    stand = Inbound(fake, slack_settings(settings, fake, transport))
    await stand.start()
    yield stand
    await stand.stop()


@pytest.fixture
async def inbound(fake_slack: FakeSlack, settings: Settings, transport: str) -> AsyncIterator[Inbound]:
    """A listener that is up, over the one transport, then over the other."""
    async for stand in _inbound(fake_slack, settings, transport):
        yield stand


@pytest.fixture
async def over_sockets(fake_slack: FakeSlack, settings: Settings) -> AsyncIterator[Inbound]:
    """A listener that is up, over Socket Mode."""
    async for stand in _inbound(fake_slack, settings, "sockets"):
        yield stand


@pytest.fixture
async def over_http(fake_slack: FakeSlack, settings: Settings) -> AsyncIterator[Inbound]:
    """A listener that is up, over HTTP."""
    async for stand in _inbound(fake_slack, settings, "http"):
        yield stand


async def _whole_bot(
    request: pytest.FixtureRequest,
    fake: FakeSlack,
    settings: Settings,
    clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[WholeBot]:
    monkeypatch.setattr(messages, "EDIT_PACE_SECONDS", 0.0)
    if dialect(settings) == "sqlite":
        settings.data_dir.mkdir(parents=True)
        shutil.copy(request.getfixturevalue("sqlite_template"), settings.data_dir)
    bot = WholeBot(fake, settings, clock)
    await bot.start()
    yield bot
    await bot.stop()


@pytest.fixture
async def whole_bot(
    request: pytest.FixtureRequest,
    fake_slack: FakeSlack,
    settings: Settings,
    clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[WholeBot]:
    """The bot as `likeness run` has it, up on a Slack of its own, over Socket Mode."""
    own = settings_for_one(settings, fake_slack)
    async for bot in _whole_bot(request, fake_slack, own, clock, monkeypatch):
        yield bot


@pytest.fixture
async def bot_by_either_way(
    request: pytest.FixtureRequest,
    fake_slack: FakeSlack,
    settings: Settings,
    clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
    transport: str,
) -> AsyncIterator[WholeBot]:
    """The same, over the one transport, then over the other."""
    changes = {"slack_app_token": "", "slack_signing_secret": fake_slack.signing_secret}
    over_http = {**changes, "slack_listen": "127.0.0.1:0"}
    own = settings_for_one(settings, fake_slack, **(over_http if transport == "http" else {}))
    async for bot in _whole_bot(request, fake_slack, own, clock, monkeypatch):
        yield bot


@pytest.fixture
async def bot_of_many(
    request: pytest.FixtureRequest,
    fake_slack: FakeSlack,
    settings: Settings,
    clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[WholeBot]:
    """A bot that workspaces install by OAuth, over HTTP. Nobody has yet."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        own = f"127.0.0.1:{found.getsockname()[1]}"  # known before: it is where Slack sends people back to
    address = f"http://{own}"
    many = settings_for_many(settings, fake_slack, slack_public_url=address, slack_listen=own)
    fake_slack.app.redirect_urls = [address + REDIRECT_PATH]
    async for bot in _whole_bot(request, fake_slack, many, clock, monkeypatch):
        yield bot
