"""A PostgreSQL database for every test, copied from a migrated one.

Tortoise writes for one dialect in a process, so the choice is the run's: `LIKENESS_TEST_DIALECT=postgres`. The server
is `LIKENESS_TEST_POSTGRES`. What the tests make there, they drop.
"""

from __future__ import annotations

import asyncio
import getpass
import os
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import psycopg
from psycopg.conninfo import conninfo_to_dict

from core.settings import Settings
from core.store.database import migrate

DIALECT = os.environ.get("LIKENESS_TEST_DIALECT", "sqlite")
SERVER = os.environ.get("LIKENESS_TEST_POSTGRES", "postgresql://127.0.0.1:5432")
CONNECT_TIMEOUT_SECONDS = 5


def find_server() -> str | None:
    """Return the server's address with a user that it lets in, or None where none answers."""
    address = conninfo_to_dict(SERVER)
    if "user" in address:
        users = [address["user"]]
    else:
        users = dict.fromkeys((os.environ.get("PGUSER", getpass.getuser()), "root", "postgres"))
    host, port, password = (address.get(name) for name in ("host", "port", "password"))
    for user in users:
        login = f"{user}:{password}" if password else user
        url = f"postgresql://{login}@{host or '127.0.0.1'}:{port or 5432}"
        try:
            psycopg.connect(f"{url}/postgres", connect_timeout=CONNECT_TIMEOUT_SECONDS).close()
        except psycopg.OperationalError:
            continue
        return url
    return None


def run_on_server(server: str, *statements: str) -> None:
    """Run statements that stand outside every database, such as making one."""
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)  # pyright: ignore[reportArgumentType, reportCallIssue] - our own words


def run_apart(work: Coroutine[Any, Any, None]) -> None:
    """Run it on an event loop of its own: the test's loop knows nothing of it."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


@contextmanager
def new_database(server: str, template: str = "template1") -> Iterator[str]:
    """Make a database for the length of the block; yields its address.

    It does not wait for the disk at every commit: no test cuts the power, and a commit is then 40 times faster.
    """
    name = f"likeness_test_{os.getpid()}_{uuid4().hex[:8]}"
    run_on_server(
        server,
        f'CREATE DATABASE "{name}" TEMPLATE "{template}"',
        f'ALTER DATABASE "{name}" SET synchronous_commit = off',
    )
    try:
        yield f"{server}/{name}"
    finally:
        run_on_server(server, f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def migrated_template(server: str) -> Iterator[str]:
    """Make a migrated database that nobody is connected to; yields its name."""
    with new_database(server) as url:
        settings = Settings(_env_file=None, DATABASE_URL=url)  # pyright: ignore[reportCallIssue] - an alias
        run_apart(migrate(settings))
        yield url.rpartition("/")[2]
