"""One optimizer step of some trainings, taken together.

    draw examples → noise them → denoise all rows in one pass → each its own loss, gradients and optimizer

Trainings of equal shapes are stacked: the base's layers see one batch, and each training's rows go through its own
factors. They share nothing else, so whoever joins or leaves between two steps changes the others by rounding only.
A step either moves all of them or, if anything goes wrong, none, down to their generators.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import NamedTuple

import torch

from core.errors import JobFailed
from core.queue.specs import TrainSpec
from gpu_worker.adapters import AdapterShape
from gpu_worker.bank import AdapterBank
from gpu_worker.conditioning import Conditioning
from gpu_worker.dataset import TrainingSet
from gpu_worker.device import is_out_of_memory, release_memory
from gpu_worker.families.family import Family, NoisyExamples
from gpu_worker.optimizers import learning_rate_at, new_optimizer
from gpu_worker.tasks import TrainTask

log = logging.getLogger(__name__)

GRADIENT_NORM_MOST = 1.0
"""One odd sample must not throw the factors far; the usual bound of diffusers' training scripts."""
SMALLER_PASSES = 4
"""Into how many passes a step is parted that did not fit into memory in one."""

UNSTABLE = (
    "@{handle} could not be learnt: the training became unstable. "
    "Train it again with the standard settings, or with fewer steps."
)
TOO_LARGE = (
    "The training of @{handle} did not fit into the worker's memory, in smaller parts neither. Your credits are back. "
    "Train it again with a lower rank, or ask the operator for a worker with more memory."
)


class Drawn(NamedTuple):
    """The examples of one step, of one training or of several one after the other."""

    examples: NoisyExamples
    conditioning: Conditioning

    def rows(self, index: slice) -> Drawn:
        """Return some of them."""
        noisy = self.examples
        parts = (noisy.latents, noisy.timesteps, noisy.targets, noisy.weights)
        return Drawn(NoisyExamples(*(part[index] for part in parts)), self.conditioning.rows(index))

    @staticmethod
    def cat(parts: Sequence[Drawn]) -> Drawn:
        """Put several one after the other."""
        if len(parts) == 1:
            return parts[0]
        fields = [(e.latents, e.timesteps, e.targets, e.weights) for e, _ in parts]
        examples = NoisyExamples(*(torch.cat(tensors) for tensors in zip(*fields, strict=True)))
        return Drawn(examples, Conditioning.cat([part.conditioning for part in parts]))


def new_training(
    task_id: str,
    spec: TrainSpec,
    training_set: TrainingSet,
    shape: AdapterShape,
    factor_shapes: Mapping[str, tuple[int, ...]],
    adapter_name: str,
) -> TrainTask:
    """Return a training with factors that change nothing yet."""
    generator = torch.Generator().manual_seed(spec.seed)
    weights = torch.nn.Parameter(
        _first_weights(factor_shapes, generator).to(training_set.subject.latents.device)
    )
    return TrainTask(
        task_id=task_id,
        spec=spec,
        training_set=training_set,
        shape=shape,
        adapter_name=adapter_name,
        weights=weights,
        factor_shapes=factor_shapes,
        optimizer=new_optimizer(weights, spec.preset.learning_rate),
        generator=generator,
    )


def _first_weights(factor_shapes: Mapping[str, tuple[int, ...]], generator: torch.Generator) -> torch.Tensor:
    """Return PEFT's own start, but from our generator: A as a linear layer's, B zero."""
    parts = []
    for name, shape in factor_shapes.items():
        part = torch.zeros(shape)
        if ".lora_A." in name:
            torch.nn.init.kaiming_uniform_(part, a=math.sqrt(5), generator=generator)
        parts.append(part.flatten())
    return torch.cat(parts)


