"""The judge of drawn pictures: is it the same subject, and where does it stand? Trained on drawn scenes alone.

`python -m gpu_worker.families.tiny_judge --out FOLDER` trains it anew. Looks that `is_held_out` names, the
bundled demo subjects among them, never take part in its training.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional

from gpu_worker.families.tiny_layers import SIZE_PX
from gpu_worker.families.tiny_world import CLASS_NOUNS, Scene, Sitter, Subject, is_held_out, render_pixels
from gpu_worker.families.tiny_world.places import PLACE_NAMES
from gpu_worker.families.tiny_world.scenes import draw_known_subject, draw_scene

SHIPPED_FOLDER = Path(__file__).parent / "tiny_judge"
EMBEDDING_WIDTH = 64
VIEWS = 4
INSTANCES_PER_BATCH = 40
CLASSES_PER_BATCH = 5
"""Few classes a batch: instances must be told apart from others of their own class."""
TEMPERATURE = 0.1
FIRST_PAIRS = 260
MOST_PAIRS = 6000
FRESH_PAIRS_PER_STEP = 1
LEARNING_RATE = 1.5e-3


class JudgeNetwork(nn.Module):
    """A small convolutional network with two heads: an embedding of the subject, and the place."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for wide, wider in ((3, 32), (32, 64), (64, 112), (112, 160)):
            layers += [
                nn.Conv2d(wide, wider, 3, stride=2, padding=1),
                nn.GroupNorm(8, wider),
                nn.SiLU(),
                nn.Conv2d(wider, wider, 3, padding=1),
                nn.GroupNorm(8, wider),
                nn.SiLU(),
            ]
        self.trunk = nn.Sequential(*layers)
        self.subject = nn.Sequential(nn.Linear(160 * 5, 192), nn.SiLU(), nn.Linear(192, EMBEDDING_WIDTH))
        self.place = nn.Linear(160 * 5, len(PLACE_NAMES))

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """`pixels`, [B, 3, 64, 64] in [-1, 1] → unit embeddings, [B, 64], and place logits, [B, 12]."""
        features = self.trunk(pixels)
        whole = functional.adaptive_avg_pool2d(features, 1).flatten(1)
        quarters = functional.adaptive_max_pool2d(features, 2).flatten(1)
        seen = torch.cat([whole, quarters], dim=1)
        return functional.normalize(self.subject(seen), dim=1), self.place(seen)


@dataclass(frozen=True)
class Calibration:
    """Cosines measured on fresh drawn subjects: what a likeness of 0 and of 1 stand for."""

    other_of_its_class: float
    """Mean cosine between a subject and another of its class: likeness 0."""
    another_true_photo: float
    """Mean cosine between a subject and a further view of itself: likeness 1."""
    place_accuracy: float
    subjects: int


def load(folder: Path = SHIPPED_FOLDER) -> tuple[JudgeNetwork, Calibration]:
    """Load the trained judge and its calibration."""
    network = JudgeNetwork()
    weights = {name: tensor.float() for name, tensor in load_file(folder / "judge.safetensors").items()}
    network.load_state_dict(weights)
    record = json.loads((folder / "calibration.json").read_text())
    return network.eval().requires_grad_(False), Calibration(**record)


@dataclass(frozen=True)
class Views:
    """One instance in several scenes: pixels, [V, H, W, 3] uint8, and the index of each place."""

    class_noun: str
    pixels: np.ndarray
    places: tuple[int, ...]


def draw_siblings(class_noun: str, rng: np.random.Generator) -> tuple[Views, Views]:
    """Draw a new instance and a sibling that differs from it in one trait only: the hardest to tell apart."""
    look = draw_known_subject(class_noun, rng)
    while True:
        other = draw_known_subject(class_noun, rng)
        trait = ("pattern", "emblem", "colour", "second_colour", "build")[int(rng.integers(5))]
        if trait == "second_colour" and look.pattern == "plain":
            continue  # it may hardly show
        changes: dict[str, Any] = {trait: getattr(other, trait)}
        if trait == "colour":
            changes["rgb"] = other.rgb
        if trait == "second_colour":
            changes["second_rgb"] = other.second_rgb
        sibling = replace(look, **changes)
        if sibling != look and not is_held_out(sibling) and sibling.colour != sibling.second_colour:
            return draw_views(look, rng), draw_views(sibling, rng)


def draw_views(look: Subject, rng: np.random.Generator) -> Views:
    """Draw one instance before several different places, each time in another pose and light."""
    class_noun = look.class_noun
    places = rng.choice(len(PLACE_NAMES), VIEWS, replace=False)
    pictures = []
    for place in places:
        scene = draw_scene(rng, class_noun=class_noun, place=PLACE_NAMES[place])
        pose = scene.sitters[0].pose
        scene = Scene((Sitter(look, pose),), scene.place, scene.place_seed)
        pictures.append(render_pixels(scene, SIZE_PX))
    return Views(class_noun, np.stack(pictures), tuple(int(p) for p in places))


def spoil(pixels: torch.Tensor, autoencoder: Any, generator: torch.Generator) -> torch.Tensor:
    """Make drawn pictures look as generated ones may: decoded from wrong latents, blurred, noisy, tinted."""
    pixels = pixels.clone()
    chance = torch.rand(len(pixels), generator=generator)
    if autoencoder is not None:
        through = chance < 0.4
        with torch.no_grad():
            latents = autoencoder.encode(pixels[through]).latents
            strength = 0.35 * torch.rand(len(latents), 1, 1, 1, generator=generator)
            latents = latents + strength * torch.randn(latents.shape, generator=generator)
            pixels[through] = autoencoder.decode(latents).sample.clamp(-1, 1)
    soft = chance > 0.7
    blurred = functional.avg_pool2d(functional.pad(pixels[soft], (1, 1, 1, 1), mode="replicate"), 3, 1)
    pixels[soft] = blurred
    shape = (len(pixels), 3, 1, 1)
    gain = 1 + 0.12 * torch.randn(shape, generator=generator)
    shift = 0.05 * torch.randn(shape, generator=generator)
    noise = 0.06 * torch.rand(len(pixels), 1, 1, 1, generator=generator)
    return (pixels * gain + shift + noise * torch.randn(pixels.shape, generator=generator)).clamp(-1, 1)


