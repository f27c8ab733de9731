"""An installation of any earlier release, with rows in every table, comes to the newest schema and loses nothing."""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from tortoise import Tortoise, fields
from tortoise.fields.base import Field
from tortoise.models import Model

from core.settings import Settings
from core.store import schema
from core.store.database import execute, migrate, open_database
from core.store.records import JobRecord
from tests.introspection import Column, columns, indexes, table_names
from tests.postgres import DIALECT

pytestmark = pytest.mark.database

EARLIER = ("0001_initial", "0002_many_machines", "0003_review")
"""Every schema that was released before this one."""
STARTED_AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)

Rows = dict[str, list[dict[str, Any]]]


def records() -> dict[str, type[Model]]:
    """The newest schema, by table."""
    return {model._meta.db_table: model for model in Tortoise.apps["likeness"].values()}


def own_fields(model: type[Model]) -> dict[str, Field[Any]]:
    return {name: model._meta.fields_map[name] for name in model._meta.db_fields}


def made_up(table: str, column: Column, row: int) -> Any:
    """A value that fits the column and differs from row to row; what the code reads as an enum is one."""
    model = records().get(table)
    enum = getattr(own_fields(model).get(column.name), "enum_type", None) if model else None
    if enum is not None:
        return list(enum)[row % len(enum)].value
    match column.type:
        case "VARCHAR" | "CHARACTER VARYING" | "TEXT":
            return f"{row}-{table}-{column.name}"[: column.length]
        case "INT" | "INTEGER" | "SMALLINT" | "BIGINT":
            # SQLite has no type for yes and no, and takes 1 and 0.
            return row
        case "REAL" | "DOUBLE" | "DOUBLE PRECISION":
            return row + 0.5
        case "BOOL" | "BOOLEAN":
            return row % 2 == 1
        case "TIMESTAMP" | "TIMESTAMPTZ" | "TIMESTAMP WITH TIME ZONE":
            return str(STARTED_AT) if DIALECT == "sqlite" else STARTED_AT
        case unknown:
            pytest.fail(f"{table}.{column.name} has the type {unknown}: say here what such a value may be")


