"""The only file that touches the device: it makes tasks, moves them a step, and takes out what they made.

Everything runs under `no_grad`, never `inference_mode`: a tensor made in the latter may not meet a gradient
later, and a family is free to keep one. The denoiser stays in `eval` for training too, so that nothing
draws from the global random state.
"""

from __future__ import annotations

import hashlib
import operator
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import count
from typing import Any

import torch
from diffusers.utils import logging as diffusers_logging
from PIL import Image
from transformers.utils import logging as transformers_logging

from core.errors import ConfigurationError, JobFailed
from core.queue.specs import TrainSpec
from gpu_worker.adapters import AdapterFile, AdapterShape, pack_adapter, unpack_adapter
from gpu_worker.bank import SLOTS, AdapterBank
from gpu_worker.banked_layers import bank_layers
from gpu_worker.checkpoints import Checkpoint, fits, pack_checkpoint, restore
from gpu_worker.conditioning import Conditioning, Frame
from gpu_worker.dataset import training_set_in_parts
from gpu_worker.device import in_parts_that_fit, is_out_of_memory, memory_bytes
from gpu_worker.families.family import Family
from gpu_worker.kernel_profile import profile_of
from gpu_worker.parts import Parts, at_once
from gpu_worker.pictures import to_images
from gpu_worker.tasks import GenerateTask, PictureOrder, TrainTask
from gpu_worker.trainings import new_training, train_together

EARLIER_BASE = (
    "@{handle} was trained on an earlier version of the base. "
    "Retrain it with /edit @{handle}, then ask again. Nothing was charged."
)
PICTURES_TOO_LARGE = (
    "These pictures do not fit into the worker's memory, one at a time neither. Your credits are back. "
    "Ask for a smaller size, or ask the operator for a worker with more memory."
)


MERGED_SHARE = 0.125
"""Of the device's memory, the most that merged weights may take up."""


def _load_tiny(device: str) -> Family:
    from gpu_worker.families import tiny  # a family brings its libraries: only the one that is used

    family: Any = tiny.load(device=device)
    return family


FAMILIES: Mapping[str, Callable[[str], Family]] = {"tiny": _load_tiny}
"""How to load each base, by the name that settings and jobs use."""


def load_family(name: str) -> Family:
    """Load a base onto the best device of this machine.

    Raises:
        ConfigurationError: This version of the worker cannot run it.
    """
    if name not in FAMILIES:
        raise ConfigurationError(
            f"LIKENESS_BASES names {name}, which this worker cannot run. It can run: {', '.join(FAMILIES)}."
        )
    for library in (diffusers_logging, transformers_logging):
        library.set_verbosity_error()
        library.disable_progress_bar()
    return FAMILIES[name]("cuda" if torch.cuda.is_available() else "cpu")


