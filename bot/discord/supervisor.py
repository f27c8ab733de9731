"""Keeps a client connected: one life after the other, each with a new client.

discord.py's client can end for good while it still calls itself ready: by a refused handshake, or by one malformed
event (run on 2026-11-20). So nothing is asked of it but whether its task goes on, and a client that ended is never
used again.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

import discord

from bot.discord.line import Line

log = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 300.0
"""With this, a client that dies at once starts some 300 times a day: Discord allows 1,000."""
SOUND_LIFE_SECONDS = 300.0
"""After a life of this length the pauses begin anew."""
CLOSING_SECONDS = 10.0
AUTHENTICATION_FAILED = 4004  # discord-api-docs, Gateway Close Event Codes
INVALID_INTENTS = 4013
DISALLOWED_INTENTS = 4014

PORTAL = "https://discord.com/developers/applications"
WRONG_TOKEN = (
    "Discord does not know the token in LIKENESS_DISCORD_TOKEN. Copy it again from the page Bot of your application "
    f"at {PORTAL}, and start the bot anew."
)
WRONG_INTENTS = (
    "Discord does not grant what the bot wants to hear of. Look at Privileged Gateway Intents on the page Bot of your "
    f"application at {PORTAL}; likeness doctor names what is missing."
)


class Build(Protocol):
    """Makes a client that has not connected yet."""

    def __call__(self, shard_count: int) -> discord.Client:
        """Return a new one; Discord wants large bots to connect several times."""
        ...


class Supervisor:
    """Runs clients until it is cancelled."""

    def __init__(
        self,
        build: Build,
        token: str,
        line: Line,
        *,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._build = build
        self._token = token
        self._line = line
        self._wait = wait
        self._monotonic = monotonic
        self._jitter = jitter
        self._shard_count = 1
        self.problem = ""
        """What keeps the bot off Discord and only its operator can mend, as a sentence."""
        self.lives = 0

    async def run(self) -> None:
        """Live, and live again."""
        pause_seconds = FIRST_PAUSE_SECONDS
        while True:
            began = self._monotonic()
            fault = await self._live()
            if self._monotonic() - began >= SOUND_LIFE_SECONDS:
                pause_seconds = FIRST_PAUSE_SECONDS
            self.problem = problem_of(fault)
            if self.problem:
                log.error("action=discord_refused problem=%s", self.problem)
                pause_seconds = LONGEST_PAUSE_SECONDS
            else:
                log.warning(
                    "action=discord_life_ended fault=%s pause=%.1f", type(fault).__name__, pause_seconds
                )
            await self._wait(pause_seconds * (0.5 + self._jitter() / 2))
            pause_seconds = min(2 * pause_seconds, LONGEST_PAUSE_SECONDS)

    async def _live(self) -> BaseException | None:
        """Run one client to its end, and return what ended it."""
        client = self._build(self._shard_count)
        self.lives += 1
        life = asyncio.create_task(self._connect(client))
        try:
            await asyncio.wait({life})
        finally:
            self._line.closed()
            life.cancel()
            await asyncio.wait({life})
            await _close(client)
        return None if life.cancelled() else life.exception()

    async def _connect(self, client: discord.Client) -> None:
        await client.login(self._token)
        wanted, *_ = await client.http.get_bot_gateway()
        if wanted > self._shard_count:
            self._shard_count = wanted
            log.info("action=discord_wants_shards count=%d", wanted)
            return  # the next life has as many
        self._line.opened(client)
        self.problem = ""
        await client.connect()


def problem_of(fault: BaseException | None) -> str:
    """Return the sentence for what only the operator can mend; empty for what passes by itself."""
    code = fault.code if isinstance(fault, discord.ConnectionClosed) else None
    if isinstance(fault, discord.LoginFailure) or code == AUTHENTICATION_FAILED:
        return WRONG_TOKEN
    if isinstance(fault, discord.PrivilegedIntentsRequired) or code in (INVALID_INTENTS, DISALLOWED_INTENTS):
        return WRONG_INTENTS
    return ""


async def _close(client: discord.Client) -> None:
    """Close what a client opened, however it ended."""
    closing = asyncio.create_task(client.close())
    await asyncio.wait({closing}, timeout=CLOSING_SECONDS)
    if not closing.done():
        closing.cancel()
    elif not closing.cancelled() and (fault := closing.exception()) is not None:
        log.warning("action=discord_not_closed fault=%s", type(fault).__name__)
