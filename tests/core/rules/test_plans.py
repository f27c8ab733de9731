"""What each plan allows, and how a limit is said."""

from __future__ import annotations

from pathlib import Path

import pytest

import core.rules
from core.errors import ConfigurationError, Refused
from core.rules.kinds import ModelKind
from core.rules.plans import load_plans

PLANS = load_plans()
PRODUCT, CHARACTER, STYLE = ModelKind.PRODUCT, ModelKind.CHARACTER, ModelKind.STYLE
PACKAGED = Path(core.rules.__path__[0], "plans.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("plan", "trains", "bases"),
    [
        ("free", set(), {"tiny", "flux", "sdxl", "z_image"}),
        ("basic", {PRODUCT, CHARACTER}, {"tiny", "flux", "sdxl", "z_image"}),
        ("pro", {PRODUCT, CHARACTER, STYLE}, {"tiny", "flux", "sdxl", "z_image"}),
        ("enterprise", {PRODUCT, CHARACTER, STYLE}, {"tiny", "flux", "sdxl", "bria", "z_image"}),
    ],
)
def test_the_plans_are_those_that_are_sold(plan: str, trains: set[ModelKind], bases: set[str]) -> None:
    assert set(PLANS.named(plan).trains) == trains
    assert set(PLANS.named(plan).bases) == bases


def test_a_larger_plan_never_gives_less() -> None:
    for smaller, larger in zip(PLANS.plans, PLANS.plans[1:], strict=False):
        assert smaller.monthly_credits < larger.monthly_credits
        assert smaller.weight < larger.weight
        assert smaller.jobs_at_once <= larger.jobs_at_once
        assert 3 <= smaller.subjects_per_prompt <= larger.subjects_per_prompt
        assert set(smaller.bases) <= set(larger.bases)


@pytest.mark.parametrize(
    ("plan", "kind", "said"),
    [
        ("basic", PRODUCT, None),
        ("pro", STYLE, None),
        (
            "basic",
            STYLE,
            "Style models come with Pro. "
            "This workspace is on Basic; ask its owner, or train a product instead.",
        ),
        (
            "free",
            PRODUCT,
            "Product models come with Basic. "
            "This workspace is on Free; ask its owner, or try a demo model instead.",
        ),
    ],
)
def test_a_kind_outside_the_plan_names_the_plan_that_has_it(
    plan: str, kind: ModelKind, said: str | None
) -> None:
    assert PLANS.require_kind(PLANS.named(plan), kind) == (Refused.because(said) if said else None)


@pytest.mark.parametrize(
    ("plan", "kind", "count", "said"),
    [
        ("basic", PRODUCT, 1, None),
        ("basic", PRODUCT, 4, None),
        ("basic", CHARACTER, 3, None),
        ("pro", CHARACTER, 40, None),
        ("pro", STYLE, 5, None),
        (
            "pro",
            PRODUCT,
            5,
            "A product model takes 1 to 4 photos; this has 5. Remove one and send it again.",
        ),
        (
            "pro",
            PRODUCT,
            0,
            "A product model takes 1 to 4 photos; this has 0. Add one and send it again.",
        ),
        (
            "pro",
            STYLE,
            3,
            "A style model takes 5 to 40 pictures; this has 3. Add two more and send it again.",
        ),
        (
            "pro",
            STYLE,
            60,
            "A style model takes 5 to 40 pictures; this has 60. Remove 20 and send it again.",
        ),
        (
            "basic",
            CHARACTER,
            5,
            "A character model takes 1 to 3 photos on Basic; this has 5. Remove two and send it again. "
            "Pro takes up to 40.",
        ),
    ],
)
def test_the_number_of_photos_is_refused_with_how_many_to_change(
    plan: str, kind: ModelKind, count: int, said: str | None
) -> None:
    refused = PLANS.require_image_count(PLANS.named(plan), kind, count)

    assert refused == (Refused.because(said) if said else None)


@pytest.mark.parametrize(
    ("plan", "kind", "count", "said"),
    [
        ("pro", PRODUCT, 1, ()),
        ("pro", CHARACTER, 5, ()),
        ("pro", CHARACTER, 15, ()),
        ("basic", CHARACTER, 1, ()),
        ("pro", CHARACTER, 2, ("5 to 15 varied ones work best for a character; this has 2.",)),
        (
            "pro",
            CHARACTER,
            20,
            ("More than 15 seldom help a character: keep the best 5 to 15, varied ones.",),
        ),
    ],
)
def test_a_number_that_is_allowed_but_not_the_best_gets_advice(
    plan: str, kind: ModelKind, count: int, said: tuple[str, ...]
) -> None:
    assert PLANS.image_count_advice(PLANS.named(plan), kind, count) == said


