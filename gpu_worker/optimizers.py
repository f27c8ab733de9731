"""Which AdamW a training gets: all of its factors are one tensor, so every kind steps in a single kernel."""

from __future__ import annotations

from enum import StrEnum
from importlib.util import find_spec

import torch

from core.rules.presets import TrainingPreset

EIGHT_BIT_FROM_VALUES = 2**24
"""Fewer factors than this keep less than 128 MiB of moments in float32, which is not worth their rounding."""
WARM_UP_STEPS = 10
COOL_DOWN_SHARE = 0.3
"""The last part of a training, in which its steps become smaller: few photos leave noisy factors otherwise."""
LAST_RATE_SHARE = 0.05


class OptimizerKind(StrEnum):
    """What keeps AdamW's two running means."""

    FUSED = "fused"
    """PyTorch's own, in float32."""
    EIGHT_BIT = "8-bit"
    """bitsandbytes', in a quarter of the memory."""


def optimizer_kind(device_type: str, values: int, has_bitsandbytes: bool) -> OptimizerKind:
    """Return what fits a training of so many values: 8 bits where they are many, on a GPU that has them."""
    is_large = values >= EIGHT_BIT_FROM_VALUES
    has_eight_bits = device_type == "cuda" and has_bitsandbytes
    return OptimizerKind.EIGHT_BIT if is_large and has_eight_bits else OptimizerKind.FUSED


def new_optimizer(weights: torch.nn.Parameter, learning_rate: float) -> torch.optim.Optimizer:
    """Return the optimizer for a training's factors. Its state is complete from the first step on."""
    kind = optimizer_kind(weights.device.type, weights.numel(), find_spec("bitsandbytes") is not None)
    if kind is OptimizerKind.EIGHT_BIT:
        from bitsandbytes.optim import AdamW8bit  # pyright: ignore[reportMissingImports] - only where there is CUDA

        return AdamW8bit([weights], lr=learning_rate)
    return torch.optim.AdamW([weights], lr=learning_rate, fused=True)


def learning_rate_at(preset: TrainingPreset, step_index: int) -> float:
    """Return the learning rate of a step: up, level, down. It depends on nothing else, so a resume continues it."""
    rising = (step_index + 1) / WARM_UP_STEPS
    falling = (preset.num_steps - step_index) / (COOL_DOWN_SHARE * preset.num_steps) + LAST_RATE_SHARE
    return preset.learning_rate * min(1.0, rising, falling)
