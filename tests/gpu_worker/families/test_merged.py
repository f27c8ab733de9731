"""Adapters of kinds that the bank cannot hold, made by peft: drawn alone, and gone from the base afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoHaConfig, LoKrConfig, LoraConfig, PeftConfig, get_peft_model
from peft.utils import get_peft_model_state_dict

from core.errors import JobFailed
from gpu_worker.adapters import pack_foreign
from gpu_worker.conditioning import Frame
from gpu_worker.engine import Engine
from gpu_worker.families.registry import prepare
from gpu_worker.runner import Runner
from gpu_worker.tasks import GenerateTask
from tests.gpu_worker.families.test_adapters import (
    ORDER,
    adapter_file,
    begin,
    begin_training,
    finish,
)

TARGETS = r".*\.attn[12]\.(to_q|to_v)"
MADE_BY_PEFT: dict[str, Callable[[], PeftConfig]] = {
    "DoRA": lambda: LoraConfig(r=3, lora_alpha=6, use_dora=True, target_modules=TARGETS),
    "rsLoRA": lambda: LoraConfig(r=3, lora_alpha=6, use_rslora=True, target_modules=TARGETS),
    "ranks by layer": lambda: LoraConfig(r=3, rank_pattern={"to_q": 5}, target_modules=TARGETS),
    "LoHa": lambda: LoHaConfig(r=3, alpha=3, target_modules=TARGETS),
    "LoKr": lambda: LoKrConfig(r=3, alpha=3, target_modules=TARGETS),
}
TOLERANCE = 2e-5


def made_by_peft(kind: str, folder: Path) -> tuple[bytes, torch.Tensor]:
    """Return an adapter of that kind as a file, and the latents that peft itself draws with it."""
    family: Any = prepare("sdxl", str(folder)).load()
    with torch.random.fork_rng():
        torch.manual_seed(1)
        model: Any = get_peft_model(family.denoiser, MADE_BY_PEFT[kind]())
        with torch.no_grad():
            for name, weight in model.named_parameters():
                if weight.requires_grad and "magnitude" not in name:
                    weight.normal_(std=0.3)
                elif weight.requires_grad:
                    weight.mul_(1.3)
    model.eval()
    config = {
        name: sorted(value) if isinstance(value, set) else value
        for name, value in model.peft_config["default"].to_dict().items()
    }
    tensors = {name: value.detach().contiguous() for name, value in get_peft_model_state_dict(model).items()}
    return pack_foreign(config, tensors, family.identity.weights_sha256, "v" * 32), draw_with(family)


@torch.no_grad()
def draw_with(family: Any) -> torch.Tensor:
    """Take the steps of `ORDER` without guidance, with whatever is in the denoiser."""
    shape = family.latent_shape(ORDER.width_px, ORDER.height_px)
    noise_scheduler = family.new_noise_scheduler(ORDER.num_inference_steps, shape)
    latents = torch.randn(shape, generator=torch.Generator().manual_seed(ORDER.seeds[0]))[None]
    latents = latents * noise_scheduler.init_noise_sigma
    frame = Frame(ORDER.width_px, ORDER.height_px)
    conditioning = family.encode_prompts(ORDER.prompts, frame)
    for t in noise_scheduler.timesteps:
        sample = noise_scheduler.scale_model_input(latents, t)
        output = family.denoise(sample, t.float().expand(1), conditioning)
        latents = noise_scheduler.step(output, t, latents).prev_sample
    return latents


PLAIN = replace(ORDER, guidance_scale=1.0)


def begin_at(runner: Runner, *uses: tuple[bytes, float]) -> GenerateTask:
    adapters = tuple((runner.attach(data, "ada"), weight) for data, weight in uses)
    return runner.begin_pictures(replace(PLAIN, adapters=adapters))


@pytest.mark.parametrize("kind", MADE_BY_PEFT)
def test_its_picture_is_what_peft_draws_and_the_base_is_bit_by_bit_as_before(
    kind: str, folder_of: Callable[[str], Path], runner_of: Callable[[str], Runner]
) -> None:
    runner = runner_of("sdxl")
    data, expected = made_by_peft(kind, folder_of("sdxl"))
    (bare,) = finish(runner, begin(runner, PLAIN))
    (ours,) = finish(runner, begin_at(runner, (data, 1.0)))
    torch.testing.assert_close(ours, expected, atol=TOLERANCE * expected.abs().max().item(), rtol=0)
    assert (ours - bare).abs().max() > 1e-3
    (again,) = finish(runner, begin(runner, PLAIN))
    assert torch.equal(again, bare)
    assert runner.merged.held == frozenset()


def test_people_beside_it_are_drawn_without_it(
    folder_of: Callable[[str], Path], runner_of: Callable[[str], Runner]
) -> None:
    runner = runner_of("sdxl")
    odd, usual = made_by_peft("DoRA", folder_of("sdxl"))[0], adapter_file(runner, seed=1, rank=2)
    asked = {"odd": [odd], "usual": [usual], "both": [odd, usual], "none": []}
    alone = {name: finish(runner, begin(runner, ORDER, *files))[0] for name, files in asked.items()}
    engine = Engine(runner)
    tasks = {name: begin(runner, replace(ORDER, task_id=name), *files) for name, files in asked.items()}
    together: set[tuple[str, ...]] = set()
    for task in tasks.values():
        engine.add(task)
    while not engine.is_idle:
        engine.step()
        together.add(engine.jobs_in_hand)
    for name, task in tasks.items():
        torch.testing.assert_close(task.latents, alone[name], atol=1e-4, rtol=0)
    assert ("usual", "none") in together
    assert not any(len(names) > 1 and {"odd", "both"} & set(names) for names in together)


def test_taking_turns_with_a_picture_of_the_same_other_adapter_changes_neither(
    folder_of: Callable[[str], Path], runner_of: Callable[[str], Runner]
) -> None:
    runner = runner_of("sdxl")
    odd, usual = made_by_peft("DoRA", folder_of("sdxl"))[0], adapter_file(runner, seed=1, rank=2)
    asked = ([usual], [odd, usual])
    alone = [finish(runner, begin(runner, ORDER, *files))[0] for files in asked]
    tasks = [begin(runner, ORDER, *files) for files in asked]
    while not tasks[0].is_finished:
        for task in tasks:  # to the bank, each step is as the one before
            runner.denoise(task)
    for task, expected in zip(tasks, alone, strict=True):
        torch.testing.assert_close(task.latents, expected, atol=TOLERANCE, rtol=0)
        for name, _ in task.order.adapters:
            runner.detach(name)


def test_a_training_beside_it_learns_the_same(
    folder_of: Callable[[str], Path], runner_of: Callable[[str], Runner]
) -> None:
    runner = runner_of("sdxl")
    quiet = begin_training(runner)
    for _ in range(2):
        runner.train(quiet)
    busy = begin_training(runner)
    picture = begin(runner, ORDER, made_by_peft("DoRA", folder_of("sdxl"))[0])
    runner.denoise(picture)
    runner.train(busy)
    runner.denoise(picture)
    runner.train(busy)
    finish(runner, picture)
    assert runner.save(busy) == runner.save(quiet)
    for task in (quiet, busy):
        runner.detach(task.adapter_name)


def test_its_weight_blends_between_the_base_and_all_of_it(
    folder_of: Callable[[str], Path], runner_of: Callable[[str], Runner]
) -> None:
    runner = runner_of("sdxl")
    data, _ = made_by_peft("DoRA", folder_of("sdxl"))
    (bare,) = finish(runner, begin(runner, PLAIN))
    none, half, whole = (finish(runner, begin_at(runner, (data, weight)))[0] for weight in (0.0, 0.5, 1.0))
    assert torch.equal(none, bare)
    assert 0 < (half - bare).norm() < (whole - bare).norm()


@pytest.mark.parametrize(
    "config",
    [
        {"peft_type": "IA3", "target_modules": TARGETS},
        {"peft_type": "LORA", "r": 2, "use_dora": True, "target_modules": TARGETS},
    ],
)
def test_what_cannot_be_merged_is_refused_in_words(
    config: dict[str, Any], runner_of: Callable[[str], Runner]
) -> None:
    runner = runner_of("sdxl")
    tensors = {"time_proj.lora_A.weight": torch.zeros(2, 4)}
    data = pack_foreign(config, tensors, runner.family.identity.weights_sha256, "v" * 32)
    with pytest.raises(JobFailed, match=r"files of @ada are of a kind that this base cannot use"):
        runner.attach(data, "ada")
    assert runner.attached == runner.merged.held == frozenset()
