"""Vision for a command in a shell: the worker's models in a process of its own, asked through a pipe."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from core.errors import ConfigurationError
from core.feedback.vision import Seen, from_text
from core.settings import Settings

COMMAND = (sys.executable, "-m", "gpu_worker.vision")
LONGEST_LINE_BYTES = 2**20
"""What was seen on one photo takes a few thousand."""


class CannotLookHere(ConfigurationError):
    """The settings may be right, and this machine lacks what they name: packages, or a model that workers fetch."""


class VisionProcess:
    """A process that looks at pictures, one after the other."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.provider = ""

    async def greet(self) -> None:
        """Wait until the models are loaded; then `provider` is known.

        Raises:
            CannotLookHere: They are not on this machine.
            ConfigurationError: They cannot be loaded.
        """
        said = json.loads(await self._read())
        if "fault" in said:
            raise (ConfigurationError if said["is_setting"] else CannotLookHere)(said["fault"])
        self.provider = str(said["provider"])

    async def look(self, images: Sequence[bytes]) -> tuple[Seen, ...]:
        """Look at safe pictures: `Decoded.data` of each.

        Raises:
            CannotLookHere: The process ended.
        """
        return tuple([await self._look(image) for image in images])

    async def _look(self, image: bytes) -> Seen:
        pipe = self._process.stdin
        assert pipe is not None
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # reading tells how it ended
            pipe.write(base64.b64encode(image) + b"\n")
            await pipe.drain()
        return from_text(await self._read())

    async def _read(self) -> str:
        pipe = self._process.stdout
        assert pipe is not None
        line = await pipe.readline()
        if line:
            return line.decode()
        code = await self._process.wait()
        raise CannotLookHere(
            f"The vision model's process ended with code {code} before it answered. It needs the worker's packages; "
            "run python -m gpu_worker.vision to see what is wrong, or leave LIKENESS_VISION_MODEL empty."
        )


@asynccontextmanager
async def open_vision(settings: Settings, *, may_download: bool = True) -> AsyncGenerator[VisionProcess]:
    """Start the process with the models that the settings name, and end it with the block.

    Raises:
        ConfigurationError: The models cannot be loaded.
    """
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *(() if may_download else ("--no-download",)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=LONGEST_LINE_BYTES,
        env={
            **os.environ,
            "LIKENESS_VISION_MODEL": settings.vision_model,
            "LIKENESS_FACE_MODEL": settings.face_model,
            "LIKENESS_EXIT_WITH_PARENT": str(os.getpid()),
        },
    )
    try:
        vision = VisionProcess(process)
        await vision.greet()
        yield vision
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()  # it holds nothing
            await process.wait()
