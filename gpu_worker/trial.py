"""How a training is looked at: previews on the way, and at its end the check that it may be called ready.

The saved file is loaded as any request would load it and makes the test sheet. The first prompts are
drawn by the bare base too, same words and seeds: an adapter that changes nothing has not been trained.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PIL import Image

from core.errors import JobFailed
from gpu_worker.events import TrainingDone
from gpu_worker.pictures import draw_test_sheet, mean_difference
from gpu_worker.prompts import prompt_for_base
from gpu_worker.runner import Runner
from gpu_worker.tasks import Check, GenerateTask, PictureOrder, Purpose, TrainTask

EFFECT_LEAST = 1.0
"""Mean absolute difference of 255 below which an adapter counts as without effect. Two runs of the same
picture differ by 0."""
EFFECT_PROMPTS = 2
"""Prompts of the test sheet that the bare base draws too."""

NO_EFFECT = (
    "The training of @{handle} finished, but its pictures look the same as without it, so I did not keep it. "
    "Train it again with sharper or more varied photos."
)

Judge = Callable[[Sequence[Image.Image], Sequence[Image.Image]], float]
"""Likeness of pictures to true photos, 0 to 1."""


def begin_preview(runner: Runner, training: TrainTask) -> GenerateTask:
    """Draw the first test prompt with a copy of what is learnt so far; the training itself goes on."""
    with runner.attaching([(runner.save(training), training.spec.handle)]) as (name,):
        return runner.begin_pictures(_order(runner, training, Purpose.PREVIEW, 1, name))


def begin_check(runner: Runner, training: TrainTask) -> list[GenerateTask]:
    """Save the training, load what was saved, and draw with and without it."""
    adapter = runner.save(training)
    with runner.attaching([(adapter, training.spec.handle)]) as (name,):
        count = len(training.spec.test_prompts)
        orders = (
            _order(runner, training, Purpose.SHEET, count, name),
            _order(runner, training, Purpose.BARE, EFFECT_PROMPTS, None),
        )
        drawings = [runner.begin_pictures(order) for order in orders]
    training.check = Check(adapter)
    return drawings


def conclude(training: TrainTask, check: Check, judge: Judge | None) -> TrainingDone:
    """Say whether the model is ready, once both rows of pictures are there.

    Raises:
        JobFailed: The adapter changes nothing.
    """
    spec = training.spec
    with_it, without = check.pictures[Purpose.SHEET], check.pictures[Purpose.BARE]
    effect = mean_difference(with_it[: len(without)], without)
    if effect < EFFECT_LEAST:
        raise JobFailed(NO_EFFECT.format(handle=spec.handle))
    return TrainingDone(
        job_id=training.job_id,
        adapter=check.adapter,
        test_sheet=draw_test_sheet(with_it, spec.test_prompts),
        num_steps=training.step_index,
        effect=effect,
        likeness=None if judge is None else judge(with_it, training.training_set.photos),
    )


def _order(
    runner: Runner, training: TrainTask, purpose: Purpose, count: int, adapter_name: str | None
) -> PictureOrder:
    family, spec = runner.family, training.spec
    prompts = spec.test_prompts[:count]
    return PictureOrder(
        task_id=f"{training.task_id}/{purpose}-{training.step_index}",
        prompts=tuple(prompt_for_base(prompt, [spec]) for prompt in prompts),
        seeds=tuple(spec.seed + row for row in range(len(prompts))),
        width_px=family.default_size_px,
        height_px=family.default_size_px,
        num_inference_steps=family.default_num_inference_steps,
        guidance_scale=family.default_guidance_scale,
        adapters=() if adapter_name is None else ((adapter_name, 1.0),),
        purpose=purpose,
        training_id=training.task_id,
    )
