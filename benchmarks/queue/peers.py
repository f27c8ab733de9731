"""What others would do instead: a bare table that is polled, and a plain procrastinate task."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path

from procrastinate import App, PsycopgConnector

from benchmarks.queue.processes import Part, Turn, notes_pipe, running
from benchmarks.queue.stand_in import PATIENCE_SECONDS

POLL_SECONDS = 0.05
TASK = "peer.note"


class Peer:
    """An asker and a worker, each in a process of its own."""

    def __init__(self, asker: Part, notes: Connection) -> None:
        self._asker = asker
        self._notes = notes

    def enqueue_to_start(self) -> tuple[float, float]:
        """Ask for one job; return the seconds until its worker had it, and those that the asking took."""
        began, ended = self._asker.turn()
        if not self._notes.poll(PATIENCE_SECONDS):
            raise TimeoutError("the peer's worker has fallen silent")
        return self._notes.recv() - began, ended - began


@contextmanager
def polled_table(folder: Path) -> Generator[Peer]:
    """A table on SQLite, looked into every 50 ms."""
    file = folder / "peer.sqlite3"
    with closing(_connect(file)) as connection:
        connection.execute("CREATE TABLE job (id INTEGER PRIMARY KEY, status TEXT NOT NULL)")
        connection.execute("CREATE INDEX job_status ON job (status, id)")
    notes, theirs = notes_pipe()
    worker, asker = Part(_poll, file, theirs), Part(_insert, file)
    with running(worker, asker):
        yield Peer(asker, notes)


def _connect(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, isolation_level=None, timeout=10)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")  # as Likeness sets it
    return connection


@asynccontextmanager
async def _insert(file: Path) -> AsyncGenerator[Turn]:
    with closing(_connect(file)) as connection:

        async def turn() -> tuple[float, float]:
            began = time.monotonic()
            connection.execute("INSERT INTO job (status) VALUES ('queued')")
            return began, time.monotonic()

        yield turn


@asynccontextmanager
async def _poll(file: Path, notes: Connection) -> AsyncGenerator[Turn]:
    async def look() -> None:
        with closing(_connect(file)) as connection:
            while True:
                connection.execute("BEGIN IMMEDIATE")
                row = connection.execute("SELECT id FROM job WHERE status = 'queued' ORDER BY id").fetchone()
                if row is not None:
                    connection.execute("UPDATE job SET status = 'running' WHERE id = ?", row)
                connection.execute("COMMIT")
                if row is not None:
                    notes.send(time.monotonic())
                await asyncio.sleep(POLL_SECONDS)

    looking = asyncio.create_task(look())
    yield _nothing
    looking.cancel()
    with suppress(asyncio.CancelledError):
        await looking


@contextmanager
def plain_procrastinate(url: str) -> Generator[Peer]:
    """A task that does nothing, deferred and run by procrastinate alone."""
    asyncio.run(_make_tables(url))
    notes, theirs = notes_pipe()
    worker, asker = Part(_run_tasks, url, theirs), Part(_defer, url)
    with running(worker, asker):
        yield Peer(asker, notes)


async def _make_tables(url: str) -> None:
    async with _app(url) as app:
        await app.schema_manager.apply_schema_async()


@asynccontextmanager
async def _app(url: str) -> AsyncGenerator[App]:
    app = App(connector=PsycopgConnector(conninfo=url, min_size=1, max_size=4))
    async with app.open_async():
        yield app


@asynccontextmanager
async def _defer(url: str) -> AsyncGenerator[Turn]:
    async with _app(url) as app:

        async def turn() -> tuple[float, float]:
            began = time.monotonic()
            await app.configure_task(TASK).defer_async()
            return began, time.monotonic()

        yield turn


@asynccontextmanager
async def _run_tasks(url: str, notes: Connection) -> AsyncGenerator[Turn]:
    async with _app(url) as app:

        @app.task(name=TASK)
        async def note() -> None:  # pyright: ignore[reportUnusedFunction] - procrastinate calls it
            notes.send(time.monotonic())

        work = app.run_worker_async(install_signal_handlers=False, delete_jobs="always")
        working = asyncio.create_task(work)
        yield _nothing
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working


async def _nothing() -> None:
    """Do nothing: these workers work by themselves."""
