"""The ways to denoise for people who each use another adapter: ours, and those that peft and diffusers have.

Each gets its own copy of the denoiser, the same adapters, and denoises the same inputs; none may trade exactness
for speed, so each is held against the first before anything is timed.
"""

from __future__ import annotations

import copy
import math
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from peft import PeftModel, inject_adapter_in_model, set_peft_model_state_dict
from peft.tuners.lora import LoraLayer
from peft.utils.hotswap import hotswap_adapter_from_state_dict
from torch import nn

from gpu_worker.adapters import AdapterShape
from gpu_worker.bank import AdapterBank
from gpu_worker.banked_layers import bank_layers
from gpu_worker.kernel_profile import profile_of

PICTURE_STEPS = 20
"""As many as tiny takes."""
WEIGHT = 0.5
"""Of each of two adapters that act together."""
NAMES = tuple(f"person{number}" for number in range(8))


@dataclass(frozen=True)
class Inputs:
    """One step for everybody: latents, [8, C, h, w]; timesteps, [8]; prompt_embeds, [8, T, D]."""

    latents: torch.Tensor
    timesteps: torch.Tensor
    prompt_embeds: torch.Tensor

    def of(self, rows: range) -> Inputs:
        """Return the inputs of some people, in tensors of their own."""
        here = slice(rows.start, rows.stop)
        return Inputs(self.latents[here], self.timesteps[here], self.prompt_embeds[here])


def forward(denoiser: nn.Module, inputs: Inputs, **more: object) -> torch.Tensor:
    """Return the model's output for some inputs."""
    embeds = inputs.prompt_embeds
    return denoiser(inputs.latents, inputs.timesteps, encoder_hidden_states=embeds, **more).sample


def random_factors(denoiser: nn.Module, shape: AdapterShape, seed: int) -> dict[str, torch.Tensor]:
    """Return an adapter's factors by peft's names. Speed does not need trained ones."""
    generator = torch.Generator().manual_seed(seed)
    bank = AdapterBank(
        bank_layers(copy.deepcopy(denoiser), shape.target_paths(denoiser)), torch.device("cpu")
    )
    return {
        key: torch.randn(factor_shape, generator=generator) / math.prod(factor_shape[1:]) ** 0.5
        for key, factor_shape in bank.factor_shapes(shape.lora_rank).items()
    }


class Way(ABC):
    """How one software denoises a few steps for everybody."""

    changing_seconds = 0.0
    """Of the last run, what it took to have the adapters act that requests name: once a picture."""

    def picture_seconds(self, inputs: Inputs, steps: int) -> float:
        """Return what everybody's pictures take, told from a few steps of them: seconds that this thread computed."""
        self.changing_seconds = 0.0
        started = time.thread_time()
        self.denoise(inputs, steps)
        seconds = time.thread_time() - started
        return self.changing_seconds + (seconds - self.changing_seconds) * PICTURE_STEPS / steps

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Count what a block takes."""
        started = time.thread_time()
        yield
        self.changing_seconds += time.thread_time() - started

    @abstractmethod
    def denoise(self, inputs: Inputs, steps: int) -> torch.Tensor:
        """Take `steps` steps for everybody, from requests that just came, and return the last outputs, [8, C, h, w]."""


class Banked(Way):
    """Ours: one batch, each row with its adapters. Before every run somebody publishes, so the batch is made anew.

    Args:
        each: How many adapters a row has.
        is_measured: Whether layers compute in the way that is the fastest here; else by two thin products.
        is_kept: Whether what layers make of the text is kept for all steps.
        one_by_one: Batch only those that name the same adapter, which with eight names is nobody.
    """

    def __init__(
        self,
        denoiser: nn.Module,
        shape: AdapterShape,
        adapters: Sequence[dict[str, torch.Tensor]],
        each: int,
        *,
        is_measured: bool = False,
        is_kept: bool = False,
        one_by_one: bool = False,
    ) -> None:
        self.denoiser = copy.deepcopy(denoiser)
        self._is_kept = is_kept
        device = torch.device("cpu")
        profile = profile_of(device) if is_measured else None
        layers = bank_layers(self.denoiser, shape.target_paths(denoiser), profile)
        self._text_layers = [
            layer for path, layer in layers.items() if path.endswith(("attn2.to_k", "attn2.to_v"))
        ]
        self.bank = AdapterBank(layers, device, slots=len(NAMES) + 1)
        for name, factors in zip(NAMES, adapters, strict=True):
            self.bank.put(name, factors, shape.scale)
        self._published = [(factors, shape.scale) for factors in adapters]
        weight = 1.0 if each == 1 else WEIGHT
        self._rows = [
            tuple((NAMES[(person + k) % len(NAMES)], weight) for k in range(each))
            for person in range(len(NAMES))
        ]
        self._batches = (
            [range(row, row + 1) for row in range(len(NAMES))] if one_by_one else [range(len(NAMES))]
        )

    def compose(self) -> None:
        """Have everybody's adapters act."""
        self.bank.compose(self._rows)

    def denoise(self, inputs: Inputs, steps: int) -> torch.Tensor:
        outputs = []
        for rows in self._batches:
            own = inputs.of(rows)
            self.bank.put(NAMES[rows.start], *self._published[rows.start])
            with self.changing():
                self.bank.compose([self._rows[row] for row in rows])
            if self._is_kept:
                with self.changing():
                    self.bank.keep_outputs_for(own.prompt_embeds)
                    for layer in self._text_layers:
                        layer(own.prompt_embeds)
            outputs.append([forward(self.denoiser, own) for _ in range(steps)][-1])
        return torch.cat(outputs)


