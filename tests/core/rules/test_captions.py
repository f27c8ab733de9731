"""Drafted captions, and what people write themselves."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Refused
from core.rules.captions import (
    CAPTION_ADVICE,
    check_caption,
    check_class_noun,
    draft_captions,
    parse_customizations,
    with_trigger_word,
)
from core.rules.kinds import ModelKind


@pytest.mark.parametrize(
    ("handle", "class_noun", "kind", "traits", "caption"),
    [
        ("summer-shoes", "sneaker", ModelKind.PRODUCT, (), "summer-shoes sneaker"),
        ("ada", "woman", ModelKind.CHARACTER, ("round glasses",), "ada woman, round glasses"),
        ("noir", "", ModelKind.STYLE, (), "noir style"),
    ],
)
def test_a_draft_holds_what_is_known_and_invents_nothing(
    handle: str, class_noun: str, kind: ModelKind, traits: tuple[str, ...], caption: str
) -> None:
    assert draft_captions(handle, class_noun, kind, 3, traits) == (caption,) * 3
    assert check_caption(caption, handle) == caption


@pytest.mark.parametrize("kind", list(ModelKind))
def test_every_kind_has_advice_on_what_to_add(kind: ModelKind) -> None:
    assert CAPTION_ADVICE[kind].startswith("Add what")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("summer-shoes sneaker,  side view\n on grey ", "summer-shoes sneaker, side view on grey"),
        ("side view of @Summer-Shoes", "side view of summer-shoes"),
        ("summer-shoes's laces", "summer-shoes's laces"),
    ],
)
def test_a_caption_is_tidied(written: str, kept: str) -> None:
    assert check_caption(written, "summer-shoes") == kept


@pytest.mark.parametrize("written", ["", "a sneaker", "my-summer-shoes", "summer-shoes-2", "summer shoes"])
def test_a_caption_without_the_handle_is_refused(written: str) -> None:
    assert check_caption(written, "summer-shoes") == Refused.because(
        "Keep summer-shoes in the caption, for the model learns its name there: summer-shoes, side view."
    )


def test_a_long_caption_is_refused() -> None:
    assert check_caption("rex " + "x" * 297, "rex") == Refused.because(
        "This caption has 301 characters; up to 300 fit. Shorten it."
    )


def test_the_trigger_word_takes_the_place_of_the_whole_handle_only() -> None:
    assert with_trigger_word("ada woman beside adam, @ada", "ada", "zz07") == "zz07 woman beside adam, zz07"


@pytest.mark.parametrize(
    ("text", "traits", "notes"),
    [
        ("", (), ()),
        ("green eyes,short  red hair ,", ("green eyes", "short red hair"), ()),
        ("Freckles, freckles; scar", ("Freckles", "scar"), ()),
        ("black and white hair", ("black and white hair",), ()),
        ("no-nonsense look, knotted scarf", ("no-nonsense look", "knotted scarf"), ()),
        (
            "freckles, no beard",
            ("freckles",),
            ('I left out "no beard": say what is there, not what is missing.',),
        ),
        (
            "grey hair and no beard",
            ("grey hair",),
            ('I left out "no beard": say what is there, not what is missing.',),
        ),
        (
            "doesn't smile",
            (),
            ('I left out "doesn\'t smile": say what is there, not what is missing.',),
        ),
        (
            "round glasses,grey moustache",
            ("round glasses", "grey moustache"),
            ("Keep glasses or a beard only if the photos show them.",),
        ),
        (
            "a, b, c, d, e, f, g",
            ("a", "b", "c", "d", "e", "f", "g"),
            (
                "7 features limit what the pictures can show; "
                "six or fewer of the most telling ones work better.",
            ),
        ),
        (
            "x" * 61,
            (),
            (f'I left out "{"x" * 30}...": keep each feature to a few words.',),
        ),
    ],
)
def test_customizations_are_read_as_people_write_them(
    text: str, traits: tuple[str, ...], notes: tuple[str, ...]
) -> None:
    customizations = parse_customizations(text)

    assert (customizations.traits, customizations.notes) == (traits, notes)


@settings(deadline=None)
@given(st.text(max_size=80))
def test_features_read_once_read_the_same_again(text: str) -> None:
    traits = parse_customizations(text).traits

    assert parse_customizations(", ".join(traits)).traits == traits


@pytest.mark.parametrize(
    ("written", "noun"),
    [
        ("shoe", "shoe"),
        ("A Serum  Bottle.", "serum bottle"),
        ("the women's t-shirt", "women's t-shirt"),
        ("Fläschchen", "fläschchen"),
    ],
)
def test_a_class_noun_is_tidied(written: str, noun: str) -> None:
    assert check_class_noun(written) == noun


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", "Say in a word or two"),
        (" a ", "Say in a word or two"),
        ("a red shoe with white laces", "That is more than I need"),
        ("x" * 41, "That is more than I need"),
        ("@rex", "Use plain words"),
        ("42", "Use plain words"),
    ],
)
def test_a_class_noun_that_is_none_is_refused(written: str, said: str) -> None:
    refused = check_class_noun(written)

    assert isinstance(refused, Refused)
    assert str(refused).startswith(said)
