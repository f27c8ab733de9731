"""Opening, migrating and closing the database."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tortoise import Tortoise
from tortoise.migrations.api import migrate as run_migrations
from tortoise.transactions import in_transaction

from core.errors import ConfigurationError
from core.settings import Settings

BUSY_TIMEOUT_MILLISECONDS = 10_000
"""How long a SQLite writer waits for another process's transaction. Ours take milliseconds."""


def tortoise_config(settings: Settings) -> dict[str, Any]:
    """Return Tortoise's configuration for these settings.

    Raises:
        ConfigurationError: `DATABASE_URL` names a database that Likeness does not run on.
    """
    url = settings.resolved_database_url
    scheme = urlsplit(url).scheme
    if scheme != "sqlite":
        raise ConfigurationError(
            f"DATABASE_URL starts with {scheme}://, which this version does not run on. "
            "Use sqlite:///path/to/file, or leave it empty."
        )
    connection = {
        "engine": "core.store.sqlite",
        "credentials": {
            "file_path": url.removeprefix("sqlite://"),
            "busy_timeout": BUSY_TIMEOUT_MILLISECONDS,
            # A commit survives the death of the process; only a power cut can undo the last few.
            "synchronous": "NORMAL",
        },
    }
    return {
        "connections": {"default": connection},
        "apps": {"likeness": {"models": ["core.store.records"], "migrations": "migrations"}},
    }


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncGenerator[None]:
    """Connect for the length of the block; every task of this process sees the connection."""
    config = tortoise_config(settings)
    Path(config["connections"]["default"]["credentials"]["file_path"]).parent.mkdir(
        parents=True, exist_ok=True
    )
    context = await Tortoise.init(config=config, _enable_global_fallback=True)
    try:
        yield
    finally:
        await context.close_connections()


async def migrate(settings: Settings) -> None:
    """Bring the schema up to date. Migrations only ever add, so an older process may still be running."""
    config = tortoise_config(settings)
    Path(config["connections"]["default"]["credentials"]["file_path"]).parent.mkdir(
        parents=True, exist_ok=True
    )
    try:
        await run_migrations(config=config)
    finally:
        await Tortoise.close_connections()


def transaction() -> AbstractAsyncContextManager[Any]:
    """Open a transaction. Never await the network, a file or a long computation inside one."""
    return in_transaction("default")
