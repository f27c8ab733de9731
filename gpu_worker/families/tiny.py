"""The `tiny` family: a base that ships with the project, 64 px, trained on drawn scenes alone, fit for a CPU."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers.models.autoencoders.autoencoder_tiny import AutoencoderTiny
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from diffusers.schedulers.scheduling_dpmsolver_multistep import DPMSolverMultistepScheduler
from transformers import CLIPTextModel, CLIPTokenizer

from gpu_worker.conditioning import Conditioning, Frame
from gpu_worker.families.family import BaseIdentity, CaptionedPicture, NoisyExamples
from gpu_worker.families.tiny_layers import (
    LATENT_CHANNELS,
    PIXELS_PER_LATENT,
    SIZE_PX,
    TRAIN_TIMESTEPS,
    noisy_mix,
    sample_sigmas,
    tokenize,
)
from gpu_worker.families.tiny_world import CLASS_NOUNS, caption_of, draw_scene, render_pixels, vocabulary
from gpu_worker.families.tiny_world.captions import OTHER_NOUNS, words_of

SHIPPED_FOLDER = Path(__file__).parent / "tiny_base"
ADAPTER_TARGETS = (
    "to_q",
    "to_k",
    "to_v",
    "to_out.0",
    "ff.net.0.proj",
    "ff.net.2",
    "proj_in",
    "proj_out",
    "conv1",
    "conv2",
    "conv_shortcut",
    "conv",
)
"""Attention, feed-forward and convolutions: a small base has too little in its attention alone."""
STOP_WORDS = frozenset(
    " ".join(
        (
            "a an and are as at be but by for from has have her his in into is it its of on or our she he that the",
            "their them then there this to very was were which while who with your some up out over under near",
            "please make show me just keep exactly s t",
        )
    ).split()
)
"""Words that a prompt does not lose anything by losing."""
PRIOR_BARE_SHARE = 0.6
"""Most prior captions name the class alone: "a mug" must keep meaning any mug, not the one being learned."""
NEAREST_CLASSES: dict[str, tuple[str, ...]] = {
    "shoe": ("loafer", "sneaker", "boot"),
    "slipper": ("loafer",),
    "trainer": ("sneaker",),
    "person": ("woman", "man"),
    "people": ("woman", "man"),
    "portrait": ("woman", "man"),
    "character": ("woman", "man"),
    "lady": ("woman",),
    "guy": ("man",),
    "toy": ("robot", "bear", "ball"),
    "figure": ("robot", "bear"),
    "plushie": ("bear",),
    "animal": ("dog", "cat"),
    "jar": ("can", "vase"),
    "serum": ("bottle",),
    "perfume": ("bottle",),
    "glass": ("mug",),
    "pot": ("teapot", "vase"),
    "watch": ("clock",),
    "cap": ("hat",),
}
"""Class nouns that the drawn world lacks, with what comes closest in shape."""


def load(folder: Path | None = None, device: str | torch.device = "cpu") -> TinyFamily:
    """Load the base from a diffusers folder, by default the one that ships with the project.

    Stored in half precision, computed in float32, which a CPU is faster at.
    """
    return TinyFamily(folder or SHIPPED_FOLDER, torch.device(device))


def hash_weights(folder: Path) -> str:
    """Return the SHA-256 over a diffusers folder's safetensors files, in the order of their paths."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.safetensors")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


