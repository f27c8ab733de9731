"""A claim among 100,000 queued jobs beside a claim among 100, in turns.

Two kinds of depth: jobs of many workspaces that stand in line, and jobs of a few
workspaces that wait for a place. Each turn claims the best job, ends it and asks for another, so the depth stays.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from benchmarks import report
from benchmarks.queue.crowd import IN_LINE, WAITING, open_crowd
from benchmarks.queue.installations import dispatchers, installation, server_settings
from benchmarks.queue.processes import Part, in_turns, running

ROUNDS, WARM_UP, SEED = 200, 20, 11
FEW, MANY = 100, 100_000
TARGET_RATIO = 1.3


def run() -> None:
    """Measure both kinds of depth on both databases, and write the figures."""
    figures: dict[str, Any] = {"benchmark": f"the queue among {FEW} and {MANY} queued jobs, in turns"}
    for dispatcher in dispatchers():
        figures[dispatcher] = {case: _compare(dispatcher, case) for case in (IN_LINE, WAITING)}
    figures |= {"seed": SEED, "postgres_settings": server_settings()}
    report.write("queue-depth", figures)


def _compare(dispatcher: str, case: str) -> dict[str, Any]:
    with ExitStack() as undo:
        parts: dict[int, Part] = {}
        for depth in (FEW, MANY):
            settings = undo.enter_context(installation(dispatcher))
            parts[depth] = Part(open_crowd, settings, case, depth, SEED)
        undo.enter_context(running(*parts.values()))
        turns = {str(depth): part.turn for depth, part in parts.items()}
        answers = in_turns(turns, rounds=ROUNDS, warm_up=WARM_UP, seed=SEED)
    few, many = answers[str(FEW)], answers[str(MANY)]
    return {step: _step(step, few, many) for step in few[0]}


def _step(name: str, few: Sequence[dict[str, float]], many: Sequence[dict[str, float]]) -> dict[str, Any]:
    medians = [statistics.median(turn[name] for turn in turns) for turns in (few, many)]
    ratio = medians[1] / medians[0]
    figures = {f"median_ms_at_{FEW}": medians[0] * 1000, f"median_ms_at_{MANY}": medians[1] * 1000}
    figures["ratio"] = ratio
    if "claim" in name:
        figures |= {"target_ratio": TARGET_RATIO, "is_met": ratio <= TARGET_RATIO}
    return figures
