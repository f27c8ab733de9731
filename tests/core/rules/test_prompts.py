"""Which names a prompt holds."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.rules.prompts import fill, parse_prompt


@pytest.mark.parametrize(
    ("text", "handles"),
    [
        ("@rex on a beach", ("rex",)),
        ("on a beach: @rex", ("rex",)),
        ("@boots, @hat and @ada in a park", ("boots", "hat", "ada")),
        ("@boots @hat @ada", ("boots", "hat", "ada")),
        ("@boots,@hat,@ada", ("boots", "hat", "ada")),
        ("@boots/@hat", ("boots", "hat")),
        ("@rex's house", ("rex",)),
        ("@rex’s house", ("rex",)),
        ("a portrait of @rex.", ("rex",)),
        ("is that @rex?!", ("rex",)),
        ("(@rex), [@ada]; “@noir”", ("rex", "ada", "noir")),
        ("*@rex* and _@ada_", ("rex", "ada")),
        ("@REX and @Rex and @rex", ("rex",)),
        ("@summer-shoes - at sea", ("summer-shoes",)),
        ("@summer-shoes- at sea", ("summer-shoes",)),
        ("@snake_case", ("snake_case",)),
        ("@Café and @летние-туфли", ("cafe", "letnie-tufli")),
        ("@rex在海滩上", ("rex",)),
        ("和@rex一起", ("rex",)),
        ("＠rex", ("rex",)),
        ("write to me@rex.com", ()),
        ("write to first.last+tag@rex.com", ()),
        ("see https://example.org/@rex for more", ()),
        ("two @ five, @2x, @ rex", ()),
        ("@", ()),
        ("no names at all", ()),
        ("", ()),
    ],
)
def test_names_are_found(text: str, handles: tuple[str, ...]) -> None:
    assert parse_prompt(text).handles == handles


def test_a_mention_knows_its_place() -> None:
    prompt = parse_prompt("  put @Rex's hat\non @ada ")

    assert prompt.text == "put @Rex's hat on @ada"
    assert [prompt.text[m.start : m.end] for m in prompt.mentions] == ["@Rex", "@ada"]


def test_every_mention_is_kept_even_where_a_handle_repeats() -> None:
    prompt = parse_prompt("@rex beside @rex")

    assert len(prompt.mentions) == 2
    assert prompt.handles == ("rex",)


def test_mentions_are_filled_and_the_rest_is_left_alone() -> None:
    prompt = parse_prompt("@Mug, @mug's twin and @hat; mail a@mug.com")

    assert fill(prompt, {"mug": "zz03 mug"}) == "zz03 mug, zz03 mug's twin and @hat; mail a@mug.com"


@settings(deadline=None)
@given(st.text(st.sampled_from("@＠ab-_.,'/: é红\n7+"), max_size=40) | st.text(max_size=40))
def test_any_text_is_taken_apart_and_put_together_again(text: str) -> None:
    prompt = parse_prompt(text)

    assert fill(prompt, {}) == prompt.text
    assert parse_prompt(prompt.text) == prompt
    for mention in prompt.mentions:
        assert prompt.text[mention.start] in "@＠"
    assert [m.start for m in prompt.mentions] == sorted({m.start for m in prompt.mentions})


HANDLES = st.from_regex(r"[a-z]([a-z0-9_-]{0,10}[a-z0-9])", fullmatch=True).filter(lambda h: "--" not in h)


@settings(deadline=None)
@given(st.lists(HANDLES, min_size=1, max_size=6), st.sampled_from([" ", ", ", " and ", "; ", " + ", ",\n"]))
def test_names_that_are_written_are_the_names_that_are_read(handles: list[str], between: str) -> None:
    prompt = parse_prompt(between.join(f"@{handle}" for handle in handles))

    assert prompt.handles == tuple(dict.fromkeys(handles))
    assert "@" not in fill(prompt, dict.fromkeys(handles, "thing"))
