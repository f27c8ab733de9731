"""The change that a training is learning, as layers apply it: a pair of factors for each training of a stack.

The rows of a batch lie in as many equal groups as trainings take the step, group after group. What one group's
factors do touches no row of another's, forward or backward; a training that runs away spoils only itself.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch.nn import functional


class PrivateFactors(NamedTuple):
    """PEFT's two factors of one layer for each of G trainings, outside every slot of the bank."""

    lora_a: torch.Tensor
    """[G, rank, in], or [G, rank, channels, *kernel]."""
    lora_b: torch.Tensor
    """[G, out, rank], or [G, out, rank, 1, 1]."""
    scale: float
    """What PEFT multiplies the change by."""


def add_to_linear(output: torch.Tensor, inputs: torch.Tensor, private: PrivateFactors) -> torch.Tensor:
    """Return `output`, [N, ..., out], with what each group's factors make of `inputs`, [N, ..., in]."""
    lora_a, lora_b, scale = private
    groups, _, in_width = lora_a.shape
    tokens = inputs.to(lora_a.dtype).reshape(groups, -1, in_width)
    base = output.to(lora_a.dtype).reshape(groups, -1, lora_b.shape[1])
    changed = torch.baddbmm(base, torch.bmm(tokens, lora_a.mT), lora_b.mT, alpha=scale)
    return changed.view(output.shape).to(output.dtype)


def add_to_convolution(
    output: torch.Tensor, inputs: torch.Tensor, private: PrivateFactors, **step: Any
) -> torch.Tensor:
    """Return `output`, [N, out, h, w], with what each group's factors make of `inputs`, [N, in, H, W].

    The groups of rows lie side by side as channels of one grouped convolution: twice as fast as one after another.

    Args:
        step: The convolution's stride and padding.
    """
    lora_a, lora_b, scale = private
    groups, rank = lora_a.shape[:2]
    wide = inputs.to(lora_a.dtype).unflatten(0, (groups, -1)).transpose(0, 1).flatten(1, 2)
    low = functional.conv2d(wide, lora_a.flatten(0, 1), groups=groups, **step)
    low = low.flatten(2).unflatten(1, (groups, rank)).transpose(0, 1).flatten(0, 1)
    up = lora_b.flatten(2)[:, None].expand(-1, len(wide), -1, -1).flatten(0, 1)
    changed = torch.baddbmm(output.to(low.dtype).flatten(2), up, low, alpha=scale)
    return changed.view(output.shape).to(output.dtype)
