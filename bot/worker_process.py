"""The worker as a child process: started, started again when it dies, and never left behind."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from time import monotonic

log = logging.getLogger(__name__)

COMMAND = (sys.executable, "-m", "gpu_worker")
FIRST_DELAY_SECONDS = 1.0
LONGEST_DELAY_SECONDS = 60.0
SETTLED_SECONDS = 60.0
"""A worker that lived this long was well: the next delay is the first one again."""
GRACE_SECONDS = 20.0
"""How long it may take to give its jobs back before it is killed; a lease would return them too."""


class WorkerProcess:
    """Keeps one worker running. Its output goes to a log file, so that it does not write over the terminal."""

    def __init__(
        self,
        log_path: Path,
        command: Sequence[str] = COMMAND,
        *,
        first_delay_seconds: float = FIRST_DELAY_SECONDS,
        grace_seconds: float = GRACE_SECONDS,
    ) -> None:
        self._log_path = log_path
        self._command = tuple(command)
        self._first_delay_seconds = first_delay_seconds
        self._grace_seconds = grace_seconds

    async def run(self) -> None:
        """Keep the worker running until cancelled; then end it, and return once it is gone."""
        delay_seconds = self._first_delay_seconds
        while True:
            started = monotonic()
            code = await self._run_once()
            if monotonic() - started >= SETTLED_SECONDS:
                delay_seconds = self._first_delay_seconds
            log.warning(
                "action=worker_died exit_code=%s restart_in_seconds=%g log=%s",
                code,
                delay_seconds,
                self._log_path,
            )
            await asyncio.sleep(delay_seconds)
            delay_seconds = min(delay_seconds * 2, LONGEST_DELAY_SECONDS)

    async def _run_once(self) -> int:
        self._log_path.parent.mkdir(parents=True, exist_ok=True)
        with open(self._log_path, "ab") as output:  # noqa: ASYNC230 - one open in a worker's life
            # A session of its own: Ctrl-C reaches the bot alone, which then ends the worker in good order.
            process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                # However this process dies, the kernel then ends the worker, which gives its jobs back.
                env={**os.environ, "LIKENESS_EXIT_WITH_PARENT": str(os.getpid())},
            )
        try:
            return await process.wait()
        finally:
            await self._end(process)

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        if process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(self._grace_seconds):
                await process.wait()
        except TimeoutError:
            log.warning("action=worker_killed after_seconds=%g", self._grace_seconds)
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
