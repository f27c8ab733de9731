"""Our side: a runner on `tiny`, and trainings that see the same few pictures, cached as the product caches them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from core.queue.specs import TrainingPhoto, TrainSpec
from core.rules.kinds import ModelKind
from core.rules.presets import training_preset
from gpu_worker.families import tiny
from gpu_worker.runner import Runner
from gpu_worker.tasks import TrainTask

PHOTOS = Path(__file__).resolve().parents[2] / "bot" / "demo_pictures" / "aurora-mug"
HANDLE, CLASS_NOUN, TRIGGER_WORD = "aurora-mug", "mug", "zz03"


def photo_paths() -> list[Path]:
    """Return the photos that ship with the project, 1024 px each."""
    return sorted(PHOTOS.glob("[0-9]*.jpg"))


def small_runner(size_px: int, family: tiny.TinyFamily | None = None, targets: Sequence[str] = ()) -> Runner:
    """Return a runner on the shipped base that trains at a size, on the usual layers or on those named."""
    family = family or tiny.load()
    family.default_size_px = size_px
    family.adapter_targets = targets or family.adapter_targets
    return Runner(family)


def begin(runner: Runner, seed: int, batch_size: int, num_steps: int = 10**6) -> TrainTask:
    """Begin a training of the photos alone, at the preset's rank. So many steps keep the rate from cooling down."""
    preset = training_preset("tiny", ModelKind.PRODUCT, len(photo_paths()))
    spec = TrainSpec(
        workspace_id="",
        model_id="",
        version_id=str(seed),
        handle=HANDLE,
        kind=ModelKind.PRODUCT,
        class_noun=CLASS_NOUN,
        trigger_word=TRIGGER_WORD,
        base_model="tiny",
        photos=tuple(TrainingPhoto(path.name, f"{HANDLE} {CLASS_NOUN}") for path in photo_paths()),
        preset=replace(preset, batch_size=batch_size, num_steps=num_steps, prior_fraction=0.0),
        seed=seed,
        test_prompts=(),
    )
    return runner.begin_training(f"training{seed}", spec, [path.read_bytes() for path in photo_paths()])
