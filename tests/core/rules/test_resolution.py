"""Whether the models of a prompt can be used together, and what is said when they cannot."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import pytest

from core.errors import ConfigurationError, Refused
from core.rules.kinds import ModelKind
from core.rules.plans import load_plans
from core.rules.prompts import parse_prompt
from core.rules.resolution import ModelState, NamedModel, ResolvedPrompt, resolve

PLANS = load_plans()


def model(handle: str, kind: ModelKind = ModelKind.PRODUCT, **changes: object) -> NamedModel:
    ready = NamedModel(handle, handle.title(), kind, ModelState.READY, "tiny")
    return replace(ready, **changes)  # pyright: ignore[reportArgumentType]


WORKSPACE = (
    model("summer-shoes"),
    model("boots"),
    model("hat"),
    model("rex", ModelKind.CHARACTER),
    model("vase", is_demo=True),
    model("noir", ModelKind.STYLE),
    model("pastel", ModelKind.STYLE),
    model("inky", ModelKind.STYLE),
    model("ada", ModelKind.CHARACTER, state=ModelState.TRAINING, minutes_left=3.2),
    model("bob", ModelKind.CHARACTER, state=ModelState.TRAINING),
    model("wonky", state=ModelState.FAILED),
    model("gone", state=ModelState.DELETED, deleted_on=date(2026, 5, 3)),
    model("purged", state=ModelState.DELETED, deleted_on=date(2025, 12, 31), deleted_by_owner=False),
    model("stale", needs_retrain=True),
    model("glossy", base_model="flux"),
    model("licensed", base_model="bria"),
)


def ask(
    text: str,
    plan: str = "pro",
    base: str | None = None,
    configured: Iterable[str] = ("tiny", "flux"),
    models: Iterable[NamedModel] = WORKSPACE,
) -> ResolvedPrompt | Refused:
    return resolve(
        parse_prompt(text),
        {m.handle: m for m in models},
        PLANS.named(plan),
        base,
        plans=PLANS,
        configured=tuple(configured),
        today=date(2026, 5, 20),
    )


@pytest.mark.parametrize(
    ("text", "handles", "base"),
    [
        ("@rex on a beach", ("rex",), "tiny"),
        ("@hat, @boots and @rex as @noir", ("hat", "boots", "rex", "noir"), "tiny"),
        ("@rex beside @REX", ("rex",), "tiny"),
        ("@glossy on a table", ("glossy",), "flux"),
        ("a woman in a red coat", (), "flux"),
    ],
)
def test_models_that_go_together_are_resolved(text: str, handles: tuple[str, ...], base: str) -> None:
    resolved = ask(text)

    assert isinstance(resolved, ResolvedPrompt)
    assert tuple(m.handle for m in resolved.models) == handles
    assert resolved.base_model == base


def test_without_names_a_base_can_be_asked_for() -> None:
    resolved = ask("a red mug", base="tiny")

    assert isinstance(resolved, ResolvedPrompt)
    assert resolved.base_model == "tiny"


def test_free_may_use_the_demo_models() -> None:
    assert isinstance(ask("@vase by a window", plan="free"), ResolvedPrompt)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Say what the picture should show, for example: a red mug on a wooden table."),
        (
            "@sumer-shoes at sea",
            "There is no model @sumer-shoes here. Did you mean @summer-shoes? Nothing was charged.",
        ),
        (
            "@quokka at sea",
            "There is no model @quokka here. The list of models shows every name. Nothing was charged.",
        ),
        (
            "@gone at sea",
            "@gone was deleted by its owner on 3 May. Prompts that used it need another model.",
        ),
        (
            "@purged at sea",
            "@purged was deleted by an admin on 31 December 2025. Prompts that used it need another model.",
        ),
        ("@ada at sea", "@ada is still training, about 3 minutes. I will post here when it is ready."),
        ("@bob at sea", "@bob is still training. I will post here when it is ready."),
        (
            "@wonky at sea",
            "The training of @wonky did not work out. Edit it and train again, or use another model.",
        ),
        ("@stale at sea", "Tiny has changed since @stale was trained. Retrain @stale to use it again."),
        ("@rex, @noir, @pastel", "Two styles in one prompt do not mix: keep @noir or @pastel."),
        (
            "@rex, @noir, @pastel, @inky",
            "Three styles in one prompt do not mix: keep @noir, @pastel or @inky.",
        ),
        (
            "@hat on @glossy and @boots",
            "One picture is drawn by one base, and these were trained apart: "
            "@hat and @boots on Tiny and @glossy on Flux. "
            "Use them in separate prompts, or train one again beside the other.",
        ),
        (
            "@licensed at sea",
            "Bria is not set up here. Use Flux or Tiny instead, or ask the operator for it.",
        ),
        (
            "word " * 25 + "@rex",
            "This prompt has 26 words; Tiny reads 24. Shorten it, and put the most important part first.",
        ),
        (
            "字" * 2001,
            "This prompt has 2001 characters; up to 2000 fit. "
            "Shorten it, and put the most important part first.",
        ),
    ],
)
def test_each_problem_has_its_own_sentence(text: str, said: str) -> None:
    refused = ask(text)

    assert isinstance(refused, Refused)
    assert refused.reasons[0] == said


@pytest.mark.parametrize(
    "text",
    ["@sumer-shoes", "@gone", "@ada", "@wonky", "@stale", "@noir @pastel", "@hat @glossy", "", "字" * 2001],
)
def test_one_problem_is_said_once(text: str) -> None:
    refused = ask(text)

    assert isinstance(refused, Refused)
    assert len(refused.reasons) == 1


def test_several_problems_are_said_together_and_nothing_was_charged_once() -> None:
    refused = ask("@sumer-shoes, @bots, @gone and @ada as @noir or @pastel")

    assert refused == Refused.because(
        "There is no model @sumer-shoes here. Did you mean @summer-shoes?",
        "There is no model @bots here. Did you mean @boots? Nothing was charged.",
        "@gone was deleted by its owner on 3 May. Prompts that used it need another model.",
        "@ada is still training, about 3 minutes. I will post here when it is ready.",
        "Two styles in one prompt do not mix: keep @noir or @pastel.",
    )


def test_a_deleted_name_is_never_offered_as_the_one_that_was_meant() -> None:
    assert "@gone" not in str(ask("@gon at sea"))


def test_free_is_told_which_plan_has_own_models_and_what_to_try_now() -> None:
    assert ask("@rex and @hat by the sea", plan="free") == Refused.because(
        "Pictures of @rex and @hat come with Basic. "
        "This workspace is on Free; ask its owner, or try @vase instead."
    )


def test_the_number_of_subjects_follows_the_plan_and_a_style_does_not_count() -> None:
    text = "@rex, @hat, @boots and @vase as @noir"

    assert isinstance(ask(text, plan="pro"), ResolvedPrompt)
    assert ask(text, plan="basic") == Refused.because(
        "One prompt takes up to 3 products and characters on Basic; this one names 4. Leave out one."
    )


@pytest.mark.parametrize(
    ("base", "said"),
    [
        (
            "bria",
            "Bria comes with Enterprise. "
            "This workspace is on Pro; ask its owner, or use Flux or Tiny instead.",
        ),
        ("sdxl", "SDXL is not set up here. Use Flux or Tiny instead, or ask the operator for it."),
        ("dreamy", "There is no base called dreamy. Use Flux or Tiny instead."),
    ],
)
def test_a_base_that_cannot_be_used_is_refused_in_words(base: str, said: str) -> None:
    configured = ("bria", "tiny", "flux")

    assert ask("a red mug", base=base, configured=configured) == Refused.because(said)


def test_a_base_that_a_model_was_not_trained_on_is_refused() -> None:
    assert ask("@rex and @hat at sea", base="flux") == Refused.because(
        "@rex and @hat were trained on Tiny, not on Flux. Leave the base out, or train on Flux as well."
    )


def test_the_default_base_is_one_that_the_plan_has() -> None:
    resolved = ask("a red mug", configured=("bria", "tiny"), models=())

    assert isinstance(resolved, ResolvedPrompt)
    assert resolved.base_model == "tiny"


def test_no_base_at_all_is_the_operators_fault() -> None:
    with pytest.raises(ConfigurationError, match="No base model is set up"):
        ask("a red mug", configured=())
