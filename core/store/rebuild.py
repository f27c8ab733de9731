"""Changing or removing a column, for migrations: the one change that SQLite cannot make in place.

Tortoise's own `AlterField` and `RemoveField` rebuild the table on SQLite and lose its indexes, and with them its
unique constraints; with foreign keys on they delete the rows that refer to it. Write `Rebuild(ops.AlterField(...))`
instead. Releases run side by side, so a column may go only when no release that may still run reads it.
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.fields.base import Field
from tortoise.migrations.operations import AlterField, Operation, RemoveField
from tortoise.migrations.schema_editor.base import BaseSchemaEditor
from tortoise.migrations.schema_generator.state import State
from tortoise.models import Model

from core.clock import utc_now
from core.store.sqlite import split_script


class Rebuild(Operation):
    """A change of a column that keeps rows, children, indexes and unique constraints. It has no way back.

    On SQLite the table is made anew beside the old one, after a copy of the whole file was put next to it, named
    `<file>.before-<table>-<time>`. On PostgreSQL the change is a plain ALTER TABLE. A column that may no longer be
    NULL needs a `db_default`, which the rows without a value get.
    """

    reversible = False

    def __init__(self, change: AlterField | RemoveField) -> None:
        self.change = change

    def describe(self) -> str:
        """Say what is changed."""
        return self.change.describe()

    def state_forward(self, app_label: str, state: State) -> None:
        """Note the change in the migrations' picture of the schema."""
        self.change.state_forward(app_label, state)

    async def database_forward(
        self,
        app_label: str,
        old_state: State,
        new_state: State,
        state_editor: BaseSchemaEditor | None = None,
    ) -> None:
        """Make the change, inside the transaction of the migration."""
        if state_editor is None:
            return
        client, name = state_editor.client, f"{app_label}.{self.change.model_name}"
        old, new = old_state.apps.get_model(name), new_state.apps.get_model(name)
        if isinstance(self.change, AlterField):
            await _fill_empty(client, new, new._meta.fields_map[self.change.name])
        if client.capabilities.dialect != "sqlite":
            await self.change.database_forward(app_label, old_state, new_state, state_editor)
            return
        changed = old._meta.fields_db_projection[self.change.name]
        await _back_up(client, new._meta.db_table)
        await _rebuild(client, state_editor, new, changed)


async def _fill_empty(client: BaseDBAsyncClient, model: type[Model], field: Field[Any]) -> None:
    if field.null or not field.has_db_default():
        return
    column, mark = field.source_field or field.model_field_name, "?"
    if client.capabilities.dialect == "postgres":
        mark = "%s"
    await client.execute_query(
        f'UPDATE "{model._meta.db_table}" SET "{column}" = {mark} WHERE "{column}" IS NULL',
        [field.to_db_value(field.db_default, model)],
    )


async def _back_up(client: BaseDBAsyncClient, table: str) -> None:
    """Copy the file as it was before this migration: other connections do not see what is not committed."""
    databases = await client.execute_query_dict("PRAGMA database_list")
    file = next(row["file"] for row in databases if row["name"] == "main")
    copy = f"{file}.before-{table}-{utc_now():%Y%m%dT%H%M%S%f}"

    def vacuum() -> None:
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("VACUUM INTO ?", [copy])

    await asyncio.to_thread(vacuum)


@dataclass(frozen=True)
class _Index:
    name: str
    columns: tuple[str, ...]
    is_unique: bool
    statement: str | None
    """What made it; None where it belongs to a constraint of the table."""


async def _rebuild(
    client: BaseDBAsyncClient, editor: BaseSchemaEditor, model: type[Model], changed: str
) -> None:
    if (await client.execute_query_dict("PRAGMA foreign_keys"))[0]["foreign_keys"]:
        raise RuntimeError("a table is rebuilt with foreign keys off only: see core.store.database.migrate")
    table = model._meta.db_table
    new_table = f"new__{table}"
    indexes = await _indexes(client, table)
    # The index of the changed column alone is as the changed model wants it; all others stay.
    kept = [index for index in indexes if index.columns != (changed,)]
    create, *create_indexes = split_script(editor._get_model_sql_data(model).table_sql)
    await client.execute_query(create.replace(f'"{table}"', f'"{new_table}"', 1))
    columns = set(await _columns(client, table))
    shared = ", ".join(f'"{name}"' for name in await _columns(client, new_table) if name in columns)
    rows_before = await _count(client, table)
    await client.execute_query(f'INSERT INTO "{new_table}" ({shared}) SELECT {shared} FROM "{table}"')
    await client.execute_query(f'DROP TABLE "{table}"')
    await client.execute_query(f'ALTER TABLE "{new_table}" RENAME TO "{table}"')
    for statement in create_indexes:
        await client.execute_query(statement)
    await _restore(client, table, kept)
    if await _count(client, table) != rows_before:
        raise RuntimeError(f"rebuilding {table} would lose rows")


async def _restore(client: BaseDBAsyncClient, table: str, kept: list[_Index]) -> None:
    """Make the indexes anew that the models do not know of, and insist on every unique constraint."""
    columns = set(await _columns(client, table))
    names = {index.name for index in await _indexes(client, table)}
    kept = [index for index in kept if columns.issuperset(index.columns)]
    for index in kept:
        if index.statement is not None and index.name not in names:
            await client.execute_query(index.statement)
    unique = {index.columns for index in await _indexes(client, table) if index.is_unique}
    lost = [index.columns for index in kept if index.is_unique and index.columns not in unique]
    if lost:
        raise RuntimeError(f"rebuilding {table} would lose what is unique: {lost}")


async def _columns(client: BaseDBAsyncClient, table: str) -> list[str]:
    return [row["name"] for row in await client.execute_query_dict(f'PRAGMA table_info("{table}")')]


async def _count(client: BaseDBAsyncClient, table: str) -> int:
    return (await client.execute_query_dict(f'SELECT count(*) AS count FROM "{table}"'))[0]["count"]


async def _indexes(client: BaseDBAsyncClient, table: str) -> list[_Index]:
    found = []
    for row in await client.execute_query_dict(f'PRAGMA index_list("{table}")'):
        parts = await client.execute_query_dict(f'PRAGMA index_info("{row["name"]}")')
        made = await client.execute_query_dict("SELECT sql FROM sqlite_master WHERE name = ?", [row["name"]])
        columns = tuple(
            part["name"] for part in parts if part["name"] is not None
        )  # an expression has no name
        found.append(_Index(row["name"], columns, bool(row["unique"]), made[0]["sql"]))
    return found
