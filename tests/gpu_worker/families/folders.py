"""Diffusers folders of the true architectures with random weights, a few thousand parameters a part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    AutoencoderKLFlux2,
    BriaPipeline,
    BriaTransformer2DModel,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    Flux2KleinPipeline,
    Flux2Transformer2DModel,
    FluxPipeline,
    FluxTransformer2DModel,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
    ZImagePipeline,
    ZImageTransformer2DModel,
)
from tokenizers.pre_tokenizers import ByteLevel
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    Qwen2Tokenizer,
    Qwen3Config,
    Qwen3ForCausalLM,
    Qwen3Model,
    T5Config,
    T5EncoderModel,
    T5Tokenizer,
)

WIDTH = 16
"""Of the text encoders' states."""
LETTERS = sorted(ByteLevel.alphabet())
CHAT_TEMPLATE = "{% for message in messages %}{{ message['role'] }} {{ message['content'] }} {% endfor %}"


def clip_tokenizer() -> CLIPTokenizer:
    vocabulary = [*LETTERS, *(f"{letter}</w>" for letter in LETTERS), "<|startoftext|>", "<|endoftext|>"]
    return CLIPTokenizer(
        vocab={token: k for k, token in enumerate(vocabulary)}, merges=[], model_max_length=77
    )


def clip_text_encoder(kind: Any = CLIPTextModel) -> Any:
    end = 2 * len(LETTERS) + 1
    return kind(
        CLIPTextConfig(
            vocab_size=end + 1,
            hidden_size=WIDTH,
            intermediate_size=2 * WIDTH,
            num_hidden_layers=2,
            num_attention_heads=2,
            projection_dim=WIDTH,
            bos_token_id=end - 1,
            eos_token_id=end,
            pad_token_id=end,
        )
    )


def t5_tokenizer() -> T5Tokenizer:
    special = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0)]
    return T5Tokenizer(
        vocab=[*special, *((letter, -3.0) for letter in LETTERS)], extra_ids=0, model_max_length=512
    )


def t5_encoder() -> T5EncoderModel:
    return T5EncoderModel(
        T5Config(
            vocab_size=4 + len(LETTERS), d_model=WIDTH, d_kv=8, d_ff=2 * WIDTH, num_layers=1, num_heads=2
        )
    )


def qwen_tokenizer() -> Qwen2Tokenizer:
    vocabulary = {token: k for k, token in enumerate([*LETTERS, "<|endoftext|>"])}
    return Qwen2Tokenizer(vocab=vocabulary, merges=[], chat_template=CHAT_TEMPLATE)


def qwen(kind: Any, num_layers: int) -> Any:
    return kind(
        Qwen3Config(
            vocab_size=len(LETTERS) + 1,
            hidden_size=WIDTH,
            intermediate_size=2 * WIDTH,
            num_hidden_layers=num_layers,
            num_attention_heads=2,
            num_key_value_heads=1,
            head_dim=8,
            pad_token_id=None,
            bos_token_id=None,
            eos_token_id=len(LETTERS),
        )
    )


def autoencoder(kind: Any, latent_channels: int, **more: Any) -> Any:
    """Eight pixels a latent, as the true ones."""
    return kind(
        block_out_channels=(4, 4, 4, 4),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=1,
        latent_channels=latent_channels,
        norm_num_groups=2,
        sample_size=64,
        **more,
    )


def sdxl(prediction_type: str = "epsilon") -> StableDiffusionXLPipeline:
    unet = UNet2DConditionModel(
        sample_size=8,
        in_channels=4,
        out_channels=4,
        block_out_channels=(16, 32),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        transformer_layers_per_block=(1, 1),
        attention_head_dim=(2, 4),
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=WIDTH + 6 * 8,
        cross_attention_dim=2 * WIDTH,
        norm_num_groups=4,
    )
    return StableDiffusionXLPipeline(
        vae=autoencoder(AutoencoderKL, 4, scaling_factor=0.13025),
        text_encoder=clip_text_encoder(),
        text_encoder_2=clip_text_encoder(CLIPTextModelWithProjection),
        tokenizer=clip_tokenizer(),
        tokenizer_2=clip_tokenizer(),
        unet=unet,
        scheduler=EulerDiscreteScheduler(
            beta_start=0.00085,
            beta_end=0.012,
            beta_schedule="scaled_linear",
            timestep_spacing="leading",
            steps_offset=1,
            prediction_type=prediction_type,
        ),
        add_watermarker=False,
    )


