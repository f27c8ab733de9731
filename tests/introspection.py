"""What a database says about its own tables, on either dialect."""

from __future__ import annotations

from dataclasses import dataclass

from core.store.database import execute
from tests.postgres import DIALECT

BOOKKEEPING = ("tortoise_migrations", "procrastinate_", "sqlite_")
"""Tables that start so are not ours."""


@dataclass(frozen=True)
class Column:
    """A column, with its type as the database names it, in capitals."""

    name: str
    type: str
    length: int | None
    is_nullable: bool


async def table_names() -> list[str]:
    """Every table of ours, sorted."""
    if DIALECT == "sqlite":
        rows = await execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    else:
        rows = await execute("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'")
    return sorted(row["name"] for row in rows if not row["name"].startswith(BOOKKEEPING))


async def columns(table: str) -> list[Column]:
    """The columns of a table, in its order."""
    if DIALECT == "sqlite":
        found = []
        for row in await execute(f'PRAGMA table_info("{table}")'):
            kind, _, length = row["type"].upper().partition("(")
            found.append(Column(row["name"], kind, int(length.rstrip(")") or 0) or None, not row["notnull"]))
        return found
    rows = await execute(
        "SELECT column_name, data_type, character_maximum_length, is_nullable FROM information_schema.columns "
        "WHERE table_schema = 'public' AND table_name = %s ORDER BY ordinal_position",
        [table],
    )
    return [
        Column(
            row["column_name"],
            row["data_type"].upper(),
            row["character_maximum_length"],
            row["is_nullable"] == "YES",
        )
        for row in rows
    ]


async def indexes(table: str) -> dict[tuple[str, ...], bool]:
    """The columns of each index of a table, and whether they are unique. Constraints have indexes, too."""
    found: dict[tuple[str, ...], bool] = {}
    if DIALECT == "sqlite":
        for index in await execute(f'PRAGMA index_list("{table}")'):
            parts = await execute(f'PRAGMA index_info("{index["name"]}")')
            names = tuple(part["name"] for part in parts)
            found[names] = bool(index["unique"]) or found.get(names, False)
        return found
    rows = await execute(
        "SELECT i.indisunique AS is_unique, array_agg(a.attname::text ORDER BY k.place) AS names FROM pg_index i "
        "CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(number, place) "
        "JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number "
        "WHERE i.indrelid = %s::regclass GROUP BY i.indexrelid, i.indisunique",
        [f'"{table}"'],
    )
    for row in rows:
        names = tuple(row["names"])
        found[names] = row["is_unique"] or found.get(names, False)
    return found
