"""Tortoise's SQLite engine, with `BEGIN IMMEDIATE`, made to survive a database that cannot be written now.

SQLite's stock `BEGIN` takes the write lock at the first write. Two processes that read and then write
find each other's lock in the middle and fail at once with "database is locked", whatever the busy
timeout. Taking the lock at the start makes the second one wait instead.

What passes (another process writes for too long, the disk is full) is one fault, `StoreUnavailable`, and leaves
the connection usable.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

import aiosqlite
from tortoise.backends.base.client import ConnectionWrapper, NestedTransactionContext, TransactionContext
from tortoise.backends.sqlite.client import SqliteClient, SqliteTransactionWrapper
from tortoise.connection import ConnectionToken, get_connections
from tortoise.exceptions import OperationalError

from core.errors import StoreUnavailable

log = logging.getLogger(__name__)

PASSING_CODES = {
    sqlite3.SQLITE_BUSY: "locked",
    sqlite3.SQLITE_LOCKED: "locked",
    sqlite3.SQLITE_PROTOCOL: "locked",
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "the disk does not answer",
    sqlite3.SQLITE_CANTOPEN: "the file cannot be opened",
}
"""What may be otherwise a moment later. Source: sqlite.org/rescode.html, primary result codes."""


@contextmanager
def faults_translated() -> Generator[None]:
    """Raise `StoreUnavailable` for faults that pass."""
    try:
        yield
    except (sqlite3.OperationalError, OperationalError) as fault:
        # Tortoise's error carries the driver's.
        cause = fault.args[0] if isinstance(fault, OperationalError) and fault.args else fault
        code = getattr(cause, "sqlite_errorcode", 0) & 0xFF  # the low byte is the primary code
        if code not in PASSING_CODES:
            raise
        raise StoreUnavailable(f"SQLite: {PASSING_CODES[code]}") from fault


def split_script(script: str) -> list[str]:
    """Return the statements of a script whose statements end at the end of a line."""
    statements, statement = [], ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            statements.append(statement)
            statement = ""
    return [*statements, statement] if statement.strip() else statements


class Translated(SqliteClient):
    """Statements whose passing faults are `StoreUnavailable`."""

    async def execute_insert(self, query: str, values: list[Any]) -> int:
        with faults_translated():
            return await super().execute_insert(query, values)

    async def execute_many(self, query: str, values: list[list[Any]]) -> None:
        with faults_translated():
            await super().execute_many(query, values)

    async def execute_query(
        self, query: str, values: list[Any] | None = None
    ) -> tuple[int, Sequence[dict[str, Any]]]:
        with faults_translated():
            return await super().execute_query(query, values)

    async def execute_query_dict(self, query: str, values: list[Any] | None = None) -> list[dict[str, Any]]:
        with faults_translated():
            return await super().execute_query_dict(query, values)

    async def execute_script(self, query: str) -> None:
        with faults_translated():
            await super().execute_script(query)


class Turn(ConnectionWrapper[aiosqlite.Connection]):
    """A statement's turn on the connection. The stock one keeps it for ever when the file cannot be opened."""

    async def __aenter__(self) -> aiosqlite.Connection:
        await self._lock.acquire()
        try:
            await self.ensure_connection()
        except BaseException:
            self._lock.release()
            raise
        return self.connection


class ImmediateSqliteClient(Translated):
    """The stock client with immediate transactions."""

    def acquire_connection(self) -> Turn:
        """Wait for the connection, which is opened at its first use."""
        return Turn(self._lock, self)

    async def create_connection(self, with_db: bool) -> None:
        """Open the file. Half opened is not open: a connection without its pragmas checks no foreign keys."""
        with faults_translated():
            try:
                await super().create_connection(with_db)
            except BaseException:
                await self.close()
                raise

    def _in_transaction(self) -> TransactionContext:
        return ImmediateTransaction(self)


class TransactionClient(Translated, SqliteTransactionWrapper):
    """What runs statements inside a transaction that holds the write lock from its first statement."""

    def _in_transaction(self) -> TransactionContext:
        return NestedTransactionContext(TransactionClient(self))

    async def execute_script(self, query: str) -> None:
        """Run statements one by one: sqlite3's own way to run a script commits the transaction first."""
        for statement in split_script(query):
            await self.execute_query(statement)

    async def begin(self) -> None:
        """Take the write lock, waiting up to the connection's busy timeout.

        Raises:
            StoreUnavailable: Another process held it for all that time.
        """
        with faults_translated():
            try:
                if self._connection.in_transaction:  # a task was cancelled while its BEGIN was on the way
                    await self._connection.rollback()
                await self._connection.execute("BEGIN IMMEDIATE")
            except BaseException:
                await self._connection.rollback()
                raise

    async def commit(self) -> None:
        """End the transaction for good.

        Raises:
            StoreUnavailable: It could not be written, or SQLite has undone it before (after a full disk, say).
        """
        if not self._finalized and not self._connection.in_transaction:
            raise StoreUnavailable("SQLite: the transaction was undone")
        with faults_translated():
            try:
                await super().commit()
            except BaseException:
                await self.rollback()
                raise

    async def rollback(self) -> None:
        """Undo the transaction; where even that fails, the first fault is the one to tell."""
        try:
            await super().rollback()
        except sqlite3.OperationalError as fault:
            log.warning("action=rollback_lost fault=%s", fault)


class ImmediateTransaction(TransactionContext):
    """A transaction on the process's one connection. Whatever happens, the connection is free afterwards."""

    def __init__(self, parent: ImmediateSqliteClient) -> None:
        self._parent = parent
        self._token: ConnectionToken | None = None

    async def __aenter__(self) -> TransactionClient:
        await self._parent._lock.acquire()
        try:
            if self._parent._connection is None:
                await self._parent.create_connection(with_db=True)
            self.client = TransactionClient(self._parent)
            await self.client.begin()
        except BaseException:
            self._parent._lock.release()
            raise
        self._token = get_connections().set(self._parent.connection_name, self.client)
        return self.client

    async def __aexit__(self, exc_type: Any, exc_val: Any, exc_tb: Any) -> None:
        try:
            if self.client._finalized:
                return
            if exc_type is None:
                await self.client.commit()
            else:
                await self.client.rollback()
        finally:
            get_connections().reset(self._token)
            self._parent._lock.release()


client_class = ImmediateSqliteClient
