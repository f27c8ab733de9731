"""A PostgreSQL server of the run's own, to be crashed and cut off at will."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import psycopg

USER = "likeness"
START_SECONDS = 30.0
_CONNECT_SECONDS = 2


def binaries() -> Path | None:
    """Return the folder of this machine's newest PostgreSQL server, or None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    on_path = shutil.which("initdb")
    places = [*reversed(found), *([Path(on_path).parent] if on_path else [])]
    return next((place for place in places if (place / "initdb").exists()), None)


class PostgresServer:
    """A server below a folder, on a loopback port that was free."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self._folder = folder
        self._programs = programs
        self._data = folder / "pg"
        self._process: subprocess.Popen[bytes] | None = None
        self._changing = asyncio.Lock()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]

    @property
    def url(self) -> str:
        """The database, as `DATABASE_URL` names it."""
        return f"postgresql://{USER}@127.0.0.1:{self._port}/postgres"

    def create(self) -> None:
        """Make the server's files."""
        self._data.mkdir()
        user = _unprivileged()
        if user is not None:
            shutil.chown(self._data, user)
            self._folder.chmod(0o711)
        command = [self._programs / "initdb", "-D", self._data, "-U", USER, "-A", "trust", "-E", "UTF8",
                   "--locale=C", "--no-sync"]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True, user=user, cwd=self._data)

    async def start(self) -> None:
        """Start it and wait until it answers."""
        self._launch()
        async with asyncio.timeout(START_SECONDS):
            await self._answers()

    def _launch(self) -> None:
        with (self._folder / "log" / "postgres.log").open("ab") as log:
            # No fsync: what is tried here is the death of processes, not of the machine.
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self._data, "-p", str(self._port), "-k", self._data,
                 "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=60"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, user=_unprivileged(), cwd=self._data,
                start_new_session=True,
            )  # fmt: skip

    async def _answers(self) -> None:
        while True:
            with contextlib.suppress(psycopg.OperationalError):
                self.connect().close()
                return
            await asyncio.sleep(0.1)

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        """Connect from outside, past everything that is being tried."""
        return psycopg.connect(self.url, autocommit=True, connect_timeout=_CONNECT_SECONDS)

    async def cut_connections(self) -> int:
        """End every connection but our own; return how many there were."""
        async with self._changing:  # not while it is down
            with self.connect() as connection:
                ended = connection.execute(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                    " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
                ).fetchone()
            return int(str(ended[0])) if ended else 0

    async def crash(self, away_seconds: float) -> None:
        """Stop it at once, as a crash would, and start it again after a while."""
        async with self._changing:
            self.stop()
            await asyncio.sleep(away_seconds)
            await self.start()

    def stop(self) -> None:
        """Stop it at once: SIGQUIT is PostgreSQL's immediate shutdown, without a checkpoint."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()


def _unprivileged() -> str | None:
    """Return whom to run the server as: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    users = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in users else "nobody"
