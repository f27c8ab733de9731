"""Who takes the next tick: a person's picture never waits for a training, and a training never starves."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_worker.scheduler import BatchLimit, Lane, StepScheduler, Waiting, batch_around

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


def test_a_training_alone_has_the_device_to_itself() -> None:
    assert set(ticks(StepScheduler(), [TRAINING], 20)) == {"training"}


def test_a_picture_that_arrives_during_a_training_goes_next() -> None:
    scheduler = StepScheduler()
    ticks(scheduler, [TRAINING], 50)
    assert scheduler.choose([TRAINING, PICTURE]) == "picture"


def test_a_picture_waits_for_one_training_step_at_a_time() -> None:
    taken = ticks(StepScheduler(), [TRAINING, PICTURE], 500)
    assert ("training", "training") not in set(pairwise(taken))


@settings(deadline=None, max_examples=50)  # a share is no matter of how busy this machine is
@given(
    share=st.floats(0.1, 0.6), picture_seconds=st.floats(0.005, 0.5), training_seconds=st.floats(0.005, 0.5)
)
def test_training_gets_its_share_of_the_time_while_pictures_wait(
    share: float, picture_seconds: float, training_seconds: float
) -> None:
    scheduler = StepScheduler(share)
    cost = {"picture": picture_seconds, "training": training_seconds}
    spent = {"picture": 0.0, "training": 0.0}
    slack = 2 * max(cost.values()) / share
    while sum(spent.values()) < 20 * slack:
        chosen = scheduler.choose([TRAINING, PICTURE])
        assert chosen is not None
        scheduler.charge(cost[chosen])
        spent[chosen] += cost[chosen]
    assert spent["training"] / sum(spent.values()) == pytest.approx(share, abs=0.06)


def test_training_done_while_nobody_waited_is_no_debt() -> None:
    scheduler = StepScheduler()
    ticks(scheduler, [TRAINING], 100)
    assert "training" in ticks(scheduler, [TRAINING, PICTURE], 3)


def test_a_quiet_training_does_not_hoard_turns() -> None:
    scheduler = StepScheduler()
    ticks(scheduler, [PICTURE], 1000)
    taken = ticks(scheduler, [TRAINING, PICTURE], 4)
    assert taken.count("training") == 1


def test_pictures_of_people_go_in_the_order_they_came() -> None:
    later = Waiting("later", Lane.PICTURES, (0, 5))
    assert StepScheduler().choose([later, PICTURE]) == "picture"


def test_the_pictures_of_a_training_go_before_its_next_step() -> None:
    preview = Waiting("preview", Lane.TRAINING, (0, 9))
    assert StepScheduler().choose([TRAINING, preview]) == "preview"


def picture(name: str, number: int, key: str | None = "16 px", rows: int = 2, adapters: str = "") -> Waiting:
    return Waiting(name, Lane.PICTURES, (0, number), key, rows, frozenset(adapters))


def batch(task_id: str, *waiting: Waiting, rows: int = 6, adapters: int = 3) -> list[str]:
    return batch_around(task_id, waiting, BatchLimit(rows, adapters))


def test_those_of_one_shape_go_together_in_the_order_they_came() -> None:
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
