"""FLUX.1 (dev and schnell): a flow transformer of 12 billion parameters over packed latents, told by CLIP and T5."""

from __future__ import annotations

import torch
from diffusers.pipelines.flux.pipeline_flux import FluxPipeline

from gpu_worker.conditioning import Conditioning, Frame
from gpu_worker.families.flow import FlowFamily
from gpu_worker.families.memory import WorkingMemory
from gpu_worker.families.pipeline_family import Opening, Rows

TRAINING_GUIDANCE_SCALE = 1.0
"""FLUX.1 dev was distilled to draw as if guided. At 1 it predicts plainly, which is what photos are held against."""
BLOCK_TARGETS = (
    r"(single_)?transformer_blocks\.\d+\.(attn\.(to_q|to_k|to_v|to_out\.0|add_q_proj|add_k_proj|add_v_proj"
    r"|to_add_out)|ff\.net\.(0\.proj|2)|ff_context\.net\.(0\.proj|2)|proj_mlp|proj_out)"
)
"""Attention and feed-forward of every block: what the usual trainers' adapters change."""


class FluxFamily(FlowFamily):
    """FLUX.1: dev is told the guidance scale, schnell needs four steps and none."""

    pipeline_class = FluxPipeline
    text_encoder_parts = ("text_encoder", "text_encoder_2")
    working = WorkingMemory(generate_gib=3.0, train_gib=7.0)

    adapter_targets = BLOCK_TARGETS
    has_unconditional_rows = False

    def __init__(self, opening: Opening) -> None:
        super().__init__(opening)
        self.is_told_guidance = bool(self.denoiser.config["guidance_embeds"])
        self.default_num_inference_steps = 28 if self.is_told_guidance else 4
        self.default_guidance_scale = 3.5 if self.is_told_guidance else 1.0

    def _encode(self, prompt: str) -> Rows:
        """Return `prompt_embeds`, [1, 512, 4096], of T5, and `pooled_prompt_embeds`, [1, 768], of CLIP."""
        prompt_embeds, pooled, _ = self.pipeline.encode_prompt([prompt], device=self.device)
        return {"prompt_embeds": prompt_embeds, "pooled_prompt_embeds": pooled}

    def _frame_rows(self, frame: Frame, count: int) -> Rows:
        """Return `guidance`, [count], float32."""
        scale = TRAINING_GUIDANCE_SCALE if frame.guidance_scale is None else frame.guidance_scale
        return {"guidance": torch.full((count,), scale, device=self.device)}

    def latent_shape(self, width_px: int, height_px: int) -> tuple[int, int, int]:
        """Return (16, H/8, W/8), rounded down to what packs two by two."""
        side = 2 * self.pipeline.vae_scale_factor
        return self.denoiser.config["in_channels"] // 4, 2 * (height_px // side), 2 * (width_px // side)

    def denoise(
        self, latents: torch.Tensor, timesteps: torch.Tensor, conditioning: Conditioning
    ) -> torch.Tensor:
        """Return the velocity `noise - latents`, [B, 16, h, w] float32; `timesteps`, [B], float32 in [0, 1000]."""
        count, channels, height, width = latents.shape
        pipeline, embeds = self.pipeline, conditioning["prompt_embeds"]
        output = self.denoiser(
            hidden_states=pipeline._pack_latents(latents.to(self.dtype), count, channels, height, width),
            timestep=timesteps / 1000,
            guidance=conditioning["guidance"] if self.is_told_guidance else None,
            pooled_projections=conditioning["pooled_prompt_embeds"],
            encoder_hidden_states=embeds,
            txt_ids=torch.zeros(embeds.shape[1], 3, device=self.device, dtype=self.dtype),
            img_ids=pipeline._prepare_latent_image_ids(1, height // 2, width // 2, self.device, self.dtype),
        ).sample
        scale = pipeline.vae_scale_factor
        return pipeline._unpack_latents(output.float(), height * scale, width * scale, scale)
