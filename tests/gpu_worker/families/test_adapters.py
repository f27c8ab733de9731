"""Adapters on the large bases: several in one batch, and learnt from photos, as on `tiny`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel

from gpu_worker.adapters import AdapterFile, pack_adapter, write_peft_folder
from gpu_worker.checkpoints import unpack_checkpoint
from gpu_worker.families.registry import prepare
from gpu_worker.runner import Runner
from gpu_worker.tasks import GenerateTask, PictureOrder, TrainTask
from tests.gpu_worker.adapters import random_factors
from tests.gpu_worker.families.folders import PIPELINES
from tests.gpu_worker.specs import photo, preset, train_spec

TOLERANCE = 2e-5
"""Most difference of latents, float32: kernels round differently for another number of rows."""
ORDER = PictureOrder(
    task_id="pictures",
    prompts=("a red mug on a beach",),
    seeds=(5,),
    width_px=64,
    height_px=64,
    num_inference_steps=2,
    guidance_scale=3.0,
)
STEPS = 12
SPEC = train_spec(training_preset=preset(num_steps=STEPS))
PHOTOS = (photo(), photo("navy"))


def adapter_file(runner: Runner, seed: int, rank: int) -> bytes:
    return pack_adapter(
        AdapterFile(
            shape=runner._shape(rank, rank),
            factors=random_factors(runner.bank, seed, rank),
            base_weights_sha256=runner.family.identity.weights_sha256,
            version_id="v" * 32,
        )
    )


def begin(runner: Runner, order: PictureOrder, *adapters: bytes) -> GenerateTask:
    names = [runner.attach(data, "ada") for data in adapters]
    return runner.begin_pictures(replace(order, adapters=tuple((name, 0.8) for name in names)))


def finish(runner: Runner, *tasks: GenerateTask) -> list[torch.Tensor]:
    while waiting := [task for task in tasks if not task.is_finished]:
        runner.denoise(*waiting)
    for task in tasks:
        for name, _ in task.order.adapters:
            runner.detach(name)
    return [task.latents for task in tasks]


def begin_training(runner: Runner) -> TrainTask:
    return runner.begin_training("t", SPEC, PHOTOS)


@pytest.mark.parametrize("title", PIPELINES)
def test_people_with_different_adapters_share_a_batch_and_get_their_own_pictures(
    title: str, runner_of: Callable[[str], Runner]
) -> None:
    runner = runner_of(title)
    one, other = (adapter_file(runner, seed, rank) for seed, rank in ((1, 2), (2, 4)))
    longer = replace(ORDER, prompts=("a blue shoe in the snow, seen from far above",), num_inference_steps=3)
    asked = [(ORDER, (one,)), (longer, (other,)), (ORDER, ()), (replace(ORDER, seeds=(9,)), (one, other))]
    alone = [finish(runner, begin(runner, order, *files))[0] for order, files in asked]
    tasks = [begin(runner, order, *files) for order, files in asked]
    assert len({task.batch_key for task in tasks}) == 1
    together = finish(runner, *tasks)
    for mine, own in zip(together, alone, strict=True):
        torch.testing.assert_close(mine, own, atol=TOLERANCE * own.abs().max().item(), rtol=0)
    assert (alone[0] - alone[2]).abs().max() > 1e-3


def test_pictures_of_different_shapes_never_share_a_batch(runner_of: Callable[[str], Runner]) -> None:
    for title in ("sdxl", "flux"):
        square, wide = (begin(runner_of(title), replace(ORDER, width_px=width)) for width in (64, 96))
        assert square.batch_key != wide.batch_key


@torch.no_grad()
def measured_loss(runner: Runner, task: TrainTask) -> float:
    """Return the mean loss over the whole set at the same noise, with the training's adapter acting."""
    generator = torch.Generator().manual_seed(3)
    family, subject = runner.family, task.training_set.subject
    losses = []
    with runner.bank.training(task.weights.detach()[None], task.shape.lora_rank, task.shape.scale):
        for _ in range(8):
            noisy = family.noise_examples(subject.latents, generator)
            output = family.denoise(noisy.latents, noisy.timesteps, subject.conditioning)
            losses.append(noisy.weights * (output - noisy.targets).square().mean(dim=(1, 2, 3)))
    return float(torch.stack(losses).mean())


