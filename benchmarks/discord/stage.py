"""A Discord on this machine, and the processes that are measured at it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass

import psutil

from benchmarks.chat import stage as chat
from benchmarks.chat.checked_later import CheckedLater
from core.settings import Settings
from tests.fakes.discord import FakeDiscord
from tests.fakes.discord.fixtures import strict_discord
from tests.fakes.strict import WallClock


@dataclass(frozen=True)
class Stage:
    """Where a figure is taken."""

    fake: FakeDiscord
    checks: CheckedLater
    settings: Settings


@asynccontextmanager
async def stage(model_count: int) -> AsyncGenerator[Stage]:
    """Play Discord for the length of a block, with one server whose workspace has so many models."""
    async with strict_discord(WallClock(), chat.checked_specs_folder()) as fake:
        checks = CheckedLater(fake)
        # A bot that is stopped hangs up on what it asked last.
        logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
        async with chat.data_of("discord", str(fake.guild.id), model_count) as settings:
            yield Stage(fake, checks, settings)


def process(stage: Stage, name: str, module: Sequence[str]) -> AbstractContextManager[psutil.Process]:
    """Run a module of ours at this Discord for the length of a block."""
    environment = {
        "LIKENESS_DISCORD_TOKEN": stage.fake.bot_token,
        "LIKENESS_DISCORD_API_BASE": stage.fake.api_address,
        "LIKENESS_DISCORD_GATEWAY": stage.fake.gateway_address,
    }
    return chat.process(stage.settings, name, module, environment)


async def until_connected(fake: FakeDiscord, *, lives: int = 1) -> None:
    """Wait until a bot listens for the so-manieth time and its commands are there; then let its start be over."""
    await fake.until(
        lambda: fake.gateway.identified >= lives and fake.gateway.is_connected and fake.commands(),
        patience_seconds=chat.READY_SECONDS,
    )
    await asyncio.sleep(chat.SETTLING_SECONDS)
