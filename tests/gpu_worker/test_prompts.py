"""What the base reads for what a person wrote."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.queue.specs import AdapterUse
from core.rules.kinds import ModelKind
from gpu_worker.prompts import prompt_for_base, training_caption, without_mentions
from tests.gpu_worker.specs import train_spec

MUG = AdapterUse("red-mug", "v1", "k1", "zz03", "mug", "0" * 64)
ADA = AdapterUse("ada", "v2", "k2", "zz04", "woman", "0" * 64, ModelKind.CHARACTER)
NOIR = AdapterUse("noir", "v3", "k3", "zz05", "picture", "0" * 64, ModelKind.STYLE)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("a photo of @red-mug on a beach", "a photo of zz03 mug on a beach"),
        ("@red-mug mug on a beach", "zz03 mug on a beach"),
        ("@Red-Mug Mugs on a beach", "zz03 Mugs on a beach"),
        ("@red-mug mugshot", "zz03 mug mugshot"),
        ("@red-mug, @ada at a picnic", "zz03 mug, zz04 woman at a picnic"),
        ("@ada's garden", "zz04 woman's garden"),
        ("a street, @noir", "a street, zz05 style"),
        ("@noir style street", "zz05 style street"),
        ("@somebody else", "@somebody else"),
        ("a blue vase", "a blue vase"),
    ],
)
def test_a_handle_becomes_its_trigger_word_and_what_it_is(written: str, read: str) -> None:
    assert prompt_for_base(written, [MUG, ADA, NOIR]) == read


def test_a_caption_reads_as_the_prompt_will() -> None:
    spec = replace(train_spec(), handle="summer-shoes", class_noun="sneaker")
    assert training_caption("summer-shoes sneaker, side view", spec) == "zz03 sneaker, side view"


def test_names_are_not_words_that_a_base_could_know() -> None:
    assert without_mentions("@red-mug on a quilted @ada sofa") == "on a quilted sofa"
