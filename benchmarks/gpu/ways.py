"""The ways to draw for eight people with eight adapters: our batch, and diffusers' own, one person at a time."""

from __future__ import annotations

import copy
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from benchmarks.gpu.architectures import TARGETS, Architecture, Inputs, denoise, rows_of
from gpu_worker.adapters import AdapterShape
from gpu_worker.bank import AdapterBank
from gpu_worker.banked_layers import bank_layers

RANK = 16
NAMES = tuple(f"person{number}" for number in range(8))
SHAPE = AdapterShape(RANK, RANK, TARGETS)

Factors = Mapping[str, torch.Tensor]


def shared_copy(denoiser: nn.Module) -> nn.Module:
    """Return a copy with layers of its own over the same weights: adapters come in between, and memory stays."""
    kept = [*denoiser.parameters(), *denoiser.buffers()]
    return copy.deepcopy(denoiser, {id(tensor): tensor for tensor in kept})


class Banked:
    """Our denoiser: layers that take another adapter for each row, and their bank."""

    def __init__(self, denoiser: nn.Module) -> None:
        self.denoiser = shared_copy(denoiser)
        weight = next(denoiser.parameters())
        layers = bank_layers(self.denoiser, SHAPE.target_paths(denoiser))
        self.bank = AdapterBank(layers, weight.device, weight.dtype, slots=len(NAMES) + 1)

    def random_adapters(self, count: int) -> list[dict[str, torch.Tensor]]:
        """Return some adapters' factors by PEFT's names, strong enough to be seen in the output."""
        generator = torch.Generator().manual_seed(5)
        return [
            {
                name: torch.randn(shape, generator=generator) / math.prod(shape[1:]) ** 0.5
                for name, shape in self.bank.factor_shapes(RANK).items()
            }
            for _ in range(count)
        ]


class Way(ABC):
    """How one software takes a step for everybody; `inputs` have `rows` rows a person."""

    title: str

    @abstractmethod
    def step(self, inputs: Inputs, steps: int) -> torch.Tensor:
        """Take `steps` steps for everybody, from requests that just came, and return the last outputs."""


class Ours(Way):
    """Batches of some people, each with an adapter of their own."""

    def __init__(self, banked: Banked, architecture: Architecture, people: int, is_compiled: bool) -> None:
        self.title = f"ours, {people} in a batch{', compiled' if is_compiled else ''}"
        self.people = people
        self._banked, self._rows = banked, architecture.rows
        self._denoiser: Any = torch.compile(banked.denoiser) if is_compiled else banked.denoiser

    def step(self, inputs: Inputs, steps: int) -> torch.Tensor:
        outputs = []
        for first in range(0, len(NAMES), self.people):
            names = NAMES[first : first + self.people]
            self._banked.bank.compose([((name, 1.0),) for name in names for _ in range(self._rows)])
            own = rows_of(inputs, first * self._rows, (first + self.people) * self._rows)
            outputs.append([denoise(self._denoiser, own) for _ in range(steps)][-1])
        return torch.cat(outputs)


class SetAdapters(Way):
    """Every adapter loaded beforehand, and for each person `set_adapters`."""

    title = "diffusers set_adapters, one at a time"

    def __init__(self, denoiser: nn.Module, architecture: Architecture, adapters: Sequence[Factors]) -> None:
        self._rows = architecture.rows
        self._denoiser: Any = shared_copy(denoiser)
        for name, factors in zip(NAMES, adapters, strict=True):
            self._denoiser.load_lora_adapter(dict(factors), prefix=None, adapter_name=name)
        self._denoiser.requires_grad_(False)

    def step(self, inputs: Inputs, steps: int) -> torch.Tensor:
        outputs = []
        for person, name in enumerate(NAMES):
            self._denoiser.set_adapters([name], [1.0])
            own = rows_of(inputs, person * self._rows, (person + 1) * self._rows)
            outputs.append([denoise(self._denoiser, own) for _ in range(steps)][-1])
        return torch.cat(outputs)


class Hotswap(Way):
    """One place for an adapter in a compiled denoiser, overwritten for each person: what diffusers recommends."""

    def __init__(
        self,
        denoiser: nn.Module,
        architecture: Architecture,
        adapters: Sequence[Factors],
        is_compiled: bool,
    ) -> None:
        self.title = f"diffusers hotswap{', compiled' if is_compiled else ''}, one at a time"
        self._rows, self._adapters = architecture.rows, adapters
        self._plain: Any = shared_copy(denoiser)
        self._plain.enable_lora_hotswap(target_rank=RANK)
        self._load(0, is_hotswap=False)
        self._plain.requires_grad_(False)
        self._denoiser: Any = torch.compile(self._plain) if is_compiled else self._plain

    def _load(self, person: int, is_hotswap: bool) -> None:
        factors = dict(self._adapters[person])
        self._plain.load_lora_adapter(factors, prefix=None, adapter_name="place", hotswap=is_hotswap)

    def step(self, inputs: Inputs, steps: int) -> torch.Tensor:
        outputs = []
        for person in range(len(NAMES)):
            self._load(person, is_hotswap=True)
            own = rows_of(inputs, person * self._rows, (person + 1) * self._rows)
            outputs.append([denoise(self._denoiser, own) for _ in range(steps)][-1])
        return torch.cat(outputs)
