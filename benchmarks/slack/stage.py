"""A Slack on this machine, and the processes that are measured at it, each way that Slack talks."""

from __future__ import annotations

import asyncio
import enum
import logging
from collections import Counter
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import psutil

from benchmarks.chat import stage as chat
from benchmarks.chat.checked_later import CheckedLater
from bot.slack.listening import EVENTS_PATH
from core.settings import Settings
from tests.fakes.slack import FakeSlack
from tests.fakes.slack.fixtures import strict_slack
from tests.fakes.strict import WallClock
from tests.scenarios.reading_slack import answers, free_port

OVER_LIMITS = "calls_over_slacks_limits"
"""The figure that must be 0, by its name in the results."""


class Transport(enum.Enum):
    """How Slack talks to a bot; the values are their names in the results."""

    SOCKET_MODE = "socket_mode"
    HTTP = "http"


@dataclass(frozen=True)
class Stage:
    """Where a figure is taken."""

    fake: FakeSlack
    checks: CheckedLater
    settings: Settings
    transport: Transport

    def process(
        self, name: str, module: Sequence[str], listen: str = ""
    ) -> AbstractContextManager[psutil.Process]:
        """Run a module of ours at this Slack for the length of a block."""
        environment = {
            "LIKENESS_SLACK_BOT_TOKEN": self.fake.bot_token,
            "LIKENESS_SLACK_API_BASE": self.fake.api_address,
        }
        if self.transport is Transport.SOCKET_MODE:
            environment["LIKENESS_SLACK_APP_TOKEN"] = self.fake.app_token
        else:
            environment["LIKENESS_SLACK_SIGNING_SECRET"] = self.fake.signing_secret
        if listen:
            environment["LIKENESS_SLACK_LISTEN"] = listen
        return chat.process(self.settings, name, module, environment)

    @asynccontextmanager
    async def listening(self, name: str, module: Sequence[str]) -> AsyncGenerator[psutil.Process]:
        """Run a bot for the length of a block, which begins once the bot hears and its start is over."""
        lines, listen = self.fake.sockets.opened, f"127.0.0.1:{free_port()}"
        if self.transport is Transport.HTTP:
            self.fake.deliver_to(f"http://{listen}{EVENTS_PATH}")
        with self.process(name, module, listen) as running:
            async with asyncio.timeout(chat.READY_SECONDS):
                while not await self._is_heard(lines):
                    await self.fake.next_change()
            await asyncio.sleep(chat.SETTLING_SECONDS)
            yield running

    async def _is_heard(self, lines_before: int) -> bool:
        if self.transport is Transport.HTTP:
            return await answers(self.fake)
        return self.fake.sockets.opened > lines_before and self.fake.sockets.is_connected

    def calls_over_the_limits(self) -> dict[str, int]:
        """Return how often a method was called sooner than Slack's published tiers allow."""
        return dict(Counter(each.method for each in self.fake.pace.excesses()))


@asynccontextmanager
async def stage(model_count: int, transport: Transport) -> AsyncGenerator[Stage]:
    """Play Slack for the length of a block, with one workspace that has so many models."""
    async with strict_slack(WallClock(), chat.checked_specs_folder()) as fake:
        checks = CheckedLater(fake)
        # A bot that is stopped hangs up on what it asked last.
        logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
        async with chat.data_of("slack", fake.workspace.id, model_count) as settings:
            yield Stage(fake, checks, settings, transport)


def end_where_too_fast(found: Iterable[Mapping[str, Any]]) -> None:
    """Let the run fail, once its figures are written, where the bot called Slack too often.

    Raises:
        SystemExit: It did.
    """
    count = sum(figures[OVER_LIMITS] for figures in found)
    if count:
        raise SystemExit(f"{count} calls came sooner than Slack's published tiers allow.")
