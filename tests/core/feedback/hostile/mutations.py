"""Files that were pictures before something happened to them: seeded, so that every one can be made again."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable, Sequence
from functools import cache

from tests.core.feedback.hostile import ALL_CASES, Accepted
from tests.core.feedback.hostile.drawing import PNG_SIGNATURE
from tests.core.feedback.hostile.truncated import WHOLE

MAX_SEED_BYTES = 200_000  # mutations of larger files would spend their time on copying
MAX_CHANGES = 6
HEAD_BYTES = 512  # where most of what a parser believes is written
EDGES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)

Change = Callable[[random.Random, bytearray], None]


@cache
def sound_files() -> tuple[bytes, ...]:
    """What the mutations begin with: every acceptable file of the corpus, and noise in each format."""
    accepted = (case.make() for case in ALL_CASES if isinstance(case.outcome, Accepted))
    return tuple(
        content
        for content in (*accepted, *(make() for make in WHOLE.values()))
        if len(content) <= MAX_SEED_BYTES
    )


def mutated(seed: int, number: int) -> bytes:
    """Make the numbered file of a run.

    Half of the PNGs get their checksums mended, without which hardly anything behind them would be reached.
    """
    dice = random.Random(f"{seed}/{number}")
    files = sound_files()
    content = bytearray(dice.choice(files))
    for _ in range(dice.randint(1, MAX_CHANGES)):
        dice.choice(CHANGES)(dice, content)
    if dice.random() < 0.1:
        _splice(dice, content, files)
    if content.startswith(PNG_SIGNATURE) and dice.random() < 0.5:
        _mend_checksums(content)
    return bytes(content)


def _place(dice: random.Random, content: bytearray) -> int:
    """Choose an offset: mostly in the head."""
    end = min(HEAD_BYTES, len(content)) if dice.random() < 0.6 else len(content)
    return dice.randrange(max(end, 1))


def _flip_bit(dice: random.Random, content: bytearray) -> None:
    if content:
        content[_place(dice, content)] ^= 1 << dice.randrange(8)


def _write_noise(dice: random.Random, content: bytearray) -> None:
    at = _place(dice, content)
    content[at : at + 8] = dice.randbytes(dice.randint(1, 8))


def _write_edge(dice: random.Random, content: bytearray) -> None:
    """A number at the edge of its range, in either order of bytes."""
    layout = dice.choice((">I", "<I", ">H", "<H", "B"))
    number = dice.choice(EDGES) & ((1 << 8 * struct.calcsize(layout)) - 1)
    at = _place(dice, content)
    content[at : at + struct.calcsize(layout)] = struct.pack(layout, number)


def _cut_out(dice: random.Random, content: bytearray) -> None:
    at = _place(dice, content)
    del content[at : at + dice.randint(1, 64)]


def _repeat(dice: random.Random, content: bytearray) -> None:
    at = _place(dice, content)
    content[at:at] = content[at : at + dice.randint(1, 256)] * dice.randint(1, 8)


def _blank(dice: random.Random, content: bytearray) -> None:
    at = _place(dice, content)
    end = min(at + dice.randint(1, 512), len(content))
    content[at:end] = bytes((dice.choice((0, 0xFF)),)) * (end - at)


def _end_early(dice: random.Random, content: bytearray) -> None:
    if dice.random() < 0.3:  # otherwise most files would be short ones
        del content[dice.randrange(len(content) + 1) :]


CHANGES: Sequence[Change] = (
    *(_flip_bit, _flip_bit, _write_noise, _write_edge, _write_edge),
    *(_cut_out, _repeat, _blank, _end_early),
)


def _splice(dice: random.Random, content: bytearray, files: Sequence[bytes]) -> None:
    """Go on as another file does."""
    other = dice.choice(files)
    content[dice.randrange(len(content) + 1) :] = other[dice.randrange(len(other)) :]


def _mend_checksums(content: bytearray) -> None:
    position = len(PNG_SIGNATURE)
    while position + 12 <= len(content):
        (length,) = struct.unpack_from(">I", content, position)
        end = position + 8 + length
        if end + 4 > len(content):
            return
        struct.pack_into(">I", content, end, zlib.crc32(content[position + 4 : end]))
        position = end + 4
