"""The subprocess that opens strangers' pictures: `python -m core.feedback.decode_process DESCRIPTOR PARENT`.

It waits on a socket for uploads and forks a child for each, which limits itself before it looks at a byte: memory,
processor time, no file written, and no file or socket opened. This process never looks into an upload or an answer;
it watches its child, ends it when it is slow, and tells what it cost. It ends when the bot's end of the socket closes.
Any fault that is not foreseen ends the child, which the caller reads as "damaged".
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import socket
import sys
import time
import warnings
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from core.feedback.convert import Rejected, convert, prepare_libraries
from core.feedback.decode_frames import ANSWER, REQUEST
from core.feedback.refusals import Problem
from core.processes import exit_with_parent

CHUNK_BYTES = 1024 * 1024
Limits = dict[str, float]  # the fields of core.feedback.decoder.DecodeLimits


def main() -> None:
    """Serve uploads until nobody asks any more."""
    warnings.simplefilter("ignore")  # Pillow only warns of large pictures; convert refuses them
    prepare_libraries()
    # The socket alone may be held open by processes that the bot forked.
    exit_with_parent(int(sys.argv[2]), signal.SIGKILL)
    with suppress(OSError):  # Linux: if memory runs out, a decoder goes before the bot does
        Path("/proc/self/oom_score_adj").write_text("1000")
    with socket.socket(fileno=int(sys.argv[1])) as channel:
        while serve_one(channel):
            pass


def serve_one(channel: socket.socket) -> bool:
    """Open one upload in a child and tell what came of it; False if nobody asks any more."""
    head = receive(channel, REQUEST.size)
    if len(head) < REQUEST.size:
        return False
    limits_size, upload_size = REQUEST.unpack(head)
    limits: Limits = json.loads(receive(channel, limits_size))
    upload = receive(channel, upload_size)
    if len(upload) < upload_size:
        return False
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        run_child(channel, reading, writing, bytes(upload), limits)
    os.close(writing)
    said, is_late = listen(reading, limits)
    if is_late:
        os.kill(child, signal.SIGKILL)
    os.close(reading)  # a child that still writes is ended by it
    _, status, usage = os.wait4(child, 0)
    peak_memory_bytes = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    cpu_seconds = usage.ru_utime + usage.ru_stime
    code = os.waitstatus_to_exitcode(status)
    channel.sendall(ANSWER.pack(len(said), code, is_late, peak_memory_bytes, cpu_seconds))
    channel.sendall(said)
    return True


def receive(channel: socket.socket, size: int) -> bytearray:
    """Return as many bytes, or fewer if the other end is closed."""
    received = bytearray(size)
    filled = 0
    with memoryview(received) as view:
        while filled < size:
            count = channel.recv_into(view[filled:])
            if not count:
                break
            filled += count
    del received[filled:]
    return received


def listen(reading: int, limits: Limits) -> tuple[bytes, bool]:
    """Return what the child says, and whether it took too long or said too much."""
    said = bytearray()
    deadline = time.monotonic() + limits["wall_seconds"]
    while True:
        left = deadline - time.monotonic()
        ready = left > 0 and select.select([reading], [], [], left)[0]
        if not ready or len(said) > limits["max_answer_bytes"]:
            return b"", True
        chunk = os.read(reading, CHUNK_BYTES)
        if not chunk:
            return bytes(said), False
        said += chunk


def run_child(channel: socket.socket, reading: int, writing: int, upload: bytes, limits: Limits) -> NoReturn:
    """Answer for one upload, and end without going back into what the parent was doing."""
    code = 1
    try:
        channel.close()
        os.close(reading)
        limit_resources(memory_bytes=int(limits["max_memory_bytes"]), cpu_seconds=int(limits["cpu_seconds"]))
        header, picture = answer(upload, limits)
        with open(writing, "wb") as out:
            out.write(json.dumps(header).encode() + b"\n")
            out.write(picture)
        code = 0
    finally:
        os._exit(code)


def limit_resources(*, memory_bytes: int, cpu_seconds: int) -> None:
    """Give up memory and time beyond what one photo needs, and all of the disk and the network."""
    # One second between the limits, so that the signal tells this end from that of a machine out of memory.
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))  # what is open stays so; nothing else can be opened
    with suppress(ValueError, OSError):  # macOS does not let a process limit its address space
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))


def answer(upload: bytes, limits: Limits) -> tuple[dict[str, object], bytes]:
    """Return the header (the picture's format, media type and size in px, or a problem) and the picture."""
    try:
        return convert(
            upload, max_pixels=int(limits["max_pixels"]), max_long_side_px=int(limits["max_long_side_px"])
        )
    except Rejected as rejected:
        return {"problem": rejected.problem}, b""
    except MemoryError:
        return {"problem": Problem.MEMORY}, b""


if __name__ == "__main__":
    main()
