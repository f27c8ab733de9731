"""Strangers' bytes to a safe picture.

Nothing an uploader sends is kept or forwarded: a file is judged by its bytes, decoded in a subprocess that is
bounded in memory and time, turned upright, stripped of metadata and encoded anew.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import sys
import unicodedata
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from weakref import WeakKeyDictionary

from core.feedback.encoding import JPEG_MEDIA_TYPE, PNG_MEDIA_TYPE
from core.feedback.sniff import Content, sniff

MEBIBYTE = 1024 * 1024
MAX_SHOWN_NAME = 60  # characters of a stranger's file name that a sentence repeats
MAX_ANSWER_BYTES = 64 * MEBIBYTE  # more than any picture within the limits; a subprocess gone wrong ends here
DECODES_AT_ONCE = 2  # each may take DecodeLimits.max_memory_bytes
IMPORT_ROOT = Path(__file__).resolve().parents[2]
# The subprocess gets no token or password: only what an interpreter may need to start.
PASSED_ENVIRONMENT = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "SYSTEMROOT")


@dataclass(frozen=True)
class DecodeLimits:
    """What one upload may cost.

    Attributes:
        max_bytes: Size of the file as uploaded.
        max_pixels: Width x height before decoding; 67 million lets today's 64-megapixel phones through.
        max_long_side_px: Larger pictures are scaled down to it; three times what any base is trained on.
        max_memory_bytes: Address space of the subprocess; 67 million pixels take about 0.6 GiB.
        cpu_seconds: Processor time of the subprocess; a 12-megapixel HEIC takes about one second.
        wall_seconds: Time after which the subprocess is killed whatever it does.
    """

    max_bytes: int = 50 * MEBIBYTE
    max_pixels: int = 1 << 26
    max_long_side_px: int = 3072
    max_memory_bytes: int = 2048 * MEBIBYTE
    cpu_seconds: int = 20
    wall_seconds: float = 40.0


@dataclass(frozen=True)
class Decoded:
    """A safe picture: upright sRGB, transparency on white, no metadata.

    Attributes:
        data: The picture encoded anew, JPEG or PNG; equal uploads give equal bytes.
        media_type: Of `data`.
        width_px: Of the picture in `data`.
        height_px: Of the picture in `data`.
        sha256: Of `data`, as 64 hexadecimal digits.
        source_format: What was uploaded, in Pillow's words: JPEG, MPO, PNG, HEIF, ...
    """

    data: bytes
    media_type: str
    width_px: int
    height_px: int
    sha256: str
    source_format: str


@dataclass(frozen=True)
class Unreadable:
    """A file that cannot be used, with the one sentence or two that say why and what to do."""

    sentence: str

    def __str__(self) -> str:
        return self.sentence


class Problem(StrEnum):
    """Why the subprocess gave no picture."""

    TRUNCATED = "truncated"
    DAMAGED = "damaged"
    PIXELS = "pixels"
    ANIMATED = "animated"
    PAGES = "pages"
    MEMORY = "memory"
    TIME = "time"


_CONTENT_SENTENCES = {
    Content.EMPTY: "{name} is empty. Attach the picture again.",
    Content.WEB_PAGE: (
        "{name} is not an image: it is a web page, probably a sign-in page. Attach the picture itself."
    ),
    Content.SVG: "{name} is an SVG drawing, which has no pixels to learn from. Attach it as a PNG or JPEG.",
    Content.ARCHIVE: "{name} is not an image: it is an archive. Unpack it and attach the pictures in it.",
    Content.PDF: "{name} is not an image: it is a PDF. Attach the pictures in it as PNG or JPEG.",
    Content.VIDEO: "{name} is a video. Attach a still from it as a PNG or JPEG.",
    Content.TEXT: "{name} is not an image: it is plain text. Attach the picture itself.",
    Content.UNKNOWN: "{name} is not an image that I can read. Attach it as a JPEG, PNG, WebP, HEIC or AVIF.",
}
_PROBLEM_SENTENCES = {
    Problem.TRUNCATED: "{name} is incomplete: the file ends in the middle of the picture. Upload it again.",
    Problem.DAMAGED: "{name} is damaged or incomplete, so I could not read all of it. Upload it again.",
    Problem.PIXELS: "{name} has more than {megapixels} million pixels. Attach a smaller copy.",
    Problem.ANIMATED: "{name} is animated, and I learn from still pictures. Attach one frame of it.",
    Problem.PAGES: "{name} holds several pictures in one file. Attach each one by itself.",
    Problem.MEMORY: "{name} took too much memory to open. Save it again as JPEG or PNG and attach that.",
    Problem.TIME: "{name} took too long to open. Save it again as JPEG or PNG and attach that.",
}

_slots: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


async def decode(data: bytes, filename: str, *, limits: DecodeLimits | None = None) -> Decoded | Unreadable:
    """Turn an upload into a safe picture, or say in a sentence why not.

    Never blocks the event loop; at most `DECODES_AT_ONCE` subprocesses run, further calls wait their turn.

    Args:
        data: The file as uploaded.
        filename: Its name, only ever repeated in the sentence.
        limits: What the upload may cost.
    """
    limits = limits or DecodeLimits()
    name = shown_name(filename)
    if len(data) > limits.max_bytes:
        return Unreadable(f"{name} is larger than {limits.max_bytes // MEBIBYTE} MB. Attach a smaller copy.")
    content = sniff(data)
    if content is not Content.IMAGE:
        return Unreadable(_CONTENT_SENTENCES[content].format(name=name))
    async with _slots.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(DECODES_AT_ONCE)):
        outcome = await _decode_in_subprocess(data, limits)
    if isinstance(outcome, Decoded):
        return outcome
    megapixels = limits.max_pixels // 1_000_000
    return Unreadable(_PROBLEM_SENTENCES[outcome].format(name=name, megapixels=megapixels))


def shown_name(filename: str) -> str:
    """A stranger's file name, safe to repeat in one line: no path, no control or direction characters."""
    last = filename.replace("\\", "/").rpartition("/")[2]
    kept = "".join(character for character in last if unicodedata.category(character)[0] != "C").strip()
    if len(kept) > MAX_SHOWN_NAME:
        kept = kept[: MAX_SHOWN_NAME - 1] + "…"
    return kept or "This file"


