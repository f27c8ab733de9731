"""SDXL and FLUX.1 at their true size, on any CUDA machine: pictures, training, and pictures during training.

Weights are random. Text encoders and VAE are left out: they cost the same whoever denoises. `--small` takes small
versions of the same architectures on the CPU; its figures say that the code runs, and nothing of a GPU.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import report
from benchmarks.gpu.architectures import Architecture, Inputs, architectures, build, denoise, rows_of
from benchmarks.gpu.latency import Crowd, crowd
from benchmarks.gpu.training import one_example, our_step, set_checkpointing, their_step
from benchmarks.gpu.ways import NAMES, RANK, SHAPE, Banked, Hotswap, Ours, SetAdapters, Way
from gpu_worker.device import device_title

STEPS_TIMED = 4
TRAINING_STEPS_TIMED = 5
BATCHES = (1, 2, 4, 8)
PEOPLE, PEOPLE_STEPS = 24, 8
TOLERANCE = {torch.float32: 1e-4, torch.bfloat16: 0.1}
"""Most difference from one at a time, of the largest output. bf16 has 8 bits, and dozens of layers round."""
NO_DEVICE = (
    "This benchmark needs a CUDA device, and there is none here. "
    "`python -m benchmarks gpu --small` runs the same code on the CPU, with small versions of the models."
)


def run(pairs: int, is_small: bool, is_compiled: bool, only: Sequence[str]) -> None:
    """Measure each architecture at each size, and write a file for each."""
    if not (torch.cuda.is_available() or is_small):
        print(NO_DEVICE)
        return
    device = torch.device("cpu" if is_small else "cuda")
    dtype = torch.float32 if is_small else torch.bfloat16
    if is_small:
        torch.set_num_threads(1)
    limit = matrix_limit(device, dtype)
    for architecture in architectures(is_small):
        if only and architecture.name not in only:
            continue
        denoiser = build(architecture, device, dtype)
        for side_px in architecture.sizes_px:
            _measure(architecture, denoiser, side_px, pairs, is_small, is_compiled, limit)
        del denoiser
        if device.type == "cuda":
            torch.cuda.empty_cache()


def _measure(
    architecture: Architecture,
    denoiser: torch.nn.Module,
    side_px: int,
    pairs: int,
    is_small: bool,
    is_compiled: bool,
    limit: float,
) -> None:
    inputs = architecture.new_inputs(denoiser, len(NAMES) * architecture.rows, side_px)
    flops = flops_of(denoiser, rows_of(inputs, 0, architecture.rows))
    banked = Banked(denoiser)
    parameters = sum(parameter.numel() for parameter in denoiser.parameters())
    figures: dict[str, Any] = {
        "benchmark": f"{architecture.title} with random weights, {side_px} px, eight adapters of rank {RANK}",
        "is_small": is_small,
        "parameters": parameters,
        "device": device_title(),
        "dtype": str(next(denoiser.parameters()).dtype),
        "pairs": pairs,
        "matrix_product_limit_tflops": limit / 1e12,
        "pictures": pictures(architecture, denoiser, banked, inputs, pairs, is_compiled, flops, limit),
        "training": training(architecture, denoiser, banked, side_px, pairs),
        "pictures_during_training": during_training(architecture, banked, inputs, side_px),
        "libraries": {name: version(name) for name in ("torch", "diffusers", "peft")},
    }
    report.write(f"gpu-{architecture.name}-{side_px}px{'-small' if is_small else ''}", figures)


@torch.no_grad()
def pictures(
    architecture: Architecture,
    denoiser: torch.nn.Module,
    banked: Banked,
    inputs: Inputs,
    pairs: int,
    is_compiled: bool,
    flops: float,
    limit: float,
) -> dict[str, Any]:
    """Time every way in turns. A picture's time is that of its usual number of steps."""
    adapters = banked.random_adapters(len(NAMES))
    for name, factors in zip(NAMES, adapters, strict=True):
        banked.bank.put(name, factors, SHAPE.scale)
    reference = SetAdapters(denoiser, architecture, adapters)
    ours = [Ours(banked, architecture, people, False) for people in BATCHES]
    if is_compiled:
        ours.append(Ours(banked, architecture, BATCHES[-1], True))
    peers: list[Way] = [reference, Hotswap(denoiser, architecture, adapters, is_compiled)]
    differences = differences_from(reference, [*ours, *peers], inputs)
    seconds = take_turns({way.title: _timed(way, inputs) for way in [*ours, *peers]}, pairs)
    rates = {title: _rate(each, architecture.steps) for title, each in seconds.items()}
    best = max((way.title for way in ours), key=rates.__getitem__)
    banked.bank.compose([()])
    return {
        "most_difference_of_outputs": differences,
        "images_per_second": rates,
        "best_of_ours": best,
        "best_over": {peer.title: _over(seconds[best], seconds[peer.title]) for peer in peers},
        "share_of_the_matrix_product_limit": {
            title: rate * architecture.steps * flops / limit for title, rate in rates.items()
        },
    }


