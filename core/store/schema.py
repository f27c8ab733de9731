"""Bringing the schema up to date, in one transaction that other processes wait for."""

from __future__ import annotations

from typing import Any

from tortoise import Tortoise
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget
from tortoise.migrations.recorder import MigrationRecorder
from tortoise.transactions import in_transaction

APP = "likeness"
HEAD = "__latest__"

MIGRATION_LOCK = 7310579
"""The advisory lock that migrating processes take in turn: an arbitrary number of ours."""


async def apply_migrations(config: dict[str, Any], target: str = HEAD, app: str = APP) -> None:
    """Apply what is missing, all or nothing: a process that dies here leaves the schema as it was.

    Args:
        config: Tortoise's configuration.
        target: The migration to stop at.

    Raises:
        StoreUnavailable: The database went away, or others were using it for too long. Try again.
    """
    context = await Tortoise.init(config=config, init_connections=False)
    try:
        async with in_transaction("default") as client:
            is_postgres = client.capabilities.dialect == "postgres"
            # On SQLite the transaction itself is the lock: it takes the write lock at its start.
            if is_postgres:
                await client.execute_query("SET LOCAL lock_timeout = 0")
                await client.execute_query(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
                await client.execute_query("SET LOCAL lock_timeout TO DEFAULT")
            executor = MigrationExecutor(client, {app: config["apps"][app]})
            executor.recorder = Recorder(client)
            # Before the executor asks what is applied: a failed question would end PostgreSQL's transaction.
            await executor.recorder.ensure_schema(executor._schema_editor(atomic=False))
            await executor.migrate([MigrationTarget(app_label=app, name=target)], direction="forward")
            if is_postgres:
                await _create_ticket_tables(client)
            else:
                await _check_references(client)
    finally:
        await context.close_connections()


class Recorder(MigrationRecorder):
    """Tortoise's list of applied migrations, written in the way of the driver at hand."""

    def _placeholder(self, pos: int) -> str:
        # Tortoise writes $1 for PostgreSQL, which psycopg does not read.
        return "%s" if self._dialect == "postgres" else "?"


async def _create_ticket_tables(client: BaseDBAsyncClient) -> None:
    """Make procrastinate's tables where they are not. Its schema belongs to the version that we pin."""
    rows = await client.execute_query_dict("SELECT to_regclass('procrastinate_jobs') IS NOT NULL AS is_there")
    if rows[0]["is_there"]:
        return
    from procrastinate.schema import SchemaManager  # here, so that SQLite does not pay for it

    await client.execute_script(SchemaManager.get_schema())


async def _check_references(client: BaseDBAsyncClient) -> None:
    """SQLite migrates without foreign keys, so that a rebuilt table loses no children: check them at the end."""
    broken = await client.execute_query_dict("PRAGMA foreign_key_check")
    if broken:
        tables = sorted({row["table"] for row in broken})
        raise RuntimeError(f"the migration leaves rows without their parents in: {', '.join(tables)}")
