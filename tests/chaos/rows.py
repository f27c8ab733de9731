"""The database as it is seen from outside, with none of the product's code in between."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any, Protocol

import psycopg

from tests.chaos.server import PostgresServer

Row = dict[str, Any]


class Unreadable(Exception):
    """The database does not answer just now."""


class Rows(Protocol):
    """Reads rows; the statements are those that both databases understand."""

    def select(self, statement: str) -> list[Row]:
        """Return what the statement finds.

        Raises:
            Unreadable: The database does not answer just now.
        """
        ...


class SqliteRows:
    """The file of an embedded installation."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def select(self, statement: str) -> list[Row]:
        """Return what the statement finds."""
        try:
            with contextlib.closing(sqlite3.connect(f"file:{self._path}?mode=ro", uri=True)) as connection:
                found = connection.execute(statement)
                names = [column[0] for column in found.description]
                return [dict(zip(names, row, strict=True)) for row in found]
        except sqlite3.OperationalError as error:
            raise Unreadable(str(error)) from error


class PostgresRows:
    """The run's own server."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server

    def select(self, statement: str) -> list[Row]:
        """Return what the statement finds."""
        try:
            with self._server.connect() as connection:
                found = connection.execute(statement.encode())
                names = [column.name for column in found.description or ()]
                return [dict(zip(names, row, strict=True)) for row in found]
        except (psycopg.OperationalError, psycopg.errors.UndefinedTable) as error:
            raise Unreadable(str(error)) from error
