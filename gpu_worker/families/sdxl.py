"""SDXL: a UNet of 2.6 billion parameters told by two CLIP encoders and the picture's size (arXiv:2307.01952)."""

from __future__ import annotations

from typing import Any

import torch
from diffusers.pipelines.stable_diffusion_xl.pipeline_stable_diffusion_xl import StableDiffusionXLPipeline
from diffusers.schedulers.scheduling_ddpm import DDPMScheduler
from diffusers.schedulers.scheduling_euler_discrete import EulerDiscreteScheduler
from diffusers.training_utils import compute_snr

from core.errors import ConfigurationError
from gpu_worker.conditioning import Conditioning, Frame
from gpu_worker.families.family import NoisyExamples
from gpu_worker.families.memory import WorkingMemory
from gpu_worker.families.pipeline_family import Opening, PipelineFamily, Rows
from gpu_worker.families.sources import SETTING

SNR_GAMMA = 5.0
"""Steps with less noise than this count less, since they are the easy ones (Hang et al. 2023, arXiv:2303.09556)."""


class SdxlFamily(PipelineFamily):
    """SDXL and models trained from it, with epsilon or v prediction."""

    pipeline_class = StableDiffusionXLPipeline
    denoiser_part = "unet"
    text_encoder_parts = ("text_encoder", "text_encoder_2")
    working = WorkingMemory(generate_gib=3.0, train_gib=5.0)

    adapter_targets = (
        r".*\.attentions\.\d+\.(proj_in|proj_out"
        r"|transformer_blocks\.\d+\.(attn[12]\.(to_q|to_k|to_v|to_out\.0)|ff\.net\.(0\.proj|2)))"
    )
    """The layers that the usual trainers' adapters change, so that theirs fit the bank as ours do."""

    def __init__(self, opening: Opening) -> None:
        super().__init__(opening)
        predicts = self.pipeline.scheduler.config["prediction_type"]
        if predicts not in ("epsilon", "v_prediction"):
            raise ConfigurationError(
                f"{SETTING}: the model for {opening.name} predicts {predicts}, and only epsilon and v_prediction "
                "are known for it here. Name another."
            )
        self._train_scheduler: Any = DDPMScheduler.from_config(self.pipeline.scheduler.config)

    def _encode(self, prompt: str) -> Rows:
        """Return `prompt_embeds`, [1, 77, 2048], and `pooled_prompt_embeds`, [1, 1280]."""
        prompt_embeds, _, pooled, _ = self.pipeline.encode_prompt(
            [prompt], device=self.device, do_classifier_free_guidance=False
        )
        if not prompt and self.pipeline.config.force_zeros_for_empty_prompt:
            prompt_embeds, pooled = torch.zeros_like(prompt_embeds), torch.zeros_like(pooled)
        return {"prompt_embeds": prompt_embeds, "pooled_prompt_embeds": pooled}

    def _frame_rows(self, frame: Frame, count: int) -> Rows:
        """Return `time_ids`, [count, 6]: the size it came in, where it was cropped, and the size it is to have."""
        size = (frame.height_px, frame.width_px)
        time_ids = self.pipeline._get_add_time_ids(
            size, (0, 0), size, self.dtype, self.pipeline.text_encoder_2.config.projection_dim
        )
        return {"time_ids": time_ids.to(self.device).expand(count, -1)}

    def latent_shape(self, width_px: int, height_px: int) -> tuple[int, int, int]:
        """Return (4, H/8, W/8)."""
        scale = self.pipeline.vae_scale_factor
        return self.denoiser.config["in_channels"], height_px // scale, width_px // scale

    def new_noise_scheduler(
        self, num_inference_steps: int, latent_shape: tuple[int, int, int]
    ) -> EulerDiscreteScheduler:
        """Return Euler's solver whatever the folder names: it draws nothing at random, so that seeds hold."""
        noise_scheduler: Any = EulerDiscreteScheduler.from_config(self.pipeline.scheduler.config)
        noise_scheduler.set_timesteps(num_inference_steps, device=self.device)
        return noise_scheduler

    def denoise(
        self, latents: torch.Tensor, timesteps: torch.Tensor, conditioning: Conditioning
    ) -> torch.Tensor:
        """Return epsilon or v, [B, 4, h, w] float32; `timesteps`, [B], float32 in [0, 1000)."""
        return self.denoiser(
            latents.to(self.dtype),
            timesteps,
            encoder_hidden_states=conditioning["prompt_embeds"],
            added_cond_kwargs={
                "text_embeds": conditioning["pooled_prompt_embeds"],
                "time_ids": conditioning["time_ids"],
            },
        ).sample.float()

    def noise_examples(self, latents: torch.Tensor, generator: torch.Generator) -> NoisyExamples:
        """Noise `latents`, [B, 4, h, w], at even timesteps; each counts by its signal-to-noise ratio.

        All randomness comes from `generator`, a CPU generator, so that a training can be repeated anywhere.
        """
        scheduler = self._train_scheduler
        predicts_v = scheduler.config["prediction_type"] == "v_prediction"
        timesteps = torch.randint(
            scheduler.config["num_train_timesteps"], (len(latents),), generator=generator
        )
        noise = torch.randn(latents.shape, generator=generator).to(latents.device)
        weights = snr_weights(compute_snr(scheduler, timesteps), predicts_v).to(latents.device)
        timesteps = timesteps.to(latents.device)
        return NoisyExamples(
            latents=scheduler.add_noise(latents, noise, timesteps),
            timesteps=timesteps.float(),
            targets=scheduler.get_velocity(latents, noise, timesteps) if predicts_v else noise,
            weights=weights,
        )


def snr_weights(snr: torch.Tensor, predicts_v: bool) -> torch.Tensor:
    """Return what each sample counts, [B], by its signal-to-noise ratio (arXiv:2303.09556, section 3.4)."""
    return snr.clamp(max=SNR_GAMMA) / (snr + 1 if predicts_v else snr)
