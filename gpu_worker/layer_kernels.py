"""The ways to compute a layer when each row of its batch has a low-rank change of its own.

All of them give the same, up to rounding. Which one is the fastest depends on the layer, on the number of rows and
on how much of the picture a row holds, so it is measured (`gpu_worker.kernel_profile`):

    two thin products      the base layer's output, and down and up beside it: costs rank * (in + out) a place
    merged weights         one weight a row, base and change added once a batch: costs what the base costs
                           whatever the rank, but reads as many weights as there are rows

A kernel is loaded with a batch's factors and then called once a step. It keeps its memory from batch to batch, so
that a compiled graph serves whoever comes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import nn
from torch.nn import functional


class Kernel(ABC):
    """One way to compute a base layer with a change for each row."""

    is_merged = False
    """Whether it takes the memory of a whole weight for each row."""

    def __init__(self, base: Any) -> None:
        self.base = base

    @classmethod
    def fits(cls, base: nn.Module) -> bool:
        """Whether this way exists for a base layer."""
        return True

    @abstractmethod
    def load(self, down: torch.Tensor, up: torch.Tensor) -> None:
        """Take a batch's factors: `down`, [N, R, in], and `up`, [N, R, out]. They are not copied if not changed."""

    @abstractmethod
    def __call__(self, inputs: torch.Tensor, *arguments: Any) -> torch.Tensor:
        """Return the layer's output for `inputs`, [N, ...]."""


def has_plain_weight(base: nn.Module) -> bool:
    """Whether something can be added to a base's weight: a quantised one has codes in its place."""
    weight = getattr(base, "weight", None)
    return (
        type(base) in (nn.Linear, nn.Conv2d)
        and isinstance(weight, torch.Tensor)
        and weight.is_floating_point()
    )


def is_pointwise(base: nn.Conv2d) -> bool:
    """Whether a convolution is a linear layer at every place."""
    return (base.kernel_size, base.stride, base.padding) == ((1, 1), (1, 1), (0, 0))


class LowRankLinear(Kernel):
    """Two thin products a row, added to the base's output in its own memory. For any base, quantised or not."""

    def load(self, down: torch.Tensor, up: torch.Tensor) -> None:
        self.down, self.up = down, up

    def __call__(self, inputs: torch.Tensor, *arguments: Any) -> torch.Tensor:
        output = self.base(inputs, *arguments)
        tokens = inputs.reshape(len(inputs), -1, inputs.shape[-1])
        base = output.reshape(len(inputs), -1, output.shape[-1])
        return base.baddbmm_(torch.bmm(tokens, self.down.mT), self.up).view_as(output)


class MergedLinear(Kernel):
    """One product with a weight a row."""

    is_merged = True
    weights: torch.Tensor | None = None
    """[N, in, out]"""

    @classmethod
    def fits(cls, base: nn.Module) -> bool:
        return has_plain_weight(base)

    def load(self, down: torch.Tensor, up: torch.Tensor) -> None:
        base = self.base.weight.mT
        self.weights = _room(self.weights, (len(down), *base.shape), base)
        torch.baddbmm(base.expand_as(self.weights), down.mT, up, out=self.weights)

    def __call__(self, inputs: torch.Tensor, *arguments: Any) -> torch.Tensor:
        assert self.weights is not None
        tokens = inputs.reshape(len(inputs), -1, inputs.shape[-1])
        bias = self.base.bias
        output = (
            torch.bmm(tokens, self.weights) if bias is None else torch.baddbmm(bias, tokens, self.weights)
        )
        return output.view(*inputs.shape[:-1], output.shape[-1])


class LowRankPointwise(Kernel):
    """`LowRankLinear` for a convolution of 1 x 1, whose channels come before its places."""

    @classmethod
    def fits(cls, base: nn.Module) -> bool:
        return isinstance(base, nn.Conv2d) and is_pointwise(base)

    def load(self, down: torch.Tensor, up: torch.Tensor) -> None:
        self.down, self.up = down, up

    def __call__(self, inputs: torch.Tensor, *arguments: Any) -> torch.Tensor:
        return _add_up(self.base(inputs), self.up, torch.bmm(self.down, inputs.flatten(2)))


class MergedPointwise(Kernel):
    """`MergedLinear` for a convolution of 1 x 1."""

    is_merged = True
    weights: torch.Tensor | None = None
    """[N, out, in]"""

    @classmethod
    def fits(cls, base: nn.Module) -> bool:
        return has_plain_weight(base) and isinstance(base, nn.Conv2d) and is_pointwise(base)

    def load(self, down: torch.Tensor, up: torch.Tensor) -> None:
        base = self.base.weight.flatten(1)
        self.weights = _room(self.weights, (len(down), *base.shape), base)
        torch.baddbmm(base.expand_as(self.weights), up.mT, down, out=self.weights)

    def __call__(self, inputs: torch.Tensor, *arguments: Any) -> torch.Tensor:
        assert self.weights is not None
        places, bias = inputs.flatten(2), self.base.bias
        output = (
            torch.bmm(self.weights, places)
            if bias is None
            else torch.baddbmm(bias[:, None], self.weights, places)
        )
        return output.view(len(inputs), -1, *inputs.shape[2:])


