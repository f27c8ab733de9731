"""FLUX.2 klein: the smaller flow transformer of the second series, told by Qwen3, over patches of its own latents."""

from __future__ import annotations

import torch
from diffusers.pipelines.flux2.pipeline_flux2_klein import Flux2KleinPipeline, compute_empirical_mu

from gpu_worker.conditioning import Conditioning
from gpu_worker.families.flow import FlowFamily
from gpu_worker.families.memory import WorkingMemory
from gpu_worker.families.pipeline_family import Opening, Rows


class Flux2KleinFamily(FlowFamily):
    """FLUX.2 klein: the distilled one needs four steps and no guidance, the base one both."""

    pipeline_class = Flux2KleinPipeline
    working = WorkingMemory(generate_gib=3.0, train_gib=6.0)

    adapter_targets = (
        r"transformer_blocks\.\d+\.(attn\.(to_q|to_k|to_v|to_out\.0|add_q_proj|add_k_proj|add_v_proj|to_add_out)"
        r"|ff\.linear_(in|out)|ff_context\.linear_(in|out))"
        r"|single_transformer_blocks\.\d+\.attn\.(to_qkv_mlp_proj|to_out)"
    )
    """Attention and feed-forward of every block: what the usual trainers' adapters change."""

    def __init__(self, opening: Opening) -> None:
        super().__init__(opening)
        is_distilled = bool(self.pipeline.config.is_distilled)
        self.has_unconditional_rows = not is_distilled
        self.default_num_inference_steps = 4 if is_distilled else 50
        self.default_guidance_scale = 1.0 if is_distilled else 4.0

    def _encode(self, prompt: str) -> Rows:
        """Return `prompt_embeds`, [1, 512, 3 D]: three layers' states of the language model, side by side."""
        prompt_embeds, _ = self.pipeline.encode_prompt([prompt], device=self.device)
        return {"prompt_embeds": prompt_embeds}

    def latent_shape(self, width_px: int, height_px: int) -> tuple[int, int, int]:
        """Return (128, H/16, W/16): two by two places of 32 channels are one."""
        side = 2 * self.pipeline.vae_scale_factor
        return self.denoiser.config["in_channels"], height_px // side, width_px // side

    @property
    def pixels_per_latent(self) -> int:
        """Sixteen."""
        return 2 * self.pipeline.vae_scale_factor

    def _encode_rows(self, pixels: torch.Tensor) -> torch.Tensor:
        pixels = pixels.to(self.device, self.autoencoder.dtype)
        return self.pipeline._encode_vae_image(pixels, generator=None).float()

    def _decode_rows(self, latents: torch.Tensor) -> torch.Tensor:
        norm = self.autoencoder.bn
        spread = (norm.running_var.float() + self.autoencoder.config["batch_norm_eps"]).sqrt()
        unscaled = latents * spread.view(1, -1, 1, 1) + norm.running_mean.float().view(1, -1, 1, 1)
        patches = self.pipeline._unpatchify_latents(unscaled.to(self.autoencoder.dtype))
        return self.autoencoder.decode(patches).sample.float().clamp(-1, 1)

    def denoise(
        self, latents: torch.Tensor, timesteps: torch.Tensor, conditioning: Conditioning
    ) -> torch.Tensor:
        """Return the velocity `noise - latents`, [B, 128, h, w] float32; `timesteps`, [B], float32 in [0, 1000]."""
        pipeline, embeds = self.pipeline, conditioning["prompt_embeds"]
        output = self.denoiser(
            hidden_states=pipeline._pack_latents(latents.to(self.dtype)),
            timestep=timesteps / 1000,
            guidance=None,
            encoder_hidden_states=embeds,
            txt_ids=pipeline._prepare_text_ids(embeds[:1]).to(self.device),
            img_ids=pipeline._prepare_latent_ids(latents[:1]).to(self.device),
        ).sample
        return output.float().mT.unflatten(2, latents.shape[2:])

    def _mu(self, latent_shape: tuple[int, int, int], num_inference_steps: int) -> float:
        """Return how far noise levels are shifted: here the number of steps counts as well."""
        return compute_empirical_mu(latent_shape[1] * latent_shape[2], num_inference_steps)