def flux(guidance_embeds: bool = True) -> FluxPipeline:
    transformer = FluxTransformer2DModel(
        in_channels=16,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=WIDTH,
        pooled_projection_dim=WIDTH,
        guidance_embeds=guidance_embeds,
        axes_dims_rope=(4, 6, 6),
    )
    return FluxPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=guidance_embeds),
        vae=autoencoder(AutoencoderKL, 4, scaling_factor=0.3611, shift_factor=0.1159),
        text_encoder=clip_text_encoder(),
        tokenizer=clip_tokenizer(),
        text_encoder_2=t5_encoder(),
        tokenizer_2=t5_tokenizer(),
        transformer=transformer,
    )


def klein(is_distilled: bool = False) -> Flux2KleinPipeline:
    vae = autoencoder(AutoencoderKLFlux2, 4)
    with torch.no_grad():  # of pictures, so far from 0 and 1
        vae.bn.running_mean.normal_()
        vae.bn.running_var.uniform_(0.5, 2.0)
    transformer = Flux2Transformer2DModel(
        in_channels=16,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=3 * WIDTH,
        timestep_guidance_channels=16,
        axes_dims_rope=(4, 4, 4, 4),
        guidance_embeds=False,
    )
    return Flux2KleinPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=True),
        vae=vae,
        text_encoder=qwen(Qwen3ForCausalLM, 27),  # states of the layers 9, 18 and 27 are what it tells
        tokenizer=qwen_tokenizer(),
        transformer=transformer,
        is_distilled=is_distilled,
    )


def bria(use_dynamic_shifting: bool = False) -> BriaPipeline:
    transformer = BriaTransformer2DModel(
        in_channels=16,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=WIDTH,
        axes_dims_rope=[4, 6, 6],
    )
    return BriaPipeline(
        transformer=transformer,
        scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=use_dynamic_shifting),
        vae=autoencoder(AutoencoderKL, 4, scaling_factor=0.13025),
        text_encoder=t5_encoder(),
        tokenizer=t5_tokenizer(),
    )


def z_image() -> ZImagePipeline:
    transformer = ZImageTransformer2DModel(
        in_channels=4,
        dim=48,
        n_layers=1,
        n_refiner_layers=1,
        n_heads=2,
        n_kv_heads=2,
        cap_feat_dim=WIDTH,
        axes_dims=[8, 8, 8],
        axes_lens=[1024, 32, 32],
    )
    for pad_token in (transformer.x_pad_token, transformer.cap_pad_token):
        torch.nn.init.normal_(pad_token)  # the model leaves them to its checkpoint
    return ZImagePipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=autoencoder(AutoencoderKL, 4, scaling_factor=0.3611, shift_factor=0.1159),
        text_encoder=qwen(Qwen3Model, 2),
        tokenizer=qwen_tokenizer(),
        transformer=transformer,
    )


PIPELINES: Mapping[str, Callable[[], Any]] = {
    "sdxl": sdxl,
    "sdxl-v": lambda: sdxl("v_prediction"),
    "flux": flux,
    "flux-schnell": lambda: flux(guidance_embeds=False),
    "klein": klein,
    "klein-distilled": lambda: klein(is_distilled=True),
    "bria": bria,
    "bria-shifting": lambda: bria(use_dynamic_shifting=True),
    "z_image": z_image,
}


def write_folder(title: str, folder: Path) -> Path:
    """Write the folder of one architecture; the same weights each time."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        PIPELINES[title]().save_pretrained(folder, safe_serialization=True)
    return folder
