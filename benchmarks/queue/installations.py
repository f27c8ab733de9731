"""Databases to measure on, made for the length of a block and dropped after it."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psycopg

from core.queue.dispatch import Dispatch, open_dispatch
from core.queue.jobs import Jobs
from core.settings import Settings
from core.store.database import migrate, open_database
from tests import postgres

EMBEDDED, POSTGRES = "embedded", "postgres"
SERVER_SETTINGS = ("server_version", "fsync", "synchronous_commit", "shared_buffers", "autovacuum")


@cache
def dispatchers() -> Sequence[str]:
    """Return the dispatchers that can be measured here."""
    if postgres.find_server() is not None:
        return (EMBEDDED, POSTGRES)
    print(f"No PostgreSQL answers at {postgres.SERVER}: only the embedded dispatcher is measured.")
    return (EMBEDDED,)


@contextmanager
def installation(dispatcher: str) -> Generator[Settings]:
    """Make a migrated database; every setting but its place is the default."""
    with ExitStack() as undo:
        folder = Path(undo.enter_context(tempfile.TemporaryDirectory(prefix="likeness-bench-")))
        url = undo.enter_context(_server_database()) if dispatcher == POSTGRES else ""
        settings = Settings(_env_file=None, DATABASE_URL=url, data_dir=folder)  # pyright: ignore[reportCallIssue]
        asyncio.run(migrate(settings))
        yield settings


@contextmanager
def _server_database() -> Generator[str]:
    server = postgres.find_server()
    assert server is not None
    with postgres.new_database(server) as url:
        yield url


@contextmanager
def bare_database() -> Generator[str]:
    """Make an empty PostgreSQL database; yields its address."""
    with _server_database() as url:
        yield url


@asynccontextmanager
async def opened(settings: Settings) -> AsyncGenerator[tuple[Jobs, Dispatch]]:
    """Open an installation in this process."""
    async with open_database(settings), open_dispatch(settings) as dispatch:
        yield Jobs(settings, dispatch), dispatch


def server_settings() -> dict[str, Any]:
    """Return what the server's durability and speed depend on; empty where there is none."""
    server = postgres.find_server()
    if server is None:
        return {}
    with psycopg.connect(f"{server}/postgres") as connection:
        rows = {name: connection.execute("SELECT current_setting(%s)", [name]) for name in SERVER_SETTINGS}
        return {name: row[0] for name, cursor in rows.items() if (row := cursor.fetchone()) is not None}
