"""The parts of the `tiny` base and how its folder is written; what training and serving must agree on."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_tiny import AutoencoderTiny
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline
from diffusers.schedulers.scheduling_dpmsolver_multistep import DPMSolverMultistepScheduler
from tokenizers import AddedToken
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from gpu_worker.families.tiny_world.captions import TRIGGER_WORDS, UNKNOWN_WORD, vocabulary

SIZE_PX = 64
LATENT_CHANNELS = 12
PIXELS_PER_LATENT = 4
MAX_TOKENS = 32
TEXT_WIDTH = 128
BOS, EOS = "<|startoftext|>", "<|endoftext|>"
TRIGGER_LENGTH = 3.0
"""Norm of a trigger word's embedding; other words' have about 0.9."""
TRAIN_TIMESTEPS = 1000
BLOCK_CHANNELS = (48, 112)
"""Small on purpose: on two cores, more samples teach more than more channels do."""


def build_tokenizer(work: Path) -> CLIPTokenizer:
    """Return a CLIPTokenizer in which every word of the drawn world is one token.

    The words are added tokens matched as whole words, so that the byte pairs behind them never split one; any
    other text becomes the unknown token, one for each run of letters' byte, which captions train to be neutral.
    """
    vocabulary_path, merges_path = work / "vocab.json", work / "merges.txt"
    if not vocabulary_path.exists():
        work.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=work))
        (fresh / "v").write_text(json.dumps({token: k for k, token in enumerate((BOS, EOS, UNKNOWN_WORD))}))
        (fresh / "m").write_text("#version: 0.2\n")
        os.replace(fresh / "m", merges_path)
        os.replace(fresh / "v", vocabulary_path)
    tokenizer: Any = CLIPTokenizer(
        vocab=str(vocabulary_path),
        merges=str(merges_path),
        unk_token=UNKNOWN_WORD,
        bos_token=BOS,
        eos_token=EOS,
        pad_token=EOS,
        model_max_length=MAX_TOKENS,
    )
    tokenizer.add_tokens(
        [AddedToken(word, single_word=word.isalnum(), normalized=True) for word in vocabulary()]
    )
    return tokenizer


def tokenize(tokenizer: Any, prompts: Sequence[str]) -> torch.Tensor:
    """Return token ids, [B, MAX_TOKENS]."""
    return tokenizer(
        list(prompts), padding="max_length", max_length=MAX_TOKENS, truncation=True, return_tensors="pt"
    ).input_ids


def build_text_encoder() -> CLIPTextModel:
    """Return an untrained text encoder in which the trigger words already have their final embeddings.

    Training teaches the base to ignore trigger words. Were their embeddings trained too, they would all become
    one, and a model could no longer be told from its class; so they are random, long, and stay as they are.
    """
    text_encoder = _untrained_text_encoder()
    words: Any = text_encoder.get_input_embeddings().weight
    generator = torch.Generator().manual_seed(len(TRIGGER_WORDS))
    directions = torch.randn(len(TRIGGER_WORDS), TEXT_WIDTH, generator=generator)
    with torch.no_grad():
        words[-len(TRIGGER_WORDS) :] = TRIGGER_LENGTH * directions / directions.norm(dim=1, keepdim=True)
    return text_encoder


def hold_trigger_words(text_encoder: Any) -> None:
    """Keep the trigger words' embeddings out of every later backward pass."""

    def drop(gradient: torch.Tensor) -> torch.Tensor:
        kept = gradient.clone()
        kept[-len(TRIGGER_WORDS) :] = 0
        return kept

    text_encoder.get_input_embeddings().weight.register_hook(drop)


def _untrained_text_encoder() -> CLIPTextModel:
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=3 + len(vocabulary()),
            hidden_size=TEXT_WIDTH,
            intermediate_size=4 * TEXT_WIDTH,
            projection_dim=TEXT_WIDTH,
            num_hidden_layers=2,
            num_attention_heads=4,
            max_position_embeddings=MAX_TOKENS,
            bos_token_id=0,
            eos_token_id=1,
            pad_token_id=1,
        )
    )


def build_denoiser() -> UNet2DConditionModel:
    """Return an untrained denoiser."""
    return UNet2DConditionModel(
        sample_size=SIZE_PX // PIXELS_PER_LATENT,
        in_channels=LATENT_CHANNELS,
        out_channels=LATENT_CHANNELS,
        block_out_channels=BLOCK_CHANNELS,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        layers_per_block=1,
        cross_attention_dim=TEXT_WIDTH,
        attention_head_dim=4,  # diffusers reads this as the number of heads
        norm_num_groups=16,
    )