class TinyFamily:
    """Implements `Family` for the shipped base (or any folder that `tiny_train` wrote)."""

    adapter_targets: Sequence[str] | str = ADAPTER_TARGETS
    default_size_px = SIZE_PX
    display_scale = 4
    """Pictures are stored this many times larger: 64 px are hard to see in a chat."""
    default_num_inference_steps = 20
    default_guidance_scale = 2.5
    has_unconditional_rows = True

    def __init__(self, folder: Path, device: torch.device) -> None:
        def part(kind: Any, name: str) -> Any:
            module = kind.from_pretrained(
                folder, subfolder=name, local_files_only=True, torch_dtype=torch.float32
            )
            return module.eval().requires_grad_(False).to(device)

        self.identity = BaseIdentity("tiny", hash_weights(folder))
        self.device = device
        self.denoiser: UNet2DConditionModel = part(UNet2DConditionModel, "unet")
        self.text_encoder: CLIPTextModel = part(CLIPTextModel, "text_encoder")
        self.autoencoder: Any = part(AutoencoderTiny, "vae")
        self.tokenizer = CLIPTokenizer.from_pretrained(folder, subfolder="tokenizer", local_files_only=True)
        self._scheduler_config: Any = DPMSolverMultistepScheduler.load_config(
            folder, subfolder="scheduler", local_files_only=True
        )
        self._known = frozenset(vocabulary())

    def encode_prompts(self, prompts: Sequence[str], frame: Frame | None = None) -> Conditioning:
        """Return `prompt_embeds`, [B, 32, 128], alone; words that the base lacks are left out."""
        token_ids = tokenize(self.tokenizer, [self.plain_prompt(prompt) for prompt in prompts])
        with torch.no_grad():
            return Conditioning({"prompt_embeds": self.text_encoder(token_ids.to(self.device))[0]})

    def plain_prompt(self, prompt: str) -> str:
        """Return `prompt` in the base's own words: lower case, plurals folded, unknown words left out."""
        known = (self._fold(word) for word in words_of(prompt))
        return " ".join(word for word in known if word).strip(" ,-")

    def unknown_words(self, prompt: str) -> tuple[str, ...]:
        """Return the words of `prompt` that this base's vocabulary lacks, in order, each once."""
        words = re.findall(r"[^\W_]+", prompt.lower())
        unknown = [word for word in words if not self._fold(word) and word not in STOP_WORDS]
        return tuple(dict.fromkeys(unknown))

    def _fold(self, word: str) -> str:
        """Return the vocabulary's form of a word, or an empty string."""
        singular = (word, word.removesuffix("s"), word.removesuffix("es"))
        return next((form for form in singular if form in self._known), "")

    def latent_shape(self, width_px: int, height_px: int) -> tuple[int, int, int]:
        """Return (12, H/4, W/4)."""
        return LATENT_CHANNELS, height_px // PIXELS_PER_LATENT, width_px // PIXELS_PER_LATENT

    @torch.no_grad()
    def encode_pictures(self, pixels: torch.Tensor) -> torch.Tensor:
        """`pixels`, [B, 3, H, W] in [-1, 1] → `latents`, [B, 12, H/4, W/4]."""
        latents: torch.Tensor = self.autoencoder.encode(pixels.to(self.device, torch.float32)).latents
        return latents * self.autoencoder.config["scaling_factor"]

    @torch.no_grad()
    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """`latents`, [B, 12, h, w] → pixels, [B, 3, 4h, 4w] in [-1, 1]."""
        decoded: torch.Tensor = self.autoencoder.decode(
            latents / self.autoencoder.config["scaling_factor"]
        ).sample
        return decoded.clamp(-1, 1)

    def new_noise_scheduler(
        self, num_inference_steps: int, latent_shape: tuple[int, int, int] | None = None
    ) -> DPMSolverMultistepScheduler:
        """Return a fresh scheduler with its timesteps set: its state is one request's."""
        noise_scheduler: Any = DPMSolverMultistepScheduler.from_config(self._scheduler_config)
        noise_scheduler.set_timesteps(num_inference_steps, device=self.device)
        return noise_scheduler

    def denoise(
        self, latents: torch.Tensor, timesteps: torch.Tensor, conditioning: Conditioning
    ) -> torch.Tensor:
        """Return the velocity `noise - latents`, [B, 12, h, w]; `timesteps`, [B], float32 in [0, 1000]."""
        embeds = conditioning["prompt_embeds"]
        return self.denoiser(latents, timesteps.float(), encoder_hidden_states=embeds).sample

    def noise_examples(self, latents: torch.Tensor, generator: torch.Generator) -> NoisyExamples:
        """Mix noise in for flow matching (Lipman et al. 2022, arXiv:2210.02747); all levels count the same.

        All randomness comes from `generator`, a CPU generator, so that a training can be repeated anywhere.
        """
        sigmas = sample_sigmas(len(latents), generator).to(latents.device)
        noise = torch.randn(latents.shape, generator=generator).to(latents.device)
        return NoisyExamples(
            latents=noisy_mix(latents, noise, sigmas),
            timesteps=sigmas * TRAIN_TIMESTEPS,
            targets=noise - latents,
            weights=torch.ones_like(sigmas),
        )

    def prior_examples(self, class_noun: str, count: int, seed: int) -> list[CaptionedPicture]:
        """Return `count` drawn pictures of things of other classes in every place, without trigger words.

        Drawn, not generated: pictures that a weak base makes would teach its faults back to it. Of other
        classes, because photos come without a word of their place: beside "a red mug on a beach", an adapter
        learns that a caption with a place means any mug, and loses its subject in every scene.
        """
        rng = np.random.default_rng(seed)
        own = nearest_classes(class_noun)
        classes = [known for known in CLASS_NOUNS if known not in own or len(own) == len(CLASS_NOUNS)]
        examples = []
        for k in range(count):
            scene = draw_scene(rng, class_noun=classes[k % len(classes)])
            pixels = (
                torch.from_numpy(render_pixels(scene, SIZE_PX).copy()).permute(2, 0, 1).float() / 127.5 - 1
            )
            examples.append(
                CaptionedPicture(
                    pixels, caption_of(scene, rng, trigger_share=0.0, bare_share=PRIOR_BARE_SHARE)
                )
            )
        return examples


def nearest_classes(class_noun: str) -> tuple[str, ...]:
    """Return the drawn classes that stand for a class noun ("serum bottle" → bottle), else all of them."""
    for word in reversed(words_of(class_noun)):
        for form in (word, word.removesuffix("s"), word.removesuffix("es")):
            if form in CLASS_NOUNS:
                return (form,)
            if form in NEAREST_CLASSES:
                return NEAREST_CLASSES[form]
            if found := tuple(
                known for known, others in OTHER_NOUNS.items() if form in " ".join(others).split()
            ):
                return found
    return CLASS_NOUNS
