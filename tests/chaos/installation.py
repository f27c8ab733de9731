"""An installation that can be hurt: its processes, its disk, its clock and, where it has one, its server."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import psutil

from bot.console.thread import thread_path
from core.clock import OFFSET_FILE_VARIABLE
from tests.chaos.disk import SmallDisk
from tests.chaos.parts import GOODBYE_SECONDS, Part
from tests.chaos.rows import PostgresRows, Rows, SqliteRows
from tests.chaos.server import PostgresServer

LEASE_SECONDS = 3.0
_ENVIRONMENT = {
    "LIKENESS_LEASE_SECONDS": f"{LEASE_SECONDS:g}",
    "LIKENESS_HEARTBEAT_SECONDS": "1",
    "LIKENESS_POLL_SECONDS": "0.3",
    "LIKENESS_TORCH_THREADS": "1",
    "LIKENESS_DEFAULT_PLAN": "enterprise",
    "OMP_NUM_THREADS": "1",
}


class Dispatcher(StrEnum):
    """The two ways in which work is handed out."""

    EMBEDDED = "embedded"
    POSTGRES = "postgres"


@dataclass(frozen=True)
class Shape:
    """Which processes run, by name and arguments, and how often a job is tried before it fails."""

    name: str
    parts: tuple[tuple[str, tuple[str, ...]], ...]
    max_attempts: int


TOGETHER = (("run", ("run", "--no-terminal")),)
APART = (("bot", ("bot",)), ("worker", ("worker",)))
TWO_WORKERS = (("bot", ("bot",)), ("worker-1", ("worker",)), ("worker-2", ("worker",)))


class Installation:
    """One data folder through all of a run. `folder` holds what outlives it: logs, the clock, the server's files."""

    def __init__(self, folder: Path, disk: SmallDisk, server: PostgresServer | None) -> None:
        self.folder = folder
        self.disk = disk
        self.server = server
        self.data_dir = disk.folder
        self.blobs_dir = disk.folder / "blobs"
        self.thread_path = thread_path(disk.folder)
        self.rows: Rows = PostgresRows(server) if server else SqliteRows(disk.folder / "likeness.sqlite3")
        self._clock = folder / "clock"
        self._parts: Sequence[Part] = ()

    def environment(self, shape: Shape | None = None) -> dict[str, str]:
        """Return what its processes are told; nothing of the caller's own settings leaks in."""
        kept = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith("LIKENESS_") and key != "DATABASE_URL"
        }
        url = {"DATABASE_URL": self.server.url} if self.server else {}
        attempts = {"LIKENESS_MAX_ATTEMPTS": str(shape.max_attempts)} if shape else {}
        own = {"LIKENESS_DATA_DIR": str(self.data_dir), OFFSET_FILE_VARIABLE: str(self._clock)}
        return {**kept, **_ENVIRONMENT, **own, **url, **attempts}

    def start(self, shape: Shape) -> None:
        """Start the processes of this shape, and keep them running."""
        environment, logs = self.environment(shape), self.folder / "log"
        self._parts = [
            Part(name, arguments, environment, logs / f"{name}.log") for name, arguments in shape.parts
        ]
        for part in self._parts:
            part.start()

    async def end(self) -> list[str]:
        """End every process in good order; return what did not go well."""
        problems = [
            f"{part.name} had to be killed at the end" for part in self._parts if not await part.end()
        ]
        self._parts = ()
        # A worker whose bot was killed a moment ago may still be giving its jobs back.
        left = self.leftovers()
        _, alive = psutil.wait_procs(left, timeout=GOODBYE_SECONDS)
        for process in alive:
            problems.append(f"left running: {process.pid} {left[process]}")
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
                process.wait(GOODBYE_SECONDS)
        return problems

    def leftovers(self) -> dict[psutil.Process, str]:
        """Return every process that lives on this data folder, by its environment, and its command line."""
        found: dict[psutil.Process, str] = {}
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.environ().get("LIKENESS_DATA_DIR") == str(self.data_dir):
                    found[process] = f"{process.status()} {' '.join(process.cmdline())}"
        return found

    def bots(self) -> list[int]:
        """Return the process ids of the bots that live now."""
        return [part.pid for part in self._parts if part.pid and not part.name.startswith("worker")]

    def workers(self) -> list[int]:
        """Return the process ids of the workers that live now, those in their first second too."""
        own = [part.pid for part in self._parts if part.pid and part.name.startswith("worker")]
        for bot in self.bots():
            with contextlib.suppress(psutil.Error):
                children = psutil.Process(bot).children()
                own += [child.pid for child in children if "gpu_worker" in child.cmdline()]
        return own

    def signal(self, pid: int, number: signal.Signals) -> bool:
        """Send a signal; False where the process was gone already."""
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return False
        return True

    def set_clock(self, offset_seconds: float) -> None:
        """Make the clocks of all its processes jump, at once and together."""
        fresh = self._clock.with_suffix(".new")
        fresh.write_text(f"{offset_seconds:g}")
        fresh.replace(self._clock)
