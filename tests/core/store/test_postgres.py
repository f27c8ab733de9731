"""PostgreSQL goes away at the worst moments: every call says so, nothing is half written, the next one works."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from tortoise.connection import get_connection
from tortoise.exceptions import IntegrityError, TransactionManagementError

from core.errors import StoreUnavailable
from core.queue.postgres import open_postgres
from core.settings import Settings
from core.store import database as database_module
from core.store import postgres as engine
from core.store.database import (
    POOL_SIZE,
    execute,
    open_database,
    psycopg_conninfo,
    transaction,
    transaction_connection,
)
from core.store.records import WorkspaceRecord
from tests.postgres import DIALECT

pytestmark = [
    pytest.mark.database,
    pytest.mark.skipif(DIALECT != "postgres", reason="about PostgreSQL"),
]


async def add(external_id: str) -> WorkspaceRecord:
    return await WorkspaceRecord.create(platform="console", external_id=external_id, plan="pro")


async def written() -> list[str]:
    return sorted([str(row) async for row in WorkspaceRecord.all().values_list("external_id", flat=True)])


async def cut(settings: Settings) -> None:
    """End every connection to the test's database, as a restart of the server does."""
    async with await psycopg.AsyncConnection.connect(psycopg_conninfo(settings), autocommit=True) as other:
        await other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


async def test_a_statement_on_a_cut_connection(settings: Settings, database: None) -> None:
    with pytest.raises(StoreUnavailable):
        async with transaction():
            await add("first")
            await cut(settings)
            await add("second")
    assert await written() == []
    async with transaction():
        await add("again")
    assert await written() == ["again"]


async def test_a_commit_on_a_cut_connection(settings: Settings, database: None) -> None:
    with pytest.raises(StoreUnavailable):
        async with transaction():
            await add("first")
            await cut(settings)
    assert await written() == []


async def test_a_commit_after_a_fault_that_was_overlooked(settings: Settings, database: None) -> None:
    with pytest.raises(StoreUnavailable):
        async with transaction():
            await add("first")
            await cut(settings)
            with contextlib.suppress(StoreUnavailable):
                await add("second")
    assert await written() == []


async def test_an_error_of_the_callers_is_not_hidden_by_the_cut(settings: Settings, database: None) -> None:
    with pytest.raises(KeyError, match="mine"):
        async with transaction():
            await cut(settings)
            raise KeyError("mine")
    assert await written() == []


async def test_idle_connections_that_were_cut_are_replaced(settings: Settings, database: None) -> None:
    await asyncio.gather(*(add(str(number)) for number in range(POOL_SIZE)))
    await cut(settings)
    assert len(await written()) == POOL_SIZE


async def test_a_commit_after_a_failed_statement_is_no_success(database: None) -> None:
    await add("taken")
    with pytest.raises(TransactionManagementError, match="a statement failed"):
        async with transaction():
            await add("first")
            with contextlib.suppress(IntegrityError):
                await add("taken")
    assert await written() == ["taken"]


async def test_a_failed_statement_in_a_transaction_of_its_own_spares_the_outer_one(database: None) -> None:
    await add("taken")
    async with transaction():
        with contextlib.suppress(IntegrityError):
            async with transaction():
                await add("taken")
        await add("second")
    assert await written() == ["second", "taken"]


async def test_a_row_that_others_lock_for_too_long(database: None) -> None:
    workspace = await add("busy")
    rows = WorkspaceRecord.filter(id=workspace.id).select_for_update()
    is_held, may_go = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with transaction():
            await rows.get()
            is_held.set()
            await may_go.wait()

    holding = asyncio.create_task(hold())
    await is_held.wait()
    with pytest.raises(StoreUnavailable):
        async with transaction():
            await execute("SET LOCAL lock_timeout = 20")
            await rows.get()
    may_go.set()
    await holding
    async with transaction():
        await rows.get()


async def test_cancelled_tasks_give_their_connections_back(database: None) -> None:
    inside: asyncio.Queue[None] = asyncio.Queue()

    async def sleep_in_a_transaction() -> None:
        async with transaction():
            inside.put_nowait(None)
            await execute("SELECT pg_sleep(60)")

    for _ in range(2):
        tasks = [asyncio.create_task(sleep_in_a_transaction()) for _ in range(POOL_SIZE)]
        for _ in tasks:
            await inside.get()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    await add("afterwards")


