"""A training put aside: factors, optimizer and random state as safetensors, never a pickle."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

from gpu_worker.adapters import metadata_of, pack_metadata
from gpu_worker.tasks import TrainTask

_MOMENTS = ("exp_avg", "exp_avg_sq")
"""AdamW's two running means, under the names it gives them."""


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint as read. Only the same training on the same base can go on from it."""

    version_id: str
    base_weights_sha256: str
    step_index: int
    tensors: dict[str, torch.Tensor]


def pack_checkpoint(task: TrainTask, base_weights_sha256: str) -> bytes:
    """Write all that the next step depends on; a training that goes on from it goes on bit by bit the same."""
    tensors = {"generator": task.generator.get_state()}
    for name, factor in task.factors.items():
        state = task.optimizer.state.get(factor, {})
        tensors[f"factor.{name}"] = factor.detach().contiguous().cpu()
        for moment in _MOMENTS:
            tensors[f"{moment}.{name}"] = state.get(moment, torch.zeros_like(factor)).contiguous().cpu()
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


@torch.no_grad()
def restore(task: TrainTask, checkpoint: Checkpoint) -> None:
    """Put a fresh training where the checkpoint was taken."""
    tensors = checkpoint.tensors
    state: dict[int, dict[str, torch.Tensor]] = {}
    for index, (name, factor) in enumerate(task.factors.items()):
        factor.copy_(tensors[f"factor.{name}"])
        state[index] = {moment: tensors[f"{moment}.{name}"] for moment in _MOMENTS}
        state[index]["step"] = torch.tensor(float(checkpoint.step_index))
    groups = task.optimizer.state_dict()["param_groups"]
    task.optimizer.load_state_dict({"state": state, "param_groups": groups})
    task.generator.set_state(tensors["generator"])
    task.step_index = checkpoint.step_index
