"""Four trainings at once, stacked into one pass, beside the same four one after another."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from importlib.metadata import version

from benchmarks import report
from benchmarks.trainings.ours import begin, small_runner
from gpu_worker.runner import Runner
from gpu_worker.tasks import TrainTask

TRAININGS = 4
STEPS = 3
"""Of each training in each run."""
SIZES_PX = (32, 64)
"""Latents of 8 x 8 and 16 x 16."""
BATCH_SIZES = (1, 2, 4, 8)


def run_pairs(pairs: int) -> None:
    """Run the pairs at each size and batch size, and write the figures."""
    figures = {}
    for size_px in SIZES_PX:
        for batch_size in BATCH_SIZES:
            runner = small_runner(size_px)
            tasks = [begin(runner, seed, batch_size) for seed in range(TRAININGS)]
            name = f"latents {size_px // 4}x{size_px // 4}, batch size {batch_size}"
            figures[name] = measure(runner, tasks, pairs)
            print(name, figures[name], flush=True)
    report.write(
        "trainings-together",
        {
            "benchmark": "four trainings of rank 8 on all layers of tiny's UNet, fp32, one thread: steps per second "
            "of all four, stacked, over one after another",
            "pairs": pairs,
            "steps_of_each_timed": STEPS,
            "stacked_over_one_after_another": figures,
            "libraries": {name: version(name) for name in ("torch", "diffusers")},
        },
    )


def measure(runner: Runner, tasks: list[TrainTask], pairs: int) -> dict[str, object]:
    """Return the ratio of the rates over the pairs, by the clock and by processor time, and the rates."""

    def one_after_another() -> None:
        for task in tasks:
            for _ in range(STEPS):
                runner.train(task)

    def stacked() -> None:
        for _ in range(STEPS):
            runner.train(*tasks)

    ways = {"alone": one_after_another, "stacked": stacked}
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for number in range(pairs + 1):
        for name in sorted(ways, reverse=number % 2 == 1):  # who begins changes from pair to pair
            seconds[name].append(timed(ways[name]))
    steps = TRAININGS * STEPS
    result: dict[str, object] = {}
    for place, clock in enumerate(("wall", "processor")):
        alone, together = ([pair[place] for pair in seconds[name][1:]] for name in ("alone", "stacked"))
        result[f"ratio_by_{clock}"] = spread([a / b for a, b in zip(alone, together, strict=True)])
        result[f"steps_per_second_by_{clock}"] = {
            "one after another": steps / statistics.median(alone),
            "stacked": steps / statistics.median(together),
        }
    return result


def timed(run: Callable[[], None]) -> tuple[float, float]:
    """Return the seconds by the clock, and those that this thread had a processor."""
    clock, processor = time.perf_counter(), time.thread_time()
    run()
    return time.perf_counter() - clock, time.thread_time() - processor


def spread(ratios: list[float]) -> dict[str, float]:
    """Return the median and the ends."""
    return {"median": statistics.median(ratios), "least": min(ratios), "most": max(ratios)}