def train_together(family: Family, bank: AdapterBank, tasks: Sequence[TrainTask]) -> list[float]:
    """Do one optimizer step of each training and return their losses. They share a `batch_key`.

    Raises:
        JobFailed: A loss is no number any more, or a training by itself does not fit into memory.
        torch.OutOfMemoryError: Several do not fit together.
    """
    with ExitStack() as undo:
        for task in tasks:
            undo.callback(task.generator.set_state, task.generator.get_state())
        drawn = Drawn.cat([draw(family, task) for task in tasks])
        gradients, losses = _fit(family, bank, tasks, drawn)
        for task, loss in zip(tasks, losses, strict=True):
            if not math.isfinite(loss):
                raise JobFailed(UNSTABLE.format(handle=task.spec.handle))
        undo.pop_all()
    for task, gradient in zip(tasks, gradients, strict=True):
        _update(task, gradient)
    return losses


def draw(family: Family, task: TrainTask) -> Drawn:
    """Return the examples of a training's next step, noised; its generator moves on."""
    preset = task.spec.preset
    latents, conditioning = task.training_set.batch(preset.batch_size, preset.prior_fraction, task.generator)
    return Drawn(family.noise_examples(latents, task.generator), conditioning)


def _fit(
    family: Family, bank: AdapterBank, tasks: Sequence[TrainTask], drawn: Drawn
) -> tuple[torch.Tensor, list[float]]:
    """Return gradients and losses; a training by itself that does not fit is tried once more in smaller passes."""
    first = tasks[0]
    try:
        return gradients_of(family, bank, tasks, drawn, first.num_passes)
    except (RuntimeError, MemoryError) as fault:
        if not is_out_of_memory(fault) or len(tasks) > 1:
            raise
        smaller = min(SMALLER_PASSES, first.spec.preset.batch_size)
        if first.num_passes >= smaller:
            raise JobFailed(TOO_LARGE.format(handle=first.spec.handle)) from fault
    # Not inside the except: the fault's traceback holds on to the memory of the pass that failed.
    release_memory()
    first.num_passes = smaller
    log.warning("action=training_in_smaller_passes job=%s passes=%d", first.job_id, smaller)
    return _fit(family, bank, tasks, drawn)


def gradients_of(
    family: Family, bank: AdapterBank, tasks: Sequence[TrainTask], drawn: Drawn, passes: int
) -> tuple[torch.Tensor, list[float]]:
    """Return each training's gradients, [G, values], and losses: the mean over its own samples.

    In several passes the gradients of the same samples are added up, so only rounding differs.
    """
    first = tasks[0]
    batch_size, rows = first.spec.preset.batch_size, len(drawn.conditioning)
    weights = torch.stack([task.weights.detach() for task in tasks]).requires_grad_()
    gradients = torch.zeros_like(weights) if passes > 1 else None
    of_samples = []
    rows_a_pass = math.ceil(rows / passes)
    for start in range(0, rows, rows_a_pass):
        part = drawn.rows(slice(start, start + rows_a_pass)) if passes > 1 else drawn
        with torch.enable_grad(), bank.training(weights, first.shape.lora_rank, first.shape.scale):
            losses = sample_losses(family, part)
            (found,) = torch.autograd.grad(losses.sum() / batch_size, weights)
        gradients = found if gradients is None else gradients.add_(found)
        of_samples.append(losses.detach())
    assert gradients is not None
    return gradients, torch.cat(of_samples).view(len(tasks), batch_size).mean(dim=1).tolist()


def sample_losses(family: Family, drawn: Drawn) -> torch.Tensor:
    """Return the weighted loss of each sample, [B]."""
    examples = drawn.examples
    outputs = family.denoise(examples.latents, examples.timesteps, drawn.conditioning)
    errors = torch.nn.functional.mse_loss(outputs.float(), examples.targets.float(), reduction="none")
    return errors.flatten(1).mean(dim=1) * examples.weights


def _update(task: TrainTask, gradient: torch.Tensor) -> None:
    """Move a training's factors, its optimizer and its place."""
    task.weights.grad = gradient
    torch.nn.utils.clip_grad_norm_([task.weights], GRADIENT_NORM_MOST)
    for group in task.optimizer.param_groups:
        group["lr"] = learning_rate_at(task.spec.preset, task.step_index)
    task.optimizer.step()
    task.weights.grad = None
    task.step_index += 1
