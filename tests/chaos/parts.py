"""One process of an installation, started again whenever it dies, as a service manager would."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent.parent
PRODUCT = (sys.executable, "-m", "tests.chaos.product")
RESTART_SECONDS = 0.3
"""How long a dead process stays dead; systemd's RestartSec is 0.1 s by default."""
GOODBYE_SECONDS = 40.0
"""How long a process may take to end in good order; the bot gives its worker 20 s."""


class Part:
    """A supervised process. `name` is what the reports and its log call it."""

    def __init__(
        self, name: str, arguments: Sequence[str], environment: Mapping[str, str], log_path: Path
    ) -> None:
        self.name = name
        self.starts = 0
        self._command = (*PRODUCT, *arguments)
        self._environment = environment
        self._log_path = log_path
        self._process: asyncio.subprocess.Process | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._is_wanted = asyncio.Event()

    @property
    def pid(self) -> int | None:
        """The process that runs now; None between a death and the next start."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    def start(self) -> None:
        """Start it, and keep it running until `end`."""
        self._is_wanted.set()
        self._keeping = asyncio.create_task(self._keep_running())

    async def _keep_running(self) -> None:
        while self._is_wanted.is_set():
            with self._log_path.open("ab") as log:
                self._process = await asyncio.create_subprocess_exec(
                    *self._command, cwd=REPOSITORY, env=dict(self._environment),
                    stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                )  # fmt: skip
            self.starts += 1
            if not self._is_wanted.is_set():  # `end` came while it was being started
                self._process.terminate()
            await self._process.wait()
            await asyncio.sleep(RESTART_SECONDS)

    async def end(self) -> bool:
        """End it in good order; False where it had to be killed for that."""
        self._is_wanted.clear()
        if self._keeping is None:
            return True
        if self.pid is not None:
            os.kill(self.pid, signal.SIGTERM)
            os.kill(self.pid, signal.SIGCONT)
        done, _ = await asyncio.wait([self._keeping], timeout=GOODBYE_SECONDS)
        if not done and self.pid is not None:
            os.kill(self.pid, signal.SIGKILL)
        await self._keeping
        return bool(done)
