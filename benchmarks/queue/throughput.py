"""Jobs a second with 1, 2 and 4 worker processes, of jobs that do nothing: what the queue itself costs."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from benchmarks import report
from benchmarks.queue.installations import dispatchers, installation, server_settings
from benchmarks.queue.office import Asked, OfficePart
from benchmarks.queue.processes import running
from benchmarks.queue.stand_in import Note, WorkerPart, heard

JOBS, WARM_UP = 200, 20
WORKSPACES = 20
WORKER_COUNTS = (1, 2, 4)


def run() -> None:
    """Measure both dispatchers, and write the figures."""
    figures: dict[str, Any] = {"benchmark": f"{JOBS} jobs that do nothing, of {WORKSPACES} workspaces"}
    for dispatcher in dispatchers():
        figures[dispatcher] = {f"{count} workers": _measure(dispatcher, count) for count in WORKER_COUNTS}
    report.write("queue-throughput", {**figures, "postgres_settings": server_settings()})


def _measure(dispatcher: str, count: int) -> dict[str, float]:
    with installation(dispatcher) as settings:
        office = OfficePart(settings)
        workers = [WorkerPart(settings) for _ in range(count)]
        with running(office, *workers):
            return _drained(office, workers) | _flowing(office, workers)


def _drained(office: OfficePart, workers: Sequence[WorkerPart]) -> dict[str, float]:
    """Ask first, work afterwards: what each side does when it has the machine to itself."""
    asked = _ask(office, JOBS)
    for worker in workers:
        worker.begin()
    notes = _until_ended(workers, asked)
    starts = sorted(note.at for note in notes if note.what == "started")
    ends = sorted(note.at for note in notes if note.what == "ended")
    # The first ones ran while the other workers still began.
    tail = slice(WARM_UP, None)
    return {
        "asked_per_second": JOBS / (asked[-1].ended - asked[0].began),
        "claimed_per_second": _rate(starts[tail]),
        "ended_per_second": _rate(ends[tail]),
    }


def _flowing(office: OfficePart, workers: Sequence[WorkerPart]) -> dict[str, float]:
    """Ask and work at the same time: from the first asking to the last ending."""
    asked: list[Asked] = []
    asking = threading.Thread(target=lambda: asked.extend(_ask(office, JOBS)))
    asking.start()
    notes: list[Note] = []
    while sum(note.what == "ended" for note in notes) < JOBS:
        notes += heard(workers)
    asking.join()
    last = max(note.at for note in notes)
    return {"enqueue_to_ending_jobs_per_second": JOBS / (last - asked[0].began)}


def _ask(office: OfficePart, count: int) -> list[Asked]:
    return [office.ask(f"workspace-{number % WORKSPACES}", "pro") for number in range(count)]


def _until_ended(workers: Sequence[WorkerPart], asked: Sequence[Asked]) -> list[Note]:
    open_jobs, notes = {job.job_id for job in asked}, list[Note]()
    while open_jobs:
        fresh = heard(workers)
        notes += fresh
        open_jobs -= {note.job_id for note in fresh if note.what == "ended"}
    return notes


def _rate(times: Sequence[float]) -> float:
    return (len(times) - 1) / (times[-1] - times[0])
