"""Specs and photos for the worker's tests, with everything that a test does not care about filled in."""

from __future__ import annotations

from io import BytesIO

from PIL import Image, ImageDraw

from core.queue.specs import TrainingPhoto, TrainSpec
from core.rules.kinds import ModelKind
from core.rules.presets import TrainingPreset

WORKSPACE = "a" * 32


def preset(num_steps: int = 6, every: int = 2, learning_rate: float = 2e-2) -> TrainingPreset:
    return TrainingPreset(
        name="quick",
        text="Quick.",
        lora_rank=4,
        lora_alpha=4,
        learning_rate=learning_rate,
        num_steps=num_steps,
        batch_size=4,
        prior_fraction=0.5,
        checkpoint_every_steps=every,
        preview_every_steps=every,
    )


def train_spec(
    photo_keys: tuple[str, ...] = ("one", "two"),
    kind: ModelKind = ModelKind.PRODUCT,
    training_preset: TrainingPreset | None = None,
    base_model: str = "tiny",
) -> TrainSpec:
    return TrainSpec(
        workspace_id=WORKSPACE,
        model_id="m" * 32,
        version_id="v" * 32,
        handle="red-mug",
        kind=kind,
        class_noun="mug",
        trigger_word="zz03",
        base_model=base_model,
        photos=tuple(TrainingPhoto(key, "red-mug mug, side view") for key in photo_keys),
        preset=training_preset or preset(),
        seed=7,
        test_prompts=(
            "@red-mug",
            "@red-mug on a beach",
            "@red-mug on a table at night, with a lamp beside it",
        ),
    )


def photo(colour: str = "crimson", side_px: int = 64) -> bytes:
    """A drawn mug that points one way, so that a mirrored copy is told apart."""
    image = Image.new("RGB", (side_px, side_px), "lightgrey")
    draw = ImageDraw.Draw(image)
    at = side_px / 8
    draw.rectangle((2 * at, 2 * at, 5 * at, 6 * at), fill=colour)
    draw.ellipse((4.5 * at, 3 * at, 6.5 * at, 5 * at), outline=colour, width=3)
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
