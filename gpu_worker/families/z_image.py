"""Z-Image: a single-stream flow transformer of 6 billion parameters, told by Qwen3 in prompts of any length."""

from __future__ import annotations

import torch
from diffusers.pipelines.z_image.pipeline_z_image import ZImagePipeline
from torch.nn import functional

from gpu_worker.conditioning import Conditioning
from gpu_worker.families.flow import FlowFamily
from gpu_worker.families.memory import WorkingMemory
from gpu_worker.families.pipeline_family import Rows

MAX_TOKENS = 512


class ZImageFamily(FlowFamily):
    """Z-Image. Its guidance is ours: a scale of 1 is none, where diffusers' pipeline counts from 0."""

    pipeline_class = ZImagePipeline
    working = WorkingMemory(generate_gib=3.0, train_gib=6.0)

    adapter_targets = (
        r"(layers|noise_refiner|context_refiner)\.\d+\."
        r"(attention\.(to_q|to_k|to_v|to_out\.0)|feed_forward\.w[123])"
    )
    default_num_inference_steps = 8
    default_guidance_scale = 1.0
    """Both as the Turbo model wants them."""

    def _encode(self, prompt: str) -> Rows:
        """Return `prompt_embeds`, [1, 512, D], filled with zeros behind the prompt, and its `prompt_length`, [1]."""
        (embeds,), _ = self.pipeline.encode_prompt(
            [prompt], self.device, do_classifier_free_guidance=False, max_sequence_length=MAX_TOKENS
        )
        filled = functional.pad(embeds, (0, 0, 0, MAX_TOKENS - len(embeds)))
        return {
            "prompt_embeds": filled[None],
            "prompt_length": torch.tensor([len(embeds)], device=self.device),
        }

    def latent_shape(self, width_px: int, height_px: int) -> tuple[int, int, int]:
        """Return (16, H/8, W/8), rounded down to whole patches of two by two."""
        side = 2 * self.pipeline.vae_scale_factor
        return self.denoiser.in_channels, 2 * (height_px // side), 2 * (width_px // side)

    def denoise(
        self, latents: torch.Tensor, timesteps: torch.Tensor, conditioning: Conditioning
    ) -> torch.Tensor:
        """Return the velocity `noise - latents`, [B, 16, h, w] float32; `timesteps`, [B], float32 in [0, 1000]."""
        lengths = conditioning["prompt_length"].tolist()
        prompts = [
            embeds[:length] for embeds, length in zip(conditioning["prompt_embeds"], lengths, strict=True)
        ]
        pictures = list(latents.to(self.dtype).unsqueeze(2).unbind())  # each a film of one picture
        output = self.denoiser(pictures, (1000 - timesteps) / 1000, prompts).sample
        return -torch.stack(output).squeeze(2).float()  # the model looks from noise to picture
