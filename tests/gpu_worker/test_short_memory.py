"""Pictures on a device that is nearly full: in smaller parts, or an ending in words. Trainings: `test_trainings`."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import numpy as np
import pytest
import torch

from core.errors import JobFailed
from gpu_worker.conditioning import Conditioning
from gpu_worker.device import in_parts_that_fit, is_out_of_memory
from gpu_worker.engine import Engine
from gpu_worker.engine_thread import EngineThread
from gpu_worker.events import PicturesMade
from gpu_worker.runner import Runner
from gpu_worker.tasks import PictureOrder
from tests.gpu_worker.adapters import adapter_file
from tests.gpu_worker.small_family import SmallFamily

ORDER = PictureOrder(
    task_id="pictures",
    prompts=("a mug on a beach", "a mug in the snow", "a mug"),
    seeds=(5, 6, 7),
    width_px=16,
    height_px=16,
    num_inference_steps=3,
    guidance_scale=3.0,
)


class CrampedFamily(SmallFamily):
    """Has room for so many rows at a time, as a full device has."""

    def __init__(self, most_rows: int) -> None:
        super().__init__()
        self.most_rows = most_rows
        self.tried: list[int] = []

    def _need(self, rows: int) -> None:
        self.tried.append(rows)
        if rows > self.most_rows:
            raise torch.OutOfMemoryError("CUDA out of memory.")

    def denoise(
        self, latents: torch.Tensor, timesteps: torch.Tensor, conditioning: Conditioning
    ) -> torch.Tensor:
        self._need(len(latents))
        return super().denoise(latents, timesteps, conditioning)

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        self._need(len(latents))
        return super().decode(latents)


def draw(runner: Runner) -> list[np.ndarray]:
    """Three guided pictures with an adapter: six rows."""
    torch.set_num_threads(1)
    name = runner.attach(adapter_file(runner, seed=1), "ada")
    task = runner.begin_pictures(replace(ORDER, adapters=((name, 1.0),)))
    while not task.is_finished:
        runner.denoise(task)
    return [np.asarray(picture) for picture in runner.decode(task)]


def test_pictures_that_do_not_fit_are_made_in_parts_and_look_the_same() -> None:
    cramped = CrampedFamily(most_rows=2)
    parted, whole = draw(Runner(cramped)), draw(Runner(SmallFamily()))
    for part, picture in zip(parted, whole, strict=True):
        assert np.abs(part.astype(int) - picture.astype(int)).max() <= 1  # kernels round with the rows
    assert cramped.tried == [6, 3] + [2] * 9 + [2, 1], "what is too large is not tried at every step"


def test_pictures_of_which_none_fits_fail_in_words() -> None:
    with pytest.raises(JobFailed, match=r"do not fit into the worker's memory.*credits are back"):
        draw(Runner(CrampedFamily(most_rows=0)))


async def test_requests_that_do_not_fit_together_are_made_apart() -> None:
    thread = EngineThread(torch_threads=1)
    cramped = CrampedFamily(most_rows=6)
    engine = await thread.load(lambda: Engine(Runner(cramped)))
    inboxes = {name: thread.open_inbox(name) for name in ("first", "second")}

    def add_both() -> None:
        for name in inboxes:
            engine.add(engine.runner.begin_pictures(replace(ORDER, task_id=name)))

    await thread.call(add_both)
    running = asyncio.create_task(thread.run())
    for inbox in inboxes.values():
        while not isinstance(ending := await inbox.get(), PicturesMade):
            assert not isinstance(ending, BaseException)
    await thread.stop()
    await running
    assert [rows for rows in cramped.tried if rows > 6] == [12]


def test_a_full_device_is_told_from_other_faults() -> None:
    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory."))
    with pytest.raises(RuntimeError) as of_a_cpu:
        torch.empty(2**60, dtype=torch.uint8)
    assert is_out_of_memory(of_a_cpu.value)
    assert not is_out_of_memory(RuntimeError("shapes differ"))


def test_another_fault_is_not_tried_again() -> None:
    tried: list[slice] = []

    def compute(rows: slice) -> torch.Tensor:
        tried.append(rows)
        raise RuntimeError("shapes differ")

    with pytest.raises(RuntimeError, match="shapes differ"):
        in_parts_that_fit(compute, rows=8, most=8)
    assert len(tried) == 1
