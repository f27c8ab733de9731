"""Two workers around the same runner: ours, and one that ends what it begins before it looks at what came next."""

from __future__ import annotations

import hashlib
import statistics
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.serving.people import STEPS, Person, training_spec
from gpu_worker.engine import Engine
from gpu_worker.events import Event, PicturesMade, TrainingDone
from gpu_worker.runner import Runner
from gpu_worker.tasks import PictureOrder, Preparation

TRAINING = "training"
SHARE_COUNTED_FROM_SECONDS = 1.0
"""Before this, the share of a training is that of its first step or of the first step of a picture."""


class Clock:
    """Seconds that this thread has computed, and the gaps that it skipped."""

    def __init__(self) -> None:
        self._skipped = -time.thread_time()

    def now(self) -> float:
        return time.thread_time() + self._skipped

    def skip_to(self, moment: float) -> None:
        """Let time pass until a moment, if it lies ahead."""
        self._skipped += max(moment - self.now(), 0.0)


@dataclass
class Day:
    """What happened. Times are in seconds, waits from asking to the finished picture."""

    waits: list[float] = field(default_factory=list)
    total_seconds: float = 0.0
    busy_seconds: float = 0.0
    training_seconds: float = 0.0
    """From the asking to the model."""
    trained_sha256: str = ""
    training_ticks: list[float] = field(default_factory=list)
    least_share: float = 1.0
    """The least that the training had had of the time since it was asked for, at any moment."""
    share_while_people_came: float = 1.0
    """The same at the moment when the last of them had come."""

    @property
    def p95(self) -> float:
        return statistics.quantiles(self.waits, n=20, method="inclusive")[-1]


def side_by_side(runner: Runner, people: Sequence[Person], with_training: bool) -> Day:
    """Let everybody in when they come: our worker."""
    day, clock = Day(), Clock()
    engine = Engine(runner, clock=clock.now)
    to_come = deque(people)
    if with_training:
        _begin_training(engine)
    had = 0.0
    while to_come or not engine.is_idle:
        if engine.is_idle:
            clock.skip_to(to_come[0].arrives)
        while to_come and to_come[0].arrives <= clock.now():
            _begin_picture(engine, to_come.popleft())
        began = clock.now()
        events = engine.step()
        seconds = clock.now() - began
        if engine.jobs_in_hand == (TRAINING,):
            day.training_ticks.append(seconds)
            had += seconds
        if with_training and not day.trained_sha256 and clock.now() > SHARE_COUNTED_FROM_SECONDS:
            day.least_share = min(day.least_share, had / clock.now())
            if to_come:
                day.share_while_people_came = had / clock.now()
        _note(day, events, people, clock.now())
    day.total_seconds = clock.now()
    return day


class FirstCome:
    """A worker that was asked for a training first. No picture touches that, so it is run once for several days."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        clock, self._training = Clock(), Day()
        engine = Engine(runner, clock=clock.now)
        _begin_training(engine)
        _run_to_end(engine, self._training, (), clock)

    def day(self, people: Sequence[Person]) -> Day:
        """Return a day of that training and these people behind it."""
        after = one_after_another(self._runner, people, self._training.training_seconds)
        after.training_seconds = self._training.training_seconds
        after.trained_sha256 = self._training.trained_sha256
        return after


def one_after_another(runner: Runner, people: Sequence[Person], from_second: float = 0.0) -> Day:
    """Make each person's picture to its end before the next is begun."""
    day, clock = Day(), Clock()
    engine = Engine(runner, clock=clock.now)
    clock.skip_to(from_second)
    for person in people:
        clock.skip_to(person.arrives)
        began = clock.now()
        _begin_picture(engine, person)
        _run_to_end(engine, day, people, clock)
        day.busy_seconds += clock.now() - began
    day.total_seconds = clock.now()
    return day


def _run_to_end(engine: Engine, day: Day, people: Sequence[Person], clock: Clock) -> None:
    while not engine.is_idle:
        events = engine.step()
        _note(day, events, people, clock.now())


def _begin_picture(engine: Engine, person: Person) -> None:
    runner = engine.runner
    with runner.attaching([(person.adapter, "name")]) as (name,):
        order = PictureOrder(
            task_id=str(person.number),
            prompts=("a red mug on a beach",),
            seeds=(person.number,),
            width_px=runner.family.default_size_px,
            height_px=runner.family.default_size_px,
            num_inference_steps=STEPS,
            guidance_scale=runner.family.default_guidance_scale,
            adapters=((name, 1.0),),
        )
        engine.add(runner.begin_pictures(order))


def _begin_training(engine: Engine) -> None:
    spec, photos = training_spec()
    engine.add(Preparation(TRAINING, engine.runner.begin_training_in_parts(TRAINING, spec, photos)))


def _note(day: Day, events: Sequence[Event], people: Sequence[Person], now: float) -> None:
    for event in events:
        match event:
            case PicturesMade():
                day.waits.append(now - people[int(event.job_id)].arrives)
            case TrainingDone():
                day.training_seconds = now
                day.trained_sha256 = hashlib.sha256(event.adapter).hexdigest()
            case _:
                pass
