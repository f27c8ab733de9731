"""Enqueue to start: from just before the asker's transaction until a waiting worker holds the claim."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks import report
from benchmarks.queue import peers
from benchmarks.queue.installations import (
    EMBEDDED,
    POSTGRES,
    bare_database,
    dispatchers,
    installation,
    server_settings,
)
from benchmarks.queue.office import OfficePart
from benchmarks.queue.processes import in_turns, running
from benchmarks.queue.stand_in import WorkerPart

ROUNDS, WARM_UP, SEED = 200, 20, 7
TARGET_MEDIAN_MS = {EMBEDDED: 15.0, POSTGRES: 25.0}
PEERS = {EMBEDDED: "a bare SQLite table, polled every 50 ms", POSTGRES: "a plain procrastinate task"}
REST_SECONDS = (0.005, 0.06)
"""Between two jobs, so that none meets a worker that still tidies up, nor always the same point of a poll."""


def run() -> None:
    """Ask for jobs one at a time, ours and the peers' in turns, and write the figures."""
    with ExitStack() as undo:
        turns: dict[str, Callable[[], Waited]] = {}
        for dispatcher in dispatchers():
            turns[dispatcher] = undo.enter_context(_ours(dispatcher))
            turns[PEERS[dispatcher]] = undo.enter_context(_peers(dispatcher))
        answers = in_turns(_rested(turns), rounds=ROUNDS, warm_up=WARM_UP, seed=SEED)
    figures = {dispatcher: _figures(dispatcher, answers) for dispatcher in dispatchers()}
    report.write(
        "queue-latency",
        {
            "benchmark": "enqueue to start, one job at a time, one waiting worker",
            **figures,
            "seed": SEED,
            "postgres_settings": server_settings(),
        },
    )


@dataclass(frozen=True)
class Waited:
    """Seconds from just before the asker's transaction to the claim, and of these until it was committed."""

    to_start: float
    asking: float


@contextmanager
def _ours(dispatcher: str) -> Generator[Callable[[], Waited]]:
    with installation(dispatcher) as settings:
        office, worker = OfficePart(settings), WorkerPart(settings)
        with running(office, worker):
            worker.begin()

            def turn() -> Waited:
                asked = office.ask()
                started = worker.wait_for("started", asked.job_id)
                worker.wait_for("ended", asked.job_id)
                return Waited(started - asked.began, asked.ended - asked.began)

            yield turn


@contextmanager
def _peers(dispatcher: str) -> Generator[Callable[[], Waited]]:
    if dispatcher == POSTGRES:
        with bare_database() as url, peers.plain_procrastinate(url) as peer:
            yield lambda: Waited(*peer.enqueue_to_start())
    else:
        with installation(dispatcher) as settings, peers.polled_table(settings.data_dir) as peer:
            yield lambda: Waited(*peer.enqueue_to_start())


def _rested(turns: dict[str, Callable[[], Waited]]) -> dict[str, Callable[[], Waited]]:
    chance = random.Random(SEED)

    def after_a_rest(turn: Callable[[], Waited]) -> Callable[[], Waited]:
        def rested() -> Waited:
            time.sleep(chance.uniform(*REST_SECONDS))
            return turn()

        return rested

    return {name: after_a_rest(turn) for name, turn in turns.items()}


def _figures(dispatcher: str, answers: dict[str, list[Waited]]) -> dict[str, Any]:
    ours = [waited.to_start for waited in answers[dispatcher]]
    theirs = [waited.to_start for waited in answers[PEERS[dispatcher]]]
    target = TARGET_MEDIAN_MS[dispatcher]
    return {
        **report.milliseconds(ours),
        "of_which_asking": _asking(answers[dispatcher]),
        "target_median_ms": target,
        "is_met": statistics.median(ours) * 1000 <= target,
        "peer": PEERS[dispatcher],
        "peer_figures": report.milliseconds(theirs),
        "of_which_peer_asking": _asking(answers[PEERS[dispatcher]]),
        "ratio_ours_over_peer_medians": statistics.median(ours) / statistics.median(theirs),
    }


def _asking(answers: list[Waited]) -> dict[str, float]:
    return report.milliseconds([waited.asking for waited in answers])
