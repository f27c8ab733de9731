"""Every file of the hostile corpus, and what becomes of it at the gate."""

from __future__ import annotations

import io
from typing import assert_never

import numpy as np
import pytest
from PIL import Image

from core.feedback.decode import MEBIBYTE, Decoded, Unreadable, decode, shown_name
from core.feedback.refusals import sentence
from tests.core.feedback.hostile import ALL_CASES, Accepted, Case, Refused
from tests.core.feedback.hostile.case import Colour

MINIMUM_CASES = 150
PAYLOADS = (b"<script", b"<?php", b"PK\x03\x04", b"ftyp", b"Exif", b"ICC_PROFILE", b"http://")


@pytest.mark.parametrize("case", ALL_CASES, ids=lambda case: case.name)
async def test_every_hostile_file_has_its_outcome(case: Case) -> None:
    outcome = await decode(case.make(), case.filename, limits=case.limits)
    match case.outcome:
        case Refused(why):
            assert outcome == Unreadable(
                sentence(
                    why,
                    shown_name(case.filename),
                    megabytes=case.limits.max_bytes // MEBIBYTE,
                    megapixels=case.limits.max_pixels // 1_000_000,
                )
            )
        case Accepted() as expected:
            assert isinstance(outcome, Decoded), outcome
            _require(outcome, expected)
        case _:
            assert_never(case.outcome)


def test_the_corpus_is_large_and_no_case_stands_in_it_twice() -> None:
    names = [case.name for case in ALL_CASES]
    assert len(names) >= MINIMUM_CASES
    assert len(set(names)) == len(names)


def _require(outcome: Decoded, expected: Accepted) -> None:
    """What is accepted is a plain picture of the stated look, with nothing else in its file."""
    assert outcome.source_format == expected.source_format
    assert not [payload for payload in PAYLOADS if payload in outcome.data]
    with Image.open(io.BytesIO(outcome.data)) as picture:
        picture.load()
        assert (picture.mode, picture.size) == ("RGB", expected.size)
        assert picture.size == (outcome.width_px, outcome.height_px)
        assert not picture.getexif() and "icc_profile" not in picture.info
        width, middle = picture.width, picture.height // 2
        _require_near(picture.getpixel((width // 10, middle)), expected.left, expected.tolerance)
        _require_near(picture.getpixel((width - 1 - width // 10, middle)), expected.right, expected.tolerance)


def _require_near(pixel: object, colour: Colour | None, tolerance: int) -> None:
    if colour is not None:
        difference = np.abs(np.subtract(np.asarray(pixel, dtype=int), colour)).max()
        assert difference <= tolerance, f"{pixel} is not {colour}"