class SetAdapters(Way):
    """diffusers' own way: every adapter loaded beforehand, and for each request `set_adapters`, one after another."""

    def __init__(
        self, denoiser: nn.Module, shape: AdapterShape, adapters: Sequence[dict[str, torch.Tensor]], each: int
    ) -> None:
        self._each = each
        self._denoiser = copy.deepcopy(denoiser)
        for name, factors in zip(NAMES, adapters, strict=True):
            inject_adapter_in_model(shape.lora_config(), self._denoiser, name)
            set_peft_model_state_dict(self._denoiser, prefixed(factors), adapter_name=name)
            del self._denoiser.peft_config
        self._denoiser.eval().requires_grad_(False)
        self._layers = [module for module in self._denoiser.modules() if isinstance(module, LoraLayer)]

    def denoise(self, inputs: Inputs, steps: int) -> torch.Tensor:
        outputs = []
        for person in range(len(NAMES)):
            names = [NAMES[(person + k) % len(NAMES)] for k in range(self._each)]
            with self.changing():
                for layer in self._layers:
                    layer.set_adapter(names, inference_mode=True)
                    for name in names:
                        layer.set_scale(name, 1.0 if self._each == 1 else WEIGHT)
            own = inputs.of(range(person, person + 1))
            outputs.append([forward(self._denoiser, own) for _ in range(steps)][-1])
        return torch.cat(outputs)


class Hotswap(Way):
    """One place for an adapter, overwritten for each request."""

    def __init__(
        self, denoiser: nn.Module, shape: AdapterShape, adapters: Sequence[dict[str, torch.Tensor]]
    ) -> None:
        self._adapters = [
            {key.replace(".weight", ".place.weight"): factor for key, factor in factors.items()}
            for factors in adapters
        ]
        self._config = shape.lora_config()
        self._denoiser = copy.deepcopy(denoiser)
        inject_adapter_in_model(shape.lora_config(), self._denoiser, "place")
        self._denoiser.eval().requires_grad_(False)

    def denoise(self, inputs: Inputs, steps: int) -> torch.Tensor:
        outputs = []
        for person, factors in enumerate(self._adapters):
            with self.changing():
                hotswap_adapter_from_state_dict(self._denoiser, factors, "place", self._config)
            own = inputs.of(range(person, person + 1))
            outputs.append([forward(self._denoiser, own) for _ in range(steps)][-1])
        return torch.cat(outputs)


class PeftMixed(Way):
    """peft's `adapter_names`: one batch, in which every layer goes through the adapters one by one."""

    def __init__(
        self, denoiser: nn.Module, shape: AdapterShape, adapters: Sequence[dict[str, torch.Tensor]]
    ) -> None:
        self._denoiser = PeftModel(copy.deepcopy(denoiser), shape.lora_config(), NAMES[0])
        for name in NAMES[1:]:
            self._denoiser.add_adapter(name, shape.lora_config())
        for name, factors in zip(NAMES, adapters, strict=True):
            set_peft_model_state_dict(self._denoiser, prefixed(factors), adapter_name=name)
        self._denoiser.eval().requires_grad_(False)

    def denoise(self, inputs: Inputs, steps: int) -> torch.Tensor:
        output = inputs.latents
        for _ in range(steps):
            output = forward(self._denoiser, inputs, adapter_names=list(NAMES))
        return output


def prefixed(factors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return factors by the names of a peft file."""
    return {f"base_model.model.{key}": factor for key, factor in factors.items()}
