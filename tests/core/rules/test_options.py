"""The limits of the options of a prompt."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import Refused
from core.rules.bases import load_bases
from core.rules.options import PictureOptions, check_options

BASES = load_bases()


def test_nothing_asked_for_is_one_square_picture() -> None:
    assert check_options(BASES["tiny"]) == PictureOptions(1, "1:1", None, None, None, "")


def test_what_the_base_can_do_is_taken_as_asked() -> None:
    options = check_options(
        BASES["sdxl"],
        count=4,
        aspect="16:9",
        seed=0,
        steps=30,
        guidance_scale=7,
        negative_prompt=" text,  logos ",
    )

    assert options == PictureOptions(4, "16:9", 0, 30, 7, "text, logos")


@pytest.mark.parametrize(
    ("base", "asked", "said"),
    [
        ("tiny", {"count": 0}, "The number of pictures goes from 1 to 4; this asks for 0."),
        ("tiny", {"count": 5}, "The number of pictures goes from 1 to 4; this asks for 5."),
        ("tiny", {"seed": -1}, "The seed goes from 0 to 4294967295; this asks for -1."),
        ("flux", {"steps": 51}, "Steps on Flux go from 4 to 50; this asks for 51."),
        ("flux", {"guidance_scale": 0.5}, "Guidance on Flux goes from 1 to 10; this asks for 0.5."),
        (
            "tiny",
            {"aspect": "16:9"},
            "Tiny makes square pictures only. Leave the shape out, or write 1:1.",
        ),
        (
            "flux",
            {"aspect": "5:1"},
            "Flux has no shape 5:1. Pick 1:1, 4:3, 3:4, 3:2, 2:3, 16:9 or 9:16.",
        ),
        (
            "flux",
            {"negative_prompt": "text"},
            "Flux cannot be told what to avoid. Say in the prompt what you want to see instead.",
        ),
        (
            "tiny",
            {"negative_prompt": "dull " * 25},
            "What to avoid has 25 words; Tiny reads 24. Shorten it.",
        ),
    ],
)
def test_each_limit_is_a_sentence(base: str, asked: dict[str, Any], said: str) -> None:
    assert check_options(BASES[base], **asked) == Refused.because(said)


def test_all_limits_that_are_passed_are_said_at_once() -> None:
    refused = check_options(BASES["flux"], count=9, steps=1, negative_prompt="text")

    assert isinstance(refused, Refused)
    assert len(refused.reasons) == 3
