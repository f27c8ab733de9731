"""A training put aside: factors, optimizer and random state as safetensors, never a pickle."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

from gpu_worker.adapters import metadata_of, pack_metadata
from gpu_worker.tasks import TrainTask

_STATE = "optimizer."
"""Before the names that an optimizer gives its state."""


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint as read. Only the same training on the same base can go on from it."""

    version_id: str
    base_weights_sha256: str
    step_index: int
    tensors: dict[str, torch.Tensor]


def pack_checkpoint(task: TrainTask, base_weights_sha256: str) -> bytes:
    """Write all that the next step depends on; a training that goes on from it goes on bit by bit the same."""
    state = task.optimizer.state[task.weights]
    tensors = {"generator": task.generator.get_state(), "weights": task.weights}
    tensors |= {f"{_STATE}{name}": torch.as_tensor(value) for name, value in state.items()}
    tensors = {name: tensor.detach().contiguous().cpu() for name, tensor in tensors.items()}
    facts = {
        "version_id": task.spec.version_id,
        "base_weights_sha256": base_weights_sha256,
        "step_index": task.step_index,
    }
    return save_tensors(tensors, metadata=pack_metadata(facts))


def unpack_checkpoint(data: bytes) -> Checkpoint:
    """Read a checkpoint."""
    facts = metadata_of(data)
    return Checkpoint(
        facts["version_id"], facts["base_weights_sha256"], facts["step_index"], load_tensors(data)
    )


def fits(task: TrainTask, checkpoint: Checkpoint) -> bool:
    """Whether a checkpoint was taken by this release of a training of as many factors."""
    weights = checkpoint.tensors.get("weights")
    return weights is not None and weights.shape == task.weights.shape


@torch.no_grad()
def restore(task: TrainTask, checkpoint: Checkpoint) -> None:
    """Put a fresh training where the checkpoint was taken."""
    tensors = checkpoint.tensors
    task.weights.copy_(tensors["weights"])
    state = {name.removeprefix(_STATE): tensor for name, tensor in tensors.items() if name.startswith(_STATE)}
    groups = task.optimizer.state_dict()["param_groups"]
    task.optimizer.load_state_dict({"state": {0: state} if state else {}, "param_groups": groups})
    task.generator.set_state(tensors["generator"])
    task.step_index = checkpoint.step_index


def _counted(tensor: torch.Tensor) -> torch.Tensor | int:
    """Return a whole number as one: bitsandbytes counts its steps in them."""
    is_whole = tensor.ndim == 0 and not tensor.is_floating_point()
    return int(tensor) if is_whole else tensor