async def _decode_in_subprocess(data: bytes, limits: DecodeLimits) -> Decoded | Problem:
    environment = {key: os.environ[key] for key in PASSED_ENVIRONMENT if key in os.environ}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "core.feedback.decode_process", json.dumps(asdict(limits))),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,  # a traceback could quote the upload
        cwd=IMPORT_ROOT,
        env=environment,
    )
    try:
        async with asyncio.timeout(limits.wall_seconds):
            answer = await _exchange(process, data)
            code = await process.wait()
    except TimeoutError:
        return Problem.TIME
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return _parse(answer, code)


async def _exchange(process: asyncio.subprocess.Process, data: bytes) -> bytes:
    """Send the upload while reading the answer, so that neither side waits for the other."""
    assert process.stdin is not None
    assert process.stdout is not None

    async def feed(stdin: asyncio.StreamWriter) -> None:
        # The subprocess may end before it has read everything; its answer tells the rest.
        try:
            stdin.write(data)
            await stdin.drain()
            stdin.close()
            await stdin.wait_closed()
        except (BrokenPipeError, ConnectionResetError):
            pass

    feeding = asyncio.create_task(feed(process.stdin))
    answer = bytearray()
    try:
        while chunk := await process.stdout.read(MEBIBYTE):
            answer += chunk
            if len(answer) > MAX_ANSWER_BYTES:
                process.kill()
                break
    finally:
        feeding.cancel()
        await asyncio.gather(feeding, return_exceptions=True)
    return bytes(answer)


def _parse(answer: bytes, code: int) -> Decoded | Problem:
    if code in (-9, -24):  # SIGKILL and SIGXCPU: the kernel ended it at its limit of processor time
        return Problem.TIME
    if code == -6:  # SIGABRT: a C++ decoder that could not allocate
        return Problem.MEMORY
    line, _, picture = answer.partition(b"\n")
    if code != 0 or not line:
        return Problem.DAMAGED
    header = json.loads(line)
    if "problem" in header:
        return Problem(header["problem"])
    if header["media_type"] not in (JPEG_MEDIA_TYPE, PNG_MEDIA_TYPE):
        return Problem.DAMAGED
    return Decoded(
        data=picture,
        media_type=header["media_type"],
        width_px=header["width_px"],
        height_px=header["height_px"],
        sha256=hashlib.sha256(picture).hexdigest(),
        source_format=header["format"],
    )
