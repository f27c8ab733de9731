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
from gpu_worker.families.registry import load_family
from gpu_worker.runner import Runner
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
    days = [
        _pair(runner, names, capacity, undisturbed.training_seconds, seed) for seed in range(1, pairs + 1)
    ]
    hashes = {undisturbed.trained_sha256} | {day.trained_sha256 for pair in days for day in pair.values()} - {
        ""
    }
    if len(hashes) != 1:
        raise RuntimeError(f"the trained weights differ: {sorted(hashes)}")
    report.write(
        "serving",
        {
            "benchmark": f"pictures of {STEPS} steps on tiny during a training of {TRAINING_STEPS}, one thread",
            "time": "seconds that the thread computed, without gaps",
            "pairs": pairs,
            "capacity_pictures_per_second": capacity,
            "batched_over_capacity": 2 * MEASURED_ALONE / together.total_seconds / capacity,
            "training_alone_seconds": undisturbed.training_seconds,
            "longest_training_step_ms": max(undisturbed.training_ticks) * 1000,
            "configured_share": TRAINING_SHARE,
            "trained_sha256": hashes.pop(),
            "trained_bitwise_equal_in_runs": 3 * pairs + 1,
            HALF: {
                **_figures([day["ours, half"] for day in days]),
                "first_come_p95_seconds": _median(day["first come, half"].p95 for day in days),
                "without_training_p95_seconds": _median(day["no training, half"].p95 for day in days),
                "p95_first_come_over_ours": _ratios(
                    days, "first come, half", "ours, half", lambda day: day.p95
                ),
                "p95_ours_over_without_training": _ratios(
                    days, "ours, half", "no training, half", lambda day: day.p95
                ),
                "total_ours_over_first_come": _ratios(
                    days, "ours, half", "first come, half", lambda day: day.total_seconds
                ),
            },
            FULL: {
                **_figures([day["ours, full"] for day in days]),
                "first_come_p95_seconds": _median(day["first come, full"].p95 for day in days),
                "p95_first_come_over_ours": _ratios(
                    days, "first come, full", "ours, full", lambda day: day.p95
                ),
                "total_ours_over_first_come": _ratios(
                    days, "ours, full", "first come, full", lambda day: day.total_seconds
                ),
            },
            "libraries": {name: version(name) for name in ("torch", "diffusers")},
        },
    )


def _pair(
    runner: Runner, names: Sequence[bytes], capacity: float, training: float, seed: int
) -> dict[str, Day]:
    """Return the days of one seed: as many people, in the time of the training alone or in half of that."""
    count = round(training * capacity / 2)
    half = people_who_come(seed, capacity / 2, count, names)
    full = people_who_come(seed, capacity, count, names)
    first_come = FirstCome(runner)
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


def _figures(ours: Sequence[Day]) -> dict[str, Any]:
    slowed = [1.0 / day.share_while_people_came for day in ours]
    return {
        "pictures": sum(len(day.waits) for day in ours),
        "ours_p95_seconds": _median(day.p95 for day in ours),
        "ours_median_seconds": _median(statistics.median(day.waits) for day in ours),
        "training_slowed_while_people_came": {"median": statistics.median(slowed), "most": max(slowed)},
        "least_share_of_training_at_any_moment": min(day.least_share for day in ours),
    }


def _ratios(
    days: Sequence[dict[str, Day]], above: str, below: str, figure: Callable[[Day], float]
) -> dict[str, float]:
    ratios = [figure(day[above]) / figure(day[below]) for day in days]
    return {"median": statistics.median(ratios), "least": min(ratios), "most": max(ratios)}


def _median(figures: Any) -> float:
    return statistics.median(figures)
