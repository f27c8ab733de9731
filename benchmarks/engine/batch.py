"""Steps of the denoiser for eight people with eight adapters, one or two each.

What batching can reach at most is the same batch without any adapter. How near a batch with adapters can come is a
matter of arithmetic, too: two thin products of rank r beside a layer add r * (in + out) / (in * out) to its work, which
is much for narrow layers. `share_of_work_at_rank` tells that limit; only merged weights are not bound by it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import report
from benchmarks.engine.turns import libraries, rates, ratios_of, take_turns
from benchmarks.engine.ways import (
    NAMES,
    Banked,
    Hotswap,
    Inputs,
    PeftMixed,
    SetAdapters,
    Way,
    forward,
    random_factors,
)
from gpu_worker.adapters import AdapterShape
from gpu_worker.families.tiny import ADAPTER_TARGETS
from gpu_worker.families.tiny_layers import LATENT_CHANNELS, TEXT_WIDTH, build_denoiser
from gpu_worker.runner import load_family

RANK = 8
TOLERANCE = 2e-5
ATTENTION = ("to_q", "to_k", "to_v", "to_out.0")
"""What diffusers' own training scripts put adapters on."""
LARGER_CHANNELS = (128, 288)
PROMPT_TOKENS = 32


@dataclass(frozen=True)
class Place:
    """A denoiser, the layers that adapters change, and the size of what is drawn."""

    title: str
    side: int
    targets: tuple[str, ...] = ADAPTER_TARGETS
    is_larger: bool = False
    steps: int = 5
    """That are timed of a picture's."""

    def denoiser(self) -> nn.Module:
        """Return the denoiser; the larger one has random weights, which take as long as trained ones."""
        if not self.is_larger:
            return load_family("tiny").denoiser.requires_grad_(False).eval()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            config = {**build_denoiser().config, "block_out_channels": LARGER_CHANNELS}
            larger: Any = type(build_denoiser()).from_config(config)
        return larger.requires_grad_(False).eval()


PLACES = {
    "tiny-8": Place("tiny's UNet, latents 8x8", 8),
    "tiny-16": Place("tiny's UNet, latents 16x16", 16, steps=3),
    "attention-8": Place("tiny's UNet, adapters on attention alone, latents 8x8", 8, ATTENTION),
    "attention-16": Place("tiny's UNet, adapters on attention alone, latents 16x16", 16, ATTENTION, steps=3),
    "larger-8": Place("a UNet of 20 million parameters, latents 8x8", 8, is_larger=True, steps=2),
    "larger-16": Place("a UNet of 20 million parameters, latents 16x16", 16, is_larger=True, steps=1),
}

BARE = "the same batch without any adapter"
THIN = "two thin products"
MEASURED = "measured kernels"
KEPT = "measured kernels, text kept"


def part(name: str) -> Callable[[int], None]:
    """Return what runs one place."""
    return lambda rounds: run(name, PLACES[name], rounds)


def inputs_for(side: int) -> Inputs:
    """Return one step for everybody, each at another place among its steps."""
    count = len(NAMES)
    generator = torch.Generator().manual_seed(side)
    latents = torch.randn(count, LATENT_CHANNELS, side, side, generator=generator)
    prompt_embeds = torch.randn(count, PROMPT_TOKENS, TEXT_WIDTH, generator=generator)
    return Inputs(latents, torch.linspace(900, 200, count), prompt_embeds)


