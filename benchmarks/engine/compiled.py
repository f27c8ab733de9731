"""torch.compile on tiny's UNet: one graph whatever adapters come and go, and what compiling brings.

Compiling takes minutes on a processor, and a graph serves one number of rows and one size; so the worker does not
compile there. On a GPU it may pay, and the bank is fit for it: rows, weights and ranks change nothing in a graph.
"""

from __future__ import annotations

import time

import torch
from torch._dynamo.utils import counters

from benchmarks import report
from benchmarks.engine.batch import BARE, PLACES, RANK, inputs_for
from benchmarks.engine.turns import libraries, rates, ratios_of, take_turns, timed
from benchmarks.engine.ways import NAMES, Banked, forward, random_factors
from gpu_worker.adapters import AdapterShape

BATCHES = 12
STEPS = 10
TOLERANCE = 2e-5
"""Of the largest output: a compiler sums in another order."""


def run(rounds: int) -> None:
    """Compile, let adapters come and go, time, and write the file."""
    place = PLACES["tiny-8"]
    denoiser, inputs = place.denoiser(), inputs_for(place.side)
    shape = AdapterShape(RANK, RANK, place.targets)
    adapters = [random_factors(denoiser, shape, seed) for seed in range(len(NAMES))]
    ours, bare = (Banked(denoiser, shape, adapters, each) for each in (1, 0))
    counters.clear()
    started = time.perf_counter()
    ours_compiled = torch.compile(ours.denoiser, dynamic=False)
    most = 0.0
    for number in range(BATCHES):
        rank = 1 + number % RANK
        narrow = AdapterShape(rank, rank, place.targets)
        ours.bank.put(f"new{number}", random_factors(denoiser, narrow, 100 + number), narrow.scale)
        rows = [((f"new{max(0, number - row)}", 0.5 + 0.1 * row),) for row in range(len(NAMES) - 1)]
        ours.bank.compose([*rows, ()])
        expected = forward(ours.denoiser, inputs)
        difference = forward(ours_compiled, inputs) - expected
        most = max(most, float(difference.abs().max() / expected.abs().max()))
    if most > TOLERANCE:
        raise RuntimeError(f"the compiled graph is not exact: {most}")
    graphs = counters["stats"]["unique_graphs"]
    compile_seconds = time.perf_counter() - started
    bare_compiled = torch.compile(bare.denoiser, dynamic=False)
    ours.compose()
    forward(bare_compiled, inputs)

    def steps(module: torch.nn.Module) -> None:
        for _ in range(STEPS):
            forward(module, inputs)

    modules = {
        BARE: bare.denoiser,
        f"{BARE}, compiled": bare_compiled,
        "ours": ours.denoiser,
        "ours, compiled": ours_compiled,
    }
    seconds = take_turns(
        {title: timed(lambda module=module: steps(module)) for title, module in modules.items()}, rounds
    )
    pairs = [
        (f"{BARE}, compiled", BARE),
        ("ours, compiled", "ours"),
        ("ours, compiled", f"{BARE}, compiled"),
        ("ours", BARE),
    ]
    figures = {
        "benchmark": f"torch.compile (inductor) with eight adapters: {place.title}, fp32, one thread",
        "graphs": graphs,
        "batches_of_other_adapters": BATCHES,
        "most_difference_from_eager_of_the_largest_output": most,
        "seconds_until_all_batches_were_through": compile_seconds,
        "rounds": rounds,
        "image_steps_per_second": rates(seconds, len(NAMES) * STEPS),
        "over": ratios_of(seconds, pairs),
        "libraries": libraries(),
    }
    report.write("engine-compile", figures)
