"""Tortoise's SQLite engine, with `BEGIN IMMEDIATE`.

SQLite's stock `BEGIN` takes the write lock at the first write. Two processes that read and then write
find each other's lock in the middle and fail at once with "database is locked", whatever the busy
timeout. Taking the lock at the start makes the second one wait instead.
"""

from __future__ import annotations

import sqlite3
from typing import cast

from tortoise.backends.base.client import TransactionContext
from tortoise.backends.sqlite.client import (
    SqliteClient,
    SqliteTransactionContext,
    SqliteTransactionWrapper,
)
from tortoise.exceptions import TransactionManagementError


class ImmediateTransaction(SqliteTransactionWrapper):
    """A transaction that holds the write lock from its first statement."""

    async def begin(self) -> None:
        """Take the write lock, waiting up to the connection's busy timeout."""
        try:
            await self._connection.commit()
            await self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as exc:
            raise TransactionManagementError(exc) from exc


class ImmediateSqliteClient(SqliteClient):
    """The stock client with immediate transactions."""

    def _in_transaction(self) -> TransactionContext:
        wrapper = cast(SqliteTransactionWrapper, ImmediateTransaction(self))
        return SqliteTransactionContext(wrapper, self._lock)


client_class = ImmediateSqliteClient
