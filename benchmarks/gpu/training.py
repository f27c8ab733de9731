"""One LoRA step of a training: our private factors, and peft's layers as diffusers' scripts add them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from benchmarks.gpu.architectures import Architecture, Inputs, denoise
from benchmarks.gpu.ways import RANK, SHAPE, Banked, shared_copy

RATE = 1e-4

Step = Callable[[], None]


def our_step(banked: Banked, inputs: Inputs) -> Step:
    """Return what does one optimizer step with factors of our own."""
    factors = banked.bank.new_factors(RANK)
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for key, factor in factors.items():
            if ".lora_A." in key:
                factor.copy_(torch.randn(factor.shape, generator=generator) / factor[0].numel() ** 0.5)
    optimizer = torch.optim.AdamW(factors.values(), lr=RATE, fused=True)

    def step() -> None:
        banked.bank.train(factors, SHAPE.scale)
        _step(banked.denoiser, inputs, optimizer)

    return step


def their_step(denoiser: nn.Module, inputs: Inputs) -> Step:
    """Return what does one step as diffusers' DreamBooth-LoRA scripts do: peft's layers, their factors in float32."""
    trained: Any = shared_copy(denoiser)
    trained.add_adapter(SHAPE.lora_config())
    factors = [parameter for parameter in trained.parameters() if parameter.requires_grad]
    for factor in factors:
        factor.data = factor.data.float()
    optimizer = torch.optim.AdamW(factors, lr=RATE, fused=True)
    device = next(denoiser.parameters()).device

    def step() -> None:
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            _step(trained, inputs, optimizer)

    return step


def one_example(architecture: Architecture, denoiser: nn.Module, side_px: int) -> Inputs:
    """Return a batch of one picture."""
    return architecture.new_inputs(denoiser, 1, side_px)


def set_checkpointing(denoiser: Any, is_on: bool) -> None:
    """Compute activations again in the backward pass, or keep them."""
    if is_on:
        denoiser.enable_gradient_checkpointing()
    else:
        denoiser.disable_gradient_checkpointing()


def _step(denoiser: nn.Module, inputs: Inputs, optimizer: torch.optim.Optimizer) -> None:
    with torch.enable_grad():
        output = denoise(denoiser, inputs)
        loss = functional.mse_loss(output.float(), torch.zeros_like(output, dtype=torch.float32))
    loss.backward()
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
