"""Cancel: from just before `Jobs.cancel` until the worker hears it, and until the ending is written."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager

from benchmarks import report
from benchmarks.queue.installations import dispatchers, installation, server_settings
from benchmarks.queue.office import OfficePart
from benchmarks.queue.processes import in_turns, running
from benchmarks.queue.stand_in import HELD, WorkerPart

ROUNDS, WARM_UP, SEED = 100, 5, 3


def run() -> None:
    """Cancel running jobs one at a time on both dispatchers, in turns, and write the figures."""
    with ExitStack() as undo:
        turns = {name: undo.enter_context(_cancelling(name)) for name in dispatchers()}
        answers = in_turns(turns, rounds=ROUNDS, warm_up=WARM_UP, seed=SEED)
    figures = {
        name: {
            "heard_by_the_worker": report.milliseconds([heard for heard, _ in pairs]),
            "ending_written": report.milliseconds([ended for _, ended in pairs]),
        }
        for name, pairs in answers.items()
    }
    report.write(
        "queue-cancel",
        {
            "benchmark": "cancel of a running job; heartbeats are 5 s apart, so it is the call that is heard",
            **figures,
            "seed": SEED,
            "postgres_settings": server_settings(),
        },
    )


@contextmanager
def _cancelling(dispatcher: str) -> Generator[Callable[[], tuple[float, float]]]:
    with installation(dispatcher) as settings:
        office, worker = OfficePart(settings), WorkerPart(settings, job_seconds=HELD)
        with running(office, worker):
            worker.begin()

            def turn() -> tuple[float, float]:
                asked = office.ask()
                worker.wait_for("started", asked.job_id)
                began = office.cancel(asked.job_id)
                heard = worker.wait_for("cancelling", asked.job_id) - began
                return heard, worker.wait_for("ended", asked.job_id) - began

            yield turn
