"""Who takes the next tick: a person's picture never waits for a training, and a training never starves."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_worker.scheduler import (
    AHEAD_SECONDS,
    PATIENCE,
    BatchLimit,
    Lane,
    StepScheduler,
    Waiting,
    batch_around,
)

PICTURE = Waiting("picture", Lane.PICTURES, (0, 0))
TRAINING = Waiting("training", Lane.TRAINING, (1, 0))
SECONDS = {"picture": 0.010, "training": 0.200}


def ticks(scheduler: StepScheduler, waiting: list[Waiting], count: int) -> list[str]:
    """Run `count` ticks with everybody waiting all the time."""
    taken = []
    for _ in range(count):
        chosen = scheduler.choose(waiting)
        assert chosen is not None
        scheduler.charge(SECONDS[chosen])
        taken.append(chosen)
    return taken


def test_nothing_waits() -> None:
    assert StepScheduler().choose([]) is None


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1])
def test_a_share_is_a_part_of_the_time(share: float) -> None:
    with pytest.raises(ValueError):
        StepScheduler(share)


def test_a_training_alone_has_the_device_to_itself() -> None:
    assert set(ticks(StepScheduler(), [TRAINING], 20)) == {"training"}


def test_a_picture_that_arrives_during_a_training_goes_next() -> None:
    scheduler = StepScheduler()
    ticks(scheduler, [TRAINING], 50)
    assert scheduler.choose([TRAINING, PICTURE]) == "picture"


def test_a_picture_waits_for_one_training_step_at_a_time() -> None:
    taken = ticks(StepScheduler(), [TRAINING, PICTURE], 500)
    assert "training" in taken
    assert ("training", "training") not in set(pairwise(taken))


def test_what_a_training_had_alone_is_had_in_advance_up_to_a_limit() -> None:
    scheduler = StepScheduler(0.25)
    ticks(scheduler, [TRAINING], 1000)
    taken = ticks(scheduler, [TRAINING, PICTURE], 4000)
    undisturbed = taken.index("training") * SECONDS["picture"]
    assert undisturbed == pytest.approx(3 * AHEAD_SECONDS, abs=2 * SECONDS["picture"])


def test_a_training_that_is_not_there_saves_no_turns() -> None:
    scheduler = StepScheduler()
    ticks(scheduler, [PICTURE], 1000)
    assert ticks(scheduler, [TRAINING, PICTURE], 4).count("training") == 1


def test_the_pictures_of_a_training_go_before_its_next_step() -> None:
    preview = Waiting("preview", Lane.TRAINING, (0, 9))
    assert StepScheduler().choose([TRAINING, preview]) == "preview"


# A day at the device


@dataclass
class Asked:
    """Pictures that somebody asks for, and how it went; times in seconds."""

    arrives: float
    shape: str
    rows: int
    steps: int
    due: float = 0.0
    steps_done: int = 0

    @property
    def work(self) -> float:
        return float(self.rows * self.steps)


@dataclass
class Tick:
    """One step that somebody took."""

    starts: float
    seconds: float
    lane: Lane
    done: list[int]
    """Whose pictures, by number."""
    waiting: list[int]


class Device:
    """A device of made-up speed under the real scheduler: a training from the start to the end, and pictures."""

    def __init__(
        self, share: float, asked: list[Asked], step_seconds: float, rows: int = 6, ends: float = 0.0
    ) -> None:
        self.scheduler = StepScheduler(share)
        self.asked = asked
        self.step_seconds = step_seconds
        self.limit = BatchLimit(rows, 99)
        self.now = 0.0
        self.ticks: list[Tick] = []
        self._present: list[int] = []
        self._to_come = sorted(range(len(asked)), key=lambda number: asked[number].arrives)
        while self._to_come or self._present or self.now < ends:
            self._tick()

    def _tick(self) -> None:
        while self._to_come and self.asked[self._to_come[0]].arrives <= self.now:
            number = self._to_come.pop(0)
            self.asked[number].due = self.scheduler.due(self.asked[number].work)
            self._present.append(number)
        waiting = [TRAINING] + [self._waiting(number) for number in self._present]
        chosen = self.scheduler.choose(waiting)
        assert chosen is not None
        if chosen == "training":
            self._take(self.step_seconds, Lane.TRAINING, [], 0.0)
            return
        batch = [int(name) for name in batch_around(chosen, waiting, self.limit)]
        rows = sum(self.asked[number].rows for number in batch)
        for number in batch:
            self.asked[number].steps_done += 1
        self._take(0.01 + 0.01 * rows, Lane.PICTURES, batch, float(rows))

    def _take(self, seconds: float, lane: Lane, done: list[int], work: float) -> None:
        self.scheduler.charge(seconds, work)
        self.ticks.append(Tick(self.now, seconds, lane, done, list(self._present)))
        self.now += seconds
        self._present = [n for n in self._present if self.asked[n].steps_done < self.asked[n].steps]

    def _waiting(self, number: int) -> Waiting:
        asked = self.asked[number]
        return Waiting(str(number), Lane.PICTURES, (0, asked.due), asked.shape, asked.rows)


ASKED = st.lists(
    st.builds(
        Asked,
        arrives=st.floats(0.0, 6.0),
        shape=st.sampled_from(["square", "square", "square", "wide"]),
        rows=st.integers(1, 8),
        steps=st.integers(1, 12),
    ),
    min_size=1,
    max_size=14,
)
DAYS = settings(deadline=None, max_examples=60)  # a share is no matter of how busy this machine is


@DAYS
@given(share=st.floats(0.1, 0.6), step_seconds=st.floats(0.01, 0.5), asked=ASKED)
def test_a_training_has_had_its_share_at_every_moment_whoever_comes(
    share: float, step_seconds: float, asked: list[Asked]
) -> None:
    device = Device(share, asked, step_seconds, ends=8.0)
    longest = max(tick.seconds for tick in device.ticks if tick.lane is Lane.PICTURES)
    had = 0.0
    for tick in device.ticks:
        had += tick.seconds if tick.lane is Lane.TRAINING else 0.0
        assert had >= share * (tick.starts + tick.seconds - longest) - 1e-9


@DAYS
@given(share=st.floats(0.1, 0.6), step_seconds=st.floats(0.01, 0.5), asked=ASKED)
def test_while_pictures_wait_training_takes_its_share_and_at_most_a_step_more(
    share: float, step_seconds: float, asked: list[Asked]
) -> None:
    device = Device(share, asked, step_seconds)
    longest = max(tick.seconds for tick in device.ticks)
    crowded = [bool(tick.waiting) for tick in device.ticks]
    for begin, end in combinations(range(len(device.ticks)), 2):
        if not all(crowded[begin : end + 1]):
            continue
        stretch = device.ticks[begin : end + 1]
        training = sum(tick.seconds for tick in stretch if tick.lane is Lane.TRAINING)
        pictures = sum(tick.seconds for tick in stretch) - training
        earned = (pictures + longest) * share / (1.0 - share)
        assert training <= earned + step_seconds + 1e-9


@DAYS
@given(asked=ASKED)
def test_nobody_waits_for_more_than_those_that_are_due_before(asked: list[Asked]) -> None:
    device = Device(0.25, asked, 0.2)
    for number, mine in enumerate(asked):
        before = sum(
            other.steps for which, other in enumerate(asked) if which != number and other.due <= mine.due
        )
        waited = [
            tick
            for tick in device.ticks
            if tick.lane is Lane.PICTURES and number in tick.waiting and number not in tick.done
        ]
        assert mine.steps_done == mine.steps
        assert len(waited) <= before


def test_small_pictures_overtake_a_large_request_until_it_has_been_patient() -> None:
    large = Asked(0.0, "wide", rows=6, steps=10)
    small = [Asked(0.1 + number * 0.2, "square", rows=2, steps=5) for number in range(100)]
    device = Device(0.25, [large, *small], step_seconds=0.05)
    (last,) = [tick for tick in device.ticks if 0 in tick.done][-1:]
    overtaken = sum(
        2 * (len(tick.done) - (0 in tick.done)) for tick in device.ticks if tick.starts < last.starts
    )
    assert device.ticks[0].done == [0]
    assert 0 < overtaken <= PATIENCE * large.work
    assert any(late.arrives > last.starts for late in small)  # there were more to come


# Who goes along


def picture(name: str, number: int, key: str | None = "16 px", rows: int = 2, adapters: str = "") -> Waiting:
    return Waiting(name, Lane.PICTURES, (0, number), key, rows, frozenset(adapters))


def batch(task_id: str, *waiting: Waiting, rows: int = 6, adapters: int = 3) -> list[str]:
    return batch_around(task_id, waiting, BatchLimit(rows, adapters))


def test_pictures_of_people_go_in_the_order_they_are_due() -> None:
    assert StepScheduler().choose([picture("later", 5), PICTURE]) == "picture"


def test_those_of_one_shape_go_together_in_the_order_they_are_due() -> None:
    assert batch("a", picture("b", 1), picture("a", 0), picture("c", 2)) == ["a", "b", "c"]
    assert batch("a", picture("a", 0), picture("wide", 1, key="24 px"), picture("c", 2)) == ["a", "c"]


def test_who_has_no_key_goes_alone() -> None:
    assert batch("a", picture("a", 0, key=None), picture("b", 1, key=None)) == ["a"]
    assert batch("training", TRAINING, picture("a", 0)) == ["training"]


def test_a_training_pays_for_its_own_pictures_only() -> None:
    preview = Waiting("preview", Lane.TRAINING, (0, 9), "16 px", 2)
    assert batch("preview", preview, picture("a", 0)) == ["preview"]


def test_what_does_not_fit_waits_and_what_does_goes_in_its_place() -> None:
    assert batch("a", picture("a", 0), picture("large", 1, rows=8), picture("c", 2)) == ["a", "c"]
    assert batch("large", picture("a", 1), picture("large", 0, rows=8)) == ["large"]


def test_a_batch_names_no_more_adapters_than_there_are_slots() -> None:
    first, shared, other = picture("a", 0, adapters="xy"), picture("b", 1, adapters="yz"), picture("c", 2)
    assert batch("a", first, shared, picture("d", 3, adapters="w"), other) == ["a", "b", "c"]
