"""Which work takes the next tick. Plain arithmetic on measured seconds: no torch, no clock of its own.

Two lanes share the device by time. Training has a bank account: pictures pay a little into it with every second
that they keep a training waiting, and a training's step takes out what it took. Training runs when there is
something in it, and whenever no picture waits. What follows:

- A picture waits for the step in progress and then for the training's share, never for a training.
- From its beginning on, training has had its share of the time, but for that of one step of pictures.

Pictures go by deadlines in work done, not in seconds: a request of three pictures may be overtaken by smaller ones
that came later, until they have had `PATIENCE` times its own work. Whoever comes after that goes behind it, so
nobody starves, whatever shape the popular one is.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable
from dataclasses import dataclass
from enum import StrEnum

TRAINING_SHARE = 0.25
"""Of the device's time, what training gets while pictures wait. With none waiting it gets all."""
AHEAD_SECONDS = 5.0
"""Time that training had while nobody waited counts as had in advance, up to this much: people who come to a device
that trained for a while meet no training until three times as long (at a share of a quarter) has gone to pictures."""
PATIENCE = 2.0
"""How many times its own work a picture task lets smaller ones that come later do before it."""
BATCH_ROWS = 16
"""Most rows of one step's batch: 8 guided pictures, or 16 without guidance. A request of more goes by itself.

Fewer where bigger batches turn out to lose (`gpu_worker.batch_limit`)."""

STACK_ROWS = 16
"""Samples of one training step: trainings of one shape go together up to this. A picture that comes waits for it."""


class Lane(StrEnum):
    """Who pays for a tick. A training pays for its own previews and its test sheet."""

    PICTURES = "pictures"
    TRAINING = "training"


@dataclass(frozen=True)
class Waiting:
    """A task that could take the next tick; in its lane, the smallest `order` goes first."""

    task_id: str
    lane: Lane
    order: tuple[int, float]
    batch_key: Hashable | None = None
    """Tasks of a lane with the same key can take a tick together; one without stays alone."""
    rows: int = 1
    adapters: frozenset[str] = frozenset()


@dataclass(frozen=True)
class BatchLimit:
    """How much goes into one tick; the task whose turn it is goes even if it is more."""

    rows: int
    adapters: int


def batch_around(task_id: str, waiting: Collection[Waiting], limit: BatchLimit) -> list[str]:
    """Return the task whose turn it is and those that go with it, in their order.

    Whose turn it is brings its like along, so nobody is overtaken for having other shapes.
    """
    first = next(task for task in waiting if task.task_id == task_id)
    rows, adapters, batch = first.rows, first.adapters, [task_id]
    for task in sorted(waiting, key=lambda task: task.order):
        is_like = task.lane is first.lane and task.batch_key == first.batch_key is not None
        fits = rows + task.rows <= limit.rows and len(adapters | task.adapters) <= limit.adapters
        if task is not first and is_like and fits:
            rows, adapters = rows + task.rows, adapters | task.adapters
            batch.append(task.task_id)
    return batch


class StepScheduler:
    """Shares ticks between pictures and training by the seconds that each of them used."""

    def __init__(self, training_share: float = TRAINING_SHARE) -> None:
        if not 0.0 < training_share < 1.0:
            raise ValueError("training_share lies between 0 and 1")
        self._earned_per_second = training_share / (1.0 - training_share)
        self._credit_seconds = 0.0
        self._work_done = 0.0
        self._lane = Lane.PICTURES
        self._does_training_wait = False

    def due(self, work: float) -> float:
        """Return the place in line of pictures that come now; the smallest goes first.

        Args:
            work: What they ask for, in any unit that `charge` is told as well.
        """
        return self._work_done + PATIENCE * work

    def choose(self, waiting: Collection[Waiting]) -> str | None:
        """Return the id of the task that takes the next tick, or None when nothing waits."""
        lanes = {task.lane for task in waiting}
        if not lanes:
            return None
        self._does_training_wait = Lane.TRAINING in lanes
        is_trainings_turn = Lane.PICTURES not in lanes or self._credit_seconds > 0.0
        self._lane = Lane.TRAINING if self._does_training_wait and is_trainings_turn else Lane.PICTURES
        return min((task for task in waiting if task.lane is self._lane), key=lambda task: task.order).task_id

    def charge(self, seconds: float, work: float = 0.0) -> None:
        """Count what the tick that was chosen last took, and the work of pictures that it did."""
        if self._lane is Lane.PICTURES:
            self._work_done += work
        if not self._does_training_wait:
            self._credit_seconds = 0.0  # nobody is owed, and the next training starts level
        elif self._lane is Lane.PICTURES:
            self._credit_seconds += seconds * self._earned_per_second
        else:
            self._credit_seconds = max(self._credit_seconds - seconds, -AHEAD_SECONDS)
