"""The ways to compute a layer: all make the same of a batch, the fastest is taken, and nothing is computed twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from gpu_worker.bank import AdapterBank
from gpu_worker.banked_layers import BankedConv2d, BankedLayer, BankedLinear, bank_layers
from gpu_worker.kernel_profile import KernelProfile
from gpu_worker.layer_kernels import (
    CONV_KERNELS,
    LINEAR_KERNELS,
    FoldedConv2d,
    GroupedConv2d,
    Kernel,
    LowRankLinear,
    MergedConv2d,
    MergedLinear,
)
from gpu_worker.private_factors import PrivateFactors
from tests.gpu_worker.adapters import random_factors

TOLERANCE = 2e-5
ROWS, RANK = 3, 5


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


BASES: dict[str, Callable[[], tuple[nn.Module, torch.Tensor]]] = {
    "tokens": lambda: (nn.Linear(6, 10), torch.randn(ROWS, 7, 6)),
    "one vector a row, no bias": lambda: (nn.Linear(6, 10, bias=False), torch.randn(ROWS, 6)),
    "a grid of tokens": lambda: (nn.Linear(6, 10), torch.randn(ROWS, 2, 4, 6)),
    "1 x 1": lambda: (nn.Conv2d(6, 10, 1), torch.randn(ROWS, 6, 5, 4)),
    "1 x 1, no bias": lambda: (nn.Conv2d(6, 10, 1, bias=False), torch.randn(ROWS, 6, 5, 4)),
    "3 x 3": lambda: (nn.Conv2d(6, 10, 3, padding=1), torch.randn(ROWS, 6, 5, 4)),
    "3 x 3, no padding": lambda: (nn.Conv2d(6, 10, 3, bias=False), torch.randn(ROWS, 6, 5, 4)),
    "3 x 3, every other place": lambda: (nn.Conv2d(6, 10, 3, 2, 1), torch.randn(ROWS, 6, 6, 5)),
    "1 x 3": lambda: (nn.Conv2d(6, 10, (1, 3), padding=(0, 1)), torch.randn(ROWS, 6, 5, 4)),
}


def banked(base: nn.Module) -> BankedLayer:
    return BankedConv2d(base) if isinstance(base, nn.Conv2d) else BankedLinear(base)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", BASES)
@torch.no_grad()
def test_all_ways_make_what_each_row_would_get_alone(kind: str) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(7)
        base, inputs = BASES[kind]()
        layer = banked(base)
        down = torch.randn(ROWS, RANK, layer.in_width)
        up = torch.randn(ROWS, RANK, layer.out_width)
    lora_a, lora_b = layer.factor_shapes(RANK)
    alone = [
        layer.add_private(
            base(inputs[row : row + 1]),
            inputs[row : row + 1],
            PrivateFactors(down[row].view(1, *lora_a), up[row].mT.reshape(1, *lora_b), 1.0),
        )
        for row in range(ROWS)
    ]
    expected = torch.cat(alone)
    tried: list[type[Kernel]] = []
    for kernel in (*LINEAR_KERNELS, *CONV_KERNELS):
        if kernel in layer.kernels and kernel.fits(base):
            way = kernel(base)
            for sign in (-1.0, 1.0):  # another batch before this one must leave nothing behind
                way.load(sign * down, up)
                way(inputs)
            torch.testing.assert_close(
                way(inputs), expected, rtol=0, atol=TOLERANCE * float(expected.abs().max())
            )
            tried.append(kernel)
    assert len(tried) >= 2


def test_a_quantised_base_keeps_its_weight_as_it_is() -> None:
    base = nn.Linear(4, 4)
    base.weight = nn.Parameter(torch.zeros(4, 4, dtype=torch.int8), requires_grad=False)
    assert [kernel for kernel in LINEAR_KERNELS if kernel.fits(base)] == [LowRankLinear]


class Watch:
    """A clock by which chosen kernels take longer: time goes on when they compute."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, seconds: dict[type[Kernel], float]) -> None:
        self.now = 0.0
        for kernel, cost in seconds.items():
            monkeypatch.setattr(kernel, "__call__", self._slower(kernel.__call__, cost))

    def _slower(self, call: Callable[..., torch.Tensor], cost: float) -> Callable[..., torch.Tensor]:
        def slow(*arguments: object) -> torch.Tensor:
            self.now += cost
            return call(*arguments)

        return slow

    def __call__(self) -> float:
        return self.now


def factors(rows: int, rank: int = 2) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.randn(rows, rank, 4), torch.randn(rows, rank, 4)


@pytest.mark.parametrize("fastest", LINEAR_KERNELS)
@torch.no_grad()
def test_the_fastest_way_is_taken_and_measured_once_for_a_shape(
    fastest: type[Kernel], monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Watch(monkeypatch, {kernel: 0.1 if kernel is fastest else 0.2 for kernel in LINEAR_KERNELS})
    profile = KernelProfile(watch)
    base = nn.Linear(4, 4)
    assert type(profile.choose(LINEAR_KERNELS, base, factors(3), torch.randn(3, 7, 4))) is fastest
    measured = watch.now
    assert type(profile.choose(LINEAR_KERNELS, base, factors(4), torch.randn(4, 7, 4))) is fastest
    assert watch.now == measured  # three rows and four are about the same
    profile.choose(LINEAR_KERNELS, base, factors(4), torch.randn(4, 9, 4))
    assert watch.now > measured


@torch.no_grad()
def test_merged_weights_take_no_more_memory_than_they_may(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch(monkeypatch, {LowRankLinear: 0.2, MergedLinear: 0.1})
    network = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    bank = AdapterBank(
        bank_layers(network, ["0", "1"], KernelProfile(watch), merged_bytes_most=3 * 2 * 4 * 4 * 4),
        torch.device("cpu"),
    )
    bank.put("ada", random_factors(bank, seed=1), 1.0)
    loaded: list[type[Kernel]] = []
    for kernel in (LowRankLinear, MergedLinear):
        monkeypatch.setattr(kernel, "load", _told(kernel, loaded))
    for rows, taken in ((3, MergedLinear), (4, LowRankLinear)):
        bank.compose([(("ada", 1.0),)] * rows)
        network(torch.randn(rows, 4))
        assert loaded[-1] is taken


def _told(kernel: type[Kernel], loaded: list[type[Kernel]]) -> Callable[..., None]:
    load = kernel.load

    def tell(self: Kernel, down: torch.Tensor, up: torch.Tensor) -> None:
        loaded.append(kernel)
        load(self, down, up)

    return tell


@torch.no_grad()
def test_a_convolution_that_skips_places_is_not_folded(monkeypatch: pytest.MonkeyPatch) -> None:
    base = nn.Conv2d(4, 4, 3, stride=2, padding=1)
    assert [kernel for kernel in CONV_KERNELS if kernel.fits(base)] == [GroupedConv2d, MergedConv2d]
    assert FoldedConv2d.fits(nn.Conv2d(4, 4, 3, padding=1))
