"""Layers of a denoiser that add low-rank changes: another one to every row of a batch, or those being trained.

A layer holds the stack of every adapter on the device and, gathered from it for the batch of the moment, one
`down` and one `up` a row. Gathering is done once for a batch and serves all its steps. `gpu_worker.bank`
decides which adapter is where; nothing here knows a name.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from gpu_worker.private_factors import PrivateFactors, add_to_convolution, add_to_linear


class BankedLayer(nn.Module):
    """A base layer, quantised or not, and what adapters add to its output. Without any it is the base layer.

    `stack_down`, [slots * rank, in], and `stack_up`, [slots * rank, out], hold a rank of one adapter in each
    row. A row of the batch may so take the ranks of several adapters, or fewer than its neighbours, by naming
    rows of the stack; row 0 is zero.
    """

    in_width: int
    """Values that one output place is computed from: channels, times the kernel's places in a convolution."""
    out_width: int

    def __init__(self, base: nn.Module, in_width: int, out_width: int) -> None:
        super().__init__()
        self.base = base
        self.in_width, self.out_width = in_width, out_width
        self.private: PrivateFactors | None = None
        self.down: torch.Tensor | None = None
        """[N, R, in]; None while no row has an adapter."""
        self.up: torch.Tensor | None = None
        """[N, R, out], the weights of the adapters folded in."""

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
        if self.down is None or self.up is None or self.down.shape[:2] != places.shape:
            self.down = self.stack_down.new_empty(*places.shape, self.in_width)
            self.up = self.stack_up.new_empty(*places.shape, self.out_width)
        # Into the same memory while the shape stays, so that a compiled graph serves whoever comes.
        torch.index_select(self.stack_down, 0, places.flatten(), out=self.down.view(-1, self.in_width))
        torch.index_select(self.stack_up, 0, places.flatten(), out=self.up.view(-1, self.out_width))
        self.up.mul_(scales[..., None])

    def clear(self) -> None:
        """Add nothing."""
        self.down = self.up = None

    def forward(self, inputs: torch.Tensor, *arguments: Any) -> torch.Tensor:
        """Return the base layer's output with what the adapters add."""
        output = self.base(inputs, *arguments)
        if self.private is not None:
            return self.add_private(output, inputs, self.private)
        if self.down is None or self.up is None:
            return output
        return self.add(output, inputs, self.down, self.up)

    # What differs between kinds of layers

    def factor_shapes(self, rank: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the shapes of PEFT's `lora_A.weight` and `lora_B.weight`."""
        raise NotImplementedError

    def add_private(
        self, output: torch.Tensor, inputs: torch.Tensor, private: PrivateFactors
    ) -> torch.Tensor:
        """Return `output` with the changes that trainings are learning, each on its own rows."""
        raise NotImplementedError

    def add(
        self, output: torch.Tensor, inputs: torch.Tensor, down: torch.Tensor, up: torch.Tensor
    ) -> torch.Tensor:
        """Add each row's own change to `output`, in its own memory; `down` is [N, R, in], `up` is [N, R, out]."""
        raise NotImplementedError


class BankedLinear(BankedLayer):
    """Over any linear layer: inputs are [N, in] or [N, ..., in]."""

    def __init__(self, base: nn.Linear) -> None:
        super().__init__(base, base.in_features, base.out_features)

    def factor_shapes(self, rank: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        return (rank, self.in_width), (self.out_width, rank)

    def add_private(
        self, output: torch.Tensor, inputs: torch.Tensor, private: PrivateFactors
    ) -> torch.Tensor:
        return add_to_linear(output, inputs, private)

    def add(
        self, output: torch.Tensor, inputs: torch.Tensor, down: torch.Tensor, up: torch.Tensor
    ) -> torch.Tensor:
        tokens = inputs.reshape(len(inputs), -1, self.in_width)
        base = output.reshape(len(inputs), -1, self.out_width)
        return base.baddbmm_(torch.bmm(tokens, down.mT), up).view_as(output)


class BankedConv2d(BankedLayer):
    """Over a convolution: `down` is a convolution of the same kernel and stride, `up` one of 1 x 1."""

    def __init__(self, base: nn.Conv2d) -> None:
        if base.groups != 1 or base.dilation != (1, 1) or base.padding_mode != "zeros":
            raise ValueError("adapters of grouped, dilated or wrapped convolutions are not supported")
        self.kernel_size: Any = base.kernel_size
        self.step: dict[str, Any] = {"stride": base.stride, "padding": base.padding}
        self.is_pointwise = (base.kernel_size, base.stride, base.padding) == ((1, 1), (1, 1), (0, 0))
        in_width = base.in_channels * base.kernel_size[0] * base.kernel_size[1]
        super().__init__(base, in_width, base.out_channels)
        self.in_channels = base.in_channels

    def factor_shapes(self, rank: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        return (rank, self.in_channels, *self.kernel_size), (self.out_width, rank, 1, 1)

    def add_private(
        self, output: torch.Tensor, inputs: torch.Tensor, private: PrivateFactors
    ) -> torch.Tensor:
        return add_to_convolution(output, inputs, private, **self.step)

    def add(
        self, output: torch.Tensor, inputs: torch.Tensor, down: torch.Tensor, up: torch.Tensor
    ) -> torch.Tensor:
        count, rank, _ = down.shape
        if self.is_pointwise:
            low = torch.bmm(down, inputs.flatten(2))
        else:
            # Each row of the batch is a group of one wide convolution: several times faster than unfolding it.
            wide = inputs.reshape(1, count * self.in_channels, *inputs.shape[2:])
            kernels = down.view(count * rank, self.in_channels, *self.kernel_size)
            low = functional.conv2d(wide, kernels, groups=count, **self.step).view(count, rank, -1)
        base = output.reshape(count, self.out_width, -1)
        return base.baddbmm_(up.mT, low).view_as(output)


def bank_layers(denoiser: nn.Module, paths: Iterable[str]) -> dict[str, BankedLayer]:
    """Replace layers of a denoiser by banked ones, and return these by their paths.

    Raises:
        ValueError: One is neither a linear layer nor a plain convolution.
    """
    layers: dict[str, BankedLayer] = {}
    for path in paths:
        layers[path] = _banked(denoiser.get_submodule(path), path)
        denoiser.set_submodule(path, layers[path])
    return layers


def _banked(module: nn.Module, path: str) -> BankedLayer:
    if isinstance(module, nn.Conv2d):
        return BankedConv2d(module)
    if hasattr(module, "in_features") and hasattr(module, "out_features"):
        return BankedLinear(module)  # type: ignore[arg-type] - quantised layers have types of their own
    raise ValueError(f"{path} is no layer that an adapter can change")
