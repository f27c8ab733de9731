"""Opening, migrating and closing the database: SQLite or PostgreSQL, by `DATABASE_URL`."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tortoise import Tortoise
from tortoise.backends.base.client import TransactionalDBClient
from tortoise.connection import get_connection
from tortoise.transactions import in_transaction

from core.errors import ConfigurationError
from core.settings import Settings
from core.store.schema import HEAD, apply_migrations

if TYPE_CHECKING:
    from psycopg import AsyncConnection

Dialect = Literal["sqlite", "postgres"]

BUSY_TIMEOUT_MILLISECONDS = 10_000
"""How long a writer waits for another one's transaction, on either database. Ours take milliseconds."""

POOL_SIZE = 10
"""Connections of one process to PostgreSQL, at most."""

CONNECT_TIMEOUT_SECONDS = 10

CONNECTION_PARAMETERS = {
    "application_name": "likeness",
    "connect_timeout": CONNECT_TIMEOUT_SECONDS,
    # A server that vanished without a word is noticed after half a minute, not after the system's two hours.
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""Source: postgresql.org/docs/15/libpq-connect.html, section 34.1.2."""

SERVER_OPTIONS = (
    f"-c lock_timeout={BUSY_TIMEOUT_MILLISECONDS} "
    # The same in the other direction: a machine that vanished in a transaction must not keep its rows locked.
    "-c idle_in_transaction_session_timeout=30000 -c tcp_keepalives_idle=15 -c tcp_keepalives_interval=5 "
    "-c tcp_keepalives_count=3"
)


def dialect(settings: Settings) -> Dialect:
    """Say which database these settings name.

    Raises:
        ConfigurationError: It is one that Likeness does not run on.
    """
    scheme, separator, _ = settings.resolved_database_url.partition("://")
    match scheme:
        case "sqlite":
            return "sqlite"
        case "postgres" | "postgresql":
            return "postgres"
        case _:
            # Without a scheme the first words may be a user and a password.
            start = (
                f"starts with {scheme}://, which Likeness does not run on"
                if separator
                else "does not say which kind of database it names"
            )
            raise ConfigurationError(
                f"DATABASE_URL {start}: use "
                "postgresql://user:password@host:5432/name, or sqlite:///path/to/file, or leave it empty."
            )


def psycopg_conninfo(settings: Settings) -> str:
    """Return what psycopg connects with: the address, with our timeouts. It holds the password."""
    from psycopg.conninfo import make_conninfo

    address = _postgres_address(settings)
    options = f"{SERVER_OPTIONS} {address.pop('options', '')}".strip()
    return make_conninfo(**{**CONNECTION_PARAMETERS, **address}, options=options)


def _postgres_address(settings: Settings) -> dict[str, Any]:
    # Here, so that SQLite needs no PostgreSQL driver.
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    try:
        return dict(conninfo_to_dict(settings.resolved_database_url))
    except psycopg.Error:
        # Not chained: libpq's sentence may repeat the address, and with it the password.
        raise ConfigurationError(
            "DATABASE_URL cannot be read: write it as postgresql://user:password@host:5432/name, "
            "with special characters of the password percent-encoded."
        ) from None


def tortoise_config(settings: Settings) -> dict[str, Any]:
    """Return Tortoise's configuration for these settings.

    Raises:
        ConfigurationError: `DATABASE_URL` names a database that Likeness does not run on.
    """
    match dialect(settings):
        case "sqlite":
            credentials = {
                "file_path": str(_sqlite_file(settings)),
                "busy_timeout": BUSY_TIMEOUT_MILLISECONDS,
                # A commit survives the death of the process; only a power cut can undo the last few.
                "synchronous": "NORMAL",
            }
        case "postgres":
            credentials = {"conninfo": psycopg_conninfo(settings), "maxsize": POOL_SIZE}
    return {
        "connections": {"default": {"engine": f"core.store.{dialect(settings)}", "credentials": credentials}},
        "apps": {"likeness": {"models": ["core.store.records"], "migrations": "migrations"}},
    }


def _sqlite_file(settings: Settings) -> Path:
    return Path(settings.resolved_database_url.removeprefix("sqlite://"))


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncGenerator[None]:
    """Connect for the length of the block; every task of this process sees the connection.

    Raises:
        ConfigurationError: There is no such database, or it does not let us in.
    """
    await _look_for_database(settings)
    context = await Tortoise.init(config=tortoise_config(settings), _enable_global_fallback=True)
    try:
        yield
    finally:
        await context.close_connections()


async def migrate(settings: Settings, target: str = HEAD) -> None:
    """Bring the schema up to date. Migrations only ever add, so an older process may still be running.

    Several processes may do this at once: one works, the others wait and find it done.

    Raises:
        ConfigurationError: There is no such database, or it does not let us in.
        StoreUnavailable: It was there and went away, or is in use for too long. Nothing was changed.
    """
    await _look_for_database(settings)
    config = tortoise_config(settings)
    if dialect(settings) == "sqlite":
        # A table that is rebuilt is dropped in between, which would delete the rows that refer to it.
        config["connections"]["default"]["credentials"]["foreign_keys"] = "OFF"
    await apply_migrations(config, target)


async def _look_for_database(settings: Settings) -> None:
    """Connect once, at the start, where a fault is a matter of the settings and not of the moment."""
    if dialect(settings) == "sqlite":
        folder = _sqlite_file(settings).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            raise ConfigurationError(
                f"The database's folder {folder} cannot be made ({fault.strerror}): correct DATABASE_URL, or "
                "LIKENESS_DATA_DIR where that is empty."
            ) from fault
        return
    import psycopg

    conninfo = psycopg_conninfo(settings)
    try:
        connection = await psycopg.AsyncConnection.connect(conninfo)
    except psycopg.OperationalError as fault:
        address = _postgres_address(settings)
        # The server's own words name users and databases, never a password; other parts of the message may.
        _, _, refusal = str(fault).partition("FATAL:")
        reason = f" It says: {refusal.strip().splitlines()[0]}." if refusal.strip() else ""
        raise ConfigurationError(
            f"PostgreSQL cannot be reached at {address.get('host', 'localhost')}, port "
            f"{address.get('port', 5432)}, database {address.get('dbname', '(none named)')}: start it, or "
            f"correct DATABASE_URL.{reason}"
        ) from None
    await connection.close()


def transaction() -> AbstractAsyncContextManager[Any]:
    """Open a transaction. Never await the network, a file or a long computation inside one.

    It raises `StoreUnavailable` where it cannot begin or commit. A statement that fails inside (a unique key that is
    taken, say) ends it: put such a statement into a transaction of its own within, which is a savepoint.
    """
    return in_transaction("default")


def transaction_connection() -> AsyncConnection[Any]:
    """Return psycopg's connection of the transaction in progress, for what must commit together with it."""
    client = get_connection("default")
    if not isinstance(client, TransactionalDBClient):
        raise RuntimeError("there is no transaction in progress")
    return client._connection


async def execute(statement: str, values: list[Any] | None = None) -> list[dict[str, Any]]:
    """Run one statement of SQL in the database's own dialect, inside the transaction if there is one."""
    return await get_connection("default").execute_query_dict(statement, values)
