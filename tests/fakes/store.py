"""The real database, made to be away for a while or to tell how much it is asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from tortoise.connection import get_connection

from core.errors import StoreUnavailable

STATEMENTS = ("execute_query", "execute_query_dict", "execute_insert", "execute_many")


@contextmanager
def store_outage() -> Iterator[None]:
    """Nothing can be read or written while the block runs; transactions that are open go on."""
    client = get_connection("default")

    def fail(*_: Any) -> Any:
        raise StoreUnavailable("the database is away")

    with patch.multiple(client, **dict.fromkeys((*STATEMENTS, "_in_transaction"), fail)):
        yield


@contextmanager
def counted_statements() -> Iterator[list[str]]:
    """Yield a list that grows by each statement outside a transaction."""
    client, seen = get_connection("default"), []

    def counted(execute: Any) -> Any:
        async def run(query: str, *values: Any) -> Any:
            seen.append(query)
            return await execute(query, *values)

        return run

    with patch.multiple(client, **{name: counted(getattr(client, name)) for name in STATEMENTS}):
        yield seen