def build_autoencoder() -> AutoencoderTiny:
    """Return an autoencoder whose encoder is linear (see `fit_encoder`)."""
    return AutoencoderTiny(
        latent_channels=LATENT_CHANNELS,
        encoder_block_out_channels=(48, 48, 48),
        decoder_block_out_channels=(32, 32, 32),
        num_encoder_blocks=(0, 0, 0),
        num_decoder_blocks=(3, 2, 0),
        scaling_factor=1.0,
        latent_magnitude=3,
    )


@torch.no_grad()
def fit_encoder(autoencoder: AutoencoderTiny, pixels: torch.Tensor) -> None:
    """Set the encoder to the principal components of 4x4 patches; `pixels`, [N, 3, H, W] in [-1, 1].

    The convolutions only move pixels into channels; the last one projects. Each component is scaled by the
    square root of its spread, half way to whitening, so the faint ones are not drowned and not blown up.
    """
    first, second, third, last = (m for m in autoencoder.encoder.layers if isinstance(m, nn.Conv2d))
    for layer in (first, second, third, last):
        layer.weight.zero_()
        if layer.bias is not None:
            layer.bias.zero_()
    for c in range(3):
        first.weight[c, c, 1, 1] = 1
    for layer, width in ((second, 3), (third, 12)):
        for c in range(width):
            for y in range(2):
                for x in range(2):
                    layer.weight[c * 4 + y * 2 + x, c, 1 + y, 1 + x] = 1
    last.weight[torch.arange(LATENT_CHANNELS), torch.arange(LATENT_CHANNELS), 1, 1] = 1
    patches = autoencoder.encoder.layers[:-1](pixels.add(1).div(2)).permute(0, 2, 3, 1).reshape(-1, 48)
    mean = patches.mean(0)
    spread, directions = torch.linalg.eigh(torch.cov((patches - mean).T))
    spread, directions = spread.flip(0)[:LATENT_CHANNELS].sqrt(), directions.flip(1)[:, :LATENT_CHANNELS]
    scale = spread.rsqrt()
    scale = scale / ((spread * scale) ** 2).mean().sqrt()
    projection = (directions * scale).T
    last.weight.zero_()
    last.weight[:, :, 1, 1] = projection
    assert last.bias is not None
    last.bias.copy_(-projection @ mean)


def sample_sigmas(count: int, generator: torch.Generator) -> torch.Tensor:
    """Return noise levels in (0, 1), [B]: three in four logit-normal, one in four uniform."""
    middle = torch.sigmoid(torch.randn(count, generator=generator))
    even = torch.rand(count, generator=generator)
    is_even = torch.rand(count, generator=generator) < 0.25
    return torch.where(is_even, even, middle).clamp(0.002, 0.999)


def noisy_mix(latents: torch.Tensor, noise: torch.Tensor, sigmas: torch.Tensor) -> torch.Tensor:
    """Return the straight path's sample at `sigmas` (Lipman et al. 2022, arXiv:2210.02747)."""
    share = sigmas.view(-1, 1, 1, 1)
    return (1 - share) * latents + share * noise


def build_noise_scheduler() -> DPMSolverMultistepScheduler:
    """Return the multistep solver set to flow prediction."""
    return DPMSolverMultistepScheduler(
        num_train_timesteps=TRAIN_TIMESTEPS,
        prediction_type="flow_prediction",
        use_flow_sigmas=True,
        flow_shift=1.0,
        final_sigmas_type="zero",
        steps_offset=1,  # diffusers warns about any other value
    )


def save_base(
    folder: Path,
    autoencoder: nn.Module,
    denoiser: nn.Module,
    text_encoder: nn.Module,
    tokenizer: CLIPTokenizer,
) -> None:
    """Write a diffusers folder in half precision beside `folder`, then put it in its place."""

    def half(module: nn.Module, fresh: nn.Module) -> nn.Module:
        fresh.load_state_dict(module.state_dict())
        return fresh.half().eval()

    pipeline = StableDiffusionPipeline(
        vae=half(autoencoder, build_autoencoder()),  # pyright: ignore[reportArgumentType]
        text_encoder=half(text_encoder, build_text_encoder()),  # pyright: ignore[reportArgumentType]
        tokenizer=tokenizer,
        unet=half(denoiser, build_denoiser()),  # pyright: ignore[reportArgumentType]
        scheduler=build_noise_scheduler(),  # pyright: ignore[reportArgumentType]
        safety_checker=None,  # pyright: ignore[reportArgumentType]
        feature_extractor=None,  # pyright: ignore[reportArgumentType]
        requires_safety_checker=False,
    )
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".tiny-"))
    pipeline.save_pretrained(fresh, safe_serialization=True)
    for path in (fresh, *fresh.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)  # safetensors writes files for their owner alone
    old = folder.with_name(f".{folder.name}-old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        os.replace(folder, old)
    os.replace(fresh, folder)
    shutil.rmtree(old, ignore_errors=True)
