"""Adapters of random factors for the small family: what a test needs of a training that it does not run."""

from __future__ import annotations

import torch

from gpu_worker.adapters import AdapterFile, AdapterShape, pack_adapter
from gpu_worker.bank import AdapterBank
from gpu_worker.runner import Runner


def random_factors(bank: AdapterBank, seed: int, rank: int = 4) -> dict[str, torch.Tensor]:
    """Factors for every layer of a bank, strong enough to change a picture well beyond rounding."""
    generator = torch.Generator().manual_seed(seed)
    return {
        key: 0.1 * torch.randn(shape, generator=generator) for key, shape in bank.factor_shapes(rank).items()
    }


def adapter_file(runner: Runner, seed: int, rank: int = 4, alpha: int = 6) -> bytes:
    """An adapter of this runner's base at rest."""
    return pack_adapter(
        AdapterFile(
            shape=AdapterShape(rank, alpha, tuple(runner.family.adapter_targets)),
            factors=random_factors(runner.bank, seed, rank),
            base_weights_sha256=runner.family.identity.weights_sha256,
            version_id=f"{seed:032d}",
        )
    )
