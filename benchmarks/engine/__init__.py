"""Eight people, each with an adapter of their own, on the UNet of `tiny`: our batch beside peft's own ways.

Every way takes the same steps for the same inputs in turns, in fp32 on one thread. A round runs each once; what
may be quoted is the median over the rounds of a way's rate beside ours, since rates depend on the machine.
"""

from __future__ import annotations

import statistics
import time
from importlib.metadata import version
from typing import Any

import torch

from benchmarks import report
from benchmarks.engine.ways import NAMES, Banked, Hotswap, Inputs, PeftMixed, SetAdapters, Way, random_factors
from gpu_worker.adapters import AdapterShape
from gpu_worker.families.registry import load_family

RANK = 8
STEPS = 4
"""Steps that are timed of a picture's; each request pays for its adapter once."""
LATENTS_PX = (8, 16)
TOLERANCE = 2e-5


def inputs_for(side: int, channels: int, prompt_embeds: torch.Tensor) -> Inputs:
    """Return one step for everybody, each at another place among its steps."""
    count = len(NAMES)
    generator = torch.Generator().manual_seed(side)
    latents = torch.randn(count, channels, side, side, generator=generator)
    return Inputs(latents, torch.linspace(900, 200, count), prompt_embeds)


@torch.no_grad()
def run_pairs(rounds: int) -> None:
    """Run the rounds at each size, and write a file for each."""
    torch.set_num_threads(1)
    family: Any = load_family("tiny")
    shape = AdapterShape(RANK, RANK, tuple(family.adapter_targets))
    denoiser = family.denoiser.requires_grad_(False).eval()
    adapters = [random_factors(denoiser, shape, seed) for seed in range(len(NAMES))]
    bare = Banked(denoiser, shape, adapters, 0)
    ours, ours_two = (Banked(denoiser, shape, adapters, each) for each in (1, 2))
    one_by_one, one_by_one_two = (SetAdapters(denoiser, shape, adapters, each) for each in (1, 2))
    hotswap, mixed = Hotswap(denoiser, shape, adapters), PeftMixed(denoiser, shape, adapters)
    peers = {ours: [bare, one_by_one, hotswap, mixed], ours_two: [bare, one_by_one_two]}
    embeds = family.encode_prompts(
        [f"a red {noun} on a beach" for noun in ("mug", "shoe", "ball", "hat") * 2]
    )["prompt_embeds"]
    for side in LATENTS_PX:
        inputs = inputs_for(side, denoiser.config.in_channels, embeds)
        differences = {
            **differences_from(one_by_one, [ours, hotswap, mixed], inputs),
            **differences_from(one_by_one_two, [ours_two], inputs),
        }
        ways = [bare, ours, one_by_one, hotswap, mixed, ours_two, one_by_one_two]
        seconds = take_turns(ways, inputs, rounds)
        figures = {
            "benchmark": f"eight adapters of rank {RANK} on tiny's UNet, latents {side}x{side}, fp32, one thread",
            "rounds": rounds,
            "steps_timed": STEPS,
            "most_difference_of_outputs_from_one_at_a_time": differences,
            "image_steps_per_second": {
                way.title: len(NAMES) * STEPS / statistics.median(seconds[way]) for way in ways
            },
            "ours_over": {
                f"{own.title} / {peer.title}": ratio(seconds[own], seconds[peer])
                for own, others in peers.items()
                for peer in others
            },
            "libraries": {name: version(name) for name in ("torch", "diffusers", "peft")},
        }
        report.write(f"engine-adapters-{side}x{side}", figures)


def differences_from(reference: Way, ways: list[Way], inputs: Inputs) -> dict[str, float]:
    """Return how far each way's outputs are from the reference's.

    Raises:
        RuntimeError: Further than rounding goes: then its speed means nothing.
    """
    expected = reference.denoise(inputs, 1)
    found = {way.title: float((way.denoise(inputs, 1) - expected).abs().max()) for way in ways}
    wrong = [title for title, difference in found.items() if difference > TOLERANCE * expected.abs().max()]
    if wrong:
        raise RuntimeError(f"not exact: {wrong}, {found}")
    return found


def take_turns(ways: list[Way], inputs: Inputs, rounds: int) -> dict[Way, list[float]]:
    """Return the seconds of each way in each round; who begins changes from round to round."""
    seconds: dict[Way, list[float]] = {way: [] for way in ways}
    for way in ways:
        way.denoise(inputs, 1)
    for number in range(rounds):
        first = number % len(ways)
        for way in ways[first:] + ways[:first]:
            started = time.perf_counter()
            way.denoise(inputs, STEPS)
            seconds[way].append(time.perf_counter() - started)
    return seconds


def ratio(ours: list[float], theirs: list[float]) -> dict[str, float]:
    """Return how many times our rate is theirs, over the rounds."""
    ratios = [their / our for our, their in zip(ours, theirs, strict=True)]
    return {"median": statistics.median(ratios), "least": min(ratios), "most": max(ratios)}