class Runner:
    """One family on one device."""

    def __init__(self, family: Family, slots: int = SLOTS) -> None:
        self.family = family
        denoiser = family.denoiser.requires_grad_(False).eval()
        paths = self._shape(1, 1).target_paths(denoiser)
        dtype = next(denoiser.parameters()).dtype
        layers = bank_layers(denoiser, paths, profile_of(family.device), MERGED_SHARE * memory_bytes())
        self.bank = AdapterBank(layers, family.device, dtype, slots)
        self._parts: list[Conditioning] = []
        self._conditioning = Conditioning({})
        self._users: Counter[str] = Counter()
        self._numbers = count()

    # Adapters that serve

    @property
    def attached(self) -> frozenset[str]:
        """Names of the adapters that tasks use, of trainings the one that is being made."""
        return frozenset(self._users)

    def attach(self, data: bytes, handle: str) -> str:
        """Load an adapter file and return its name; the same file is held once, however many use it.

        The engine takes it off when its task ends, once for each time that it was attached.

        Raises:
            JobFailed: It was trained on other weights than these.
        """
        name = hashlib.sha256(data).hexdigest()
        if name not in self._users:
            adapter = unpack_adapter(data)
            if adapter.base_weights_sha256 != self.family.identity.weights_sha256:
                raise JobFailed(EARLIER_BASE.format(handle=handle))
            self.bank.put(name, adapter.factors, adapter.shape.scale)
        self._users[name] += 1
        return name

    @contextmanager
    def attaching(self, files: Sequence[tuple[bytes, str]]) -> Iterator[list[str]]:
        """Attach several files, given with their handles; if the block fails, none of them stays.

        Raises:
            JobFailed: One was trained on other weights than these.
        """
        with ExitStack() as undo:
            names: list[str] = []
            for data, handle in files:
                names.append(self.attach(data, handle))
                undo.callback(self.detach, names[-1])
            yield names
            undo.pop_all()

    def detach(self, name: str) -> None:
        """Let go of an adapter. The last user takes it off the device."""
        self._users[name] -= 1
        if self._users[name] <= 0:
            del self._users[name]
            if name in self.bank.held:
                self.bank.drop(name)

    # Pictures

    @torch.no_grad()
    def begin_pictures(self, order: PictureOrder) -> GenerateTask:
        """Make the task for an order: noise from each picture's own seed, and the encoded prompts."""
        family = self.family
        shape = family.latent_shape(order.width_px, order.height_px)
        noise_scheduler = family.new_noise_scheduler(order.num_inference_steps, shape)
        noise = [torch.randn(shape, generator=torch.Generator().manual_seed(seed)) for seed in order.seeds]
        is_guided = family.has_unconditional_rows and order.guidance_scale != 1.0
        unconditional = [order.negative_prompt] * len(order.prompts) if is_guided else []
        frame = Frame(order.width_px, order.height_px, order.guidance_scale)
        return GenerateTask(
            order=order,
            latents=torch.stack(noise).to(family.device) * noise_scheduler.init_noise_sigma,
            conditioning=family.encode_prompts([*unconditional, *order.prompts], frame),
            noise_scheduler=noise_scheduler,
        )

    @torch.no_grad()
    def denoise(self, *tasks: GenerateTask) -> None:
        """Move every picture of some tasks one denoising step, all in one pass; they share a `batch_key`.

        Each task has its own place among the steps, noise scheduler, guidance and adapters.

        Raises:
            JobFailed: Not even one picture of a task by itself fits into memory.
            torch.OutOfMemoryError: Several tasks do not fit together.
        """
        adapters = [task.order.adapters for task in tasks for _ in range(task.num_rows)]
        inputs = [self._model_inputs(task) for task in tasks]
        latents, timesteps = (torch.cat(parts) for parts in zip(*inputs, strict=True))
        conditioning = self._conditioning_of(tasks)

        def outputs_of(rows: slice) -> torch.Tensor:
            self.bank.compose(adapters[rows])
            is_whole = len(adapters[rows]) == len(adapters)  # its tensors stay, and layers know them again
            told = conditioning if is_whole else conditioning.rows(rows)
            return self.family.denoise(latents[rows], timesteps[rows], told)

        first, *others = tasks  # with others, a fault parts the tasks first
        model_outputs = outputs_of(slice(None)) if others else _fitting(first, outputs_of, len(latents))
        for task, rows in zip(tasks, model_outputs.split([task.num_rows for task in tasks]), strict=True):
            _advance(task, rows)

    def _conditioning_of(self, tasks: Sequence[GenerateTask]) -> Conditioning:
        """Return a batch's rows: the same tensors while it stays, so that layers keep what they made of them."""
        parts = [task.conditioning for task in tasks]
        if len(parts) != len(self._parts) or any(map(operator.is_not, parts, self._parts)):
            self._parts, self._conditioning = parts, Conditioning.cat(parts)
            self.bank.keep_outputs_for(*self._conditioning.tensors.values())
        return self._conditioning

    def _model_inputs(self, task: GenerateTask) -> tuple[torch.Tensor, torch.Tensor]:
        """Return a task's rows of latents, [N, C, h, w], and of timesteps, [N]."""
        timestep = task.noise_scheduler.timesteps[task.step_index]
        sample = task.noise_scheduler.scale_model_input(task.latents, timestep)
        rows = torch.cat([sample, sample]) if task.is_guided else sample
        return rows, timestep.to(self.family.device, torch.float32).expand(len(rows))

    @torch.no_grad()
    def decode(self, task: GenerateTask) -> list[Image.Image]:
        """Return a finished task's pictures, in the size that the base draws."""
        pixels = _fitting(task, lambda rows: self.family.decode(task.latents[rows]), len(task.latents))
        return to_images(pixels)

    # Training

    def begin_training(self, task_id: str, spec: TrainSpec, photos: Sequence[bytes]) -> TrainTask:
        """Make the task for a training: cached examples, and private factors that change nothing yet.

        Args:
            photos: The files of `spec.photos`, in that order.
        """
        return at_once(self.begin_training_in_parts(task_id, spec, photos))

    def begin_training_in_parts(
        self, task_id: str, spec: TrainSpec, photos: Sequence[bytes]
    ) -> Parts[TrainTask]:
        """Do the same with room for others in between."""
        shape = self._shape(spec.preset.lora_rank, spec.preset.lora_alpha)
        training_set = yield from training_set_in_parts(self.family, spec, photos)
        factor_shapes = self.bank.factor_shapes(shape.lora_rank)
        name = f"training-{next(self._numbers)}"
        self._users[name] += 1
        return new_training(task_id, spec, training_set, shape, factor_shapes, name)

    def resume(self, task: TrainTask, checkpoint: Checkpoint) -> bool:
        """Put a fresh training where its checkpoint left off; False if it is not this training's."""
        own = (task.spec.version_id, self.family.identity.weights_sha256)
        if own != (checkpoint.version_id, checkpoint.base_weights_sha256) or not fits(task, checkpoint):
            return False
        restore(task, checkpoint)
        return True

    def train(self, *tasks: TrainTask) -> list[float]:
        """Do one optimizer step of each training, all in one pass, and return their losses.

        They share a `batch_key`. A fault leaves all of them where they were.

        Raises:
            JobFailed: A loss is no number any more, or a training by itself does not fit into memory.
        """
        return train_together(self.family, self.bank, tasks)

    def save(self, task: TrainTask) -> bytes:
        """Return what the training has learnt so far as an adapter file."""
        return pack_adapter(
            AdapterFile(
                shape=task.shape,
                factors=task.factors,
                base_weights_sha256=self.family.identity.weights_sha256,
                version_id=task.spec.version_id,
            )
        )

    def checkpoint(self, task: TrainTask) -> bytes:
        """Return all that the training needs to go on elsewhere."""
        return pack_checkpoint(task, self.family.identity.weights_sha256)

    def _shape(self, lora_rank: int, lora_alpha: int) -> AdapterShape:
        targets = self.family.adapter_targets
        return AdapterShape(lora_rank, lora_alpha, targets if isinstance(targets, str) else tuple(targets))


def _fitting(task: GenerateTask, compute: Callable[[slice], torch.Tensor], rows: int) -> torch.Tensor:
    """Compute something for a task's rows, in as small parts as memory asks for; the task remembers how small."""
    try:
        made, size = in_parts_that_fit(compute, rows, task.rows_a_pass)
    except (RuntimeError, MemoryError) as fault:
        if not is_out_of_memory(fault):
            raise
        raise JobFailed(PICTURES_TOO_LARGE) from fault
    if size < rows:
        task.rows_a_pass = size
    return made


def _advance(task: GenerateTask, model_output: torch.Tensor) -> None:
    """Take a task's rows of the model's output, [N, C, h, w], one step further."""
    if task.is_guided:
        unconditional, conditional = model_output.chunk(2)
        model_output = unconditional + task.order.guidance_scale * (conditional - unconditional)
    timestep = task.noise_scheduler.timesteps[task.step_index]
    task.latents = task.noise_scheduler.step(model_output, timestep, task.latents).prev_sample
    task.step_index += 1
