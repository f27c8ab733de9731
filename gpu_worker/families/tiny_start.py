"""What comes before the denoiser learns: a pool of drawn scenes, a decoder, and words with a meaning."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from gpu_worker.families.tiny_layers import SIZE_PX, hold_trigger_words, tokenize
from gpu_worker.families.tiny_world import CLASS_NOUNS, Scene, caption_of, draw_scene, render_pixels
from gpu_worker.families.tiny_world.places import PLACE_NAMES
from gpu_worker.families.tiny_world.subjects import COLOURS, EMBLEMS, PATTERNS

DECODER_BATCH = 12
DECODER_RATE = 3e-3


class ScenePool:
    """Drawn scenes kept for reuse: pixels, [H, W, 3] uint8, and what they show, to be captioned anew.

    Once it has an encoder it keeps latents too: the scenes outlive many steps, so each is encoded once.
    """

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._pixels: list[np.ndarray] = []
        self._scenes: list[Scene] = []
        self._latents: list[torch.Tensor] = []
        self._autoencoder: Any = None

    @torch.no_grad()
    def encode_with(self, autoencoder: Any) -> None:
        """Keep latents from now on, those of earlier scenes included."""
        self._autoencoder = autoencoder
        for at in range(0, len(self._pixels), 64):
            self._latents += autoencoder.encode(_as_batch(self._pixels[at : at + 64])).latents.unbind()

    def sample_latents(self, count: int) -> tuple[torch.Tensor, list[Scene]]:
        """Return latents, [B, 12, 16, 16], and their scenes."""
        chosen = self._rng.integers(len(self._scenes), size=count)
        return torch.stack([self._latents[i] for i in chosen]), [self._scenes[i] for i in chosen]

    def draw(self, count: int) -> None:
        """Draw `count` more scenes."""
        scenes = [draw_scene(self._rng) for _ in range(count)]
        pixels = [render_pixels(scene, SIZE_PX) for scene in scenes]
        if self._autoencoder is not None:
            with torch.no_grad():
                self._latents += self._autoencoder.encode(_as_batch(pixels)).latents.unbind()
        self._scenes += scenes
        self._pixels += pixels

    def sample(self, count: int) -> tuple[torch.Tensor, list[Scene]]:
        """Return pixels, [B, 3, H, W] in [-1, 1], and their scenes; half are mirrored."""
        chosen = self._rng.integers(len(self._scenes), size=count)
        mirrored = self._rng.random(count) < 0.5
        views = [
            self._pixels[i][:, ::-1] if m else self._pixels[i] for i, m in zip(chosen, mirrored, strict=True)
        ]
        return _as_batch(views), [self._scenes[i] for i in chosen]

    def captions(self, scenes: Iterable[Scene], drop: float = 0.0) -> list[str]:
        """Word each scene anew; a share `drop` gets the empty caption."""
        return ["" if self._rng.random() < drop else caption_of(scene, self._rng) for scene in scenes]


def _as_batch(pictures: Sequence[np.ndarray]) -> torch.Tensor:
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1


def train_decoder(autoencoder: Any, pool: ScenePool, seconds: float) -> float:
    """Teach the decoder to undo the fixed encoder, also from slightly wrong latents; return the last loss."""
    decoder = autoencoder.decoder
    optimizer = torch.optim.AdamW(decoder.parameters(), lr=DECODER_RATE, betas=(0.9, 0.99), weight_decay=0.0)
    start, loss_mean, steps = time.monotonic(), 1.0, 0
    while (share := (time.monotonic() - start) / seconds) < 1:
        for group in optimizer.param_groups:
            group["lr"] = DECODER_RATE * min(1.0, (steps + 1) / 50, 2 * (1 - share) + 0.01)
        pixels, _ = pool.sample(DECODER_BATCH)
        with torch.no_grad():
            latents = autoencoder.encode(pixels).latents
            latents = latents + torch.randn_like(latents) * 0.15 * torch.rand(len(latents), 1, 1, 1)
        decoded = autoencoder.decode(latents).sample
        edges = functional.l1_loss(decoded.diff(dim=-1), pixels.diff(dim=-1))
        edges = edges + functional.l1_loss(decoded.diff(dim=-2), pixels.diff(dim=-2))
        loss = functional.l1_loss(decoded, pixels) + functional.mse_loss(decoded, pixels) + edges
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(decoder.parameters(), 1.0)
        optimizer.step()
        steps += 1
        loss_mean = 0.95 * loss_mean + 0.05 * float(loss.detach())
    return loss_mean


def _attributes(scene: Scene) -> torch.Tensor:
    """Return what a scene shows as a multi-hot vector: classes, colours, patterns, emblems, place."""
    names = [*CLASS_NOUNS, *COLOURS, *(f"2nd {c}" for c in COLOURS), *PATTERNS, *EMBLEMS, *PLACE_NAMES]
    shown = {scene.place}
    for sitter in scene.sitters:
        look = sitter.subject
        shown |= {look.class_noun, look.colour, f"2nd {look.second_colour}", look.pattern, look.emblem}
    return torch.tensor([float(name in shown) for name in names])


def teach_words(text_encoder: Any, tokenizer: Any, pool: ScenePool, seconds: float) -> float:
    """Give the text encoder a start: read a scene's attributes off its caption; return the last loss."""
    width = len(_attributes(pool.sample(1)[1][0]))
    hold_trigger_words(text_encoder)
    head = nn.Linear(text_encoder.config.hidden_size, width)
    optimizer = torch.optim.AdamW(
        [*text_encoder.parameters(), *head.parameters()], lr=2e-3, betas=(0.9, 0.99)
    )
    start, loss_mean = time.monotonic(), 1.0
    while time.monotonic() - start < seconds:
        _, scenes = pool.sample(64)
        states = text_encoder(tokenize(tokenizer, pool.captions(scenes)))[0]
        wanted = torch.stack([_attributes(scene) for scene in scenes])
        loss = functional.binary_cross_entropy_with_logits(head(states.mean(1)), wanted)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        loss_mean = 0.95 * loss_mean + 0.05 * float(loss.detach())
    return loss_mean
