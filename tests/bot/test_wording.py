"""The first line of a picture's card."""

from __future__ import annotations

import pytest

from bot.wording import about_prompt
from core.queue.specs import AdapterUse, GenerateSpec


def about(prompt: str, *handles: str) -> str:
    uses = tuple(AdapterUse(handle, "v", "k", "zz00", "mug", "a" * 64) for handle in handles)
    return about_prompt(GenerateSpec("w", prompt, uses, "tiny", 1, 7, 64, 64), credits=1)


@pytest.mark.parametrize(
    ("prompt", "handles", "shown"),
    [
        ("@rex on a beach", ("rex",), "@rex · on a beach"),
        ("@rex, @hat and @ada in a park", ("rex", "hat", "ada"), "@rex, @hat and @ada · in a park"),
        ("@rex", ("rex",), "@rex"),
        ("a photo of @rex on a beach", ("rex",), "a photo of @rex on a beach"),
        ("@rex beside @hat", ("rex", "hat"), "@rex beside @hat"),
        ("a red mug", (), "a red mug"),
    ],
)
def test_names_come_first_and_the_words_are_not_said_twice(
    prompt: str, handles: tuple[str, ...], shown: str
) -> None:
    assert about(prompt, *handles) == f"{shown} · 1 picture, 1 credit"


def test_a_long_prompt_is_cut() -> None:
    assert "…" in about("a mug " * 40)
