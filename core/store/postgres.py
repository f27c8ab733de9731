"""Tortoise's psycopg engine, made to survive a server that goes away.

Four things differ from the stock engine. Whatever says "not now" (the server is gone, a connection was cut,
a deadlock, a full disk, no free connection in time) is one fault, `StoreUnavailable`. A transaction always gives
its connection back, also when it could not begin. And a commit says so when there was nothing left to commit:
PostgreSQL answers COMMIT after a failed statement with a silent ROLLBACK. And what was closed stays closed: the stock
engine opens a new pool for whoever asks late, and nobody would ever close that.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Generator
from contextlib import contextmanager
from time import monotonic
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row
from tortoise.backends.base.client import TransactionContext
from tortoise.backends.psycopg.client import AsyncConnectionPool, PsycopgClient, TransactionWrapper
from tortoise.connection import ConnectionToken, get_connections
from tortoise.exceptions import DBConnectionError, TransactionManagementError

from core.errors import StoreUnavailable

log = logging.getLogger(__name__)

ACQUIRE_TIMEOUT_SECONDS = 10.0
"""How long a call waits for a connection: for a free one, or for the server to come back."""

RECONNECT_SECONDS = 5.0
"""How long the pool tries by itself. It doubles its pauses, so a long try would sleep through the server's
return. After this the next call tries anew, at once."""

PASSING_FAULTS = (
    psycopg.OperationalError,  # also what the pool raises: no connection in time, or closed
    psycopg.errors.IdleInTransactionSessionTimeout,
    psycopg.errors.ReadOnlySqlTransaction,  # a standby answered: the server has just been switched
    DBConnectionError,
)


@contextmanager
def faults_translated() -> Generator[None]:
    """Raise `StoreUnavailable` for faults that pass."""
    try:
        yield
    except PASSING_FAULTS as fault:
        raise StoreUnavailable(f"PostgreSQL: {type(fault).__name__}") from fault


class Pool(AsyncConnectionPool):
    """The stock pool, whose connections come back even from a task that is cancelled meanwhile."""

    async def acquire(self, *args: Any, **kwargs: Any) -> psycopg.AsyncConnection[Any]:
        """Return a connection that works.

        The pool's own `check` doubles a pause after every dead one: with ten of them, after a restart of the server,
        that is longer than anybody waits. Each is dead at once, so there is nothing to pause for.
        """
        deadline = monotonic() + self.timeout
        while True:
            connection = await self.getconn(timeout=deadline - monotonic())
            try:
                await self.check_connection(connection)
            except psycopg.OperationalError:
                await self.release(connection)
            except BaseException:
                await self.release(connection)
                raise
            else:
                return connection

    async def release(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """Take a connection back; a broken one is replaced."""
        await asyncio.shield(self.putconn(connection))


class PostgresClient(PsycopgClient):
    """A pool of connections. Its credentials are `conninfo` and `maxsize`, nothing else."""

    def __init__(self, conninfo: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._conninfo = conninfo
        self._is_closed = False

    async def create_connection(self, with_db: bool) -> None:
        """Open the pool. It connects in the background; whoever needs a connection waits for one.

        Raises:
            StoreUnavailable: This process is done with the database.
        """
        if self._is_closed:
            raise StoreUnavailable("PostgreSQL: closed")
        self._pool = await self.create_pool(
            conninfo=self._conninfo,
            min_size=1,
            max_size=self.pool_maxsize,
            timeout=ACQUIRE_TIMEOUT_SECONDS,
            reconnect_timeout=RECONNECT_SECONDS,
            kwargs={"autocommit": True, "row_factory": dict_row},
        )
        await self._post_connect()
        if self._is_closed:  # meanwhile
            await self._close()
            raise StoreUnavailable("PostgreSQL: closed")

    async def close(self) -> None:
        """Close the pool for good."""
        self._is_closed = True
        await super().close()

    async def create_pool(self, **kwargs: Any) -> Pool:
        """Open a pool with these arguments of psycopg's."""
        pool = Pool(open=False, **kwargs)
        await pool.open()
        return pool

    async def _translate_exceptions(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        with faults_translated():
            return await super()._translate_exceptions(func, *args, **kwargs)

    def _in_transaction(self) -> TransactionContext:
        return PostgresTransaction(self)


class TransactionClient(PostgresClient, TransactionWrapper):
    """What runs statements inside a transaction, on one connection."""

    def __init__(self, parent: PostgresClient) -> None:
        TransactionWrapper.__init__(self, parent)

    def _in_transaction(self) -> TransactionContext:
        return Savepoint(TransactionClient(self))

    async def commit(self) -> None:
        """End the transaction for good.

        When the connection breaks before the answer is here, nobody knows whether the commit happened. It is
        reported as `StoreUnavailable`, so whoever tries again must be idempotent: every caller is, by unique
        keys or by compare-and-set.

        Raises:
            StoreUnavailable: The connection is gone.
            TransactionManagementError: A statement failed and the caller went on: nothing can be committed.
        """
        status = self._connection.info.transaction_status
        if status is not TransactionStatus.INTRANS:
            await self.rollback()
            if status is TransactionStatus.UNKNOWN:
                raise StoreUnavailable("PostgreSQL: the connection was lost")
            raise TransactionManagementError(
                "a statement failed in this transaction, so it cannot be committed"
            )
        with faults_translated():
            await super().commit()

    async def rollback(self) -> None:
        """Undo the transaction. On a lost connection the server has done so: the first fault is the one to tell."""
        try:
            with faults_translated():
                await super().rollback()
        except StoreUnavailable as fault:
            log.warning("action=rollback_lost fault=%s", fault)


class PostgresTransaction(TransactionContext):
    """A transaction on a connection of its own. Whatever happens, the connection goes back to the pool."""

    client: TransactionClient  # pyright: ignore[reportIncompatibleVariableOverride] - it is never another

    def __init__(self, parent: PostgresClient) -> None:
        self._parent = parent
        self._token: ConnectionToken | None = None

    async def __aenter__(self) -> TransactionClient:
        with faults_translated():
            if self._parent._pool is None:
                async with self._parent._pool_init_lock:
                    if self._parent._pool is None:
                        await self._parent.create_connection(with_db=True)
            self._pool: Any = self._parent._pool
            connection = await self._pool.acquire()
        self.client = TransactionClient(self._parent)
        self.client._connection = connection
        try:
            await self.client.begin()
        except BaseException:
            await self._pool.release(connection)
            raise
        self._token = get_connections().set(self._parent.connection_name, self.client)
        return self.client

    async def __aexit__(self, exc_type: Any, exc_val: Any, exc_tb: Any) -> None:
        try:
            await _end(self.client, exc_type)
        finally:
            get_connections().reset(self._token)
            await self._pool.release(self.client._connection)


class Savepoint(TransactionContext):
    """A transaction inside a transaction: what fails in it is undone, and the outer one goes on."""

    client: TransactionClient  # pyright: ignore[reportIncompatibleVariableOverride] - it is never another

    def __init__(self, client: TransactionClient) -> None:
        self.client = client

    async def __aenter__(self) -> TransactionClient:
        await self.client.savepoint()
        return self.client

    async def __aexit__(self, exc_type: Any, exc_val: Any, exc_tb: Any) -> None:
        await _end(self.client, exc_type)


async def _end(client: TransactionClient, exc_type: type[BaseException] | None) -> None:
    if client._finalized:
        return
    if exc_type is None:
        await client.commit()
    else:
        await client.rollback()


client_class = PostgresClient
