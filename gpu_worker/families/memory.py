"""How a large base is made to fit a device: the best plan whose needs the memory meets. Plain arithmetic, no torch."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from core.rules.kinds import JobKind

GIB = 2**30
RESERVE_BYTES = 1 * GIB
"""What the device's own runtime takes, and what a display may take."""
UNCHECKPOINTED = 3.0
"""How many times more a training step holds when it recomputes nothing. A guess, not measured yet."""


class Weights(StrEnum):
    """In what form the denoiser's weights lie on the device."""

    FULL = "float32"
    """What a CPU computes in."""
    HALF = "bfloat16"
    FP8 = "fp8"
    NF4 = "nf4"


BYTES_A_WEIGHT = {Weights.FULL: 4.0, Weights.HALF: 2.0, Weights.FP8: 1.05, Weights.NF4: 0.57}
"""With the scales that quantised weights carry: one of 4 bytes for 64 weights in NF4 (Dettmers et al. 2023,
arXiv:2305.14314), and some layers that stay as they are."""


@dataclass(frozen=True)
class Parameters:
    """How many a base has, by part."""

    denoiser: int
    text_encoders: int
    autoencoder: int


@dataclass(frozen=True)
class WorkingMemory:
    """What one picture of the default size takes beside the weights: guesses to be measured on a device."""

    generate_gib: float
    train_gib: float
    """With checkpointing, the adapter's optimizer included."""


@dataclass(frozen=True)
class MemoryPlan:
    """How a base lies on its device."""

    weights: Weights
    is_offloaded: bool
    """Text encoders and autoencoder wait in the host's memory, and come to the device for their turn."""
    is_checkpointed: bool
    """Training computes activations again in the backward pass rather than holding them."""


PLANS = (
    MemoryPlan(Weights.HALF, is_offloaded=False, is_checkpointed=False),
    MemoryPlan(Weights.HALF, is_offloaded=False, is_checkpointed=True),
    MemoryPlan(Weights.HALF, is_offloaded=True, is_checkpointed=True),
    MemoryPlan(Weights.FP8, is_offloaded=True, is_checkpointed=True),
    MemoryPlan(Weights.NF4, is_offloaded=True, is_checkpointed=True),
    MemoryPlan(Weights.FULL, is_offloaded=False, is_checkpointed=False),
    MemoryPlan(Weights.FULL, is_offloaded=False, is_checkpointed=True),
)
"""The fastest first; float32 is for a CPU, which has no other."""


def plan_memory(
    parameters: Parameters, working: WorkingMemory, memory_bytes: int, usable: Collection[Weights]
) -> tuple[MemoryPlan, frozenset[JobKind]] | None:
    """Choose the fastest plan that fits trainings and pictures, else the fastest for pictures alone.

    Args:
        parameters: The base's.
        working: What it takes beside its weights.
        memory_bytes: The device's.
        usable: The forms of weights that this machine can compute with.

    Returns:
        The plan and the kinds of jobs that fit; None if nothing does.
    """
    for kinds in (frozenset({JobKind.TRAIN, JobKind.GENERATE}), frozenset({JobKind.GENERATE})):
        for plan in PLANS:
            most = max(needed_bytes(parameters, working, plan, kind) for kind in kinds)
            if plan.weights in usable and most <= memory_bytes:
                return plan, kinds
    return None


def needed_bytes(parameters: Parameters, working: WorkingMemory, plan: MemoryPlan, kind: JobKind) -> float:
    """Return the most that a kind of job has on the device at once under a plan."""
    wide = BYTES_A_WEIGHT[Weights.FULL if plan.weights is Weights.FULL else Weights.HALF]
    denoiser = parameters.denoiser * BYTES_A_WEIGHT[plan.weights]
    text_encoders, autoencoder = parameters.text_encoders * wide, parameters.autoencoder * wide
    step = working.generate_gib * GIB
    if kind is JobKind.TRAIN:
        step = working.train_gib * GIB * (1.0 if plan.is_checkpointed else UNCHECKPOINTED)
    if plan.is_offloaded:
        return RESERVE_BYTES + denoiser + max(text_encoders, autoencoder + working.generate_gib * GIB, step)
    return RESERVE_BYTES + denoiser + text_encoders + autoencoder + step
