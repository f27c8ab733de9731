"""Strangers' bytes to a safe picture.

Nothing an uploader sends is kept or forwarded: a file is judged by its bytes, decoded in a subprocess that is
bounded in memory and time, turned upright, stripped of metadata and encoded anew.
"""

from __future__ import annotations

import hashlib
import json
import signal
import unicodedata
from dataclasses import dataclass

from core.feedback.decoder import Answer, DecodeLimits, ask
from core.feedback.encoding import JPEG_MEDIA_TYPE, PNG_MEDIA_TYPE
from core.feedback.refusals import Problem, sentence
from core.feedback.sniff import Content, sniff

MEBIBYTE = 1024 * 1024
MAX_SHOWN_NAME = 60  # characters of a stranger's file name that a sentence repeats


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


async def decode(data: bytes, filename: str, *, limits: DecodeLimits | None = None) -> Decoded | Unreadable:
    """Turn an upload into a safe picture, or say in a sentence why not.

    Never blocks the event loop; at most `DECODES_AT_ONCE` pictures are open, further calls wait their turn.

    Args:
        data: The file as uploaded.
        filename: Its name, only ever repeated in the sentence.
        limits: What the upload may cost.
    """
    limits = limits or DecodeLimits()
    outcome = await _judge(data, limits)
    if isinstance(outcome, Decoded):
        return outcome
    megabytes, megapixels = limits.max_bytes // MEBIBYTE, limits.max_pixels // 1_000_000
    return Unreadable(sentence(outcome, shown_name(filename), megabytes=megabytes, megapixels=megapixels))


def shown_name(filename: str) -> str:
    """A stranger's file name, safe to repeat in one line: no path, no control or direction characters."""
    last = filename.replace("\\", "/").rpartition("/")[2]
    kept = "".join(character for character in last if _is_harmless(character)).strip()
    if len(kept) > MAX_SHOWN_NAME:
        kept = kept[: MAX_SHOWN_NAME - 1] + "…"
    return kept or "This file"


def _is_harmless(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] != "C" and category not in ("Zl", "Zp")  # control, format, and ends of lines


def read_answer(answer: Answer) -> Decoded | Problem:
    """Understand what a subprocess said, which had a stranger's bytes in its hands."""
    if answer.timed_out or answer.exit_code == -signal.SIGXCPU:
        return Problem.TIME
    # SIGABRT: a C++ decoder that could not allocate. SIGKILL, when not ours: the kernel was out of memory.
    if answer.exit_code in (-signal.SIGABRT, -signal.SIGKILL):
        return Problem.MEMORY
    if answer.exit_code != 0:
        return Problem.DAMAGED
    line, _, picture = answer.said.partition(b"\n")
    try:
        header = json.loads(line)
        if "problem" in header:
            return Problem(header["problem"])
        media_type = str(header["media_type"])
        width_px, height_px = int(header["width_px"]), int(header["height_px"])
        source_format = str(header["format"])
    except (ValueError, KeyError, TypeError):
        return Problem.DAMAGED
    if sniff(picture) is not Content.IMAGE or media_type not in (JPEG_MEDIA_TYPE, PNG_MEDIA_TYPE):
        return Problem.DAMAGED
    sha256 = hashlib.sha256(picture).hexdigest()
    return Decoded(picture, media_type, width_px, height_px, sha256, source_format)


async def _judge(data: bytes, limits: DecodeLimits) -> Decoded | Content | Problem:
    if len(data) > limits.max_bytes:
        return Problem.BYTES
    content = sniff(data)
    if content is not Content.IMAGE:
        return content
    answer = await ask(data, limits)
    return Problem.UNAVAILABLE if answer is None else read_answer(answer)