@pytest.mark.parametrize("title", PIPELINES)
def test_a_short_training_lowers_the_loss_and_what_it_saved_changes_pictures(
    title: str, runner_of: Callable[[str], Runner]
) -> None:
    runner = runner_of(title)
    (bare,) = finish(runner, begin(runner, ORDER))
    task = begin_training(runner)
    before = measured_loss(runner, task)
    for _ in range(STEPS):
        runner.train(task)
    after = measured_loss(runner, task)
    saved = runner.save(task)
    runner.detach(task.adapter_name)
    assert after < 0.98 * before
    (changed,) = finish(runner, begin(runner, ORDER, saved))
    assert (changed - bare).abs().max() > 1e-3
    (again,) = finish(runner, begin(runner, ORDER))
    assert torch.equal(again, bare)


@pytest.mark.parametrize("title", ["sdxl", "flux", "klein", "bria", "z_image"])
def test_a_training_that_is_taken_up_again_ends_bit_by_bit_the_same(
    title: str, runner_of: Callable[[str], Runner]
) -> None:
    runner = runner_of(title)
    whole = begin_training(runner)
    for _ in range(4):
        runner.train(whole)
    first = begin_training(runner)
    for _ in range(2):
        runner.train(first)
    kept = runner.checkpoint(first)
    second = begin_training(runner)
    assert runner.resume(second, unpack_checkpoint(kept))
    for _ in range(2):
        runner.train(second)
    for task in (whole, first, second):
        runner.detach(task.adapter_name)
    assert runner.save(second) == runner.save(whole)


@pytest.mark.parametrize("title", ["sdxl", "flux", "klein", "bria", "z_image"])
def test_computing_activations_again_trains_the_same(title: str, runner_of: Callable[[str], Runner]) -> None:
    runner = runner_of(title)
    denoiser: Any = runner.family.denoiser
    plain, sparing = begin_training(runner), begin_training(runner)
    runner.train(plain)
    denoiser.enable_gradient_checkpointing()
    try:
        runner.train(sparing)
    finally:
        denoiser.disable_gradient_checkpointing()
    for task in (plain, sparing):
        runner.detach(task.adapter_name)
    for name, factor in plain.factors.items():
        torch.testing.assert_close(sparing.factors[name], factor)


@pytest.mark.parametrize("title", ["sdxl", "flux", "klein", "bria", "z_image"])
def test_peft_reads_the_adapter_and_computes_the_same(
    title: str, folder_of: Callable[[str], Path], runner_of: Callable[[str], Runner], tmp_path: Path
) -> None:
    runner = runner_of(title)
    data = adapter_file(runner, seed=4, rank=2)
    write_peft_folder(data, tmp_path)
    (ours,) = finish(runner, begin(runner, replace(ORDER, adapters=()), data))
    other: Any = prepare(runner.family.identity.name, str(folder_of(title))).load()
    PeftModel.from_pretrained(other.denoiser, tmp_path)  # puts its layers into the denoiser itself
    for module in other.denoiser.modules():
        if hasattr(module, "lora_A"):
            module.scale_layer(0.8)
    task = runner.begin_pictures(ORDER)
    while not task.is_finished:
        sample, t = task.latents, task.noise_scheduler.timesteps[task.step_index]
        sample = task.noise_scheduler.scale_model_input(sample, t)
        rows = torch.cat([sample, sample]) if task.is_guided else sample
        with torch.no_grad():
            output = other.denoise(rows, t.float().expand(len(rows)), task.conditioning)
        if task.is_guided:
            bare, told = output.chunk(2)
            output = bare + ORDER.guidance_scale * (told - bare)
        task.latents = task.noise_scheduler.step(output, t, task.latents).prev_sample
        task.step_index += 1
    torch.testing.assert_close(ours, task.latents, atol=1e-4 * ours.abs().max().item(), rtol=0)
