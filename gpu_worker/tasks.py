"""Work in progress: everything that lies between two steps. Tasks hold; the runner moves them."""

from __future__ import annotations

import math
import sys
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import torch
from PIL import Image

from core.queue.specs import TrainSpec
from gpu_worker.adapters import AdapterShape
from gpu_worker.conditioning import Conditioning
from gpu_worker.dataset import TrainingSet
from gpu_worker.parts import Parts
from gpu_worker.scheduler import Lane


class Purpose(StrEnum):
    """What pictures are for."""

    RESULT = "result"
    """A person asked for them."""
    PREVIEW = "preview"
    SHEET = "sheet"
    """A training's test sheet, made by the saved adapter."""
    BARE = "bare"
    """The same prompts and seeds without the adapter, to see what it changed."""


@dataclass(frozen=True)
class PictureOrder:
    """Pictures to make together: row i has `prompts[i]`, as the base reads them, and `seeds[i]`."""

    task_id: str
    prompts: tuple[str, ...]
    seeds: tuple[int, ...]
    width_px: int
    height_px: int
    num_inference_steps: int
    guidance_scale: float
    negative_prompt: str = ""
    adapters: tuple[tuple[str, float], ...] = ()
    """Names of attached adapters, each with its weight."""
    purpose: Purpose = Purpose.RESULT
    training_id: str | None = None
    """The training that these belong to, if any."""

    @property
    def lane(self) -> Lane:
        """Who pays for the steps."""
        return Lane.PICTURES if self.training_id is None else Lane.TRAINING


@dataclass
class GenerateTask:
    """Pictures being made.

    `latents` is [B, C, h, w]. `conditioning` has B rows, or 2B with the unconditional ones first when guided.
    The noise scheduler is this task's own: a shared one cannot be joined in the middle.
    """

    order: PictureOrder
    latents: torch.Tensor
    conditioning: Conditioning
    noise_scheduler: Any
    step_index: int = 0
    due: float = 0.0
    """Its place in line, once the engine has it."""
    rows_a_pass: int = sys.maxsize
    """How many rows go through the base at a time, where memory is short."""
    pictures: list[Image.Image] | None = None
    """What came of it, once decoded."""

    @property
    def task_id(self) -> str:
        """The job's id, or one made from its training's."""
        return self.order.task_id

    @property
    def job_id(self) -> str:
        """The job that this belongs to."""
        return self.order.training_id or self.order.task_id

    @property
    def lane(self) -> Lane:
        """Who pays for the steps."""
        return self.order.lane

    @property
    def num_rows(self) -> int:
        """Rows that a step of it takes up in a batch: one a picture, or two when guided."""
        return len(self.conditioning)

    @property
    def is_guided(self) -> bool:
        """Whether classifier-free guidance takes an unconditional row for each picture as well."""
        return self.num_rows > len(self.latents)

    @property
    def step_work(self) -> float:
        """What one of its steps asks of a device: values of latents that are denoised."""
        return float(self.num_rows * self.latents[0].numel())

    @property
    def batch_key(self) -> Hashable:
        """What tasks of one family must have in common to be denoised together: shapes and type."""
        return self.latents.shape[1:], self.latents.dtype, self.conditioning.key

    @property
    def total_steps(self) -> int:
        """Denoising steps; some noise schedulers take more than they were asked for."""
        return len(self.noise_scheduler.timesteps)

    @property
    def is_finished(self) -> bool:
        """Whether only decoding is left."""
        return self.step_index >= self.total_steps


CHECK_DRAWINGS = frozenset({Purpose.SHEET, Purpose.BARE})


@dataclass
class Check:
    """The end of a training: the saved adapter, loaded again, makes the test sheet beside the bare base."""

    adapter: bytes
    """The saved file."""
    pictures: dict[Purpose, list[Image.Image]] = field(default_factory=dict)

    @property
    def is_complete(self) -> bool:
        """Whether both are drawn."""
        return self.pictures.keys() == CHECK_DRAWINGS


@dataclass
class TrainTask:
    """A training in progress.

    Its factors are private: nothing that serves ever reads them, and the optimizer holds nothing else.
    Every random choice comes from `generator`, so that steps of others in between change nothing.
    """

    task_id: str
    spec: TrainSpec
    training_set: TrainingSet
    shape: AdapterShape
    adapter_name: str
    weights: torch.nn.Parameter
    """[values], all factors one after the other, float32."""
    factor_shapes: Mapping[str, tuple[int, ...]]
    """By PEFT's names, in the order of `weights`."""
    optimizer: torch.optim.Optimizer
    generator: torch.Generator
    step_index: int = 0
    num_passes: int = 1
    """In how many passes a step's batch goes through the denoiser; more than one where memory is short."""
    check: Check | None = None

    @property
    def factors(self) -> dict[str, torch.Tensor]:
        """Its factors by PEFT's names, in PEFT's shapes: views of `weights`."""
        parts = self.weights.detach().split([math.prod(shape) for shape in self.factor_shapes.values()])
        return {
            name: part.view(shape)
            for (name, shape), part in zip(self.factor_shapes.items(), parts, strict=True)
        }

    @property
    def num_rows(self) -> int:
        """Rows that a step of it takes up."""
        return self.spec.preset.batch_size

    @property
    def batch_key(self) -> Hashable | None:
        """What trainings of one family must have in common to take a step together; None: it goes alone."""
        if self.num_passes > 1:
            return None
        latents = self.training_set.subject.latents
        shapes = latents.shape[1:], latents.dtype, self.training_set.subject.conditioning.key
        return self.num_rows, self.shape, shapes

    @property
    def job_id(self) -> str:
        """The job that this belongs to."""
        return self.task_id

    @property
    def lane(self) -> Lane:
        """Who pays for the steps."""
        return Lane.TRAINING

    @property
    def total_steps(self) -> int:
        """Optimizer steps."""
        return self.spec.preset.num_steps

    @property
    def is_finished(self) -> bool:
        """Whether only the check is left."""
        return self.step_index >= self.total_steps


@dataclass
class Preparation:
    """A training that is made ready part by part, with steps of others in between; it turns into what it returns."""

    task_id: str
    parts: Parts[TrainTask]

    @property
    def job_id(self) -> str:
        """The job that this belongs to."""
        return self.task_id

    @property
    def lane(self) -> Lane:
        """Who pays for the parts."""
        return Lane.TRAINING

    @property
    def num_rows(self) -> int:
        """Rows that a part takes up in a batch: it goes alone."""
        return 1

    @property
    def batch_key(self) -> None:
        """Nothing goes along with it."""
        return None


Task = GenerateTask | TrainTask | Preparation
