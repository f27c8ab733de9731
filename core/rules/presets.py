"""Training presets: how hard a model of each kind is trained on each base.

The figures for `tiny` were measured with it. Those for the large bases are the usual starting points
for training on few images and have to be measured on the operator's own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from core.errors import Refused
from core.rules.kinds import ModelKind
from core.rules.plans import Plan, Plans

PresetName = Literal["standard", "quick"]
QUICK_NUM_STEPS = 20


@dataclass(frozen=True)
class TrainingPreset:
    """Everything that a training is told.

    `prior_fraction` is the share of samples that show other things of the same class;
    `num_steps` counts optimizer steps of `batch_size` samples each.
    """

    name: PresetName
    text: str
    lora_rank: int
    lora_alpha: int
    learning_rate: float
    num_steps: int
    batch_size: int
    prior_fraction: float
    checkpoint_every_steps: int
    preview_every_steps: int


@dataclass(frozen=True)
class _Recipe:
    """Figures of one base: rank by kind, and steps as a base amount plus so many an image."""

    lora_rank: int
    style_lora_rank: int
    learning_rate: float
    fixed_steps: int
    steps_per_image: int
    most_steps: int
    batch_size: int


_RECIPES = {
    # One step is 8 small pictures; 200 of them took 41 s on one core and were enough.
    "tiny": _Recipe(8, 8, 3e-3, 200, 0, 200, 8),
    "bria": _Recipe(16, 32, 1e-4, 800, 60, 2000, 1),
}
_LARGE = _Recipe(16, 32, 1e-4, 600, 60, 2000, 1)
"""Of a base without a recipe of its own."""
_PRIOR_FRACTION = 0.5
_PARTS = 4
"""A training is looked at this many times: a checkpoint and a preview at each quarter."""


def training_preset(
    base: str, kind: ModelKind, image_count: int, name: PresetName = "standard"
) -> TrainingPreset:
    """Return the preset for a kind and number of images on a base."""
    recipe = _RECIPES.get(base, _LARGE)
    num_steps = min(recipe.fixed_steps + recipe.steps_per_image * image_count, recipe.most_steps)
    text = "Standard: the best result for these photos."
    if name == "quick":
        num_steps, text = QUICK_NUM_STEPS, "Quick: a rough first look, far from the best."
    lora_rank = recipe.style_lora_rank if kind is ModelKind.STYLE else recipe.lora_rank
    return TrainingPreset(
        name=name,
        text=text,
        lora_rank=lora_rank,
        lora_alpha=lora_rank,
        learning_rate=recipe.learning_rate,
        num_steps=num_steps,
        batch_size=recipe.batch_size,
        # A style is not one thing of a class, so there are no others of its class to hold on to.
        prior_fraction=0.0 if kind is ModelKind.STYLE else _PRIOR_FRACTION,
        checkpoint_every_steps=max(1, num_steps // _PARTS),
        preview_every_steps=max(1, num_steps // _PARTS),
    )


def with_overrides(
    preset: TrainingPreset,
    plans: Plans,
    plan: Plan,
    num_steps: int | None = None,
    lora_rank: int | None = None,
) -> TrainingPreset | Refused:
    """Return the preset with steps and rank as a person set them, if their plan allows it."""
    refused = plans.require_training_overrides(plan, num_steps, lora_rank)
    if refused:
        return refused
    steps = preset.num_steps if num_steps is None else num_steps
    rank = preset.lora_rank if lora_rank is None else lora_rank
    # Alpha over rank scales what is learnt, so it keeps its proportion to a new rank.
    return replace(
        preset,
        num_steps=steps,
        lora_rank=rank,
        lora_alpha=max(1, rank * preset.lora_alpha // preset.lora_rank),
        checkpoint_every_steps=max(1, steps // _PARTS),
        preview_every_steps=max(1, steps // _PARTS),
    )


def preset_name(text: str) -> PresetName:
    """Return the preset that a person asked for; anything but "quick" is the standard one."""
    return "quick" if text == "quick" else "standard"
