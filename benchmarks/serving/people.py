"""Who comes: people with names of their own at random moments, and one who trains."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import resources

import torch

from core.queue.specs import TrainingPhoto, TrainSpec
from core.rules.kinds import ModelKind
from core.rules.presets import TrainingPreset, training_preset
from gpu_worker.adapters import AdapterFile, AdapterShape, pack_adapter
from gpu_worker.runner import Runner

NAMES = 8
RANK = 8
STEPS = 8
"""Of a picture; `tiny` draws 20 unless asked otherwise, and fewer keep this benchmark short."""
TRAINING_STEPS = 50
"""Of the training: 200 is the standard preset of `tiny`, and the longer, the longer a first-come worker lets wait."""
HANDLE = "aurora-mug"


@dataclass(frozen=True)
class Person:
    """Somebody who wants one picture of an adapter, at a moment in seconds."""

    number: int
    arrives: float
    adapter: bytes


def people_who_come(seed: int, per_second: float, count: int, names: Sequence[bytes]) -> list[Person]:
    """Return a Poisson stream: gaps are exponential, names are drawn alike. The same seed, the same people."""
    chance = random.Random(seed)
    arrives, people = 0.0, []
    for number in range(count):
        arrives += chance.expovariate(per_second)
        people.append(Person(number, arrives, chance.choice(names)))
    return people


def take_names(runner: Runner) -> list[bytes]:
    """Return adapter files of random factors: what they show does not matter here, what they cost does."""
    targets = runner.family.adapter_targets
    adapter_shape = AdapterShape(RANK, RANK, targets if isinstance(targets, str) else tuple(targets))
    files = []
    for seed in range(NAMES):
        generator = torch.Generator().manual_seed(seed)
        factors = {
            name: 0.01 * torch.randn(shape, generator=generator)
            for name, shape in runner.bank.factor_shapes(RANK).items()
        }
        sha256 = runner.family.identity.weights_sha256
        files.append(pack_adapter(AdapterFile(adapter_shape, factors, sha256, version_id=f"{seed:032d}")))
    return files


def training_spec() -> tuple[TrainSpec, list[bytes]]:
    """Return the training and its photos: those of `make demo`, in the standard preset but for the steps."""
    folder = resources.files("bot").joinpath("demo_pictures", HANDLE)
    files = sorted(folder.iterdir(), key=lambda file: file.name)
    photos = [file.read_bytes() for file in files if not file.name.startswith("true-")]
    spec = TrainSpec(
        workspace_id="a" * 32,
        model_id="b" * 32,
        version_id="c" * 32,
        handle=HANDLE,
        kind=ModelKind.PRODUCT,
        class_noun="mug",
        trigger_word="zz00",
        base_model="tiny",
        photos=tuple(TrainingPhoto(str(number), f"{HANDLE} mug") for number in range(len(photos))),
        preset=_preset(len(photos)),
        seed=7,
        test_prompts=(f"@{HANDLE}", f"@{HANDLE} on a beach", f"@{HANDLE} on a table at night"),
    )
    return spec, photos


def _preset(images: int) -> TrainingPreset:
    standard = training_preset("tiny", ModelKind.PRODUCT, images)
    half = TRAINING_STEPS // 2
    return replace(standard, num_steps=TRAINING_STEPS, checkpoint_every_steps=half, preview_every_steps=half)
