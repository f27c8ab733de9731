"""The line to Discord: the client that is logged in now, and how what goes wrong on it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

import aiohttp
import discord

from bot.discord.limits import LOGIN_PATIENCE_SECONDS, REQUEST_PATIENCE_SECONDS
from bot.frontend import FrontendUnavailable

T = TypeVar("T")


class Unclear(FrontendUnavailable):
    """The answer did not come: it may have been done, or not."""


class Line:
    """Where the rest of the front-end finds the client, whichever life it is in."""

    def __init__(
        self,
        *,
        login_patience_seconds: float = LOGIN_PATIENCE_SECONDS,
        request_patience_seconds: float = REQUEST_PATIENCE_SECONDS,
    ) -> None:
        self._login_patience_seconds = login_patience_seconds
        self._request_patience_seconds = request_patience_seconds
        self._client: discord.Client | None = None
        self._is_open = asyncio.Event()

    def opened(self, client: discord.Client) -> None:
        """A client has logged in."""
        self._client = client
        self._is_open.set()

    def closed(self) -> None:
        """It is gone; the next one comes."""
        self._client = None
        self._is_open.clear()

    @property
    def current(self) -> discord.Client | None:
        """The client, or None between two lives."""
        return self._client

    async def client(self) -> discord.Client:
        """Return the client that is logged in, waiting a moment for one that is just coming up.

        Raises:
            FrontendUnavailable: None came.
        """
        if self._client is None:
            try:
                await asyncio.wait_for(self._is_open.wait(), self._login_patience_seconds)
            except TimeoutError as error:
                raise FrontendUnavailable("not logged in to Discord") from error
        if self._client is None:
            raise FrontendUnavailable("not logged in to Discord")
        return self._client

    async def ask(self, request: Awaitable[T]) -> T:
        """Make a request, and tell its failure as the port does.

        Raises:
            Unclear: The line was cut, or Discord is unwell.
            FrontendUnavailable: Discord asks to wait, or does not know us now.
            discord.HTTPException: Discord says no; `code` says why.
        """
        try:
            async with asyncio.timeout(self._request_patience_seconds):
                return await request
        except (aiohttp.ClientError, OSError, TimeoutError, discord.DiscordServerError) as fault:
            raise Unclear(f"Discord did not answer: {type(fault).__name__}") from fault
        except discord.RateLimited as fault:
            raise FrontendUnavailable("Discord asks to wait") from fault
        except discord.HTTPException as refusal:
            if refusal.status in (401, 429) and refusal.code not in (INVALID_TOKEN, OLD_MESSAGE_EDITS):
                raise FrontendUnavailable(f"Discord answers {refusal.status}") from refusal
            raise
        except RuntimeError as fault:
            # aiohttp says so when its session was closed under the request, with the client's life.
            if "closed" not in str(fault).lower():
                raise
            raise Unclear("the line was closed") from fault


# discord-api-docs, JSON error codes.
UNKNOWN_MESSAGE = 10008
OLD_MESSAGE_EDITS = 30046
FILE_TOO_LARGE = 40005
INVALID_TOKEN = 50027
THREAD_ARCHIVED = 50083
THREAD_EXISTS = 160004
