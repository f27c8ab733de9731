"""The worker's process: kept running, ended in good order, never left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from bot.worker_process import WorkerProcess

# Tells its number over a socket, then waits; the second kind does not listen to a polite request.
CHILD = """
import os, signal, socket, sys
if "stubborn" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("the worker speaks", flush=True)
door = socket.socket(socket.AF_UNIX)
door.connect(sys.argv[1])
door.sendall(f"{os.getpid()}\\n".encode())
signal.pause()
"""


class Door:
    """Where started workers report."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reported: asyncio.Queue[int] = asyncio.Queue()

    async def hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reported.put_nowait(int(await reader.readline()))
        writer.close()

    async def next_worker(self) -> int:
        async with asyncio.timeout(30):
            return await self._reported.get()

    def command(self, *more: str) -> tuple[str, ...]:
        return (sys.executable, "-c", CHILD, str(self.path), *more)


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    door = Door(tmp_path / "door.sock")
    async with await asyncio.start_unix_server(door.hear, str(door.path)):
        yield door


async def stop(keeping: asyncio.Task[None]) -> None:
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


async def test_a_worker_that_dies_is_started_again(door: Door, tmp_path: Path) -> None:
    worker = WorkerProcess(tmp_path / "logs" / "worker.log", door.command(), first_delay_seconds=0)
    keeping = asyncio.create_task(worker.run())
    first = await door.next_worker()
    os.kill(first, signal.SIGKILL)
    second = await door.next_worker()

    assert first != second
    assert psutil.pid_exists(second)
    await stop(keeping)
    assert not psutil.pid_exists(second)
    assert (tmp_path / "logs" / "worker.log").read_text().count("the worker speaks") == 2


async def test_a_worker_that_will_not_leave_is_killed(door: Door, tmp_path: Path) -> None:
    worker = WorkerProcess(tmp_path / "worker.log", door.command("stubborn"), grace_seconds=0.01)
    keeping = asyncio.create_task(worker.run())
    process = await door.next_worker()
    await stop(keeping)

    assert not psutil.pid_exists(process)
