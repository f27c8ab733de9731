"""Which kernel computes a layer the fastest, measured once for each shape on the device at hand."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Sequence
from functools import cache

import torch

from gpu_worker.layer_kernels import Kernel

STEPS_PER_BATCH = 8
"""Steps that a batch stays as it is, on average: what loading its factors costs is spread over them."""
RUNS = 3
"""The least of so many counts: whatever else the machine does can only add to it."""

Clock = Callable[[], float]


def device_clock(device: torch.device) -> Clock:
    """Return a clock for work on a device: on a CPU the seconds that this thread computes, whoever else does."""
    if device.type != "cuda":
        return time.thread_time

    def after_all() -> float:
        torch.cuda.synchronize(device)
        return time.perf_counter()

    return after_all


@cache
def profile_of(device: torch.device) -> KernelProfile:
    """Return the profile of a device, which all that runs on it in this process shares."""
    return KernelProfile(device_clock(device))


class KernelProfile:
    """Remembers which kernel won, for all layers of about the same shapes."""

    def __init__(self, clock: Clock) -> None:
        """Take a clock in seconds."""
        self._clock = clock
        self._winners: dict[Hashable, type[Kernel]] = {}

    def choose(
        self,
        kernels: Sequence[type[Kernel]],
        base: torch.nn.Module,
        factors: tuple[torch.Tensor, torch.Tensor],
        inputs: torch.Tensor,
    ) -> Kernel:
        """Return the fastest kernel, loaded.

        Args:
            kernels: Ways that exist for the base.
            factors: The batch's: `down`, [N, R, in], and `up`, [N, R, out].
            inputs: What is measured with, if layers of about these shapes were not measured yet.
        """
        rows, rank, in_width = factors[0].shape
        shapes = (in_width, factors[1].shape[2], inputs.shape[1:], _doubling(rows), _doubling(rank))
        key = (type(base), getattr(base, "stride", None), inputs.dtype, shapes, tuple(kernels))
        if key not in self._winners:
            self._winners[key] = self._fastest([kernel(base) for kernel in kernels], factors, inputs)
        winner = self._winners[key](base)
        winner.load(*factors)
        return winner

    def _fastest(
        self, kernels: Sequence[Kernel], factors: tuple[torch.Tensor, torch.Tensor], inputs: torch.Tensor
    ) -> type[Kernel]:
        """Let the kernels take turns, and return the one whose steps, with their share of loading, are shortest."""
        loads: list[list[float]] = [[] for _ in kernels]
        steps: list[list[float]] = [[] for _ in kernels]
        for _ in range(RUNS):
            for kernel, load, step in zip(kernels, loads, steps, strict=True):
                started = self._clock()
                kernel.load(*factors)
                kernel(inputs)  # the first call after loading may put weights into another order
                loaded = self._clock()
                kernel(inputs)
                step.append(self._clock() - loaded)
                load.append(loaded - started - step[-1])
        seconds = [
            min(step) + max(0.0, min(load)) / STEPS_PER_BATCH for load, step in zip(loads, steps, strict=True)
        ]
        return type(kernels[seconds.index(min(seconds))])


def _doubling(count: int) -> int:
    """Return the power of two that a count reaches up to: those between two are measured once."""
    return 1 << (count - 1).bit_length()
