"""The forms in which a large base lies on a device, as far as a CPU can show them: 16 bits, and parts that wait."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from gpu_worker.checkpoints import unpack_checkpoint
from gpu_worker.families.bria import BriaFamily
from gpu_worker.families.flux import FluxFamily
from gpu_worker.families.flux2 import Flux2KleinFamily
from gpu_worker.families.memory import MemoryPlan, Weights
from gpu_worker.families.pipeline_family import Opening, PipelineFamily
from gpu_worker.families.sdxl import SdxlFamily
from gpu_worker.families.z_image import ZImageFamily
from gpu_worker.runner import Runner
from tests.gpu_worker.families.test_adapters import ORDER, PHOTOS, SPEC, adapter_file, begin, finish

FAMILIES: dict[str, type[PipelineFamily]] = {
    "sdxl": SdxlFamily,
    "flux": FluxFamily,
    "klein": Flux2KleinFamily,
    "bria": BriaFamily,
    "z_image": ZImageFamily,
}
ROUNDING = 0.15
"""Of the largest latent: what two steps in numbers of eight bits may be off."""


def load(title: str, folder: Path, plan: MemoryPlan) -> Runner:
    runner = Runner(FAMILIES[title](Opening(title, folder, torch.device("cpu"), plan)), slots=4)
    runner.family.default_size_px = 64
    return runner


@pytest.mark.parametrize("title", FAMILIES)
def test_sixteen_bits_draw_nearly_the_same_and_train_in_thirty_two(
    title: str, folder_of: Callable[[str], Path], runner_of: Callable[[str], Runner]
) -> None:
    plan = MemoryPlan(Weights.HALF, is_offloaded=True, is_checkpointed=True)
    runner, exact = load(title, folder_of(title), plan), runner_of(title)
    assert {weight.dtype for weight in runner.family.denoiser.parameters()} <= {torch.bfloat16, torch.float32}
    data = adapter_file(exact, seed=1, rank=2)
    (rounded,) = finish(runner, begin(runner, ORDER, data))
    (expected,) = finish(exact, begin(exact, ORDER, data))
    assert rounded.dtype == torch.float32
    assert (rounded - expected).abs().max() < ROUNDING * expected.abs().max()
    assert runner.family.decode(rounded).dtype == torch.float32

    task = runner.begin_training("t", SPEC, PHOTOS)
    for _ in range(2):
        runner.train(task)
    assert {factor.dtype for factor in task.factors.values()} == {torch.float32}
    again = runner.begin_training("t", SPEC, PHOTOS)
    assert runner.resume(again, unpack_checkpoint(runner.checkpoint(task)))
    assert any(bool(factor.detach().any()) for name, factor in task.factors.items() if "lora_B" in name)


def test_parts_that_wait_in_the_host_change_nothing(
    folder_of: Callable[[str], Path], runner_of: Callable[[str], Runner]
) -> None:
    plan = MemoryPlan(Weights.FULL, is_offloaded=True, is_checkpointed=True)
    sparing = load("sdxl", folder_of("sdxl"), plan)
    (ours,) = finish(sparing, begin(sparing, ORDER))
    (expected,) = finish(runner_of("sdxl"), begin(runner_of("sdxl"), ORDER))
    assert torch.equal(ours, expected)
