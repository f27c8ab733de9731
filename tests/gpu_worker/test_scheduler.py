"""Who takes the next tick: a person's picture never waits for a training, and a training never starves."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_worker.scheduler import Lane, StepScheduler, Waiting

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
