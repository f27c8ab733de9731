"""Layers of a denoiser that add low-rank changes: another one to every row of a batch, or those being trained.

A layer holds the stack of every adapter on the device and, gathered from it for the batch of the moment, one
`down` and one `up` a row. Gathering is done once for a batch and serves all its steps; how they are then computed
is the choice of `gpu_worker.kernel_profile`. `gpu_worker.bank` decides which adapter is where; nothing here knows
a name.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import torch
from torch import nn

from gpu_worker.kernel_profile import KernelProfile
from gpu_worker.layer_kernels import CONV_KERNELS, LINEAR_KERNELS, Kernel
from gpu_worker.private_factors import PrivateFactors, add_to_convolution, add_to_linear


class Kept(NamedTuple):
    """What a layer made of an input that stays the same from step to step."""

    inputs: torch.Tensor
    output: torch.Tensor


class ConstantInputs:
    """The inputs that stay the same for all steps of a batch: a prompt's embeddings. All layers share one."""

    def __init__(self) -> None:
        self.tensors: tuple[torch.Tensor, ...] = ()

    def has(self, inputs: torch.Tensor) -> bool:
        """Whether an input is one of them: the same object, not an equal one."""
        return any(inputs is tensor for tensor in self.tensors)


class BankedLayer(nn.Module):
    """A base layer, quantised or not, and what adapters add to its output. Without any it is the base layer.

    `stack_down`, [slots * rank, in], and `stack_up`, [slots * rank, out], hold a rank of one adapter in each
    row. A row of the batch may so take the ranks of several adapters, or fewer than its neighbours, by naming
    rows of the stack; row 0 is zero.
    """

    in_width: int
    """Values that one output place is computed from: channels, times the kernel's places in a convolution."""
    out_width: int

    kernels: tuple[type[Kernel], ...]
    """The ways to compute it with a batch's factors."""

    def __init__(self, base: nn.Module, in_width: int, out_width: int) -> None:
        super().__init__()
        self.base = base
        self.in_width, self.out_width = in_width, out_width
        self.private: PrivateFactors | None = None
        self.profile: KernelProfile | None = None
        """None: always the first kernel, which is also the one that a compiled graph may hold."""
        self.rows_merged_most = 0.0
        """Most rows that may have weights of their own: these take as much memory as the base for each row."""
        self.constants = ConstantInputs()
        self.down: torch.Tensor | None = None
        """[N, R, in]; None while no row has an adapter."""
        self.up: torch.Tensor | None = None
        """[N, R, out], the weights of the adapters folded in."""
        self._kernel: Kernel | None = None
        self._shape: torch.Size | None = None
        """Of the inputs that the kernel was chosen for."""
        self._kept: Kept | None = None

    @property
    def size(self) -> int:
        """How many values its weight has, were it not quantised."""
        return self.in_width * self.out_width

    @property
    def weight(self) -> torch.Tensor:
        """The base layer's, for code that looks at a layer's type or device."""
        return self.base.get_parameter("weight")

    def allocate(self, rows: int, device: torch.device, dtype: torch.dtype) -> None:
        """Make empty stacks of `rows` = slots * rank."""
        self.stack_down = torch.zeros(rows, self.in_width, device=device, dtype=dtype)
        self.stack_up = torch.zeros(rows, self.out_width, device=device, dtype=dtype)

    def gather(self, places: torch.Tensor, scales: torch.Tensor) -> None:
        """Take the rows of a batch out of the stacks.

        Args:
            places: [N, R], rows of the stacks.
            scales: [N, R], what each counts.
        """
        self._kept = None
        if self.down is None or self.up is None or self.down.shape[:2] != places.shape:
            self._kernel = self._fitting(0)[0](self.base) if self.profile is None else None
            self.down = self.stack_down.new_empty(*places.shape, self.in_width)
            self.up = self.stack_up.new_empty(*places.shape, self.out_width)
        # Into the same memory while the shape stays, so that a compiled graph serves whoever comes.
        torch.index_select(self.stack_down, 0, places.flatten(), out=self.down.view(-1, self.in_width))
        torch.index_select(self.stack_up, 0, places.flatten(), out=self.up.view(-1, self.out_width))
        self.up.mul_(scales[..., None])
        if self._kernel is not None:
            self._kernel.load(self.down, self.up)

    def clear(self) -> None:
        """Add nothing, and keep nothing of what was added."""
        self.down = self.up = self._kernel = self._kept = None

    def forward(self, inputs: torch.Tensor, *arguments: Any) -> torch.Tensor:
        """Return the base layer's output with what the adapters add."""
        if self.private is not None:
            return self.add_private(self.base(inputs, *arguments), inputs, self.private)
        if not self.constants.has(inputs):
            return self._changed(inputs, *arguments)
        if self._kept is None or self._kept.inputs is not inputs:
            self._kept = Kept(inputs, self._changed(inputs, *arguments))
        return self._kept.output

    def _changed(self, inputs: torch.Tensor, *arguments: Any) -> torch.Tensor:
        if self.down is None or self.up is None:
            return self.base(inputs, *arguments)
        if self._kernel is None or (self.profile is not None and inputs.shape != self._shape):
            assert self.profile is not None
            self._kernel = self.profile.choose(
                self._fitting(len(inputs)), self.base, (self.down, self.up), inputs
            )
            self._shape = inputs.shape
        return self._kernel(inputs, *arguments)

    def _fitting(self, rows: int) -> list[type[Kernel]]:
        fitting = [kernel for kernel in self.kernels if kernel.fits(self.base)]
        return [kernel for kernel in fitting if rows <= self.rows_merged_most or not kernel.is_merged]

    # What differs between kinds of layers

    def factor_shapes(self, rank: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the shapes of PEFT's `lora_A.weight` and `lora_B.weight`."""
        raise NotImplementedError

    def add_private(
        self, output: torch.Tensor, inputs: torch.Tensor, private: PrivateFactors
    ) -> torch.Tensor:
        """Return `output` with the changes that trainings are learning, each on its own rows."""
        raise NotImplementedError


class BankedLinear(BankedLayer):
    """Over any linear layer: inputs are [N, in] or [N, ..., in]."""

    kernels = LINEAR_KERNELS

    def __init__(self, base: nn.Linear) -> None:
        super().__init__(base, base.in_features, base.out_features)

    def factor_shapes(self, rank: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        return (rank, self.in_width), (self.out_width, rank)

    def add_private(
        self, output: torch.Tensor, inputs: torch.Tensor, private: PrivateFactors
    ) -> torch.Tensor:
        return add_to_linear(output, inputs, private)


class BankedConv2d(BankedLayer):
    """Over a convolution: `down` is a convolution of the same kernel and stride, `up` one of 1 x 1."""

    kernels = CONV_KERNELS

    def __init__(self, base: nn.Conv2d) -> None:
        if base.groups != 1 or base.dilation != (1, 1) or base.padding_mode != "zeros":
            raise ValueError("adapters of grouped, dilated or wrapped convolutions are not supported")
        self.kernel_size: Any = base.kernel_size
        self.step: dict[str, Any] = {"stride": base.stride, "padding": base.padding}
        in_width = base.in_channels * base.kernel_size[0] * base.kernel_size[1]
        super().__init__(base, in_width, base.out_channels)
        self.in_channels = base.in_channels

    def factor_shapes(self, rank: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        return (rank, self.in_channels, *self.kernel_size), (self.out_width, rank, 1, 1)

    def add_private(
        self, output: torch.Tensor, inputs: torch.Tensor, private: PrivateFactors
    ) -> torch.Tensor:
        return add_to_convolution(output, inputs, private, **self.step)


def bank_layers(
    denoiser: nn.Module,
    paths: Iterable[str],
    profile: KernelProfile | None = None,
    merged_bytes_most: float = math.inf,
) -> dict[str, BankedLayer]:
    """Replace layers of a denoiser by banked ones, and return these by their paths.

    Args:
        profile: Chooses how the layers compute; without one they all do it the same way.
        merged_bytes_most: The memory that merged weights of all layers and rows may take up.

    Raises:
        ValueError: One is neither a linear layer nor a plain convolution.
    """
    layers: dict[str, BankedLayer] = {}
    for path in paths:
        layers[path] = _banked(denoiser.get_submodule(path), path)
        layers[path].profile = profile
        denoiser.set_submodule(path, layers[path])
    weights = {path: layer.weight for path, layer in layers.items()}
    row_bytes = sum(layers[path].size * weight.element_size() for path, weight in weights.items())
    for layer in layers.values():
        layer.rows_merged_most = merged_bytes_most / row_bytes
    return layers


def _banked(module: nn.Module, path: str) -> BankedLayer:
    if isinstance(module, nn.Conv2d):
        return BankedConv2d(module)
    if hasattr(module, "in_features") and hasattr(module, "out_features"):
        return BankedLinear(module)  # type: ignore[arg-type] - quantised layers have types of their own
    raise ValueError(f"{path} is no layer that an adapter can change")
