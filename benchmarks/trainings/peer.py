"""One training, ours beside diffusers' DreamBooth-LoRA script: same base, photos, batch size, rank and rate.

First with all else equal: fp32, the same layers, photos and text encoded once on both sides, the same noise levels.
Then as each runs by default: the script reads, resizes and encodes its photos and its prompt at every step.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import torch

from benchmarks import report
from benchmarks.trainings.ours import CLASS_NOUN, TRIGGER_WORD, begin, photo_paths, small_runner
from benchmarks.trainings.script import TRAIN_TIMESTEPS, Run, load_script, run_script
from benchmarks.trainings.together import spread
from gpu_worker.conditioning import Frame
from gpu_worker.dataset import Examples, TrainingSet, open_photo, to_pixels
from gpu_worker.families import tiny
from gpu_worker.families.family import NoisyExamples
from gpu_worker.families.tiny_layers import noisy_mix
from gpu_worker.runner import Runner

BATCH_SIZE = 4  # the script's default
ATTENTION = ("to_k", "to_q", "to_v", "to_out.0")
"""The layers that the script adapts."""
STEPS = 30
WARM_UP_STEPS = 10
"""Of the learning rate, on both sides; not timed."""
SIZE_PX = 64
PROMPT = f"{TRIGGER_WORD} {CLASS_NOUN}"


class EvenlyNoised(tiny.TinyFamily):
    """tiny with the script's noise levels: all alike often."""

    def noise_examples(self, latents: torch.Tensor, generator: torch.Generator) -> NoisyExamples:
        timesteps = torch.randint(0, TRAIN_TIMESTEPS, (len(latents),), generator=generator).float()
        noise = torch.randn(latents.shape, generator=generator)
        sigmas = timesteps / TRAIN_TIMESTEPS
        mixed = noisy_mix(latents, noise, sigmas)
        return NoisyExamples(mixed, timesteps, noise - latents, torch.ones(len(latents)))


@dataclass(frozen=True)
class Comparison:
    """One way to compare: what our side trains, and what the script is told beyond the usual."""

    title: str
    runner: Runner
    is_equalised: bool
    further: tuple[str, ...]


def run_pairs(path: Path, pairs: int) -> None:
    """Run the pairs of each comparison and write rates, ratios and both loss curves."""
    script = load_script(path)
    even = EvenlyNoised(tiny.SHIPPED_FOLDER, torch.device("cpu"))
    comparisons = (
        Comparison(
            "precision and caches equalised",
            small_runner(SIZE_PX, even, ATTENTION),
            True,
            ("--pre_compute_text_embeddings",),
        ),
        Comparison(
            "as each runs by default, the same layers", small_runner(SIZE_PX, None, ATTENTION), False, ()
        ),
        Comparison("as each runs by default, ours on all its layers", small_runner(SIZE_PX), False, ()),
    )
    runs: dict[str, Pairs] = {}
    for comparison in comparisons:
        runs[comparison.title] = take_turns(script, comparison, pairs)
        write(runs, pairs)


