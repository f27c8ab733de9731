"""What moves, what only looks as if it did, and what holds more than one picture."""

from __future__ import annotations

import struct

import numpy as np
from PIL import Image

from core.feedback.refusals import Problem
from core.feedback.sniff import Content
from tests.core.feedback.hostile.case import Accepted, Case, Refused
from tests.core.feedback.hostile.drawing import (
    as_heic,
    box,
    chunk,
    png_with,
    rewritten,
    saved,
    tiff,
    two_tone,
)

ANIMATED = Refused(Problem.ANIMATED)
# Number, width, height, place, delay and blending of an animated PNG's frame.
ONE_FRAME = chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 60, 40, 0, 0, 1, 1, 0, 0))


def _moving(file_format: str, frames: int, **options: object) -> bytes:
    pictures = [two_tone().rotate(number * 180 / frames) for number in range(frames)]
    return saved(pictures[0], file_format, save_all=True, append_images=pictures[1:], duration=100, **options)


def _measured(dtype: type[np.generic]) -> bytes:
    return saved(Image.fromarray(np.ones((8, 8), dtype)), "TIFF")


CASES = (
    Case("GIF of 2 frames", lambda: _moving("GIF", 2), ANIMATED, "photo.gif"),
    Case("GIF of 120 frames", lambda: _moving("GIF", 120), ANIMATED, "photo.gif"),
    Case("WebP of 2 frames", lambda: _moving("WEBP", 2), ANIMATED, "photo.webp"),
    Case("WebP of 30 frames", lambda: _moving("WEBP", 30, lossless=True), ANIMATED, "photo.webp"),
    Case("PNG of 2 frames", lambda: _moving("PNG", 2), ANIMATED, "photo.png"),
    Case("PNG of 2 frames and a cover", lambda: _moving("PNG", 2, default_image=True), ANIMATED, "photo.png"),
    Case("AVIF of 2 frames", lambda: _moving("AVIF", 2), ANIMATED, "photo.avif"),
    Case("GIF called a JPEG", lambda: _moving("GIF", 2), ANIMATED, "photo.jpg"),
    Case(
        "PNG that claims a frame it lacks",
        lambda: png_with(chunk(b"acTL", struct.pack(">II", 2, 0))),
        ANIMATED,
    ),
    Case(
        "PNG that claims four billion frames",
        lambda: png_with(chunk(b"acTL", struct.pack(">II", 0xFFFFFFFF, 0))),
        Accepted("PNG"),
    ),
    Case(
        "PNG of one frame",
        lambda: png_with(chunk(b"acTL", struct.pack(">II", 1, 0)) + ONE_FRAME),
        Accepted("PNG"),
    ),
    Case("GIF of one frame that loops", lambda: saved(two_tone(), "GIF", loop=0), Accepted("GIF")),
    Case(
        "HEIC sequence",
        lambda: rewritten(as_heic(two_tone()), b"ftypheic", b"ftyphevc"),
        Refused(Content.ANIMATION),
    ),
    Case(
        "HEIC sequence without a still",
        lambda: box(b"ftyp", b"msf1\0\0\0\0msf1hevc"),
        Refused(Content.ANIMATION),
    ),
    Case(
        "AVIF still that calls itself a sequence",
        lambda: rewritten(saved(two_tone(), "AVIF"), b"ftypavif", b"ftypavis"),
        Refused(Problem.DAMAGED),
    ),
    Case("TIFF of 2 pages", lambda: _moving("TIFF", 2), Refused(Problem.PAGES), "scan.tiff"),
    Case("TIFF of 40 pages", lambda: _moving("TIFF", 40), Refused(Problem.PAGES), "scan.tiff"),
    Case("TIFF of 32-bit numbers", lambda: _measured(np.int32), Refused(Problem.MEASUREMENTS), "depth.tiff"),
    Case("TIFF of fractions", lambda: _measured(np.float32), Refused(Problem.MEASUREMENTS), "depth.tiff"),
    Case(
        "DNG",
        lambda: saved(two_tone(), "TIFF", tiffinfo={50706: b"\1\4\0\0"}),
        Refused(Problem.RAW),
        "photo.dng",
    ),
    Case(
        "NEF, whose first picture is a stamp",
        lambda: saved(two_tone(), "TIFF", tiffinfo={254: 1}),
        Refused(Problem.RAW),
        "photo.nef",
    ),
    Case("CR2", lambda: b"II*\0\x10\0\0\0CR\2\0" + tiff()[4:], Refused(Content.RAW), "photo.cr2"),
    Case("CR3", lambda: box(b"ftyp", b"crx \0\0\0\1crx isom"), Refused(Content.RAW), "photo.cr3"),
)