def test_a_base_outside_the_plan_names_the_plan_that_has_it() -> None:
    basic = PLANS.named("basic")

    assert PLANS.require_base(basic, "flux") is None
    assert PLANS.require_base(basic, "bria") == Refused.because(
        "Bria comes with Enterprise. "
        "This workspace is on Basic; ask its owner, or use Flux, SDXL, Tiny or Z-Image instead."
    )


def test_own_models_start_with_basic() -> None:
    free = PLANS.named("free")

    assert PLANS.require_own_models(PLANS.named("basic"), ["rex"]) is None
    assert PLANS.require_own_models(free, []) is None
    assert PLANS.require_own_models(free, ["rex"]) == Refused.because(
        "Pictures of @rex come with Basic. "
        "This workspace is on Free; ask its owner, or try a demo model instead."
    )


@pytest.mark.parametrize(
    ("needed", "left", "said"),
    [
        (10, 10, None),
        (
            10,
            4,
            "This takes 10 credits and 4 are left. Wait for next month's, or ask the workspace's owner "
            "for more. Pro comes with 1000 a month. Nothing was charged.",
        ),
        (
            1,
            0,
            "This takes 1 credit and 0 are left. Wait for next month's, or ask the workspace's owner "
            "for more. Pro comes with 1000 a month. Nothing was charged.",
        ),
    ],
)
def test_credits_must_cover_the_price(needed: int, left: int, said: str | None) -> None:
    refused = PLANS.require_credits(PLANS.named("basic"), needed, left)

    assert refused == (Refused.because(said) if said else None)


def test_steps_and_rank_have_limits_of_their_own() -> None:
    basic = PLANS.named("basic")

    assert PLANS.require_training_overrides(basic) is None
    assert PLANS.require_training_overrides(basic, num_steps=2000, lora_rank=32) is None
    assert PLANS.require_training_overrides(basic, num_steps=0, lora_rank=64) == Refused.because(
        "Steps can be set from 1 to 2000 on Basic; this asks for 0.",
        "Rank can be set from 1 to 32 on Basic; this asks for 64.",
    )


def test_prices_are_those_of_the_file() -> None:
    assert PLANS.price_of_training(PRODUCT) == 10
    assert PLANS.price_of_pictures(4) == 4


def test_a_plan_is_found_in_any_case_and_an_unknown_one_is_a_fault_that_lists_them() -> None:
    assert PLANS.named(" Pro").title == "Pro"
    with pytest.raises(ConfigurationError, match="free, basic, pro, enterprise"):
        PLANS.named("gold")


def test_an_operators_own_file_takes_the_place_of_the_packaged_one(tmp_path: Path) -> None:
    own = tmp_path / "plans.toml"
    own.write_text(
        PACKAGED.replace("picture = 1", "picture = 3").replace(
            "real_person_characters = true", "real_person_characters = false", 1
        )
    )

    plans = load_plans(own)

    assert plans.price_of_pictures(2) == 6
    assert plans.require_real_person(plans.named("pro")) is None
    assert plans.require_real_person(plans.named("basic")) == Refused.because(
        "Characters of real people come with Pro. "
        "This workspace is on Basic; ask its owner, or train an invented character instead."
    )


def test_what_no_plan_includes_is_said_so(tmp_path: Path) -> None:
    own = tmp_path / "plans.toml"
    own.write_text(PACKAGED.replace('"product", "character", "style"', '"product", "character"'))
    plans = load_plans(own)

    assert plans.require_kind(plans.named("pro"), STYLE) == Refused.because(
        "Style models come with no plan here; train a product instead."
    )


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("jobs_at_once = 1", "jobs_at_once = 0", r"plans\.0\.jobs_at_once"),
        ("monthly_credits = 20", "montly_credits = 20", r"plans\.0\.mon"),
        ('"product", "character"]', '"produce"]', r"plans\.1\.trains"),
        ("uses_own_models = false", 'uses_own_models = "no"', r"plans\.0\.uses_own_models"),
        ("style = 20", "", "no price for training a style"),
        ("[images.style]", "[images.product2]", r"images\.product2"),
        ("[prices]", "[prices", "not valid TOML"),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path: Path, before: str, after: str, told: str) -> None:
    assert before in PACKAGED
    own = tmp_path / "plans.toml"
    own.write_text(PACKAGED.replace(before, after, 1))

    with pytest.raises(ConfigurationError, match=told):
        load_plans(own)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nowhere\.toml"):
        load_plans(tmp_path / "nowhere.toml")
