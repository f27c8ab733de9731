"""What a name becomes, and what is said about it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Refused
from core.rules.bases import load_bases
from core.rules.names import (
    HANDLE_MAX_CHARACTERS,
    RESERVED_WORDS,
    Name,
    nearest,
    normalise_handle,
    parse_name,
    suggest_free,
    taken_sentence,
    trigger_word,
)
from core.rules.prompts import parse_prompt

HANDLE = re.compile(r"[a-z][a-z0-9_-]{1,31}")


@pytest.mark.parametrize(
    ("typed", "display_name", "handle"),
    [
        ("summer-shoes", "summer-shoes", "summer-shoes"),
        ("Summer Shoes", "Summer Shoes", "summer-shoes"),
        ("  Summer   Shoes ", "Summer Shoes", "summer-shoes"),
        ("@Rex", "Rex", "rex"),
        ("<@everyone> mug", "everyone mug", "everyone-mug"),
        ("Mum's mug!", "Mum's mug!", "mums-mug"),
        ("Nike™ Air 🔥", "Nike™ Air 🔥", "nike-air"),
        ("snake_case", "snake_case", "snake_case"),
        ("A — B", "A — B", "a-b"),
        ("Летние туфли", "Летние туфли", "letnie-tufli"),
        ("Café Größe", "Café Größe", "cafe-grosse"),
        ("红鞋", "红鞋", "hongxie"),
        ("__rex__", "__rex__", "rex"),
        ("Room 101", "Room 101", "room-101"),
    ],
)
def test_a_name_becomes_a_handle(typed: str, display_name: str, handle: str) -> None:
    name = parse_name(typed)

    assert isinstance(name, Name)
    assert (name.display_name, name.handle) == (display_name, handle)


def test_the_handle_is_told_when_it_differs_from_what_was_typed() -> None:
    assert parse_name("Summer Shoes") == Name(
        "Summer Shoes", "summer-shoes", ("Summer Shoes becomes @summer-shoes.",)
    )
    assert parse_name("Rex") == Name("Rex", "rex", ())


def test_a_long_name_is_cut_after_a_whole_word() -> None:
    name = parse_name("The Very Comfortable Summer Shoes From Portugal")

    assert isinstance(name, Name)
    assert name.handle == "the-very-comfortable-summer"
    assert name.notes == (f"{name.display_name} becomes @the-very-comfortable-summer.",)


@pytest.mark.parametrize("typed", ["shoe", "Shoes", "woman", "T-Shirt"])
def test_a_generic_name_gets_a_hint_and_is_still_accepted(typed: str) -> None:
    name = parse_name(typed)

    assert isinstance(name, Name)
    assert "more distinctive" in name.notes[-1]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", 'Give the model a name, for example "Summer Shoes".'),
        ("@", 'Give the model a name, for example "Summer Shoes".'),
        (
            "🔥🔥",
            "I cannot make a handle from 🔥🔥. Give one of 2 to 32 letters, digits, - or _, "
            "for example summer-shoes.",
        ),
        (
            "x",
            "I cannot make a handle from x. Give one of 2 to 32 letters, digits, - or _, "
            "for example summer-shoes.",
        ),
        ("501 Jeans", "A name starts with a letter. Try jeans-501."),
        ("2024", "A name starts with a letter. Try model-2024."),
        (
            "Everyone",
            "The word everyone already means something here. Pick a name of its own, for example red-mug.",
        ),
        (
            "zz03",
            "The word zz03 already means something here. Pick a name of its own, for example red-mug.",
        ),
        ("x" * 81, "That name has 81 characters; 80 fit. Shorten it."),
    ],
)
def test_a_name_that_cannot_be_is_refused_with_a_way_out(typed: str, said: str) -> None:
    assert parse_name(typed) == Refused.because(said)


@pytest.mark.parametrize("word", ["everyone", "here", "channel", "model", "product"])
def test_words_that_mean_something_else_are_reserved(word: str) -> None:
    assert isinstance(parse_name(word.upper()), Refused)
    assert isinstance(parse_name(f"my {word}"), Name)


@settings(deadline=None)
@given(st.text(max_size=60))
def test_whatever_is_typed_a_handle_is_well_formed_and_can_be_mentioned(text: str) -> None:
    name = parse_name(text)
    if isinstance(name, Refused):
        assert name.reasons
        return
    assert HANDLE.fullmatch(name.handle)
    assert name.handle not in RESERVED_WORDS
    assert normalise_handle(name.handle) == name.handle
    assert parse_prompt(f"_@{name.handle.upper()}_'s, at sea").handles == (name.handle,)


@settings(deadline=None)
@given(st.integers(min_value=0, max_value=99), st.text("abcxyz -", min_size=1, max_size=12))
def test_the_name_that_is_suggested_is_itself_accepted(digits: int, words: str) -> None:
    refused = parse_name(f"{digits}{words}")
    assert isinstance(refused, Refused)

    suggestion = refused.reasons[0].rsplit(" ", 1)[1].rstrip(".")

    assert isinstance(parse_name(suggestion), Name)


CANDIDATES = ("summer-shoes", "winter-shoes", "ada", "adam", "rex", "serum-bottle", "noir")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("sumer-shoes", ("summer-shoes",)),
        ("summershoes", ("summer-shoes",)),
        ("summer_shoes", ("summer-shoes",)),
        ("smumer-sheos", ("summer-shoes",)),
        ("summer", ("summer-shoes",)),
        ("shoes", ("summer-shoes", "winter-shoes")),
        ("serum-botle", ("serum-bottle",)),
        ("adaa", ("ada", "adam")),
        ("rex-like", ("rex",)),
        ("nior", ("noir",)),
        ("zebra", ()),
        ("x", ()),
        ("portrait-of-a-stranger", ()),
    ],
)
def test_a_slip_finds_what_was_meant_and_nothing_else(typed: str, meant: tuple[str, ...]) -> None:
    assert nearest(typed, CANDIDATES) == meant


def test_no_more_names_are_offered_than_asked_for() -> None:
    assert len(nearest("shoe-x", [f"shoe-{n}" for n in range(10)])) == 3
    assert nearest("shoe-5", [f"shoe-{n}" for n in range(10)], limit=1) == ("shoe-5",)


@pytest.mark.parametrize(
    ("handle", "taken", "free"),
    [
        ("rex", set(), "rex"),
        ("rex", {"rex"}, "rex-2"),
        ("rex", {"rex", "rex-2"}, "rex-3"),
        ("rex-2", {"rex-2"}, "rex-3"),
        ("room-101", {"room-101"}, "room-101-2"),
    ],
)
def test_the_next_free_name_is_suggested(handle: str, taken: set[str], free: str) -> None:
    assert suggest_free(handle, taken) == free


def test_a_suggestion_for_the_longest_name_still_is_a_handle() -> None:
    longest = "a" * HANDLE_MAX_CHARACTERS

    suggestion = suggest_free(longest, {longest})

    assert HANDLE.fullmatch(suggestion)
    assert suggestion != longest


def test_a_taken_name_is_said_with_one_that_is_free() -> None:
    assert taken_sentence("rex", "rex-2") == (
        "There already is a model @rex here, and it stays as it is. @rex-2 is free."
    )


def test_tiny_hands_out_its_reserved_words_in_turn() -> None:
    tiny = load_bases()["tiny"]

    words = [trigger_word(tiny, number) for number in range(65)]

    assert (words[0], words[9], words[63], words[64]) == ("zz00", "zz09", "zz63", "zz00")


@pytest.mark.parametrize("base", ["flux", "sdxl", "bria"])
def test_elsewhere_every_model_gets_a_word_of_its_own(base: str) -> None:
    words = {trigger_word(load_bases()[base], number) for number in range(5776)}

    assert len(words) == 5776
    assert all(re.fullmatch(r"[a-z]{5}", word) for word in words)
