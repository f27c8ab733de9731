"""`/imagine` during `/train` on `tiny`: our worker, the same without a training, and one that ends what it begins.

People come at random moments (Poisson) while one training runs from the first moment on. The device is one thread
of this machine, and time is the time that this thread computed: gaps in which nobody wants anything are skipped, and
so is what other programs take from the processor. Everything else is as in a worker, but for queue and store.

`capacity` is what the device makes of single pictures, one after another with nobody else there, in pictures a second.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any

import torch

from benchmarks import report
from benchmarks.serving.people import STEPS, TRAINING_STEPS, people_who_come, take_names
from benchmarks.serving.workers import Day, FirstCome, one_after_another, side_by_side
from gpu_worker.runner import Runner, load_family
from gpu_worker.scheduler import TRAINING_SHARE

MEASURED_ALONE = 12
"""Pictures whose mean time is the capacity."""
HALF, FULL = "half of capacity", "full capacity"


def run_pairs(pairs: int) -> None:
    """Run the days of each pair in turns, and write the figures."""
    torch.set_num_threads(1)
    runner = Runner(load_family("tiny"))
    names = take_names(runner)
    one_after_another(runner, people_who_come(0, 100.0, 3, names))  # the first of everything is slower
    alone = one_after_another(runner, people_who_come(0, 100.0, MEASURED_ALONE, names))
    capacity = MEASURED_ALONE / alone.busy_seconds
    together = side_by_side(runner, people_who_come(0, 1e9, 2 * MEASURED_ALONE, names), with_training=False)
    undisturbed = side_by_side(runner, [], with_training=True)
    first_come = FirstCome(runner)
    days: list[dict[str, Day]] = []
    for seed in range(1, pairs + 1):
        days.append(_pair(runner, first_come, names, capacity, undisturbed.training_seconds, seed))
        # After each, so that a run which is cut short leaves the pairs that it has.
        report.write(
            "serving",
            {
                "benchmark": f"pictures of {STEPS} steps on tiny during a training of {TRAINING_STEPS}, one thread",
                "time": "seconds that the thread computed, without gaps",
                "pairs": len(days),
                "capacity_pictures_per_second": capacity,
                "batched_over_capacity": 2 * MEASURED_ALONE / together.total_seconds / capacity,
                "training_alone_seconds": undisturbed.training_seconds,
                "longest_training_step_ms": max(undisturbed.training_ticks) * 1000,
                "configured_share": TRAINING_SHARE,
                "trained_sha256": _same_weights(
                    [undisturbed, *(day for pair in days for day in pair.values())]
                ),
                HALF: _figures(days, "half"),
                FULL: _figures(days, "full"),
                "libraries": {name: version(name) for name in ("torch", "diffusers")},
            },
        )


def _same_weights(days: Sequence[Day]) -> str:
    """Return the hash of what was trained on each of some days.

    Raises:
        RuntimeError: It was not the same each time.
    """
    hashes = {day.trained_sha256 for day in days if day.trained_sha256}
    if len(hashes) != 1:
        raise RuntimeError(f"the trained weights differ: {sorted(hashes)}")
    return hashes.pop()


def _pair(
    runner: Runner, first_come: FirstCome, names: Sequence[bytes], capacity: float, training: float, seed: int
) -> dict[str, Day]:
    """Return the days of one seed: as many people, in the time of the training alone or in half of that."""
    count = round(training * capacity / 2)
    half = people_who_come(seed, capacity / 2, count, names)
    full = people_who_come(seed, capacity, count, names)
    days = {
        "ours, half": side_by_side(runner, half, with_training=True),
        "no training, half": side_by_side(runner, half, with_training=False),
        "first come, half": first_come.day(half),
        "ours, full": side_by_side(runner, full, with_training=True),
        "first come, full": first_come.day(full),
    }
    told = ", ".join(f"{name} {day.p95:.2f} s" for name, day in days.items())
    print(f"pair {seed}: 95 % wait {told}", flush=True)
    return days


def _figures(days: Sequence[dict[str, Day]], load: str) -> dict[str, Any]:
    """Return the figures of one load; the days without a training are at half of capacity alone."""
    ours, first, bare = (f"{worker}, {load}" for worker in ("ours", "first come", "no training"))
    slowed = [1.0 / day[ours].share_while_people_came for day in days]
    figures: dict[str, Any] = {
        "pictures": sum(len(day[ours].waits) for day in days),
        "ours_p95_seconds": statistics.median(day[ours].p95 for day in days),
        "ours_median_seconds": statistics.median(statistics.median(day[ours].waits) for day in days),
        "first_come_p95_seconds": statistics.median(day[first].p95 for day in days),
        "p95_first_come_over_ours": _ratios(days, first, ours, lambda day: day.p95),
        "total_ours_over_first_come": _ratios(days, ours, first, lambda day: day.total_seconds),
        "training_slowed_while_people_came": {
            "median": statistics.median(slowed),
            "least": min(slowed),
            "most": max(slowed),
        },
        "least_share_of_training_at_any_moment": min(day[ours].least_share for day in days),
    }
    if bare in days[0]:
        figures["without_training_p95_seconds"] = statistics.median(day[bare].p95 for day in days)
        figures["p95_ours_over_without_training"] = _ratios(days, ours, bare, lambda day: day.p95)
    return figures


def _ratios(
    days: Sequence[dict[str, Day]], above: str, below: str, figure: Callable[[Day], float]
) -> dict[str, float]:
    ratios = [figure(day[above]) / figure(day[below]) for day in days]
    return {"median": statistics.median(ratios), "least": min(ratios), "most": max(ratios)}
