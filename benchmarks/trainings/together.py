"""Four trainings at once, stacked into one pass, beside the same four one after another."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import NamedTuple

from benchmarks import report
from benchmarks.trainings.ours import begin, small_runner
from gpu_worker.runner import Runner
from gpu_worker.tasks import TrainTask

TRAININGS = 4
STEPS = 2
"""Of each training in each run."""
CASES = ((32, 1), (32, 4), (64, 1), (64, 2), (64, 4), (64, 8))
"""Side of the pictures in pixels, four times that of latents, and batch size; presets have 1 (SDXL) or 8 (tiny)."""


def run_pairs(pairs: int) -> None:
    """Run the pairs of each case, and write the figures."""
    seconds = {}
    for size_px, batch_size in CASES:
        runner = small_runner(size_px)
        tasks = [begin(runner, seed, batch_size) for seed in range(TRAININGS)]
        name = f"latents {size_px // 4}x{size_px // 4}, batch size {batch_size}"
        seconds[name] = take_turns(runner, tasks, pairs)
        print(name, spread([a.processor / b.processor for a, b in seconds[name]]), flush=True)
    steps = TRAININGS * STEPS
    report.write(
        "training-together",
        {
            "benchmark": "Four trainings of rank 8 on all layers of tiny's UNet, fp32, one thread: their steps a "
            "second stacked, over one after another, in processor time",
            "pairs": pairs,
            "stacked over one after another": {
                name: spread([a.processor / b.processor for a, b in runs]) for name, runs in seconds.items()
            },
            "the same by the clock": {
                name: statistics.median(a.clock / b.clock for a, b in runs) for name, runs in seconds.items()
            },
            "steps a second, one after another": {
                name: steps / statistics.median(a.processor for a, _ in runs)
                for name, runs in seconds.items()
            },
            "steps a second, stacked": {
                name: steps / statistics.median(b.processor for _, b in runs)
                for name, runs in seconds.items()
            },
            "libraries": {name: version(name) for name in ("torch", "diffusers")},
        },
    )


def take_turns(runner: Runner, tasks: list[TrainTask], pairs: int) -> list[tuple[Seconds, Seconds]]:
    """Return what each pair took: one after another, and stacked."""

    def one_after_another() -> None:
        for task in tasks:
            for _ in range(STEPS):
                runner.train(task)

    def stacked() -> None:
        for _ in range(STEPS):
            runner.train(*tasks)

    found = []
    for number in range(pairs + 1):
        if number % 2:  # who begins changes from pair to pair
            found.append((timed(one_after_another), timed(stacked)))
        else:
            together = timed(stacked)
            found.append((timed(one_after_another), together))
    return found[1:]  # the first pair warms up


class Seconds(NamedTuple):
    """What a run took by the clock, and how long this thread had a processor meanwhile."""

    clock: float
    processor: float


def timed(run: Callable[[], None]) -> Seconds:
    """Return what something takes."""
    clock, processor = time.perf_counter(), time.thread_time()
    run()
    return Seconds(time.perf_counter() - clock, time.thread_time() - processor)


def spread(ratios: list[float]) -> dict[str, float]:
    """Return the median and the ends."""
    return {"median": statistics.median(ratios), "least": min(ratios), "most": max(ratios)}
