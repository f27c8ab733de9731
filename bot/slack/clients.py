"""Clients of Slack's Web API, one for each workspace, each with its own token."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Protocol

from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.frontend import NotInstalled as NotInstalled
from bot.slack.identity import error_of
from bot.slack.waiting import AfterWaiting, Wait
from core.errors import StoreUnavailable

log = logging.getLogger(__name__)

sdk_log = logging.getLogger(f"{__name__}.sdk")
"""What the SDK says. At DEBUG it would write down prompts, and tokens as they are handed out: so it never does."""
sdk_log.setLevel(logging.INFO)

TOKEN_ENDED = frozenset({"account_inactive", "token_revoked"})
"""Answers to a token that was good once. Source: docs.slack.dev/reference/methods/auth.test."""
MAX_CLIENTS = 500
"""Workspaces whose clients are kept, those that were used last."""
REQUEST_SECONDS = 30
"""How long one request may take."""


class Tokens(Protocol):
    """Who knows the tokens of workspaces."""

    async def bot_token(self, workspace: str) -> str | None:
        """Return the token to speak with, or None where the app is not installed (any more).

        Raises:
            StoreUnavailable: It cannot be read now.
        """
        ...


OnEnded = Callable[[str], Awaitable[None]]
"""Is told a workspace whose token has ended."""


class Clients:
    """Makes clients, and keeps those that were used last."""

    def __init__(
        self,
        tokens: Tokens,
        api_base: str = "",
        on_ended: OnEnded | None = None,
        *,
        wait: Wait = asyncio.sleep,
    ) -> None:
        """Prepare.

        Args:
            tokens: Asked again each time, so that a token taken back is not used once more.
            api_base: Where Slack's API is; empty means Slack's own.
            on_ended: Told when Slack answers that a workspace's token was taken back.
            wait: Passes the time when Slack asks to wait.
        """
        self._wait = wait
        self._on_ended = on_ended
        self._tokens = tokens
        self._api_base = api_base
        self._clients: OrderedDict[str, AsyncWebClient] = OrderedDict()

    async def of(self, workspace: str) -> AsyncWebClient:
        """Return the client of a workspace.

        Raises:
            NotInstalled: There is no token for it.
            StoreUnavailable: The token cannot be read now.
        """
        token = await self._tokens.bot_token(workspace)
        if token is None:
            self._clients.pop(workspace, None)
            raise NotInstalled("the app is not installed there any more")
        client = self._clients.get(workspace)
        if client is None or client.token != token:
            on_ended = None if self._on_ended is None else partial(self._on_ended, workspace)
            client = make_client(token, self._api_base, on_ended, wait=self._wait)
        self._clients[workspace] = client
        self._clients.move_to_end(workspace)
        if len(self._clients) > MAX_CLIENTS:
            self._clients.popitem(last=False)
        return client

    def make(self, token: str | None = None) -> AsyncWebClient:
        """Return a client that belongs to no workspace here."""
        return make_client(token, self._api_base, wait=self._wait)


def make_client(
    token: str | None,
    api_base: str = "",
    on_ended: Callable[[], Awaitable[None]] | None = None,
    *,
    wait: Wait = asyncio.sleep,
) -> AsyncWebClient:
    """Return a client that repeats only what Slack certainly did not do.

    The SDK's own default repeats requests whose connection broke, also a post that may stand there already.
    """
    handlers: list[AsyncRetryHandler] = [AfterWaiting(wait)]
    base_url = api_base or AsyncWebClient.BASE_URL
    client = _Client(token, base_url, REQUEST_SECONDS, retry_handlers=handlers, logger=sdk_log)
    client.on_ended = on_ended
    return client


class _Client(AsyncWebClient):
    """The SDK's, which notices when its token was taken back."""

    on_ended: Callable[[], Awaitable[None]] | None = None

    async def api_call(self, api_method: str, **arguments: Any) -> AsyncSlackResponse:
        try:
            return await super().api_call(api_method, **arguments)
        except SlackApiError as fault:
            if self.on_ended is not None and error_of(fault) in TOKEN_ENDED:
                await self._tell_ended()
            raise

    async def _tell_ended(self) -> None:
        try:
            if self.on_ended is not None:
                await self.on_ended()
        except StoreUnavailable:
            log.warning("action=end_of_token_not_noted")  # the next call finds it again
