"""SDXL and FLUX.1 as their publishers configured them, with random weights: speed needs no trained ones.

`small` ones have the same blocks in the same places, and fewer and narrower of them: the same code runs on a CPU.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from torch import nn

TARGETS = ("to_q", "to_k", "to_v", "to_out.0")
"""Where adapters act: what diffusers' LoRA scripts train in a denoiser unless told otherwise."""
SDXL_BLOCKS: Mapping[str, Any] = {
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "layers_per_block": 2,
    "addition_embed_type": "text_time",
    "use_linear_projection": True,
}
SDXL_SIZES: Mapping[str, Any] = {
    "sample_size": 128,
    "block_out_channels": (320, 640, 1280),
    "transformer_layers_per_block": (1, 2, 10),
    "attention_head_dim": (5, 10, 20),
    "cross_attention_dim": 2048,
    "addition_time_embed_dim": 256,
    "projection_class_embeddings_input_dim": 1280 + 6 * 256,
}
"""2.57 billion parameters. huggingface.co/stabilityai/stable-diffusion-xl-base-1.0, unet/config.json."""
SDXL_SMALL: Mapping[str, Any] = {
    "sample_size": 16,
    "block_out_channels": (32, 64, 64),
    "transformer_layers_per_block": (1, 1, 2),
    "attention_head_dim": (2, 4, 4),
    "cross_attention_dim": 32,
    "addition_time_embed_dim": 8,
    "projection_class_embeddings_input_dim": 16 + 6 * 8,
    "norm_num_groups": 8,
}
FLUX_SIZES: Mapping[str, Any] = {
    "in_channels": 64,
    "num_layers": 19,
    "num_single_layers": 38,
    "attention_head_dim": 128,
    "num_attention_heads": 24,
    "joint_attention_dim": 4096,
    "pooled_projection_dim": 768,
    "guidance_embeds": True,
    "axes_dims_rope": (16, 56, 56),
}
"""11.9 billion parameters. huggingface.co/black-forest-labs/FLUX.1-dev, transformer/config.json."""
FLUX_SMALL: Mapping[str, Any] = {
    "in_channels": 64,
    "num_layers": 1,
    "num_single_layers": 2,
    "attention_head_dim": 16,
    "num_attention_heads": 2,
    "joint_attention_dim": 32,
    "pooled_projection_dim": 16,
    "guidance_embeds": True,
    "axes_dims_rope": (4, 6, 6),
}
SDXL_TOKENS, FLUX_TOKENS = 77, 512
"""Of a prompt: CLIP's length, and T5's as FLUX.1-dev uses it."""
SDXL_LATENT_PX, FLUX_PATCH_PX = 8, 16
"""Side in pixels of what one latent of SDXL, and one token of FLUX.1, stands for."""

Inputs = dict[str, torch.Tensor]
"""Arguments of a denoiser by name; `rows_of` knows which have a row for each picture."""
SHARED_INPUTS = frozenset({"img_ids", "txt_ids"})


@dataclass(frozen=True)
class Architecture:
    """A denoiser and what it takes. `rows` are those of one picture: SDXL is guided by a second one."""

    name: str
    title: str
    build: Callable[[], nn.Module]
    new_inputs: Callable[[Any, int, int], Inputs]
    rows: int
    steps: int
    """What a picture usually takes."""
    sizes_px: tuple[int, ...]


def architectures(is_small: bool) -> list[Architecture]:
    """Return both, or both in small."""
    sizes = (64, 128) if is_small else (512, 1024)
    unet = partial(UNet2DConditionModel, **SDXL_BLOCKS, **(SDXL_SMALL if is_small else SDXL_SIZES))
    transformer = partial(FluxTransformer2DModel, **(FLUX_SMALL if is_small else FLUX_SIZES))
    return [
        Architecture("sdxl", "SDXL", unet, _sdxl_inputs, 2, 30, sizes),
        Architecture("flux", "FLUX.1", transformer, _flux_inputs, 1, 28, sizes),
    ]


def build(architecture: Architecture, device: torch.device, dtype: torch.dtype) -> nn.Module:
    """Return the denoiser with random weights, made on the device in that type."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with torch.device(device):
            return architecture.build().requires_grad_(False).eval()
    finally:
        torch.set_default_dtype(before)


def rows_of(inputs: Inputs, start: int, stop: int) -> Inputs:
    """Return the inputs of some rows."""
    return {name: tensor if name in SHARED_INPUTS else tensor[start:stop] for name, tensor in inputs.items()}


def denoise(denoiser: nn.Module, inputs: Inputs, extra: Mapping[str, Any] | None = None) -> torch.Tensor:
    """Return the model's output; SDXL takes two of its inputs in a dictionary."""
    own = dict(inputs)
    added = {name: own.pop(name) for name in ("text_embeds", "time_ids") if name in own}
    if added:
        own["added_cond_kwargs"] = added  # type: ignore[assignment] - diffusers' own interface
    return denoiser(**own, **(extra or {}), return_dict=False)[0]


def _sdxl_inputs(denoiser: Any, rows: int, side_px: int) -> Inputs:
    config, new = denoiser.config, _new_like(denoiser)
    pooled = config.projection_class_embeddings_input_dim - 6 * config.addition_time_embed_dim
    side = side_px // SDXL_LATENT_PX
    return {
        "sample": new(rows, config.in_channels, side, side),
        "timestep": torch.linspace(900, 100, rows, device=denoiser.device),
        "encoder_hidden_states": new(rows, SDXL_TOKENS, config.cross_attention_dim),
        "text_embeds": new(rows, pooled),
        "time_ids": torch.tensor([[side_px, side_px, 0, 0, side_px, side_px]] * rows).to(new(1)),
    }


def _flux_inputs(denoiser: Any, rows: int, side_px: int) -> Inputs:
    config, new = denoiser.config, _new_like(denoiser)
    side = side_px // FLUX_PATCH_PX
    places = torch.cartesian_prod(torch.arange(1), torch.arange(side), torch.arange(side))
    return {
        "hidden_states": new(rows, side * side, config.in_channels),
        "timestep": torch.linspace(0.9, 0.1, rows, device=denoiser.device),
        "encoder_hidden_states": new(rows, FLUX_TOKENS, config.joint_attention_dim),
        "pooled_projections": new(rows, config.pooled_projection_dim),
        "guidance": torch.full((rows,), 3.5, device=denoiser.device),
        "img_ids": places.to(new(1)),
        "txt_ids": torch.zeros(FLUX_TOKENS, 3).to(new(1)),
    }


def _new_like(denoiser: nn.Module) -> Callable[..., torch.Tensor]:
    """Return what makes noise in the denoiser's type, on its device; the same noise at each call of this."""
    generator = torch.Generator().manual_seed(7)
    weight = next(denoiser.parameters())
    return lambda *shape: torch.randn(*shape, generator=generator, dtype=torch.float32).to(weight)
