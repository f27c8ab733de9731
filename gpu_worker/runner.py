"""The only file that touches the device: it makes tasks, moves them a step, and takes out what they made.

Everything runs under `no_grad`, never `inference_mode`: a tensor made in the latter may not meet a gradient
later, and a family is free to keep one. The denoiser stays in `eval` for training too, so that nothing
draws from the global random state.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from diffusers.utils import logging as diffusers_logging
from PIL import Image
from transformers.utils import logging as transformers_logging

from core.errors import ConfigurationError, JobFailed
from core.queue.specs import TrainSpec
from core.rules.presets import TrainingPreset
from gpu_worker.adapters import AdapterFile, AdapterShape, pack_adapter, unpack_adapter
from gpu_worker.checkpoints import Checkpoint, pack_checkpoint, restore
from gpu_worker.dataset import build_training_set
from gpu_worker.families.family import Family
from gpu_worker.peft_layers import PeftLayers
from gpu_worker.pictures import to_images
from gpu_worker.tasks import GenerateTask, PictureOrder, TrainTask

UNSTABLE = (
    "@{handle} could not be learnt: the training became unstable. "
    "Train it again with the standard settings, or with fewer steps."
)
EARLIER_BASE = (
    "@{handle} was trained on an earlier version of the base. "
    "Retrain it with /edit @{handle}, then ask again. Nothing was charged."
)


GRADIENT_NORM_MOST = 1.0
"""One odd sample must not throw the factors far; the usual bound of diffusers' training scripts."""
WARM_UP_STEPS = 10
COOL_DOWN_SHARE = 0.3
"""The last part of a training, in which its steps become smaller: few photos leave noisy factors otherwise."""
LAST_RATE_SHARE = 0.05


def learning_rate_at(preset: TrainingPreset, step_index: int) -> float:
    """Return the learning rate of a step: up, level, down. It depends on nothing else, so a resume continues it."""
    rising = (step_index + 1) / WARM_UP_STEPS
    falling = (preset.num_steps - step_index) / (COOL_DOWN_SHARE * preset.num_steps) + LAST_RATE_SHARE
    return preset.learning_rate * min(1.0, rising, falling)


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

    def __init__(self, family: Family) -> None:
        self.family = family
        family.denoiser.requires_grad_(False).eval()
        self._layers = PeftLayers(family.denoiser)

    # Adapters that serve

    @property
    def attached(self) -> frozenset[str]:
        """Names of the adapters on the device."""
        return self._layers.attached

    def attach(self, data: bytes, handle: str) -> str:
        """Load an adapter file and return its name. The engine takes it off when its task ends.

        Raises:
            JobFailed: It was trained on other weights than these.
        """
        adapter = unpack_adapter(data)
        if adapter.base_weights_sha256 != self.family.identity.weights_sha256:
            raise JobFailed(EARLIER_BASE.format(handle=handle))
        return self._layers.attach(adapter.shape, adapter.factors)

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
        """Take an adapter off the device."""
        self._layers.detach(name)

    # Pictures

    @torch.no_grad()
    def begin_pictures(self, order: PictureOrder) -> GenerateTask:
        """Make the task for an order: noise from each picture's own seed, and the encoded prompts."""
        family = self.family
        noise_scheduler = family.new_noise_scheduler(order.num_inference_steps)
        shape = family.latent_shape(order.width_px, order.height_px)
        noise = [torch.randn(shape, generator=torch.Generator().manual_seed(seed)) for seed in order.seeds]
        unconditional = [order.negative_prompt] * len(order.prompts) if order.is_guided else []
        return GenerateTask(
            order=order,
            latents=torch.stack(noise).to(family.device) * noise_scheduler.init_noise_sigma,
            prompt_embeds=family.encode_prompts([*unconditional, *order.prompts]),
            noise_scheduler=noise_scheduler,
        )

    @torch.no_grad()
    def denoise(self, task: GenerateTask) -> None:
        """Move every picture of a task one denoising step."""
        self._layers.activate(dict(task.order.adapters))
        timestep = task.noise_scheduler.timesteps[task.step_index]
        sample = task.noise_scheduler.scale_model_input(task.latents, timestep)
        rows = torch.cat([sample, sample]) if task.order.is_guided else sample
        timesteps = timestep.to(self.family.device, torch.float32).expand(len(rows))
        model_output = self.family.denoise(rows, timesteps, task.prompt_embeds)
        if task.order.is_guided:
            unconditional, conditional = model_output.chunk(2)
            model_output = unconditional + task.order.guidance_scale * (conditional - unconditional)
        task.latents = task.noise_scheduler.step(model_output, timestep, task.latents).prev_sample
        task.step_index += 1

    @torch.no_grad()
    def decode(self, task: GenerateTask) -> list[Image.Image]:
        """Return a finished task's pictures, in the size that the base draws."""
        return to_images(self.family.decode(task.latents))

    # Training

    def begin_training(self, task_id: str, spec: TrainSpec, photos: Sequence[bytes]) -> TrainTask:
        """Make the task for a training: cached examples, and private factors that change nothing yet.

        Args:
            photos: The files of `spec.photos`, in that order.
        """
        preset = spec.preset
        generator = torch.Generator().manual_seed(spec.seed)
        targets = self.family.adapter_targets
        shape = AdapterShape(
            preset.lora_rank, preset.lora_alpha, targets if isinstance(targets, str) else tuple(targets)
        )
        training_set = build_training_set(self.family, spec, photos)
        name = self._layers.attach(shape)
        factors = self._layers.factors(name)
        with torch.no_grad():
            for key, factor in factors.items():
                if ".lora_A." in key:  # PEFT's own start, but from our generator; its B is zero
                    start = torch.empty(factor.shape)
                    torch.nn.init.kaiming_uniform_(start, a=math.sqrt(5), generator=generator)
                    factor.copy_(start)
        optimizer = torch.optim.AdamW(factors.values(), lr=preset.learning_rate, fused=True)
        return TrainTask(task_id, spec, training_set, shape, name, factors, optimizer, generator)

    def resume(self, task: TrainTask, checkpoint: Checkpoint) -> bool:
        """Put a fresh training where its checkpoint left off; False if it is not this training's."""
        own = (task.spec.version_id, self.family.identity.weights_sha256)
        if own != (checkpoint.version_id, checkpoint.base_weights_sha256):
            return False
        restore(task, checkpoint)
        return True

    def train(self, task: TrainTask) -> float:
        """Do one optimizer step and return its loss.

        Raises:
            JobFailed: The loss is no number any more.
        """
        self._layers.activate({task.adapter_name: 1.0}, trainable=True)
        preset = task.spec.preset
        latents, prompt_embeds = task.training_set.batch(
            preset.batch_size, preset.prior_fraction, task.generator
        )
        with torch.enable_grad():
            loss = self.family.training_loss(latents, prompt_embeds, task.generator).mean()
        value = float(loss.detach())
        if not math.isfinite(value):
            raise JobFailed(UNSTABLE.format(handle=task.spec.handle))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(task.factors.values(), GRADIENT_NORM_MOST)
        for group in task.optimizer.param_groups:
            group["lr"] = learning_rate_at(preset, task.step_index)
        task.optimizer.step()
        task.optimizer.zero_grad(set_to_none=True)
        task.step_index += 1
        return value

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