class Wire:
    """A TCP relay before the server: what a network that is there, and then is not, does to connections."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listener: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self.port = 0

    async def mend(self) -> None:
        self._listener = await asyncio.start_server(self._relay, "127.0.0.1", self.port)
        self.port = self._listener.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        assert self._listener is not None
        self._listener.close()
        for writer in self._open:
            writer.transport.abort()
        await self._listener.wait_closed()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection(*self._target)
        pair = {writer, there_writer}
        self._open |= pair
        await asyncio.gather(self._pump(reader, there_writer), self._pump(there_reader, writer))
        self._open -= pair

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while chunk := await source.read(65536):
                sink.write(chunk)
                await sink.drain()
        sink.close()


@pytest.fixture
async def wire(settings: Settings) -> AsyncIterator[Wire]:
    address = conninfo_to_dict(settings.database_url)
    wire = Wire(str(address["host"]), int(address["port"] or 5432))
    await wire.mend()
    yield wire
    await wire.cut()


def through(wire: Wire, settings: Settings) -> Settings:
    address = conninfo_to_dict(settings.database_url)
    url = f"postgresql://{address['user']}:{address.get('password', '')}@127.0.0.1:{wire.port}/{address['dbname']}"
    return settings.model_copy(update={"database_url": url})


async def test_the_first_call_after_an_outage_works(
    settings: Settings, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "ACQUIRE_TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr(engine, "RECONNECT_SECONDS", 0.1)
    async with open_database(through(wire, settings)):
        await add("before")
        await wire.cut()
        for _ in range(POOL_SIZE + 1):  # more failures than connections: none is lost to one
            with pytest.raises(StoreUnavailable):
                async with transaction():
                    await add("meanwhile")
        with pytest.raises(StoreUnavailable):
            await written()
        await wire.mend()
        monkeypatch.setattr(engine, "ACQUIRE_TIMEOUT_SECONDS", 10.0)
        async with transaction():
            await add("after")
        assert await written() == ["after", "before"]


async def test_what_goes_out_on_the_transactions_connection_commits_with_it(database: None) -> None:
    with pytest.raises(RuntimeError, match="no transaction"):
        transaction_connection()
    with pytest.raises(KeyError):
        async with transaction():
            await transaction_connection().execute("CREATE TABLE noted (id int)")
            raise KeyError
    assert await execute("SELECT to_regclass('noted') AS found") == [{"found": None}]


async def test_the_servers_own_limits_are_set(settings: Settings, database: None) -> None:
    milliseconds = await execute("SELECT setting FROM pg_settings WHERE name = 'lock_timeout'")
    assert milliseconds == [{"setting": str(database_module.BUSY_TIMEOUT_MILLISECONDS)}]


def pool_tasks() -> list[str]:
    """The tasks of pools that nobody closed: a loop that ends could wait for them for ever."""
    return [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("pool-")]


@pytest.mark.parametrize("ticks", range(6))
async def test_who_asks_as_the_database_is_closed_opens_nothing_that_stays(
    settings: Settings, ticks: int
) -> None:
    async with open_database(settings):
        client = get_connection("default")
        asking = asyncio.create_task(client.execute_query("SELECT 1"))
        for _ in range(ticks):
            await asyncio.sleep(0)
    late = await asyncio.gather(asking, client.execute_query("SELECT 1"), return_exceptions=True)
    assert isinstance(late[-1], StoreUnavailable)
    assert pool_tasks() == []


@pytest.mark.parametrize("ticks", range(6))
async def test_a_dispatcher_that_is_closed_as_it_opens_leaves_nothing_open(
    settings: Settings, database: None, ticks: int
) -> None:
    ours = pool_tasks()
    async with open_postgres(settings) as dispatch:
        recovering = asyncio.create_task(dispatch.recover())
        for _ in range(ticks):
            await asyncio.sleep(0)
        recovering.cancel()
        await asyncio.gather(recovering, return_exceptions=True)
    with pytest.raises(StoreUnavailable):
        await dispatch.recover()
    assert sorted(pool_tasks()) == sorted(ours)
