"""Which work takes the next tick. Plain arithmetic on measured seconds: no torch, no clock of its own."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

TRAINING_SHARE = 0.25
"""Of the device's time, what training gets while pictures wait. With none waiting it gets all."""


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
