"""The bot's end of the subprocesses that open strangers' pictures.

A decoder is a warm process (`core.feedback.decode_process`) that forks a child for every upload: nothing of one
upload is left when the next one comes, and a child that dies takes only its own file with it. A decoder that
does not answer is killed with its child, and the next upload gets a new one.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from weakref import WeakKeyDictionary

from core.feedback.decode_frames import ANSWER, REQUEST

log = logging.getLogger(__name__)

MEBIBYTE = 1024 * 1024
DECODES_AT_ONCE = 2  # each may take DecodeLimits.max_memory_bytes
GRACE_SECONDS = 5.0  # beyond wall_seconds, after which the decoder itself must have ended the child
IMPORT_ROOT = Path(__file__).resolve().parents[2]
# The subprocess gets no token or password: only what an interpreter may need to start.
PASSED_ENVIRONMENT = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH")
# glibc's manual, Memory Allocation Tunables: pictures lie in memory pages of megabytes, where the system has them. A
# photo of 12 megapixels touches tens of thousands of small ones, for a tenth to a quarter of the time.
ALLOCATION_ENVIRONMENT = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}


@dataclass(frozen=True)
class DecodeLimits:
    """What one upload may cost.

    Attributes:
        max_bytes: Size of the file as uploaded.
        max_pixels: Width x height before decoding; 67 million lets today's 64-megapixel phones through.
        max_long_side_px: Larger pictures are scaled down to it; three times what any base is trained on.
        max_memory_bytes: Address space of the child, a tenth of it for code. Enough for 67 million pixels as a
            JPEG, PNG or HEIC, 48 million as an AVIF and 30 million as a WebP, whose decoder keeps the picture
            three times (tried; what needs more is refused in words).
        cpu_seconds: Processor time of the child; a 12-megapixel HEIC takes about one second, one of 48 two.
        wall_seconds: Time after which the child is killed whatever it does.
        max_answer_bytes: Size of the picture encoded anew; more is taken for a child gone wrong.
    """

    max_bytes: int = 50 * MEBIBYTE
    max_pixels: int = 1 << 26
    max_long_side_px: int = 3072
    max_memory_bytes: int = 600 * MEBIBYTE
    cpu_seconds: int = 5
    wall_seconds: float = 30.0
    max_answer_bytes: int = 64 * MEBIBYTE


@dataclass(frozen=True)
class Answer:
    """What came of one upload, as the decoder saw it end.

    Attributes:
        said: What the child wrote; it had a stranger's bytes in its hands, so nothing in it is trusted.
        exit_code: Of the child; negative for the signal that ended it.
        timed_out: The child was killed for its slowness.
        peak_memory_bytes: The most of the machine's memory that the child held.
        cpu_seconds: What the child used.
        wall_seconds: From sending the upload to having the answer.
    """

    said: bytes
    exit_code: int
    timed_out: bool
    peak_memory_bytes: int
    cpu_seconds: float
    wall_seconds: float


class Decoder:
    """One warm decoding process; serves one upload at a time."""

    def __init__(self) -> None:
        """Start it.

        Raises:
            OSError: The system has no process or descriptor left.
        """
        self._channel, theirs = socket.socketpair()
        self._channel.setblocking(False)
        with theirs:
            try:
                self._process = _start_process(theirs.fileno())
            except OSError:
                self._channel.close()
                raise

    @property
    def pid(self) -> int:
        """The process, which is also its group with every child."""
        return self._process.pid

    async def ask(self, upload: bytes, limits: DecodeLimits) -> Answer:
        """Have one upload opened.

        Raises:
            OSError: The process is gone, or said something that it cannot have said.
            TimeoutError: It ended neither itself nor its child in time. Kill it.
        """
        loop = asyncio.get_running_loop()
        started = time.monotonic()
        asked = json.dumps(asdict(limits)).encode()
        async with asyncio.timeout(limits.wall_seconds + GRACE_SECONDS):
            await loop.sock_sendall(self._channel, REQUEST.pack(len(asked), len(upload)) + asked)
            await loop.sock_sendall(self._channel, upload)
            head = ANSWER.unpack(await self._receive(ANSWER.size))
            size, exit_code, timed_out, peak_memory_bytes, cpu_seconds = head
            if size > limits.max_answer_bytes:
                raise ConnectionError("the decoder announced more than it may say")
            said = await self._receive(size)
        seconds = time.monotonic() - started
        return Answer(said, exit_code, timed_out, peak_memory_bytes, cpu_seconds, seconds)

    async def _receive(self, size: int) -> bytes:
        loop = asyncio.get_running_loop()
        received = bytearray()
        while len(received) < size:
            chunk = await loop.sock_recv(self._channel, min(size - len(received), MEBIBYTE))
            if not chunk:
                raise ConnectionError("the decoder ended")
            received += chunk
        return bytes(received)

    def kill(self) -> None:
        """End the process and whatever it started."""
        self._channel.close()
        with suppress(
            ProcessLookupError, PermissionError
        ):  # the latter is macOS's word for a group that is gone
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()


def _start_process(descriptor: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        (sys.executable, "-m", "core.feedback.decode_process", str(descriptor), str(os.getpid())),
        pass_fds=(descriptor,),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,  # a traceback could quote the upload
        cwd=IMPORT_ROOT,
        env={key: os.environ[key] for key in PASSED_ENVIRONMENT if key in os.environ}
        | ALLOCATION_ENVIRONMENT,
        start_new_session=True,  # to be killed with its child, and deaf to Ctrl-C in our terminal
    )


_idle: list[Decoder] = []
_slots: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


async def ask(upload: bytes, limits: DecodeLimits) -> Answer | None:
    """Have an upload opened by a free decoder; None if no decoder could be kept alive.

    At most `DECODES_AT_ONCE` are at work, further calls wait their turn.
    """
    async with _slots.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(DECODES_AT_ONCE)):
        # A warm decoder may have been killed since its last upload, which a fresh one then makes good.
        for _ in range(2):
            answer = await _ask_once(upload, limits)
            if answer is not None:
                return answer
            log.warning("action=decoder_lost")
            end_decoders()
    return None


def end_decoders() -> None:
    """End the decoders that wait for work; the next upload starts a new one."""
    while _idle:
        _idle.pop().kill()


async def _ask_once(upload: bytes, limits: DecodeLimits) -> Answer | None:
    try:
        decoder = _idle.pop() if _idle else Decoder()
    except OSError:
        return None
    is_usable = False
    try:
        answer = await decoder.ask(upload, limits)
        is_usable = True
    except TimeoutError:
        seconds = limits.wall_seconds + GRACE_SECONDS
        return Answer(b"", -signal.SIGKILL, True, 0, 0.0, seconds)
    except OSError:
        return None
    finally:
        # Also when the caller was cancelled: half a conversation cannot be gone on with.
        if is_usable:
            _idle.append(decoder)
        else:
            decoder.kill()
    return answer


atexit.register(end_decoders)
