"""A Discord of one's own: a server on this machine that discord.py takes for the real one."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.http_site import HttpSite
from tests.fakes.discord.cdn import FileServer
from tests.fakes.discord.connection import Connection
from tests.fakes.discord.faults import Faults
from tests.fakes.discord.gateway import Gateway
from tests.fakes.discord.interactions import Interaction
from tests.fakes.discord.scenery import Scenery
from tests.fakes.discord.server import MAX_BODY_BYTES, PREFIX, Request, Rest
from tests.fakes.discord.specification import load
from tests.fakes.discord.state import Guild
from tests.fakes.strict import Clock, Watched


class FakeDiscord(Scenery, Watched):
    """Discord with one application in it, and the people that a test invents."""

    def __init__(self, clock: Clock, specs_dir: Path) -> None:
        Scenery.__init__(self, clock)
        Watched.__init__(self)
        self.specification = load(specs_dir)
        self.application_id = self.bot.id
        self.bot_token = f"{secrets.token_hex(8)}.fake.{secrets.token_hex(8)}"
        self.portal_intents: set[str] = set()
        """Privileged intents that the application was granted: see `gateway.PRIVILEGED`."""
        self.shard_count = 1
        self.cdn = FileServer(clock, self.ids)
        self.gateway = Gateway(self)
        self.faults = Faults(self)
        self.requests: list[Request] = []
        self.interactions: dict[int, Interaction] = {}
        self._commands: dict[int | None, list[dict[str, Any]]] = {}
        self._runner: web.AppRunner | None = None
        self.guild = self.add_guild("Atelier")

    # Running

    async def start(self) -> None:
        """Listen on a port of this machine."""
        application = web.Application(client_max_size=MAX_BODY_BYTES)
        rest = Rest(self)
        application.router.add_route("*", PREFIX + "/{path:.*}", rest.answer)
        for folder in ("attachments", "ephemeral-attachments"):
            application.router.add_get(f"/{folder}/{{channel}}/{{file:\\d+}}/{{name}}", self.cdn.serve)
        application.router.add_get("/gateway", self._listen)
        application.router.add_get("/gateway/", self._listen)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = HttpSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.cdn.address = site.name

    async def stop(self) -> None:
        """Hang up on everybody."""
        self.faults.release()
        for connection in list(self.gateway.connections):
            connection.cut()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def api_address(self) -> str:
        """What discord.py's `Route.BASE` must be."""
        return self.cdn.address + PREFIX

    @property
    def gateway_address(self) -> str:
        """What discord.py's `DEFAULT_GATEWAY` must be."""
        return self.cdn.address.replace("http", "ws", 1) + "/gateway/"

    async def _listen(self, request: web.Request) -> web.StreamResponse:
        if self.faults.take_handshake():
            return web.Response(status=503)
        return await Connection(self, request).run()

    # What the bot did

    def commands(self, guild: Guild | None = None) -> list[str]:
        """Return the names of the commands that are registered everywhere, or in one server."""
        return [each["name"] for each in self.registered_commands(None if guild is None else guild.id)]

    def registered_commands(self, guild_id: int | None) -> list[dict[str, Any]]:
        """Return the commands themselves, as Discord keeps them: the list to change."""
        return self._commands.setdefault(guild_id, [])

    def count(self, method: str, template: str) -> int:
        """Return how many requests a route had, whatever came of them."""
        return sum((each.method, each.template) == (method, template) for each in self.requests)

    def summary(self) -> str:
        """Say what happened last, for whoever waited in vain."""
        asked = [f"{each.method} {each.path} {each.status}" for each in self.requests[-5:]]
        return f"Last requests: {asked}. {Watched.summary(self)}"
