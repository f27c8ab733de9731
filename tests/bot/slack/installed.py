"""An installation for many workspaces: settings with a key, the pages on a port of this machine, a Slack behind."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from cryptography.fernet import Fernet

from bot.slack import app_definition
from bot.slack.clients import Clients
from bot.slack.installations import Installations
from bot.slack.installing import Installing
from core.settings import Settings
from core.store.records import InstallationRecord
from tests.conftest import MovableClock
from tests.fakes.slack import FakeSlack, Person, Workspace
from tests.fakes.slack.browser import Page
from tests.fakes.slack.faults import Fault, Trouble


def new_key() -> str:
    return Fernet.generate_key().decode()


def settings_for_one(settings: Settings, fake: FakeSlack, **changes: Any) -> Settings:
    """Settings with the token of the fake's first workspace."""
    return _settings(
        settings, fake, {"slack_bot_token": fake.bot_token, "slack_app_token": fake.app_token, **changes}
    )


def settings_for_many(settings: Settings, fake: FakeSlack, **changes: Any) -> Settings:
    """Settings with which workspaces install the app."""
    own = {
        "slack_client_id": fake.client_id,
        "slack_client_secret": fake.client_secret,
        "slack_signing_secret": fake.signing_secret,
        "slack_token_key": new_key(),
        "slack_public_url": "https://likeness.example.com",
    }
    return _settings(settings, fake, {**own, **changes})


def _settings(settings: Settings, fake: FakeSlack, changes: dict[str, Any]) -> Settings:
    values = settings.model_dump() | {"slack_api_base": fake.api_address} | changes
    return Settings.model_validate(values | {"DATABASE_URL": values["database_url"]})


def answered(**body: Any) -> Fault:
    """An answer of Slack's that the fake would not give by itself."""
    return Fault(Trouble.ANSWER, 200, {"ok": True, **body})


class ManyWorkspaces:
    """The bot's pages, what it knows, and the people who install it."""

    def __init__(self, fake: FakeSlack, settings: Settings, clock: MovableClock) -> None:
        self.fake = fake
        self.settings = settings
        self.clock = clock
        self.installations = Installations(settings, clock)
        self.clients = Clients(self.installations, settings.slack_api_base, self.installations.gone)

    @property
    def install_address(self) -> str:
        return self.settings.slack_public_url + app_definition.INSTALL_PATH

    @property
    def redirect_address(self) -> str:
        return self.settings.slack_public_url + app_definition.REDIRECT_PATH

    def restart(self, **changes: Any) -> None:
        """Come up anew, maybe with other settings."""
        self.settings = _settings(self.settings, self.fake, changes)
        self.installations = Installations(self.settings, self.clock)
        self.clients = Clients(self.installations, self.settings.slack_api_base, self.installations.gone)

    def workspace(self, name: str = "North") -> Workspace:
        """A company without the app."""
        return self.fake.add_workspace(name)

    def admin(self, workspace: Workspace) -> Person:
        """Somebody there who may install apps."""
        return self.fake.person("ada", workspace, is_admin=True)

    async def install(self, workspace: Workspace, *, allow: bool = True) -> Page:
        """Go through the pages."""
        return await self.admin(workspace).install(self.install_address, allow=allow)

    async def row(self, workspace: Workspace) -> InstallationRecord:
        return await InstallationRecord.get(platform="slack", external_id=workspace.id)


@asynccontextmanager
async def many_workspaces(
    fake: FakeSlack, settings: Settings, clock: MovableClock
) -> AsyncIterator[ManyWorkspaces]:
    """Serve the pages, and let the app's settings at Slack send people back to them."""
    # The port is known before the pages are made: they say where Slack is to send people back to.
    listening = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    stand = ManyWorkspaces(fake, settings_for_many(settings, fake, slack_public_url=address), clock)
    fake.app.redirect_urls = [stand.redirect_address]
    application = web.Application()
    application.add_routes(Installing(stand.settings, stand.installations, clock).routes())
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.SockSite(runner, listening).start()
    try:
        yield stand
    finally:
        await runner.cleanup()
