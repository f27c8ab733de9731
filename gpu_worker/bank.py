"""The adapter bank: every adapter in use, the ones at work in slots on the device, and one batch's choice of them.

    host memory: each adapter that a task holds
        └─ slots on the device: the ones used last; slot 0 is empty
               └─ rows: for each row of the batch, copies of the factors it uses

The copies are made when the batch changes, not at every step. A batch's rows may use different adapters, several
each, of different ranks and on different layers: what one has less than another is padded with the empty slot.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain

import torch

from gpu_worker.banked_layers import BankedLayer, ConstantInputs
from gpu_worker.private_factors import PrivateFactors

SLOTS = 33
"""The empty one and 32 more: a batch may name that many adapters."""
RANKS_STEP = 8
"""Rows of a batch are padded to a multiple of this many ranks, so that few shapes occur."""

Row = tuple[tuple[str, float], ...]
"""The adapters of one row of a batch, each with its weight."""


@dataclass(frozen=True)
class HeldAdapter:
    """An adapter in host memory, as the stacks hold it.

    `factors` has, for each layer that it changes, `down`, [rank, in], and `up`, [rank, out], alpha folded in;
    a layer's rank may be less than the adapter's.
    """

    rank: int
    factors: Mapping[str, tuple[torch.Tensor, torch.Tensor]]


class AdapterBank:
    """Adapters for the banked layers of one denoiser."""

    def __init__(
        self,
        layers: Mapping[str, BankedLayer],
        device: torch.device,
        dtype: torch.dtype = torch.float32,
        slots: int = SLOTS,
    ) -> None:
        self._layers = dict(layers)
        self._constants = ConstantInputs()
        for layer in self._layers.values():
            layer.constants = self._constants
        self._device, self._dtype = device, dtype
        self._slots = slots
        self._rank = 0  # of a slot: the largest that was ever held
        self._held: dict[str, HeldAdapter] = {}
        self._slot_of: dict[str, int] = {}  # the least recently used first
        self._free = list(range(slots - 1, 0, -1))
        self._rows: tuple[Row, ...] | None = ()
        self._places = torch.zeros(0, 0, dtype=torch.long, device=device)
        self._scales = torch.zeros(0, 0, dtype=dtype, device=device)

    @property
    def capacity(self) -> int:
        """How many adapters one batch may name."""
        return self._slots - 1

    @property
    def held(self) -> frozenset[str]:
        """The names of all adapters here."""
        return frozenset(self._held)

    @property
    def resident(self) -> tuple[str, ...]:
        """The names of those on the device, the least recently used first."""
        return tuple(self._slot_of)

    # What is held

    @torch.no_grad()
    def put(self, name: str, factors: Mapping[str, torch.Tensor], scale: float) -> None:
        """Hold an adapter, or a new state of one that is held: its slot is then rewritten where it is.

        A batch that uses it gets the new state at the next `compose`, so never within a step.

        Args:
            name: What rows call it.
            factors: `<layer>.lora_A.weight` and `<layer>.lora_B.weight`, in PEFT's shapes; on some layers or all.
            scale: What PEFT multiplies the change by: alpha / rank.

        Raises:
            ValueError: The factors are not those of this denoiser.
        """
        adapter = self._adapter(factors, scale)
        self._held[name] = adapter
        if adapter.rank > self._rank:
            self._widen(adapter.rank)
        elif name in self._slot_of:
            self._write(self._slot_of[name], adapter)
        if self._acts(name):
            self._rows = None

    @torch.no_grad()
    def drop(self, name: str) -> None:
        """Forget an adapter. It is gone from the device as well: people may have deleted it."""
        del self._held[name]
        slot = self._slot_of.pop(name, None)
        if slot is not None:
            self._write(slot, HeldAdapter(self._rank, {}))
            self._free.append(slot)
        if self._acts(name):
            self._rows = None
            for layer in self._layers.values():
                layer.clear()

    # What acts

    @torch.no_grad()
    def compose(self, rows: Sequence[Row]) -> None:
        """Let each row of the next batch be changed by its own adapters. The same rows again cost nothing.

        Args:
            rows: One for each row of the batch; an empty one is the bare base.

        Raises:
            KeyError: A name is not held.
            ValueError: The rows name more adapters than there are slots.
        """
        wanted = tuple(rows)
        if wanted == self._rows:
            return
        names = dict.fromkeys(name for name, _ in chain.from_iterable(wanted))
        if len(names) > self.capacity:
            raise ValueError(f"a batch names {len(names)} adapters, and there are {self.capacity} slots")
        for name in names:
            self._use(name, pinned=names.keys())
        if names:
            self._point(wanted)
        for layer in self._layers.values():
            if names:
                layer.gather(self._places, self._scales)
            else:
                layer.clear()
        self._rows = wanted

    def keep_outputs_for(self, *inputs: torch.Tensor) -> None:
        """Let each layer compute these inputs once for a batch: a prompt's embeddings are the same at every step.

        They are known as objects, so whoever gives the same tensor again must not have written into it.
        """
        self._constants.tensors = inputs

    def factor_shapes(self, rank: int) -> dict[str, tuple[int, ...]]:
        """Return the shapes of an adapter's factors by PEFT's names, in the order of the layers."""
        return {
            f"{path}.{half}.weight": shape
            for path, layer in self._layers.items()
            for half, shape in zip(("lora_A", "lora_B"), layer.factor_shapes(rank), strict=True)
        }

    @contextmanager
    def training(self, weights: torch.Tensor, rank: int, scale: float) -> Iterator[None]:
        """Let the factors of some trainings act instead of what was composed. No slot knows them.

        Args:
            weights: [G, values], for each training its factors one after the other, as `factor_shapes` has them.
                The first of G equal parts of a batch's rows is the first training's, and so on.
            rank: Of all of them.
            scale: Of all of them; what PEFT multiplies the change by.
        """
        shapes = self.factor_shapes(rank).values()
        # Computed in the base's own type; gradients come back in that of the weights.
        parts = weights.to(self._dtype).split([math.prod(shape) for shape in shapes], dim=1)
        factors = (part.view(len(weights), *shape) for part, shape in zip(parts, shapes, strict=True))
        for layer, (lora_a, lora_b) in zip(
            self._layers.values(), zip(factors, factors, strict=True), strict=True
        ):
            layer.private = PrivateFactors(lora_a, lora_b, scale)
        try:
            yield
        finally:
            for layer in self._layers.values():
                layer.private = None

    # Slots

    def _use(self, name: str, pinned: Collection[str]) -> None:
        """Bring an adapter onto the device, if need be in place of the one that was not used for longest."""
        slot = self._slot_of.pop(name, None)
        if slot is None:
            adapter = self._held[name]
            if not self._free:
                oldest = next(other for other in self._slot_of if other not in pinned)
                self._free.append(self._slot_of.pop(oldest))
            slot = self._free.pop()
            self._write(slot, adapter)
        self._slot_of[name] = slot  # at the end: used last

    def _write(self, slot: int, adapter: HeldAdapter) -> None:
        """Put an adapter into a slot, in one call for all layers: a small base has many small ones."""
        start, rest = slot * self._rank, []
        places: list[torch.Tensor] = []
        factors: list[torch.Tensor] = []
        for path, layer in self._layers.items():
            pair = adapter.factors.get(path, (layer.stack_down[:0], layer.stack_up[:0]))
            for stack, factor in zip((layer.stack_down, layer.stack_up), pair, strict=True):
                places.append(stack[start : start + len(factor)])
                factors.append(factor)
                if len(factor) < adapter.rank:
                    rest.append(stack[start + len(factor) : start + adapter.rank])
        torch._foreach_copy_(places, factors)  # pyright: ignore[reportPrivateImportUsage]
        if rest:
            torch._foreach_zero_(rest)  # pyright: ignore[reportPrivateImportUsage]

    def _widen(self, rank: int) -> None:
        """Make the slots wide enough for a rank. Rare: what is used after this is written again."""
        self._rank = rank
        for layer in self._layers.values():
            layer.allocate(self._slots * rank, self._device, self._dtype)
        self._slot_of.clear()
        self._free = list(range(self._slots - 1, 0, -1))
        self._rows = None

    # Rows

    def _point(self, rows: tuple[Row, ...]) -> None:
        """Say which ranks of which slots each row takes: `places` and `scales`, [N, R]."""
        places: list[list[int]] = []
        scales: list[list[float]] = []
        for row in rows:
            ranks = [
                (self._slot_of[name] * self._rank, self._held[name].rank, weight) for name, weight in row
            ]
            places.append([start + k for start, rank, _ in ranks for k in range(rank)])
            scales.append([weight for _, rank, weight in ranks for _ in range(rank)])
        width = RANKS_STEP * math.ceil(max(map(len, places)) / RANKS_STEP)
        for filled in chain(places, scales):
            filled += [0] * (width - len(filled))  # type: ignore[list-item]
        self._places = torch.tensor(places, device=self._device)
        self._scales = torch.tensor(scales, device=self._device, dtype=self._dtype)

    def _acts(self, name: str) -> bool:
        """Whether what was gathered last may hold something of an adapter."""
        return self._rows is None or any(name == used for used, _ in chain.from_iterable(self._rows))

    # Reading

    def _adapter(self, factors: Mapping[str, torch.Tensor], scale: float) -> HeldAdapter:
        paths = {key.removesuffix(f".{half}.weight") for key in factors for half in ("lora_A", "lora_B")}
        paths &= self._layers.keys()
        if len(factors) != 2 * len(paths):
            raise ValueError(f"an adapter of {len(factors)} factors does not fit {len(self._layers)} layers")
        held: dict[str, tuple[torch.Tensor, torch.Tensor]] = {}
        rank = 0
        for path in paths:
            lora_a, lora_b = factors[f"{path}.lora_A.weight"], factors[f"{path}.lora_B.weight"]
            rank = max(rank, len(lora_a))
            if (tuple(lora_a.shape), tuple(lora_b.shape)) != self._layers[path].factor_shapes(len(lora_a)):
                raise ValueError(f"the factors for {path} have another shape than the layer")
            held[path] = (
                lora_a.detach().flatten(1).to("cpu", self._dtype, copy=True),
                (lora_b.detach().flatten(1).mT * scale).to("cpu", self._dtype).contiguous(),
            )
        return HeldAdapter(rank, held)
