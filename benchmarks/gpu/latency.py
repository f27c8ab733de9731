"""People who come while one trains: the real scheduler over bare steps of a denoiser, in wall-clock seconds."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.gpu.ways import NAMES
from gpu_worker.scheduler import BatchLimit, Lane, StepScheduler, Waiting, batch_around

TRAINING = Waiting("training", Lane.TRAINING, (1, 0))


@dataclass
class Asked:
    """One picture; times in seconds since the start."""

    arrives: float
    due: float = 0.0
    steps_done: int = 0
    began: float | None = None
    ended: float = 0.0


@dataclass
class Crowd:
    """Everybody who came, and what the steps took."""

    asked: list[Asked] = field(default_factory=list)
    training_steps: list[float] = field(default_factory=list)
    picture_steps: list[float] = field(default_factory=list)

    @property
    def begin_waits(self) -> list[float]:
        return [(one.began or 0.0) - one.arrives for one in self.asked]

    @property
    def waits(self) -> list[float]:
        return [one.ended - one.arrives for one in self.asked]


def crowd(
    denoise_people: Callable[[int], None],
    train: Callable[[], None] | None,
    per_second: float,
    count: int,
    steps: int,
    most_together: int,
    seed: int,
) -> Crowd:
    """Let `count` people come at random moments, each for `steps` steps, until the last of them has a picture.

    Args:
        denoise_people: Takes one step for so many people, and returns when the device has.
        train: Takes one step of a training that never ends; None: nobody trains.
        per_second: How many people come.
        most_together: The batch limit, in people.
    """
    chance, arrives = random.Random(seed), 0.0
    told = Crowd()
    for _ in range(count):
        arrives += chance.expovariate(per_second)
        told.asked.append(Asked(arrives))
    scheduler, limit = StepScheduler(), BatchLimit(most_together, len(NAMES))
    started, present, to_come = time.perf_counter(), list[Asked](), list(told.asked)
    while to_come or present:
        now = time.perf_counter() - started
        while to_come and to_come[0].arrives <= now:
            present.append(to_come.pop(0))
            present[-1].due = scheduler.due(steps)
        waiting = [Waiting(str(n), Lane.PICTURES, (0, one.due), "one shape") for n, one in enumerate(present)]
        chosen = scheduler.choose([*waiting, TRAINING] if train else waiting)
        began = time.perf_counter()
        if chosen is None:
            continue  # nobody is there: look again until somebody comes
        if chosen == TRAINING.task_id and train:
            train()
            told.training_steps.append(time.perf_counter() - began)
        else:
            batch = [present[int(name)] for name in batch_around(chosen, waiting, limit)]
            denoise_people(len(batch))
            _note(batch, began - started, time.perf_counter() - started)
            told.picture_steps.append(time.perf_counter() - began)
        scheduler.charge(time.perf_counter() - began, len(waiting))
        present = [one for one in present if one.steps_done < steps]
    return told


def _note(batch: list[Asked], began: float, ended: float) -> None:
    for one in batch:
        one.began = began if one.began is None else one.began
        one.steps_done += 1
        one.ended = ended
