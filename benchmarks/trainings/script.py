"""diffusers' DreamBooth-LoRA script, run in this process on the `tiny` base, with what it lacks for that.

Shimmed, at no cost to it: torchvision's few transforms where that is not installed; `AutoencoderKL`, since tiny's
VAE is an `AutoencoderTiny`; and `DDPMScheduler`, since tiny predicts a flow: noise is mixed in on a straight line
and the target is `noise - latents`, where the script asks for a velocity. The loop and all else is the script's.
"""

from __future__ import annotations

import contextlib
import enum
import importlib.util
import io
import logging
import sys
import time
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers.models.autoencoders.autoencoder_tiny import AutoencoderTiny
from PIL import Image

TRAIN_TIMESTEPS = 1000


@dataclass
class Run:
    """What is seen of a run: each step's loss, and both clocks at its end."""

    losses: list[float] = field(default_factory=list)
    clock: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    def note(self, loss: float) -> None:
        """A step ended."""
        self.losses.append(loss)
        self.clock.append(time.perf_counter())
        self.processor.append(time.thread_time())


def load_script(path: Path) -> types.ModuleType:
    """Import the script, from its file, with the shims in its own names alone."""
    spec = importlib.util.spec_from_file_location("dreambooth_lora_script", path)
    if spec is None or spec.loader is None:
        raise ValueError(f"{path} is no Python file")
    script = importlib.util.module_from_spec(spec)
    shim = _torchvision()
    missing = importlib.util.find_spec("torchvision") is None
    if missing:
        sys.modules["torchvision"] = shim
    try:
        spec.loader.exec_module(script)
    finally:
        if missing:
            del sys.modules["torchvision"]
    script.DDPMScheduler = FlowScheduler  # type: ignore[attr-defined] - names of a module
    script.AutoencoderKL = ShimmedVae  # type: ignore[attr-defined]
    return script


def run_script(script: types.ModuleType, arguments: Sequence[str], keeps_caches: bool) -> Run:
    """Run the script's `main` and return what was seen of its steps.

    Args:
        keeps_caches: Whether photos are read, resized and encoded once instead of at each step.
    """
    seen = Run()
    logging.disable(logging.WARNING)  # the script turns all of diffusers' on
    named: Any = script
    named.tqdm = lambda steps, **_: Bar(seen)
    read = named.DreamBoothDataset.__getitem__
    named.args = named.parse_args([str(argument) for argument in arguments])
    named.args.report_to = None  # tensorboard is not installed, and its writing is not what is compared
    ShimmedVae.kept = {} if keeps_caches else None
    if keeps_caches:
        items: dict[int, Any] = {}

        def kept(dataset: Any, index: int) -> Any:
            index %= dataset.num_instance_images
            if index not in items:
                items[index] = read(dataset, index)
            return items[index]

        named.DreamBoothDataset.__getitem__ = kept
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            named.main(named.args)
    finally:
        named.DreamBoothDataset.__getitem__ = read
        logging.disable(logging.NOTSET)
    return seen


class Bar:
    """Stands where the script's progress bar does, and hears of each step there."""

    def __init__(self, seen: Run) -> None:
        self._seen = seen

    def update(self, steps: int) -> None:
        """A step ended; its loss comes with `set_postfix`."""

    def set_postfix(self, loss: float, lr: float) -> None:
        """Note a step."""
        self._seen.note(loss)


class FlowScheduler:
    """What the script asks of a noise scheduler, for a base that predicts the flow."""

    config = types.SimpleNamespace(num_train_timesteps=TRAIN_TIMESTEPS, prediction_type="v_prediction")

    @classmethod
    def from_pretrained(cls, *_: Any, **__: Any) -> FlowScheduler:
        """Take nothing from the folder."""
        return cls()

    def add_noise(self, latents: torch.Tensor, noise: torch.Tensor, timesteps: torch.Tensor) -> torch.Tensor:
        """Return the place on the straight path from `latents` to `noise`."""
        share = (timesteps / TRAIN_TIMESTEPS).view(-1, 1, 1, 1)
        return (1 - share) * latents + share * noise

    def get_velocity(
        self, latents: torch.Tensor, noise: torch.Tensor, timesteps: torch.Tensor
    ) -> torch.Tensor:
        """Return the direction of that path."""
        return noise - latents


class ShimmedVae(torch.nn.Module):
    """tiny's VAE with the two answers that the script wants of another kind."""

    kept: dict[bytes, torch.Tensor] | None = None
    """Latents by their pixels, where a run keeps caches."""

    def __init__(self, vae: Any) -> None:
        super().__init__()
        self.vae = vae
        self.config = types.SimpleNamespace(scaling_factor=vae.config["scaling_factor"])

    @classmethod
    def from_pretrained(cls, folder: str, **options: Any) -> ShimmedVae:
        """Load the folder's VAE as what it is."""
        return cls(AutoencoderTiny.from_pretrained(folder, subfolder=options["subfolder"]))

    def encode(self, pixels: torch.Tensor) -> Any:
        """Return something with `latent_dist.sample()`, which is `latents`."""
        latents = self._encode(pixels) if self.kept is None else self._look_up(pixels, self.kept)
        return types.SimpleNamespace(latent_dist=types.SimpleNamespace(sample=lambda: latents))

    def _encode(self, pixels: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            return self.vae.encode(pixels).latents

    def _look_up(self, pixels: torch.Tensor, kept: dict[bytes, torch.Tensor]) -> torch.Tensor:
        rows = []
        for row in pixels:
            key = row[:, ::8, ::8].numpy().tobytes()
            if key not in kept:
                kept[key] = self._encode(row[None])
            rows.append(kept[key])
        return torch.cat(rows)


def _torchvision() -> types.ModuleType:
    """Return the few transforms that the script uses, on Pillow as torchvision's own are."""
    module, transforms = types.ModuleType("torchvision"), types.ModuleType("torchvision.transforms")

    class InterpolationMode(enum.Enum):
        BILINEAR = Image.Resampling.BILINEAR
        LANCZOS = Image.Resampling.LANCZOS

    def compose(steps: Sequence[Callable[[Any], Any]]) -> Callable[[Any], Any]:
        def run(image: Any) -> Any:
            for step in steps:
                image = step(image)
            return image

        return run

    def resize(size: int, interpolation: InterpolationMode) -> Callable[[Image.Image], Image.Image]:
        return lambda image: image.resize((size, size), interpolation.value)  # all photos are square

    def to_tensor() -> Callable[[Image.Image], torch.Tensor]:
        return lambda image: torch.from_numpy(np.array(image)).permute(2, 0, 1).contiguous().float().div(255)

    def normalize(mean: list[float], std: list[float]) -> Callable[[torch.Tensor], torch.Tensor]:
        return lambda pixels: (pixels - mean[0]) / std[0]

    def whole(size: int) -> Callable[[Image.Image], Image.Image]:
        return lambda image: image  # a crop of the size that the picture has

    for name, value in {
        "InterpolationMode": InterpolationMode,
        "Compose": compose,
        "Resize": resize,
        "CenterCrop": whole,
        "RandomCrop": whole,
        "ToTensor": to_tensor,
        "Normalize": normalize,
    }.items():
        setattr(transforms, name, value)
    module.transforms = transforms  # type: ignore[attr-defined] - that is how a package holds a module
    return module
