"""Which work takes the next tick. Plain arithmetic on measured seconds: no torch, no clock of its own."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from dataclasses import dataclass
from enum import StrEnum

TRAINING_SHARE = 0.25
"""Of the device's time, what training gets while pictures wait. With none waiting it gets all."""
BATCH_ROWS = 16
"""Most rows of one step's batch: 8 guided pictures, or 16 without guidance. A request of more goes by itself.

Fewer where bigger batches turn out to lose (`gpu_worker.batch_limit`)."""


class Lane(StrEnum):
    """Who pays for a tick. A training pays for its own previews and its test sheet."""

    PICTURES = "pictures"
    TRAINING = "training"


@dataclass(frozen=True)
class Waiting:
    """A task that could take the next tick; in its lane, the smallest `order` goes first."""

    task_id: str
    lane: Lane
    order: tuple[int, int]
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

    Who came first goes first and brings its like along, so nobody is overtaken for having other shapes.
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
    """Shares ticks between pictures and training by the seconds that each of them used.

    While both lanes wait, every second of pictures earns training a third of one (at a share of a
    quarter), and training runs when it has earned something. A picture that arrives therefore waits
    for the micro-step in progress, not for the training.
    """

    def __init__(self, training_share: float = TRAINING_SHARE) -> None:
        if not 0.0 < training_share < 1.0:
            raise ValueError("training_share lies between 0 and 1")
        self._earned_per_second = training_share / (1.0 - training_share)
        self._credit_seconds = 0.0
        self._lane: Lane | None = None
        self._is_contended = False

    def choose(self, waiting: Collection[Waiting]) -> str | None:
        """Return the id of the task that takes the next tick, or None when nothing waits."""
        lanes = {task.lane for task in waiting}
        if not lanes:
            return None
        self._is_contended = len(lanes) > 1
        if not self._is_contended:
            # Nobody was kept waiting, so nobody owes or is owed: the next contest starts level.
            self._credit_seconds = 0.0
            (self._lane,) = lanes
        else:
            self._lane = Lane.TRAINING if self._credit_seconds > 0.0 else Lane.PICTURES
        return min((task for task in waiting if task.lane is self._lane), key=lambda task: task.order).task_id

    def charge(self, seconds: float) -> None:
        """Count the seconds of the tick that was chosen last."""
        if not self._is_contended:
            return
        if self._lane is Lane.TRAINING:
            self._credit_seconds -= seconds
        else:
            self._credit_seconds += seconds * self._earned_per_second
