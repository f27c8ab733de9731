"""Eight people ask `tiny` for a picture with eight names: text, steps and decode, by our engine and by diffusers.

diffusers serves them one after another with its own pipeline and `set_adapters`; it loads the very files that we save,
through peft. Both have all adapters at hand before the clock runs. The pictures must be the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import diffusers
import torch
from peft import set_peft_model_state_dict
from PIL import Image
from safetensors.torch import load as load_tensors

from benchmarks import report
from benchmarks.engine.turns import libraries, rates, ratios_of, take_turns, timed
from benchmarks.engine.ways import NAMES, random_factors
from gpu_worker.adapters import AdapterFile, AdapterShape, pack_adapter
from gpu_worker.engine import Engine
from gpu_worker.events import PicturesMade
from gpu_worker.families.tiny import SHIPPED_FOLDER
from gpu_worker.pictures import mean_difference
from gpu_worker.runner import Runner, load_family
from gpu_worker.tasks import PictureOrder

STEPS, GUIDANCE, SIZE_PX, RANK = 10, 2.5, 64, 8
STRENGTH = 0.05
"""Of random factors: they change a picture well beyond rounding, and leave it one."""
DIFFERENCE_MOST = 0.5
"""Of 255, the mean over a picture's values: rounding to whole values makes some differ by one."""
TOGETHER, APART, DIFFUSERS = "ours, all together", "ours, one after another", "diffusers, one after another"
PROMPTS = [f"a red {noun} on a beach" for noun in ("mug", "shoe", "ball", "hat") * 2]


def run(rounds: int) -> None:
    """Run the rounds, and write their file."""
    family = load_family("tiny")
    shape = AdapterShape(RANK, RANK, tuple(family.adapter_targets))
    files = [
        pack_adapter(
            AdapterFile(
                shape=shape,
                factors={
                    key: factor * STRENGTH if ".lora_B." in key else factor
                    for key, factor in random_factors(family.denoiser, shape, seed).items()
                },
                base_weights_sha256=family.identity.weights_sha256,
                version_id=f"{seed:032d}",
            )
        )
        for seed in range(len(NAMES))
    ]
    theirs = by_diffusers(files, shape)
    runner = Runner(family)
    for data in files:
        runner.attach(data, "ada")  # so that they stay at hand when a request ends
    together, apart = by_engine(runner, files, len(NAMES)), by_engine(runner, files, 1)
    differences = {}
    expected = theirs()
    for title, way in ((TOGETHER, together), (APART, apart)):
        differences[title] = mean_difference(way(), expected)
        if differences[title] > DIFFERENCE_MOST:
            raise RuntimeError(f"other pictures: {differences}")
    seconds = take_turns({TOGETHER: timed(together), APART: timed(apart), DIFFUSERS: timed(theirs)}, rounds)
    figures = {
        "benchmark": f"eight pictures with eight names on tiny, {SIZE_PX} px, {STEPS} steps, guided, fp32, one thread",
        "rounds": rounds,
        "mean_difference_of_pictures_of_255": differences,
        "pictures_per_second": rates(seconds, len(NAMES)),
        "ours_over": ratios_of(seconds, [(TOGETHER, DIFFUSERS), (APART, DIFFUSERS), (TOGETHER, APART)]),
        "libraries": libraries(),
    }
    report.write("engine-end-to-end", figures)


def by_engine(runner: Runner, files: list[bytes], at_once: int) -> Callable[[], list[Image.Image]]:
    """Return what makes everybody's picture with our engine, so many requests at a time."""

    def draw() -> list[Image.Image]:
        engine, pictures = Engine(runner), {}
        names = [runner.attach(data, "ada") for data in files]
        for first in range(0, len(names), at_once):
            for person in range(first, first + at_once):
                order = PictureOrder(
                    task_id=str(person),
                    prompts=(PROMPTS[person],),
                    seeds=(person,),
                    width_px=SIZE_PX,
                    height_px=SIZE_PX,
                    num_inference_steps=STEPS,
                    guidance_scale=GUIDANCE,
                    adapters=((names[person], 1.0),),
                )
                engine.add(runner.begin_pictures(order))
            while not engine.is_idle:
                for event in engine.step():
                    if isinstance(event, PicturesMade):
                        pictures[event.job_id] = event.pictures[0]
        return [pictures[str(person)] for person in range(len(names))]

    return draw


def by_diffusers(files: list[bytes], shape: AdapterShape) -> Callable[[], list[Image.Image]]:
    """Return what makes everybody's picture with diffusers' pipeline."""
    pipeline: Any = diffusers.StableDiffusionPipeline.from_pretrained(
        SHIPPED_FOLDER,
        safety_checker=None,
        requires_safety_checker=False,
        local_files_only=True,
        torch_dtype=torch.float32,
    )
    pipeline.set_progress_bar_config(disable=True)
    for name, data in zip(NAMES, files, strict=True):
        pipeline.unet.add_adapter(shape.lora_config(), adapter_name=name)
        set_peft_model_state_dict(pipeline.unet, load_tensors(data), adapter_name=name)
    pipeline.unet.eval().requires_grad_(False)

    def draw() -> list[Image.Image]:
        pictures = []
        for person, name in enumerate(NAMES):
            pipeline.unet.set_adapters(name)
            made = pipeline(
                PROMPTS[person],
                height=SIZE_PX,
                width=SIZE_PX,
                num_inference_steps=STEPS,
                guidance_scale=GUIDANCE,
                generator=torch.Generator().manual_seed(person),
            )
            pictures += made.images
        return pictures

    return draw