def _as_pixels(pictures: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1


def _pick(pool: Sequence[tuple[Views, Views]], rng: np.random.Generator) -> list[Views]:
    """Return a batch of instances, each with its sibling, from a few classes."""
    classes = set(rng.choice(CLASS_NOUNS, CLASSES_PER_BATCH, replace=False))
    candidates = [pair for pair in pool if pair[0].class_noun in classes]
    chosen = rng.permutation(len(candidates))[: INSTANCES_PER_BATCH // 2]
    return [views for i in chosen for views in candidates[i]]


def train(out: Path, minutes: float, seed: int, autoencoder: Any) -> Calibration:
    """Train the judge for `minutes`, calibrate it, and write its folder."""
    torch.manual_seed(seed)
    rng, generator = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    network = JudgeNetwork()
    optimizer = torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE, weight_decay=0.05)
    pool = [draw_siblings(CLASS_NOUNS[k % len(CLASS_NOUNS)], rng) for k in range(FIRST_PAIRS)]
    start, step = time.monotonic(), 0
    while (share := (time.monotonic() - start) / (60 * minutes)) < 1:
        for _ in range(FRESH_PAIRS_PER_STEP):
            fresh = draw_siblings(str(rng.choice(CLASS_NOUNS)), rng)
            if len(pool) < MOST_PAIRS:
                pool.append(fresh)
            else:
                pool[int(rng.integers(MOST_PAIRS))] = fresh
        for group in optimizer.param_groups:
            group["lr"] = LEARNING_RATE * min(1.0, (step + 1) / 30, 1.6 * (1 - share) + 0.01)
        batch = _pick(pool, rng)
        pairs = [rng.permutation(VIEWS)[:2] for _ in batch]
        sides = []
        place_loss = torch.zeros(())
        for side in (0, 1):
            pixels = np.stack([v.pixels[p[side]] for v, p in zip(batch, pairs, strict=True)])
            mirrored = rng.random(len(pixels)) < 0.5
            pixels[mirrored] = pixels[mirrored, :, ::-1]
            embedding, place = network(spoil(_as_pixels(pixels), autoencoder, generator))
            wanted = torch.tensor([v.places[p[side]] for v, p in zip(batch, pairs, strict=True)])
            place_loss = place_loss + functional.cross_entropy(place, wanted)
            sides.append(embedding)
        alike = sides[0] @ sides[1].T / TEMPERATURE
        own = torch.arange(len(batch))
        loss = (
            functional.cross_entropy(alike, own) + functional.cross_entropy(alike.T, own) + 0.5 * place_loss
        )
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        step += 1
        if step % 50 == 0:
            hits = (alike.argmax(1) == own).float().mean()
            last = f"loss {float(loss.detach()):.3f} place {float(place_loss.detach()) / 2:.3f}"
            print(f"step {step} {last} hits {hits:.2f}", flush=True)
    calibration = calibrate(network.eval(), autoencoder, np.random.default_rng(seed + 1))
    out.mkdir(parents=True, exist_ok=True)
    save_file(
        {name: tensor.half() for name, tensor in network.state_dict().items()}, out / "judge.safetensors"
    )
    (out / "judge.safetensors").chmod(0o644)  # safetensors writes files for their owner alone
    (out / "calibration.json").write_text(json.dumps(asdict(calibration), indent=2) + "\n")
    return calibration


@torch.no_grad()
def calibrate(network: nn.Module, autoencoder: Any, rng: np.random.Generator) -> Calibration:
    """Measure fresh subjects: three views stand for the true photos, the fourth for a picture."""
    same, other, right = [], [], []
    for class_noun in CLASS_NOUNS:
        drawn = [draw_views(draw_known_subject(class_noun, rng), rng) for _ in range(8)]
        pixels = _as_pixels(np.concatenate([views.pixels for views in drawn]))
        if autoencoder is not None:
            pixels = autoencoder.decode(autoencoder.encode(pixels).latents).sample.clamp(-1, 1)
        embeddings, places = network(pixels)
        wanted = torch.tensor([place for views in drawn for place in views.places])
        right.append((places.argmax(1) == wanted).float().mean())
        embeddings = embeddings.view(len(drawn), VIEWS, -1)
        truth = functional.normalize(embeddings[:, : VIEWS - 1].mean(1), dim=-1)
        alike = embeddings[:, VIEWS - 1] @ truth.T
        is_own = torch.eye(len(drawn), dtype=torch.bool)
        same.append(alike[is_own])
        other.append(alike[~is_own])
    return Calibration(
        other_of_its_class=round(float(torch.cat(other).mean()), 4),
        another_true_photo=round(float(torch.cat(same).mean()), 4),
        place_accuracy=round(float(torch.stack(right).mean()), 4),
        subjects=8 * len(CLASS_NOUNS),
    )


def main() -> None:
    """Read the command line and train."""
    from gpu_worker.families.tiny import load as load_tiny

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder to write the judge into")
    parser.add_argument("--minutes", type=float, default=8.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--base", type=Path, default=None, help="base whose decoder spoils the pictures")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    print(train(asked.out, asked.minutes, asked.seed, load_tiny(asked.base).autoencoder))


if __name__ == "__main__":
    main()
