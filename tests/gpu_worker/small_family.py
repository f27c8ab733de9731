"""A family of random weights, small enough that a test can train it: the fake that goes with the port."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import torch
from diffusers import DPMSolverMultistepScheduler, UNet2DConditionModel

from gpu_worker.conditioning import Conditioning, Frame
from gpu_worker.families.family import BaseIdentity, CaptionedPicture, NoisyExamples

LATENT_CHANNELS = 12
PROMPT_TOKENS = 8
PROMPT_WIDTH = 16


class SmallFamily:
    """Implements `Family`: a stock UNet with 16 px pictures, words hashed to vectors, pixels folded 4 × 4."""

    adapter_targets: Sequence[str] | str = ("to_q", "to_k", "to_v", "to_out.0", "conv1", "conv2")
    default_size_px = 16
    default_num_inference_steps = 4
    default_guidance_scale = 3.0
    has_unconditional_rows = True
    display_scale = 4

    def __init__(self, weights_seed: int = 0) -> None:
        self.identity = BaseIdentity("tiny", hashlib.sha256(str(weights_seed).encode()).hexdigest())
        self.device = torch.device("cpu")
        with torch.random.fork_rng():
            torch.manual_seed(weights_seed)
            self.denoiser = UNet2DConditionModel(
                sample_size=4,
                in_channels=LATENT_CHANNELS,
                out_channels=LATENT_CHANNELS,
                block_out_channels=(8, 16),
                layers_per_block=1,
                down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
                up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
                cross_attention_dim=PROMPT_WIDTH,
                attention_head_dim=4,
                norm_num_groups=4,
            )
            self._fold = torch.linalg.qr(torch.randn(48, 48))[0][:, :LATENT_CHANNELS]

    def encode_prompts(self, prompts: Sequence[str], frame: Frame | None = None) -> Conditioning:
        return Conditioning({"prompt_embeds": torch.stack([self._embed(prompt) for prompt in prompts])})

    def _embed(self, prompt: str) -> torch.Tensor:
        rows = torch.zeros(PROMPT_TOKENS, PROMPT_WIDTH)
        for place, word in enumerate(prompt.lower().replace(",", " ").split()[:PROMPT_TOKENS]):
            seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "big")
            rows[place] = torch.randn(PROMPT_WIDTH, generator=torch.Generator().manual_seed(seed))
        return rows

    def unknown_words(self, prompt: str) -> tuple[str, ...]:
        return tuple(word for word in prompt.lower().split() if word.startswith("qu"))

    def latent_shape(self, width_px: int, height_px: int) -> tuple[int, int, int]:
        return LATENT_CHANNELS, height_px // 4, width_px // 4

    def encode_pictures(self, pixels: torch.Tensor) -> torch.Tensor:
        patches = torch.nn.functional.pixel_unshuffle(pixels, 4)
        return torch.einsum("bphw,pc->bchw", patches, self._fold)

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        patches = torch.einsum("bchw,pc->bphw", latents, self._fold)
        return torch.nn.functional.pixel_shuffle(patches, 4).clamp(-1.0, 1.0)

    def new_noise_scheduler(
        self, num_inference_steps: int, latent_shape: tuple[int, int, int] | None = None
    ) -> DPMSolverMultistepScheduler:
        scheduler = DPMSolverMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True)
        scheduler.set_timesteps(num_inference_steps)
        return scheduler

    def denoise(
        self, latents: torch.Tensor, timesteps: torch.Tensor, conditioning: Conditioning
    ) -> torch.Tensor:
        embeds = conditioning["prompt_embeds"]
        return self.denoiser(latents, timesteps, encoder_hidden_states=embeds).sample

    def noise_examples(self, latents: torch.Tensor, generator: torch.Generator) -> NoisyExamples:
        sigmas = torch.rand(len(latents), generator=generator)
        noise = torch.randn(latents.shape, generator=generator)
        mixed = torch.lerp(latents, noise, sigmas[:, None, None, None])
        return NoisyExamples(mixed, sigmas * 1000.0, noise - latents, torch.ones_like(sigmas))

    def prior_examples(self, class_noun: str, count: int, seed: int) -> list[CaptionedPicture]:
        generator = torch.Generator().manual_seed(seed)
        return [
            CaptionedPicture(torch.rand(3, 16, 16, generator=generator) * 2 - 1, f"{class_noun} on grey")
            for _ in range(count)
        ]
