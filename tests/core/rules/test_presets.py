"""How hard a training is set."""

from __future__ import annotations

import pytest

from core.errors import Refused
from core.rules.bases import load_bases
from core.rules.kinds import ModelKind
from core.rules.plans import load_plans
from core.rules.presets import TrainingPreset, preset_name, training_preset, with_overrides

PLANS = load_plans()


def test_tiny_is_trained_as_it_was_measured() -> None:
    preset = training_preset("tiny", ModelKind.PRODUCT, 4)

    assert (preset.lora_rank, preset.lora_alpha, preset.learning_rate) == (8, 8, 3e-3)
    assert (preset.num_steps, preset.batch_size, preset.prior_fraction) == (200, 8, 0.5)


@pytest.mark.parametrize("base", list(load_bases()))
@pytest.mark.parametrize("kind", list(ModelKind))
@pytest.mark.parametrize("name", ["standard", "quick"])
def test_every_base_trains_every_kind_for_one_photo_as_well_as_for_forty(
    base: str, kind: ModelKind, name: str
) -> None:
    one, forty = (
        training_preset(base, kind, count, "quick" if name == "quick" else "standard") for count in (1, 40)
    )

    assert one.num_steps <= forty.num_steps <= PLANS.named("basic").max_num_steps
    for preset in (one, forty):
        assert 1 <= preset.checkpoint_every_steps <= preset.num_steps
        assert 1 <= preset.preview_every_steps <= preset.num_steps
        assert 0 <= preset.prior_fraction < 1


def test_quick_is_twenty_steps() -> None:
    assert training_preset("flux", ModelKind.STYLE, 40, "quick").num_steps == 20


def test_steps_and_rank_can_be_set_within_the_plan() -> None:
    preset = training_preset("tiny", ModelKind.PRODUCT, 4)

    changed = with_overrides(preset, PLANS, PLANS.named("basic"), num_steps=400, lora_rank=16)

    assert isinstance(changed, TrainingPreset)
    assert (changed.num_steps, changed.lora_rank, changed.lora_alpha) == (400, 16, 16)
    assert changed.checkpoint_every_steps == 100
    assert with_overrides(preset, PLANS, PLANS.named("basic")) == preset


def test_steps_beyond_the_plan_are_refused() -> None:
    preset = training_preset("tiny", ModelKind.PRODUCT, 4)

    assert with_overrides(preset, PLANS, PLANS.named("basic"), num_steps=2001) == Refused.because(
        "Steps can be set from 1 to 2000 on Basic; this asks for 2001."
    )


def test_anything_but_quick_asks_for_the_standard_preset() -> None:
    assert [preset_name(text) for text in ("quick", "standard", "")] == ["quick", "standard", "standard"]
