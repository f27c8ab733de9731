"""What the engine asks of a base model. One file beside this one is one family."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch

from gpu_worker.conditioning import Conditioning, Frame


@dataclass(frozen=True)
class BaseIdentity:
    """Which base exactly: a model trained on other weights than these must be retrained."""

    name: str
    weights_sha256: str


@dataclass(frozen=True)
class CaptionedPicture:
    """A training example: `pixels`, [3, H, W] float32 in [-1, 1], and the sentence that describes it."""

    pixels: torch.Tensor
    caption: str


@dataclass(frozen=True)
class NoisyExamples:
    """Training examples as the denoiser gets them, and what it has to answer."""

    latents: torch.Tensor
    """[B, C, h, w], noised."""
    timesteps: torch.Tensor
    """[B], float32."""
    targets: torch.Tensor
    """[B, C, h, w], what `denoise` should return."""
    weights: torch.Tensor
    """[B], what each sample's squared error counts."""


class Family(Protocol):
    """A loaded base model: its text encoder, denoiser and VAE, and the rules of its training.

    Everything runs on `device`; `latents` are scaled the way the denoiser expects them.
    """

    identity: BaseIdentity
    device: torch.device
    denoiser: torch.nn.Module
    """The network that adapters attach to (peft wraps it)."""
    adapter_targets: Sequence[str] | str
    """peft's `target_modules` for this denoiser."""
    default_size_px: int
    default_num_inference_steps: int
    default_guidance_scale: float
    has_unconditional_rows: bool
    """Whether guidance takes a second, unconditional row a picture; False where the denoiser is told the scale."""

    def encode_prompts(self, prompts: Sequence[str], frame: Frame) -> Conditioning:
        """Return a row for each prompt. The empty string is the unconditional prompt."""
        ...

    def unknown_words(self, prompt: str) -> tuple[str, ...]:
        """Return the words of `prompt` that this base's vocabulary lacks, in order."""
        ...

    def latent_shape(self, width_px: int, height_px: int) -> tuple[int, int, int]:
        """Return (C, h, w) for a picture of that size."""
        ...

    def encode_pictures(self, pixels: torch.Tensor) -> torch.Tensor:
        """`pixels`, [B, 3, H, W] in [-1, 1] → `latents`, [B, C, h, w]."""
        ...

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """`latents`, [B, C, h, w] → pixels, [B, 3, H, W] in [-1, 1]."""
        ...

    def new_noise_scheduler(self, num_inference_steps: int, latent_shape: tuple[int, int, int]) -> Any:
        """Return a fresh diffusers scheduler with its timesteps set: one object per request."""
        ...

    def denoise(
        self, latents: torch.Tensor, timesteps: torch.Tensor, conditioning: Conditioning
    ) -> torch.Tensor:
        """Return `model_output`, [B, C, h, w]; `timesteps` is [B], float32."""
        ...

    def noise_examples(self, latents: torch.Tensor, generator: torch.Generator) -> NoisyExamples:
        """Noise `latents`, [B, C, h, w], at sampled levels. Everything random comes from `generator`, on the CPU."""
        ...

    def prior_examples(self, class_noun: str, count: int, seed: int) -> list[CaptionedPicture]:
        """Return `count` pictures of what an adapter of that class has to leave as it is, for prior preservation."""
        ...
