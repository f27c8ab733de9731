"""What a test asks for to have a Discord: `fake_discord`."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import MovableClock
    from tests.fakes.discord.fake import FakeDiscord
    from tests.fakes.strict import Clock

REPOSITORY = Path(__file__).resolve().parents[3]


def specs_folder() -> Path:
    """Return where the official descriptions lie, if they are there."""
    return Path(os.environ.get("LIKENESS_SPECS_DIR", REPOSITORY.parent / "shared" / "specs"))


@pytest.fixture(scope="session")
def specs_dir() -> Path:
    """The folder of official descriptions. In CI its absence fails the run; elsewhere it is said aloud."""
    folder = specs_folder()
    if folder.is_dir():
        return folder
    message = f"no official descriptions at {folder}: set LIKENESS_SPECS_DIR"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture
async def fake_discord(clock: MovableClock, specs_dir: Path) -> AsyncIterator[FakeDiscord]:
    """A Discord that runs, that discord.py takes for the real one, and that forgives nothing unlisted."""
    async with strict_discord(clock, specs_dir) as fake:
        with discord_py_at(fake):
            yield fake


@asynccontextmanager
async def strict_discord(clock: Clock, specs_dir: Path) -> AsyncGenerator[FakeDiscord]:
    """Run a Discord by some clock; in the end it must have nothing to complain of but what is listed."""
    from tests.fakes.discord.allowances import ALLOWANCES
    from tests.fakes.discord.fake import FakeDiscord
    from tests.fakes.strict import unlisted

    fake = FakeDiscord(clock, specs_dir)
    await fake.start()
    try:
        yield fake
    finally:
        await fake.stop()
    found = unlisted(fake.complaints, ALLOWANCES, fake.expected_complaints)
    assert not found, "Discord complains:\n" + "\n".join(found)
    said = [str(complaint) for complaint in fake.complaints]
    missing = [part for part in fake.expected_complaints if not any(part in each for each in said)]
    assert not missing, f"Discord was expected to complain of {missing}"


@contextmanager
def discord_py_at(fake: FakeDiscord) -> Iterator[None]:
    """Let discord.py talk to this Discord for the length of the block."""
    import discord
    import yarl
    from discord.gateway import DiscordWebSocket
    from discord.http import Route

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Route, "BASE", fake.api_address)
        patch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(fake.gateway_address))
        patch.setattr(discord.Asset, "BASE", fake.cdn.address)
        yield


@pytest.fixture
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let discord.py's waits before a retry or a reconnect be over at once; the list is how long they were."""
    import asyncio
    import types

    from discord import client, http, shard
    from discord.webhook import async_

    waited: list[float] = []

    async def sleep(seconds: float, result: object = None) -> object:
        waited.append(seconds)
        await asyncio.sleep(0)
        return result

    hurried = types.ModuleType("asyncio")
    hurried.__dict__.update({**asyncio.__dict__, "sleep": sleep})
    for module in (http, async_, client, shard):
        monkeypatch.setattr(module, "asyncio", hurried)
    return waited
