"""Bria 3.2: a flow transformer of 4 billion parameters trained on licensed pictures, told by T5 and guided by rows."""

from __future__ import annotations

import torch
from diffusers.pipelines.bria.pipeline_bria import BriaPipeline, get_original_sigmas

from gpu_worker.conditioning import Conditioning
from gpu_worker.families.flow import FlowFamily
from gpu_worker.families.flux import BLOCK_TARGETS
from gpu_worker.families.memory import WorkingMemory
from gpu_worker.families.pipeline_family import Rows

MAX_TOKENS = 128
"""Of a prompt; what follows is cut off, and shorter ones are filled with zeros."""


class BriaFamily(FlowFamily):
    """Bria 3.2, whose transformer is FLUX.1's without pooled text and without a told guidance."""

    pipeline_class = BriaPipeline
    working = WorkingMemory(generate_gib=3.0, train_gib=6.0)
    adapter_targets = BLOCK_TARGETS

    def _encode(self, prompt: str) -> Rows:
        """Return `prompt_embeds`, [1, 128, 4096]; the unconditional prompt is all zeros."""
        prompt_embeds, _, _ = self.pipeline.encode_prompt(
            [prompt], self.device, do_classifier_free_guidance=False, max_sequence_length=MAX_TOKENS
        )
        return {"prompt_embeds": prompt_embeds if prompt else torch.zeros_like(prompt_embeds)}

    def latent_shape(self, width_px: int, height_px: int) -> tuple[int, int, int]:
        """Return (4, H/8, W/8), rounded down to what packs two by two."""
        side = self.pipeline.vae_scale_factor  # of a packed place: 16 px
        return self.denoiser.config["in_channels"] // 4, 2 * (height_px // side), 2 * (width_px // side)

    def denoise(
        self, latents: torch.Tensor, timesteps: torch.Tensor, conditioning: Conditioning
    ) -> torch.Tensor:
        """Return the velocity `noise - latents`, [B, 4, h, w] float32; `timesteps`, [B], float32 in [0, 1000]."""
        count, channels, height, width = latents.shape
        pipeline, embeds = self.pipeline, conditioning["prompt_embeds"]
        ids = pipeline._prepare_latent_image_ids(1, height // 2, width // 2, self.device, self.dtype)
        output = self.denoiser(
            hidden_states=pipeline._pack_latents(latents.to(self.dtype), count, channels, height, width),
            timestep=timesteps,
            encoder_hidden_states=embeds,
            txt_ids=torch.zeros(embeds.shape[1], 3, device=self.device),
            img_ids=ids[0],
        ).sample
        side = pipeline.vae_scale_factor
        return pipeline._unpack_latents(output.float(), height // 2 * side, width // 2 * side, side)

    def _sigmas(self, num_inference_steps: int) -> list[float]:
        """Return the noise levels before any shift: those of its training where they are not shifted by size."""
        config = self.pipeline.scheduler.config
        if config["use_dynamic_shifting"]:
            return super()._sigmas(num_inference_steps)
        return get_original_sigmas(config["num_train_timesteps"], num_inference_steps).tolist()
