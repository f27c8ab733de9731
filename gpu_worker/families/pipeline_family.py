"""What every base that diffusers has a pipeline for is loaded and used like. A family says what is its own."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

import torch
from diffusers.quantizers.pipe_quant_config import PipelineQuantizationConfig
from diffusers.quantizers.quantization_config import BitsAndBytesConfig, TorchAoConfig
from safetensors import SafetensorError

from core.errors import ConfigurationError
from gpu_worker.conditioning import Conditioning, Frame
from gpu_worker.families.family import BaseIdentity, CaptionedPicture
from gpu_worker.families.memory import MemoryPlan, Weights, WorkingMemory
from gpu_worker.families.sources import SETTING, hash_weights

PROMPTS_KEPT = 64
"""Encoded prompts that are remembered: people ask for the same words again, with another seed."""
PIXELS_AT_ONCE = 2**20
"""What the autoencoder takes in one go, so that four large pictures need no more memory than one."""

Rows = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Opening:
    """A base that is about to be loaded."""

    name: str
    folder: Path
    device: torch.device
    plan: MemoryPlan


class PipelineFamily:
    """Implements `Family` with the parts of a diffusers pipeline.

    A subclass names the pipeline and its parts, and writes `_encode`, `latent_shape`, `new_noise_scheduler`,
    `denoise` and `noise_examples`.
    """

    pipeline_class: ClassVar[Any]
    denoiser_part: ClassVar[str] = "transformer"
    text_encoder_parts: ClassVar[Sequence[str]] = ("text_encoder",)
    working: ClassVar[WorkingMemory]

    adapter_targets: Sequence[str] | str
    default_size_px = 1024
    default_num_inference_steps = 30
    default_guidance_scale = 5.0
    has_unconditional_rows = True

    def __init__(self, opening: Opening) -> None:
        parts = [self.denoiser_part, *self.text_encoder_parts, "vae"]
        self.identity = BaseIdentity(opening.name, hash_weights(opening.folder, parts))
        self.device = opening.device
        self.plan = opening.plan
        self.pipeline = self._load(opening)
        self.denoiser = getattr(self.pipeline, self.denoiser_part)
        self.autoencoder = self.pipeline.vae
        for part in parts:
            module = getattr(self.pipeline, part)
            module.requires_grad_(False).eval()
            if part == self.denoiser_part or not self.plan.is_offloaded:
                module.to(self.device)
        if self.plan.is_checkpointed:
            self.denoiser.enable_gradient_checkpointing()
        self._remembered: OrderedDict[str, Rows] = OrderedDict()

    @property
    def dtype(self) -> torch.dtype:
        """What the denoiser computes in, however its weights are stored."""
        return torch.float32 if self.plan.weights is Weights.FULL else torch.bfloat16

    # Text

    @torch.no_grad()
    def encode_prompts(self, prompts: Sequence[str], frame: Frame) -> Conditioning:
        """Return a row for each prompt. Each is encoded by itself, so that it is the same in any company."""
        rows = [self._remember(prompt) for prompt in prompts]
        tensors = {name: torch.cat([row[name] for row in rows]) for name in rows[0]}
        return Conditioning({**tensors, **self._frame_rows(frame, len(rows))})

    def _remember(self, prompt: str) -> Rows:
        if prompt not in self._remembered:
            with self._at_work(*self.text_encoder_parts):
                self._remembered[prompt] = self._encode(prompt)
            if len(self._remembered) > PROMPTS_KEPT:
                self._remembered.popitem(last=False)
        self._remembered.move_to_end(prompt)
        return self._remembered[prompt]

    def _encode(self, prompt: str) -> Rows:
        """Return the tensors of one prompt, each with one row. The empty one is the unconditional prompt."""
        raise NotImplementedError

    def _frame_rows(self, frame: Frame, count: int) -> Rows:
        """Return what the denoiser is told of a picture besides its words, `count` rows each."""
        return {}

    def unknown_words(self, prompt: str) -> tuple[str, ...]:
        """Return none: a large base has a word for everything."""
        return ()

    # Pictures

    @torch.no_grad()
    def encode_pictures(self, pixels: torch.Tensor) -> torch.Tensor:
        """`pixels`, [B, 3, H, W] in [-1, 1] → `latents`, [B, C, h, w] float32: the middle of what they may be."""
        with self._at_work("vae"):
            return torch.cat([self._encode_rows(rows) for rows in self._in_turns(pixels, 1)])

    @torch.no_grad()
    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """`latents`, [B, C, h, w] → pixels, [B, 3, H, W] float32 in [-1, 1]."""
        with self._at_work("vae"):
            return torch.cat(
                [self._decode_rows(rows) for rows in self._in_turns(latents, self.pixels_per_latent)]
            )

    @property
    def pixels_per_latent(self) -> int:
        """Sides of the square that one latent place stands for."""
        return 2 ** (len(self.autoencoder.config["block_out_channels"]) - 1)

    def _encode_rows(self, pixels: torch.Tensor) -> torch.Tensor:
        config = self.autoencoder.config
        latents = self.autoencoder.encode(pixels.to(self.device, self.autoencoder.dtype)).latent_dist.mode()
        return (latents.float() - (config["shift_factor"] or 0.0)) * config["scaling_factor"]

    def _decode_rows(self, latents: torch.Tensor) -> torch.Tensor:
        config = self.autoencoder.config
        unscaled = latents / config["scaling_factor"] + (config["shift_factor"] or 0.0)
        return self.autoencoder.decode(unscaled.to(self.autoencoder.dtype)).sample.float().clamp(-1, 1)

    def _in_turns(self, rows: torch.Tensor, scale: int) -> Sequence[torch.Tensor]:
        pixels = rows.shape[-1] * rows.shape[-2] * scale * scale
        return rows.split(max(1, PIXELS_AT_ONCE // pixels))

    def prior_examples(self, class_noun: str, count: int, seed: int) -> list[CaptionedPicture]:
        """Return none. A large base keeps its classes through a short training of few factors, and drawing dozens
        of pictures first would keep everybody's `/imagine` waiting."""
        return []

    # Loading

    @contextmanager
    def _at_work(self, *parts: str) -> Iterator[None]:
        """Have some parts on the device for a while, where they wait in the host's memory otherwise."""
        if not self.plan.is_offloaded:
            yield
            return
        for part in parts:
            getattr(self.pipeline, part).to(self.device)
        try:
            yield
        finally:
            for part in parts:
                getattr(self.pipeline, part).to("cpu")

    def _load(self, opening: Opening) -> Any:
        options: dict[str, Any] = {}
        quantization = quantization_of(opening.plan.weights)
        if quantization is not None:
            options["quantization_config"] = PipelineQuantizationConfig(
                quant_mapping={self.denoiser_part: quantization}
            )
        try:
            pipeline = self.pipeline_class.from_pretrained(
                opening.folder,
                local_files_only=True,
                use_safetensors=True,
                dtype=self.dtype,
                **options,
            )
        except (
            OSError,
            ValueError,
            RuntimeError,
            KeyError,
            TypeError,
            ImportError,
            SafetensorError,
        ) as fault:
            raise ConfigurationError(
                f"{SETTING}: {opening.name} cannot be loaded from {opening.folder} ({type(fault).__name__}). "
                "It needs every part that its model_index.json names, with weights in safetensors."
            ) from fault
        pipeline.set_progress_bar_config(disable=True)
        return pipeline


def quantization_of(weights: Weights) -> Any:
    """Return how diffusers is told to quantise a denoiser; None where it is not to."""
    if weights is Weights.NF4:
        return BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=torch.bfloat16,
        )
    if weights is Weights.FP8:
        torchao: Any = import_module("torchao.quantization")  # of the extra `gpu`
        return TorchAoConfig(torchao.Float8WeightOnlyConfig())
    return None
