"""A Slack of one's own: a server on this machine that slack_sdk and slack-bolt take for the real one."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.http_site import HttpSite
from tests.fakes.slack.app_settings import AppSettings
from tests.fakes.slack.delivery import Deliverer, Delivery
from tests.fakes.slack.faults import Faults
from tests.fakes.slack.files import FileServer
from tests.fakes.slack.http_mode import HttpMode
from tests.fakes.slack.oauth import OAuth
from tests.fakes.slack.pace import Pace
from tests.fakes.slack.scenery import Scenery
from tests.fakes.slack.server import Request, WebApi
from tests.fakes.slack.sockets import Sockets
from tests.fakes.slack.specification import load
from tests.fakes.slack.triggers import Triggers
from tests.fakes.strict import Clock

MAX_BODY_BYTES = 200 * 1024 * 1024


class FakeSlack(Scenery):
    """Slack with one app in it, and the people that a test invents."""

    def __init__(self, clock: Clock, specs_dir: Path) -> None:
        super().__init__(clock)
        self.specification = load(specs_dir)
        self.address = ""
        self.app = AppSettings()
        self.app_id = self.ids.next("A")
        self.app_token = f"xapp-1-{self.app_id}-{secrets.token_hex(8)}"
        self.client_id = f"{secrets.randbelow(10**10)}.{secrets.randbelow(10**10)}"
        self.client_secret = secrets.token_hex(16)
        self.signing_secret = secrets.token_hex(16)
        self.verification_token = secrets.token_hex(12)
        self.polls_until_accessible = 1
        """How many `files.info` find an upload unfinished."""
        self.polls_until_photos_accessible = 0
        """The same for files that people send from now on: at first Slack gives their bytes to nobody."""
        self.faults = Faults(self)
        self.sockets = Sockets(self)
        self.http = HttpMode(self)
        self.deliverer = Deliverer(self)
        self.triggers = Triggers(self)
        self.oauth = OAuth(self)
        self.pace = Pace(clock, self.specification.tiers)
        self.requests: list[Request] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        self._runner: web.AppRunner | None = None
        self._clockwork: asyncio.Task[None] | None = None
        self.workspace = self.add_workspace("Atelier", is_installed=True)

    # Running

    async def start(self) -> None:
        """Listen on a port of this machine."""
        application = web.Application(client_max_size=MAX_BODY_BYTES)
        api, files = WebApi(self), FileServer(self)
        routes = application.router
        routes.add_route("*", "/api/{method}", api.answer)
        routes.add_post("/upload/v1/{token}", files.take)
        routes.add_get("/files-pri/{file}/{name:.+}", files.give)
        routes.add_post("/response/{workspace}/{key}", self.triggers.respond)
        routes.add_get("/oauth/v2/authorize", self.oauth.show)
        routes.add_get("/link/", self.sockets.listen)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = HttpSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.address = site.name
        self._clockwork = asyncio.create_task(self._watch_clock())

    async def stop(self) -> None:
        """Hang up on everybody."""
        self.faults.release()
        for line in list(self.sockets.lines):
            line.cut()
        running = [*self._tasks, *([self._clockwork] if self._clockwork is not None else [])]
        for task in running:
            task.cancel()
        for task in running:
            with suppress(asyncio.CancelledError):
                await task
        await self.http.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _watch_clock(self) -> None:
        """Deadlines and retries are the fake clock's: see whether somebody moved it on."""
        while True:
            self.deliverer.tick()
            await self.next_change()

    def keep(self, task: asyncio.Task[Any]) -> None:
        """Hold on to something that runs beside."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @property
    def api_address(self) -> str:
        """What the client's `base_url` must be."""
        return f"{self.address}/api/"

    @property
    def authorize_address(self) -> str:
        """What the OAuth settings' `authorization_url` must be."""
        return f"{self.address}/oauth/v2/authorize"

    @property
    def bot_token(self) -> str:
        """The token of the app in the first workspace."""
        return self.workspace.installed.token

    def deliver_to(self, address: str, *, options: str = "") -> None:
        """Send what happens to an address of the app's, rather than over Socket Mode."""
        self.http.use(address, options)

    async def verify_url(self) -> bool:
        """Ask the app's address for the challenge, as its settings page does."""
        return await self.http.verify()

    # What happened

    @property
    def deliveries(self) -> list[Delivery]:
        """What the app was told."""
        return self.deliverer.deliveries

    def told(self, name: str) -> list[Delivery]:
        """Return what the app was told under this name: an event's, an interaction's type, a command."""
        return [each for each in self.deliveries if each.name == name]

    def count(self, method: str) -> int:
        """Return how many requests a method had, whatever came of them."""
        return sum(each.method == method for each in self.requests)

    def summary(self) -> str:
        """Say what happened last, for whoever waited in vain."""
        asked = [
            f"{each.method} {each.status} {each.answer.get('error', '')}".strip()
            for each in self.requests[-6:]
        ]
        told = [
            f"{each.name}{'' if each.is_acknowledged else ' (unanswered)'}" for each in self.deliveries[-6:]
        ]
        return f"Last requests: {asked}. Last told: {told}. {super().summary()}"