async def fill(table: str) -> None:
    """Put two rows into a table: one with every value, one with NULL wherever that may be."""
    described = await columns(table)
    names = ", ".join(f'"{column.name}"' for column in described)
    marks = ", ".join(["?" if DIALECT == "sqlite" else "%s"] * len(described))
    for row in (0, 1):
        values = [
            None if row == 1 and column.is_nullable else made_up(table, column, row) for column in described
        ]
        await execute(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', values)


async def all_rows(tables: list[str]) -> Rows:
    key = {table: (await columns(table))[0].name for table in tables}
    return {
        table: [dict(row) for row in await execute(f'SELECT * FROM "{table}" ORDER BY "{key[table]}"')]
        for table in tables
    }


@pytest.fixture(params=EARLIER)
async def earlier_release(request: pytest.FixtureRequest, empty_settings: Settings) -> Rows:
    """What an earlier release's database holds."""
    await migrate(empty_settings, request.param)
    async with open_database(empty_settings):
        tables = await table_names()
        for table in tables:
            await fill(table)
        return await all_rows(tables)


async def test_every_row_and_value_is_still_there(empty_settings: Settings, earlier_release: Rows) -> None:
    assert len(earlier_release) >= 17 and all(len(rows) == 2 for rows in earlier_release.values())
    await migrate(empty_settings)
    async with open_database(empty_settings):
        now = await all_rows(list(earlier_release))
    for table, rows in earlier_release.items():
        kept = [{name: row[name] for name in before} for before, row in zip(rows, now[table], strict=True)]
        assert kept == rows, table


async def test_new_columns_have_their_defaults(empty_settings: Settings, earlier_release: Rows) -> None:
    await migrate(empty_settings)
    async with open_database(empty_settings):
        new = 0
        for table, rows in earlier_release.items():
            for name, field in own_fields(records()[table]).items():
                if name in rows[0]:
                    continue
                new += 1
                default = field.db_default if field.has_db_default() else None
                assert set(await records()[table].all().values_list(name, flat=True)) == {default}, (
                    table,
                    name,
                )
        assert new > 0


async def test_the_records_can_be_read_and_changed(empty_settings: Settings, earlier_release: Rows) -> None:
    await migrate(empty_settings)
    async with open_database(empty_settings):
        for table in earlier_release:
            model = records()[table]
            for record in await model.all():
                name, value = change_for(record)
                setattr(record, name, value)
                await record.save()
                assert getattr(await model.get(pk=record.pk), name) == value, (table, name)


def change_for(record: Model) -> tuple[str, Any]:
    """A field of this record that may be anything, and a new value for it."""
    tied = {name for names in record._meta.unique_together for name in names} | {"id", "name", "updated_at"}
    for name, field in own_fields(type(record)).items():
        if name in tied or field.unique or getattr(field, "enum_type", None):
            continue
        match field:
            case fields.IntField():
                return name, 41
            case fields.FloatField():
                return name, 41.5
            case fields.CharField() | fields.TextField():
                return name, "new"
            case fields.DatetimeField():
                return name, datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
            case _:
                continue
    pytest.fail(f"{type(record).__name__} has no field that may be changed")


def declared_indexes(model: type[Model]) -> dict[tuple[str, ...], bool]:
    """The columns of each index that the records declare, and whether it must be unique."""
    declared: dict[tuple[str, ...], bool] = {(model._meta.pk_attr,): True}
    for index in model._meta.indexes:
        declared[tuple(index if isinstance(index, tuple | list) else index.fields)] = False
    for name, field in own_fields(model).items():
        if field.index or field.unique:
            declared[(name,)] = field.unique
    for names in model._meta.unique_together:
        declared[tuple(names)] = True
    return declared


@pytest.mark.parametrize("start", [*EARLIER, None])
async def test_what_the_records_declare_is_there(empty_settings: Settings, start: str | None) -> None:
    """Tables, columns, indexes and unique constraints, for an old installation and for a new one."""
    if start is not None:
        await migrate(empty_settings, start)
    await migrate(empty_settings)
    async with open_database(empty_settings):
        assert set(await table_names()) == records().keys()
        for table, model in records().items():
            there = {column.name: column.is_nullable for column in await columns(table)}
            declared = {name: field.null for name, field in own_fields(model).items()}
            assert there == declared, table
            found = await indexes(table)
            for names, must_be_unique in declared_indexes(model).items():
                assert names in found, (table, names)
                assert found[names] or not must_be_unique, (table, names)


async def test_a_migration_that_dies_changes_nothing(
    empty_settings: Settings, earlier_release: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def die(*_: object) -> None:
        raise RuntimeError("the machine stopped")

    with monkeypatch.context() as broken:
        broken.setattr(schema.Recorder, "record_applied", die)
        with pytest.raises(RuntimeError, match="the machine stopped"):
            await migrate(empty_settings)
    async with open_database(empty_settings):
        assert await all_rows(await table_names()) == earlier_release
    await migrate(empty_settings)
    async with open_database(empty_settings):
        assert await JobRecord.all().count() == 2


async def test_processes_that_migrate_at_once_wait_for_each_other(empty_settings: Settings) -> None:
    program = "import asyncio; from core.settings import Settings; from core.store.database import migrate; "
    program += "asyncio.run(migrate(Settings(_env_file=None)))"
    environment = {
        **os.environ,
        "DATABASE_URL": empty_settings.resolved_database_url,
        "LIKENESS_DATA_DIR": str(empty_settings.data_dir),
    }
    processes = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", program, env=environment) for _ in range(3)
    ]
    assert [await process.wait() for process in processes] == [0, 0, 0]
    async with open_database(empty_settings):
        assert set(await table_names()) == records().keys()
        if DIALECT == "postgres":
            assert await execute("SELECT count(*) AS count FROM procrastinate_jobs") == [{"count": 0}]