def training(
    architecture: Architecture, denoiser: torch.nn.Module, banked: Banked, side_px: int, pairs: int
) -> dict[str, Any]:
    """Time one-picture LoRA steps in turns, activations computed again in the backward pass as for large bases."""
    example = one_example(architecture, denoiser, side_px)
    set_checkpointing(banked.denoiser, True)
    steps = {
        "ours": our_step(banked, example),
        "peft as in diffusers' scripts": their_step(denoiser, example),
    }
    memory = {title: _peak_gib(step, denoiser) for title, step in steps.items()}
    seconds = take_turns(
        {title: lambda step=step: _times(step, TRAINING_STEPS_TIMED) for title, step in steps.items()}, pairs
    )
    set_checkpointing(banked.denoiser, False)
    own, peer = seconds.values()
    return {
        "steps_per_second": {
            title: TRAINING_STEPS_TIMED / statistics.median(each) for title, each in seconds.items()
        },
        "ours_over_peer": _over(own, peer),
        "peak_memory_gib": memory,
    }


def during_training(
    architecture: Architecture, banked: Banked, inputs: Inputs, side_px: int
) -> dict[str, Any]:
    """Let people come at half of what the device can draw one by one, with and without a training."""
    step = our_step(banked, one_example(architecture, banked.denoiser, side_px))

    @torch.no_grad()
    def denoise_people(count: int) -> None:
        banked.bank.compose([((name, 1.0),) for name in NAMES[:count] for _ in range(architecture.rows)])
        denoise(banked.denoiser, rows_of(inputs, 0, count * architecture.rows))
        _synchronise()

    def train() -> None:
        step()
        _synchronise()

    denoise_people(1)
    alone = min(_elapsed(lambda: denoise_people(1)) for _ in range(5)) * PEOPLE_STEPS
    set_checkpointing(banked.denoiser, True)
    train()
    with_it = crowd(denoise_people, train, 0.5 / alone, PEOPLE, PEOPLE_STEPS, len(NAMES), seed=1)
    set_checkpointing(banked.denoiser, False)
    without = crowd(denoise_people, None, 0.5 / alone, PEOPLE, PEOPLE_STEPS, len(NAMES), seed=1)
    return {
        "steps_a_picture": PEOPLE_STEPS,
        "people": PEOPLE,
        "longest_training_step_ms": max(with_it.training_steps) * 1000,
        "longest_step_of_pictures_ms": max(with_it.picture_steps) * 1000,
        "longest_wait_for_the_first_step_ms": max(with_it.begin_waits) * 1000,
        "p95_wait_ms": _p95(with_it) * 1000,
        "p95_wait_without_training_ms": _p95(without) * 1000,
        "p95_over_without_training": _p95(with_it) / _p95(without),
    }


def matrix_limit(device: torch.device, dtype: torch.dtype) -> float:
    """Return the floating-point operations a second of one large product of matrices: what a device can do."""
    side = 8192 if device.type == "cuda" else 768
    one, other = (torch.randn(side, side, device=device, dtype=dtype) for _ in range(2))
    torch.mm(one, other)
    return 2 * side**3 / min(_elapsed(lambda: torch.mm(one, other)) for _ in range(10))


@torch.no_grad()
def flops_of(denoiser: torch.nn.Module, inputs: Inputs) -> float:
    """Return the floating-point operations of one step of one picture, adapters left out."""
    with FlopCounterMode(display=False) as counter:
        denoise(denoiser, inputs)
    return float(counter.get_total_flops())


def differences_from(reference: Way, ways: Sequence[Way], inputs: Inputs) -> dict[str, float]:
    """Return how far each way's outputs are from the reference's, as a part of its largest.

    Raises:
        RuntimeError: Further than rounding goes: then its speed means nothing.
    """
    expected = reference.step(inputs, 1).float()
    scale = float(expected.abs().max())
    found = {way.title: float((way.step(inputs, 1).float() - expected).abs().max()) / scale for way in ways}
    dtype = next(iter(inputs.values())).dtype
    wrong = {title: far for title, far in found.items() if not far <= TOLERANCE[dtype]}
    if wrong:
        raise RuntimeError(f"not exact: {wrong}")
    return found


def take_turns(ways: dict[str, Callable[[], float]], pairs: int) -> dict[str, list[float]]:
    """Return the seconds of each in each round; who begins changes from round to round."""
    for timed in ways.values():
        timed()
    seconds: dict[str, list[float]] = {title: [] for title in ways}
    titles = list(ways)
    for number in range(pairs):
        first = number % len(titles)
        for title in titles[first:] + titles[:first]:
            seconds[title].append(ways[title]())
    return seconds


def _timed(way: Way, inputs: Inputs) -> Callable[[], float]:
    return lambda: _elapsed(lambda: way.step(inputs, STEPS_TIMED))


def _times(step: Callable[[], None], count: int) -> float:
    return _elapsed(lambda: [step() for _ in range(count)])


def _elapsed(work: Callable[[], object]) -> float:
    _synchronise()
    started = time.perf_counter()
    work()
    _synchronise()
    return time.perf_counter() - started


def _synchronise() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def _peak_gib(step: Callable[[], None], denoiser: torch.nn.Module) -> float | None:
    """Return the most memory that a step needs on a GPU, weights included; None on a CPU."""
    if next(denoiser.parameters()).device.type != "cuda":
        return None
    torch.cuda.reset_peak_memory_stats()
    step()
    return torch.cuda.max_memory_allocated() / 2**30


def _rate(seconds: Sequence[float], steps: int) -> float:
    return len(NAMES) * STEPS_TIMED / statistics.median(seconds) / steps


def _over(ours: Sequence[float], theirs: Sequence[float]) -> dict[str, float]:
    ratios = [their / our for our, their in zip(ours, theirs, strict=True)]
    return {"median": statistics.median(ratios), "least": min(ratios), "most": max(ratios)}


def _p95(people: Crowd) -> float:
    return statistics.quantiles(people.waits, n=20, method="inclusive")[-1]
