"""A wake-up between the processes of one machine: a Unix datagram, sent and forgotten.

Each process that waits has a socket of its own in the data folder, and a ring goes to all of that name.
Losing one costs a poll interval, never a job: the rows are the truth.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

from core.errors import ConfigurationError

MAX_SOCKET_PATH_BYTES = 107
"""sockaddr_un.sun_path holds 108 bytes with its closing zero; unix(7)."""


def socket_path(data_dir: Path, name: str) -> Path:
    """Return where the socket of that name lies.

    Raises:
        ConfigurationError: The data folder's path is too long for a Unix socket.
    """
    path = data_dir.resolve() / f"{name}.sock"
    if len(str(path).encode()) > MAX_SOCKET_PATH_BYTES:
        raise ConfigurationError(
            f"LIKENESS_DATA_DIR is too long for a Unix socket: {path} has more than "
            f"{MAX_SOCKET_PATH_BYTES} bytes. Choose a shorter folder."
        )
    return path


class Bell:
    """The side that waits. Open it with `async with`."""

    def __init__(self, data_dir: Path, name: str) -> None:
        self._path = socket_path(data_dir, f"{name}-{uuid4().hex[:12]}")
        self._rung = asyncio.Event()
        self._socket: socket.socket | None = None

    async def __aenter__(self) -> Self:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind(str(self._path))
        self._path.chmod(0o600)
        asyncio.get_running_loop().add_reader(self._socket, self._hear, self._socket)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._path.unlink(missing_ok=True)

    def _hear(self, listening: socket.socket) -> None:
        with contextlib.suppress(BlockingIOError):
            while listening.recv(1):
                self._rung.set()

    async def wait(self, timeout_seconds: float) -> None:
        """Return when the bell was rung since the last wait, or after the time given."""
        # Not wait_for: in Python 3.11 it swallows a cancellation that comes together with the call.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_seconds):
                await self._rung.wait()
        self._rung.clear()


def ring(data_dir: Path, name: str) -> None:
    """Wake the processes that wait under that name. Nobody there, or a full buffer: fine, they poll."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        for path in data_dir.resolve().glob(f"{name}-*.sock"):
            try:
                sender.sendto(b"!", str(path))
            except ConnectionRefusedError:
                path.unlink(missing_ok=True)  # its process was killed
            except OSError:
                continue
