"""A column is changed and two are removed: rows, children, indexes and unique constraints survive."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest
from tortoise import Tortoise
from tortoise.exceptions import IntegrityError

from core.settings import Settings
from core.store.database import execute, tortoise_config
from core.store.schema import HEAD, apply_migrations
from tests.family.records import Child, Parent
from tests.introspection import columns, indexes
from tests.postgres import DIALECT

pytestmark = pytest.mark.database

PEOPLE = (
    "INSERT INTO family_parent (id, town, name, email, nickname, shoe_size) VALUES "
    "(1, 'Ulm', 'Ana', 'ana@x', 'A', 38), (2, 'Ulm', 'Bo', 'bo@x', NULL, NULL)"
)
CHILDREN = (
    "INSERT INTO family_child (id, parent_id, name, toy) VALUES "
    "(1, 1, 'Cy', 'kite'), (2, 1, 'Di', NULL), (3, 2, 'Ed', 'top')"
)


@pytest.fixture
def config(empty_settings: Settings) -> dict[str, Any]:
    empty_settings.data_dir.mkdir(parents=True, exist_ok=True)
    config = tortoise_config(empty_settings)
    config["apps"] = {"family": {"models": ["tests.family.records"], "migrations": "tests.family.migrations"}}
    return config


async def migrate_family(config: dict[str, Any], target: str, *, foreign_keys: str = "OFF") -> None:
    default = config["connections"]["default"]
    credentials = default["credentials"]
    if DIALECT == "sqlite":
        credentials = {**credentials, "foreign_keys": foreign_keys}
    connections = {"default": {**default, "credentials": credentials}}
    await apply_migrations({**config, "connections": connections}, target, app="family")


@asynccontextmanager
async def connected(config: dict[str, Any]) -> AsyncIterator[None]:
    context = await Tortoise.init(config=config)
    try:
        yield
    finally:
        await context.close_connections()


@pytest.fixture
async def before(config: dict[str, Any]) -> None:
    """Two parents and three children, and an index that no model knows of."""
    await migrate_family(config, "0001_initial")
    async with connected(config):
        await execute("CREATE INDEX by_hand ON family_parent (town, email)")
        await execute(PEOPLE)
        await execute(CHILDREN)


async def test_rows_and_children_survive(config: dict[str, Any], before: None) -> None:
    await migrate_family(config, HEAD)
    async with connected(config):
        assert await Parent.all().order_by("id").values_list("id", "town", "name", "email", "nickname") == [
            (1, "Ulm", "Ana", "ana@x", "A"),
            (2, "Ulm", "Bo", "bo@x", "none"),
        ]
        assert await Child.all().order_by("id").values_list("id", "parent_id", "name") == [
            (1, 1, "Cy"),
            (2, 1, "Di"),
            (3, 2, "Ed"),
        ]
        assert "shoe_size" not in {column.name for column in await columns("family_parent")}
        assert "toy" not in {column.name for column in await columns("family_child")}


async def test_indexes_and_unique_constraints_survive(config: dict[str, Any], before: None) -> None:
    await migrate_family(config, HEAD)
    async with connected(config):
        parents = await indexes("family_parent")
        assert parents[("email",)] and parents[("town", "name")]
        assert {("name", "email"), ("town", "email")} <= parents.keys()
        assert ("name",) in await indexes("family_child")
        with pytest.raises(IntegrityError):
            await Parent.create(town="Ulm", name="Ana", email="other@x")


async def test_a_child_still_belongs_to_its_parent(config: dict[str, Any], before: None) -> None:
    await migrate_family(config, HEAD)
    async with connected(config):
        await Parent.filter(id=1).delete()
        assert await Child.all().values_list("name", flat=True) == ["Ed"]
        with pytest.raises(IntegrityError):
            await Child.create(parent_id=99, name="Nobody's")


@pytest.mark.skipif(DIALECT != "sqlite", reason="only SQLite makes tables anew")
async def test_the_file_is_copied_before(config: dict[str, Any], before: None) -> None:
    await migrate_family(config, HEAD)
    file = Path(config["connections"]["default"]["credentials"]["file_path"])
    copies = sorted(file.parent.glob(f"{file.name}.before-family_parent-*"))
    with closing(sqlite3.connect(copies[0])) as copy:
        assert copy.execute("SELECT shoe_size FROM family_parent ORDER BY id").fetchall() == [(38,), (None,)]


@pytest.mark.skipif(DIALECT != "sqlite", reason="only SQLite makes tables anew")
async def test_no_table_is_made_anew_while_children_could_go_with_it(
    config: dict[str, Any], before: None
) -> None:
    with pytest.raises(RuntimeError, match="foreign keys off"):
        await migrate_family(config, HEAD, foreign_keys="ON")
    async with connected(config):
        assert len(await execute("SELECT toy FROM family_child")) == 3
