"""One LoRA step of a training: our private factors, and peft's layers as diffusers' scripts add them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from benchmarks.gpu.architectures import Architecture, Inputs, denoise
from benchmarks.gpu.ways import RANK, SHAPE, Banked, shared_copy
from gpu_worker.optimizers import new_optimizer

RATE = 1e-4

Step = Callable[[], None]


def our_step(banked: Banked, inputs: Inputs) -> Step:
    """Return what does one optimizer step with factors of our own, as `gpu_worker.trainings` does it."""
    device = next(banked.denoiser.parameters()).device
    parts = [factor.flatten() for factor in banked.random_adapters(1)[0].values()]
    weights = nn.Parameter(torch.cat(parts).to(device))
    optimizer = new_optimizer(weights, RATE)

    def step() -> None:
        stacked = weights.detach()[None].requires_grad_()
        with torch.enable_grad(), banked.bank.training(stacked, RANK, SHAPE.scale):
            (gradient,) = torch.autograd.grad(_loss(banked.denoiser, inputs), stacked)
        weights.grad = gradient[0]
        optimizer.step()
        weights.grad = None

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
    set_checkpointing(trained, True)

    def step() -> None:
        with torch.enable_grad(), torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            _loss(trained, inputs).backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

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


def _loss(denoiser: nn.Module, inputs: Inputs) -> torch.Tensor:
    output = denoise(denoiser, inputs)
    return functional.mse_loss(output.float(), torch.zeros_like(output, dtype=torch.float32))
