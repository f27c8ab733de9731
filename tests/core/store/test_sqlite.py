"""SQLite is locked, full or gone: every call says so, nothing is half written, the next one works."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from core.errors import StoreUnavailable
from core.settings import Settings
from core.store import database as database_module
from core.store.database import execute, open_database, transaction
from core.store.records import WorkspaceRecord
from tests.postgres import DIALECT

pytestmark = pytest.mark.skipif(DIALECT != "sqlite", reason="about SQLite")


async def add(external_id: str) -> None:
    await WorkspaceRecord.create(platform="console", external_id=external_id, plan="pro")


async def written() -> list[str]:
    return sorted([str(row) async for row in WorkspaceRecord.all().values_list("external_id", flat=True)])


@pytest.fixture
def settings(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An installation that waits for nobody."""
    monkeypatch.setattr(database_module, "BUSY_TIMEOUT_MILLISECONDS", 20)
    return settings


def file_of(settings: Settings) -> Path:
    return Path(settings.resolved_database_url.removeprefix("sqlite://"))


@pytest.fixture
def other(settings: Settings, database: None) -> Iterator[sqlite3.Connection]:
    """Another process's connection."""
    with contextlib.closing(sqlite3.connect(file_of(settings), isolation_level=None)) as connection:
        yield connection


async def test_another_process_writes_for_too_long(other: sqlite3.Connection) -> None:
    other.execute("BEGIN IMMEDIATE")
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match="locked"):
            async with transaction():
                await add("in a transaction")
        with pytest.raises(StoreUnavailable, match="locked"):
            await add("by itself")
    assert await written() == []
    other.execute("ROLLBACK")
    async with transaction():
        await add("after")
    assert await written() == ["after"]


async def test_the_disk_is_full_in_the_middle_of_a_transaction(database: None) -> None:
    pages = (await execute("PRAGMA page_count"))[0]["page_count"]
    await execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreUnavailable, match="full"):
        async with transaction():
            await add("first")
            for number in range(1000):
                await add(f"{number}{'x' * 60}")
    assert await written() == []
    await execute("PRAGMA max_page_count = 1000000")
    await add("after")
    assert await written() == ["after"]


async def test_a_transaction_that_was_undone_cannot_be_committed(database: None) -> None:
    with pytest.raises(StoreUnavailable, match="undone"):
        async with transaction():
            await add("first")
            await execute("ROLLBACK")  # as SQLite does by itself after some faults
    assert await written() == []


async def test_a_task_that_is_cancelled_while_it_waits_for_the_lock(
    settings: Settings, other: sqlite3.Connection
) -> None:
    await execute("PRAGMA busy_timeout = 10000")
    other.execute("BEGIN IMMEDIATE")

    async def wait_for_the_lock() -> None:
        async with transaction():
            pytest.fail("the other process has it")

    waiting = asyncio.create_task(wait_for_the_lock())
    await asyncio.sleep(0)  # it is on its way
    waiting.cancel()
    other.execute("ROLLBACK")
    await asyncio.gather(waiting, return_exceptions=True)
    assert waiting.cancelled()
    async with transaction():
        await add("after")
    other.execute("BEGIN IMMEDIATE")  # nobody holds the lock any more
    other.execute("ROLLBACK")


@pytest.fixture
async def opened_without_its_file(settings: Settings) -> AsyncIterator[Path]:
    """Something stands where the file should be."""
    file_of(settings).mkdir(parents=True)
    async with open_database(settings):
        yield file_of(settings)


async def test_a_file_that_cannot_be_opened(opened_without_its_file: Path) -> None:
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match="cannot be opened"):
            async with transaction():
                pass
        with pytest.raises(StoreUnavailable, match="cannot be opened"):
            await execute("SELECT 1")
    opened_without_its_file.rmdir()
    assert await execute("SELECT 1 AS one") == [{"one": 1}]
    assert await execute("PRAGMA foreign_keys") == [{"foreign_keys": 1}]
