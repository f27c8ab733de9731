"""What the flow-matching bases share: sampling, noise levels and the loss (Lipman et al. 2022, arXiv:2210.02747)."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from diffusers.pipelines.flux.pipeline_flux import calculate_shift
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler

from core.errors import ConfigurationError
from gpu_worker.conditioning import Conditioning
from gpu_worker.families.family import NoisyExamples
from gpu_worker.families.pipeline_family import Opening, PipelineFamily
from gpu_worker.families.sources import SETTING

TRAIN_TIMESTEPS = 1000
LEAST_SIGMA = 0.001
"""Below one timestep there is nothing to tell noise from picture by."""


class FlowScheduler(FlowMatchEulerDiscreteScheduler):
    """diffusers' Euler solver for flows, with what the runner asks of every noise scheduler."""

    init_noise_sigma = 1.0

    def scale_model_input(self, sample: torch.Tensor, timestep: torch.Tensor) -> torch.Tensor:
        """Return `sample`: a flow's model takes it as it is."""
        return sample


class FlowFamily(PipelineFamily):
    """A base whose denoiser predicts the velocity `noise - latents`, [B, C, h, w]; its timesteps lie in [0, 1000]."""

    def __init__(self, opening: Opening) -> None:
        super().__init__(opening)
        noise_scheduler = self.pipeline.scheduler
        if not isinstance(noise_scheduler, FlowMatchEulerDiscreteScheduler):
            raise ConfigurationError(
                f"{SETTING}: the model for {opening.name} is drawn with {type(noise_scheduler).__name__}, and only "
                "FlowMatchEulerDiscreteScheduler is known for it here. Name another."
            )

    def new_noise_scheduler(
        self, num_inference_steps: int, latent_shape: tuple[int, int, int]
    ) -> FlowScheduler:
        """Return a fresh scheduler, shifted as the base's configuration says."""
        noise_scheduler: Any = FlowScheduler.from_config(self.pipeline.scheduler.config)
        noise_scheduler.set_timesteps(
            sigmas=self._sigmas(num_inference_steps),
            mu=self._mu(latent_shape, num_inference_steps),
            device=self.device,
        )
        noise_scheduler.set_begin_index(0)
        return noise_scheduler

    def noise_examples(self, latents: torch.Tensor, generator: torch.Generator) -> NoisyExamples:
        """Noise `latents`, [B, C, h, w]; all levels count the same.

        They are logit-normal (Esser et al. 2024, arXiv:2403.03206, section 3.1), then shifted as they are when the
        base draws at this size. All randomness comes from `generator`, a CPU generator.
        """
        _, channels, height, width = latents.shape
        mu = self._mu((channels, height, width), self.default_num_inference_steps)
        sigmas = torch.randn(len(latents), generator=generator).sigmoid()
        sigmas = shifted(self.pipeline.scheduler, sigmas, mu).clamp(LEAST_SIGMA, 1.0).to(latents.device)
        noise = torch.randn(latents.shape, generator=generator).to(latents.device)
        share = sigmas.view(-1, 1, 1, 1)
        return NoisyExamples(
            latents=(1 - share) * latents + share * noise,
            timesteps=sigmas * TRAIN_TIMESTEPS,
            targets=noise - latents,
            weights=torch.ones_like(sigmas),
        )

    def denoise(
        self, latents: torch.Tensor, timesteps: torch.Tensor, conditioning: Conditioning
    ) -> torch.Tensor:
        """Return the velocity; each base has its own way to lay latents out."""
        raise NotImplementedError

    def _sigmas(self, num_inference_steps: int) -> list[float]:
        """Return the noise levels before any shift: even steps from 1."""
        return np.linspace(1.0, 1.0 / num_inference_steps, num_inference_steps).tolist()

    def _mu(self, latent_shape: tuple[int, int, int], num_inference_steps: int) -> float:
        """Return how far noise levels are shifted for that size, where the configuration wants a shift by size.

        This is FLUX.1's line through two sizes, which others took over; two by two places are one token.
        """
        config = self.pipeline.scheduler.config
        return calculate_shift(
            (latent_shape[1] // 2) * (latent_shape[2] // 2),
            config["base_image_seq_len"],
            config["max_image_seq_len"],
            config["base_shift"],
            config["max_shift"],
        )


def shifted(noise_scheduler: Any, sigmas: torch.Tensor, mu: float) -> torch.Tensor:
    """Return noise levels shifted as that scheduler shifts its own."""
    if noise_scheduler.config["use_dynamic_shifting"]:
        return noise_scheduler.time_shift(mu, 1.0, sigmas)
    shift = noise_scheduler.shift
    return shift * sigmas / (1 + (shift - 1) * sigmas)
