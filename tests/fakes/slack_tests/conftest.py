"""A small app on the real slack-bolt, over Socket Mode or HTTP, and raw calls for what no app would send."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.http_site import HttpSite
from tests.fakes.slack import FakeSlack, Installation

PING_SECONDS = 1
"""How soon the SDK looks whether its line is still there; it hangs up where no pong comes within half of it."""
Connect = Callable[[AsyncApp], Awaitable[None]]


def client_for(fake: FakeSlack, token: str | None = None) -> AsyncWebClient:
    """Return the SDK's client, which tries nothing twice."""
    return AsyncWebClient(token=token or fake.bot_token, base_url=fake.api_address, retry_handlers=[])


@pytest.fixture
def client(fake_slack: FakeSlack) -> AsyncWebClient:
    """The SDK's client with the bot's token."""
    return client_for(fake_slack)


@pytest.fixture
def app(fake_slack: FakeSlack, client: AsyncWebClient) -> AsyncApp:
    """An app without listeners."""
    return AsyncApp(client=client, signing_secret=fake_slack.signing_secret)


@dataclass
class Served:
    """Where an app answers HTTP."""

    address: str


async def serve(app: AsyncApp, runners: list[web.AppRunner]) -> Served:
    """Let an app answer HTTP on this machine."""
    runner = web.AppRunner(app.web_app("/slack/events"), access_log=None, shutdown_timeout=1)
    await runner.setup()
    runners.append(runner)
    site = HttpSite(runner, "127.0.0.1", 0)
    await site.start()
    return Served(site.name)


@pytest.fixture
async def over_http(fake_slack: FakeSlack) -> AsyncIterator[Callable[[AsyncApp], Awaitable[Served]]]:
    """Connect an app over HTTP."""
    runners: list[web.AppRunner] = []

    async def connect(app: AsyncApp) -> Served:
        served = await serve(app, runners)
        fake_slack.deliver_to(f"{served.address}/slack/events")
        return served

    yield connect
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
async def over_sockets(fake_slack: FakeSlack) -> AsyncIterator[Callable[[AsyncApp], Awaitable[Any]]]:
    """Connect an app over Socket Mode."""
    handlers: list[AsyncSocketModeHandler] = []

    async def connect(app: AsyncApp) -> AsyncSocketModeHandler:
        handler = AsyncSocketModeHandler(app, fake_slack.app_token, ping_interval=PING_SECONDS)
        handlers.append(handler)
        await handler.connect_async()
        await fake_slack.until(lambda: fake_slack.sockets.is_connected)
        return handler

    yield connect
    for handler in handlers:
        await handler.close_async()


@pytest.fixture(params=["http", "sockets"])
def connect(request: pytest.FixtureRequest) -> Connect:
    """Connect an app over the one transport, then over the other: a test that asks for this runs twice."""
    chosen: Connect = request.getfixturevalue(f"over_{request.param}")
    return chosen


@pytest.fixture
def installation(fake_slack: FakeSlack) -> Installation:
    """The app in the first workspace."""
    return fake_slack.workspace.installed