def write(runs: Mapping[str, Pairs], pairs: int) -> None:
    """Write the ratios and rates, and the loss curves to a file of their own."""
    processor = {title: seconds_of(side, "processor") for title, side in runs.items()}
    clock = {title: seconds_of(side, "clock") for title, side in runs.items()}
    curves = {
        title: {
            "ours": mean_curve([ours for ours, _ in side]),
            "script": mean_curve([its for _, its in side]),
        }
        for title, side in runs.items()
    }
    libraries = {name: version(name) for name in ("torch", "diffusers", "peft", "accelerate")}
    figures = {
        "benchmark": "One training on tiny beside diffusers' train_dreambooth_lora.py, no prior preservation on either "
        f"side: rank 8, batches of {BATCH_SIZE}, {len(photo_paths())} photos of 1024 px, fp32, one thread; the "
        "script's processor time a step over ours",
        "pairs": pairs,
        "steps timed": STEPS - WARM_UP_STEPS,
        "ours over the script": {
            title: spread([its / ours for ours, its in side]) for title, side in processor.items()
        },
        "the same by the clock": {
            title: statistics.median(its / ours for ours, its in side) for title, side in clock.items()
        },
        "milliseconds a step, ours and the script's": {
            title: [1000 * statistics.median(one) for one in zip(*side, strict=True)]
            for title, side in processor.items()
        },
        "mean loss of the last half, ours and the script's": {
            title: [statistics.fmean(losses[STEPS // 2 :]) for losses in curve.values()]
            for title, curve in curves.items()
        },
        "libraries": libraries,
    }
    report.write("training-peer", figures)
    about = f"loss of each step, mean of {pairs} runs"
    report.write("loss-curves", {"benchmark": about, "curves": curves, "libraries": libraries})


def seconds_of(side: Pairs, clock: str) -> list[tuple[float, float]]:
    """Return the seconds a step of each pair, ours and the script's."""
    return [(seconds_a_step(getattr(ours, clock)), seconds_a_step(getattr(its, clock))) for ours, its in side]


Pairs = list[tuple[Run, Run]]
"""Our run, and the script's beside it."""


def take_turns(script: ModuleType, comparison: Comparison, pairs: int) -> Pairs:
    """Return the runs of one comparison."""
    found = []
    for seed in range(pairs):
        if seed % 2:  # who begins changes from pair to pair
            ours = train_ours(comparison, seed)
            found.append((ours, train_theirs(script, comparison, seed)))
        else:
            theirs = train_theirs(script, comparison, seed)
            found.append((train_ours(comparison, seed), theirs))
        ratio = seconds_a_step(found[-1][1].processor) / seconds_a_step(found[-1][0].processor)
        print(f"{comparison.title}: {ratio:.2f}", flush=True)
    return found


def seconds_a_step(ends: list[float]) -> float:
    """Return the median time between the ends of steps, without the first of them."""
    return statistics.median(
        b - a for a, b in zip(ends[WARM_UP_STEPS - 1 :], ends[WARM_UP_STEPS:], strict=False)
    )


def mean_curve(runs: list[Run]) -> list[float]:
    """Return the loss of each step, averaged over runs: one run's is mostly its noise."""
    return [statistics.fmean(losses) for losses in zip(*(run.losses for run in runs), strict=True)]


def train_ours(comparison: Comparison, seed: int) -> Run:
    """Train with our runner and note each step."""
    runner = comparison.runner
    task = begin(runner, seed, BATCH_SIZE)
    if comparison.is_equalised:
        task.training_set = plain_set(runner)
    seen = Run()
    for _ in range(STEPS):
        seen.note(runner.train(task)[0])
    runner.detach(task.adapter_name)
    return seen


def plain_set(runner: Runner) -> TrainingSet:
    """Return the photos as the script sees them: whole, each once, all with one prompt."""
    images = tuple(open_photo(path.read_bytes()) for path in photo_paths())
    pixels = torch.stack([to_pixels(image, SIZE_PX) for image in images])
    conditioning = runner.family.encode_prompts([PROMPT] * len(images), Frame(SIZE_PX, SIZE_PX))
    return TrainingSet(Examples(runner.family.encode_pictures(pixels), conditioning), None, images)


def train_theirs(script: ModuleType, comparison: Comparison, seed: int) -> Run:
    """Run the script and note each of its steps."""
    with tempfile.TemporaryDirectory() as work:
        photos = Path(work, "photos")
        photos.mkdir()
        for path in photo_paths():
            shutil.copy(path, photos)
        learning_rate = begin(comparison.runner, seed, BATCH_SIZE).spec.preset.learning_rate
        arguments: Sequence[object] = (
            "--pretrained_model_name_or_path", tiny.SHIPPED_FOLDER,
            "--instance_data_dir", photos,
            "--instance_prompt", PROMPT,
            "--output_dir", Path(work, "out"),
            "--resolution", SIZE_PX,
            "--train_batch_size", BATCH_SIZE,
            "--rank", 8,
            "--learning_rate", learning_rate,
            "--lr_scheduler", "constant_with_warmup",
            "--lr_warmup_steps", WARM_UP_STEPS,
            "--max_train_steps", STEPS,
            "--seed", seed,
            *comparison.further,
        )  # fmt: skip
        return run_script(script, [str(argument) for argument in arguments], comparison.is_equalised)