class GroupedConv2d(Kernel):
    """The down projections as one wide convolution in which each row of the batch is a group."""

    @classmethod
    def fits(cls, base: nn.Module) -> bool:
        return isinstance(base, nn.Conv2d) and not is_pointwise(base)

    def load(self, down: torch.Tensor, up: torch.Tensor) -> None:
        self.down, self.up = down, up

    def __call__(self, inputs: torch.Tensor, *arguments: Any) -> torch.Tensor:
        base, (count, rank, _) = self.base, self.down.shape
        wide = inputs.reshape(1, -1, *inputs.shape[2:])
        kernels = self.down.view(count * rank, base.in_channels, *base.kernel_size)
        low = functional.conv2d(wide, kernels, stride=base.stride, padding=base.padding, groups=count)
        return _add_up(base(inputs), self.up, low.view(count, rank, -1))


class FoldedConv2d(Kernel):
    """The down projections as one product a row, for every place of the kernel at once, then shifted and summed.

    A convolution with few outputs leaves a processor's vectors half empty; rank * 9 of them fill it.
    """

    down: torch.Tensor | None = None
    """[N, R * kernel places, channels], the kernel mirrored: an input tells which outputs it goes to."""

    @classmethod
    def fits(cls, base: nn.Module) -> bool:
        return isinstance(base, nn.Conv2d) and not is_pointwise(base) and base.stride == (1, 1)

    def load(self, down: torch.Tensor, up: torch.Tensor) -> None:
        count, rank, _ = down.shape
        mirrored = down.view(count, rank, self.base.in_channels, -1).flip(-1).mT
        self.down = _room(self.down, (count, rank * mirrored.shape[2], self.base.in_channels), down)
        self.down.view_as(mirrored).copy_(mirrored)
        self.up = up

    def __call__(self, inputs: torch.Tensor, *arguments: Any) -> torch.Tensor:
        assert self.down is not None
        output = self.base(inputs)
        kernel_size = self.base.kernel_size
        padding = tuple(size - 1 - own for size, own in zip(kernel_size, self.base.padding, strict=True))
        shares = torch.bmm(self.down, inputs.flatten(2))
        low = functional.fold(shares, output.shape[2:], kernel_size, padding=padding)
        return _add_up(output, self.up, low.flatten(2))


class MergedConv2d(Kernel):
    """One wide convolution in which each row of the batch is a group with a weight of its own."""

    is_merged = True
    weights: torch.Tensor | None = None
    """[N * out, channels, *kernel_size]"""
    packed: torch.Tensor | None = None
    """The same in the order in which oneDNN reads it for inputs of `shape`; None on other devices."""
    shape: torch.Size | None = None

    @classmethod
    def fits(cls, base: nn.Module) -> bool:
        return has_plain_weight(base) and isinstance(base, nn.Conv2d) and not is_pointwise(base)

    def load(self, down: torch.Tensor, up: torch.Tensor) -> None:
        base = self.base.weight
        self.weights = _room(self.weights, (len(down) * len(base), *base.shape[1:]), base)
        merged = self.weights.view(len(down), len(base), -1)
        torch.baddbmm(base.flatten(1).expand_as(merged), up.mT, down, out=merged)
        self.bias = None if self.base.bias is None else self.base.bias.repeat(len(down))
        self.packed = None
        if self.shape is not None and self.shape[1] == len(down) * base.shape[1]:
            self._pack(self.shape)

    def __call__(self, inputs: torch.Tensor, *arguments: Any) -> torch.Tensor:
        assert self.weights is not None
        base, count = self.base, len(inputs)
        wide = inputs.reshape(1, -1, *inputs.shape[2:])
        if not can_pack(inputs):
            output = functional.conv2d(
                wide, self.weights, self.bias, stride=base.stride, padding=base.padding, groups=count
            )
        else:
            if self.packed is None or self.shape != wide.shape:
                self._pack(wide.shape)
            places = (base.padding, base.stride, base.dilation)
            output = torch.ops.mkldnn._convolution_pointwise(
                wide, self.packed, self.bias, *places, count, "none", [], ""
            )
        return output.view(count, -1, *output.shape[2:])

    def _pack(self, shape: torch.Size) -> None:
        """Put the weights into order for inputs, [1, N * channels, h, w], as torch's own compiler does.

        That is torch 2.13's `_inductor/fx_passes/mkldnn_fusion`, for weights that stay the same.
        """
        assert self.weights is not None
        base, groups = self.base, shape[1] // self.base.in_channels
        self.shape = shape
        self.packed = torch.ops.aten.mkldnn_reorder_conv2d_weight(
            self.weights.to_mkldnn(), base.padding, base.stride, base.dilation, groups, list(shape)
        )


def can_pack(inputs: torch.Tensor) -> bool:
    """Whether oneDNN computes this; without packing it would put the weights into its order at every step."""
    return (
        inputs.device.type == "cpu" and inputs.dtype == torch.float32 and torch.backends.mkldnn.is_available()
    )


def _add_up(output: torch.Tensor, up: torch.Tensor, low: torch.Tensor) -> torch.Tensor:
    """Add `up`, [N, R, out], times `low`, [N, R, places], to `output`, [N, out, h, w], in its own memory."""
    places = output.reshape(len(output), output.shape[1], -1)
    return places.baddbmm_(up.mT, low).view_as(output)


def _room(kept: torch.Tensor | None, shape: tuple[int, ...], like: torch.Tensor) -> torch.Tensor:
    """Return the memory that was used last, or new memory if the shape is another one."""
    return kept if kept is not None and tuple(kept.shape) == shape else like.new_empty(shape)


LINEAR_KERNELS: tuple[type[Kernel], ...] = (LowRankLinear, MergedLinear)
CONV_KERNELS: tuple[type[Kernel], ...] = (
    LowRankPointwise,
    MergedPointwise,
    GroupedConv2d,
    FoldedConv2d,
    MergedConv2d,
)
"""Each kind's ways, the one without a weight for each row first."""