def run(name: str, place: Place, rounds: int) -> None:
    """Run the rounds at one place, and write a file for it."""
    denoiser, inputs = place.denoiser(), inputs_for(place.side)
    shape = AdapterShape(RANK, RANK, place.targets)
    adapters = [random_factors(denoiser, shape, seed) for seed in range(len(NAMES))]

    def banked(each: int, **means: bool) -> Banked:
        return Banked(denoiser, shape, adapters, each, **means)

    ways: dict[str, Way] = {
        BARE: banked(0),
        f"{BARE}, text kept": banked(0, is_kept=True),
        **{f"ours, {each} each, {THIN}": banked(each) for each in (1, 2)},
        f"ours, 1 each, {MEASURED}": banked(1, is_measured=True),
        **{f"ours, {each} each, {KEPT}": banked(each, is_measured=True, is_kept=True) for each in (1, 2)},
        **{f"set_adapters, {each} each": SetAdapters(denoiser, shape, adapters, each) for each in (1, 2)},
        "batches of one adapter, ours": Banked(
            denoiser, shape, adapters, 1, is_measured=True, is_kept=True, one_by_one=True
        ),
    }
    if not place.is_larger and place.targets == ADAPTER_TARGETS:
        ways["peft hotswap"] = Hotswap(denoiser, shape, adapters)
        ways["peft mixed batch"] = PeftMixed(denoiser, shape, adapters)
    differences = check(ways, inputs)
    seconds = take_turns(
        {title: lambda way=way: way.picture_seconds(inputs, place.steps) for title, way in ways.items()},
        rounds,
    )
    pairs = [
        *((f"ours, {each} each, {THIN}", BARE) for each in (1, 2)),
        (f"ours, 1 each, {MEASURED}", BARE),
        *((f"ours, {each} each, {KEPT}", f"{BARE}, text kept") for each in (1, 2)),
        *((f"ours, {each} each, {KEPT}", f"set_adapters, {each} each") for each in (1, 2)),
        (f"ours, 1 each, {KEPT}", "batches of one adapter, ours"),
        *((f"ours, 1 each, {KEPT}", title) for title in ways if title.startswith("peft")),
        (f"{BARE}, text kept", BARE),
        ("batches of one adapter, ours", "set_adapters, 1 each"),
    ]
    figures = {
        "benchmark": f"eight adapters of rank {RANK}: {place.title}, fp32, one thread",
        "parameters_millions": sum(weight.numel() for weight in denoiser.parameters()) / 1e6,
        "rounds": rounds,
        "steps_timed": place.steps,
        "share_of_work_at_rank": share_of_work(denoiser, shape, adapters, inputs),
        "most_difference_of_outputs_from_set_adapters": differences,
        "changing_the_batch_ms": {title: way.changing_seconds * 1000 for title, way in ways.items()},
        "pictures_of_20_steps_per_second": rates(seconds, len(NAMES)),
        "ours_over": ratios_of(seconds, pairs),
        "libraries": libraries(),
    }
    report.write(f"engine-batch-{name}", figures)


def check(ways: dict[str, Way], inputs: Inputs) -> dict[str, float]:
    """Return how far each way's outputs are from `set_adapters`'.

    Raises:
        RuntimeError: Further than rounding goes: then its speed means nothing.
    """
    found: dict[str, float] = {}
    for title, way in ways.items():
        outputs = way.denoise(inputs, 1)
        each = 2 if "2 each" in title else 1
        if title.startswith(BARE):
            continue
        expected = ways[f"set_adapters, {each} each"].denoise(inputs, 1)
        found[title] = float((outputs - expected).abs().max())
        if found[title] > TOLERANCE * expected.abs().max():
            raise RuntimeError(f"not exact: {title}, {found}")
    return found


def share_of_work(
    denoiser: nn.Module, shape: AdapterShape, adapters: list[dict[str, torch.Tensor]], inputs: Inputs
) -> dict[str, float]:
    """Return the bare batch's floating-point operations over those with two thin products a layer, by rank."""
    counts = []
    for each in (0, 1, 2):
        way = Banked(denoiser, shape, adapters, each)
        way.compose()
        with FlopCounterMode(display=False) as counter:
            forward(way.denoiser, inputs)
        counts.append(counter.get_total_flops())
    return {f"{each * RANK}": counts[0] / counts[each] for each in (1, 2)}
