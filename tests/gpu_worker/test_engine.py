"""The engine page: pictures and trainings side by side, each undisturbed by the other."""

from __future__ import annotations

from dataclasses import replace
from itertools import count, pairwise

import numpy as np
import pytest
import torch

from gpu_worker.engine import Engine
from gpu_worker.events import Event, PicturesMade, Progressed, TrainingDone
from gpu_worker.parts import Parts, advance
from gpu_worker.runner import Runner
from gpu_worker.tasks import PictureOrder, Preparation, TrainTask
from tests.gpu_worker.small_family import SmallFamily
from tests.gpu_worker.specs import photo, preset, train_spec

ORDER = PictureOrder(
    task_id="pictures",
    prompts=("a mug on a beach",),
    seeds=(5,),
    width_px=16,
    height_px=16,
    num_inference_steps=5,
    guidance_scale=3.0,
)


@pytest.fixture
def engine() -> Engine:
    torch.set_num_threads(1)
    return Engine(Runner(SmallFamily()))


def run(engine: Engine) -> list[Event]:
    events: list[Event] = []
    while not engine.is_idle:
        events += engine.step()
    return events


def pictures_of(engine: Engine, order: PictureOrder) -> list[np.ndarray]:
    engine.add(engine.runner.begin_pictures(order))
    (made,) = [event for event in run(engine) if isinstance(event, PicturesMade)]
    assert made.seeds == order.seeds
    return [np.asarray(picture) for picture in made.pictures]


def adapter_file(engine: Engine) -> bytes:
    """An adapter after a few training steps."""
    task = engine.runner.begin_training("trained", train_spec(), [photo(), photo("navy")])
    for _ in range(6):
        engine.runner.train(task)
    data = engine.runner.save(task)
    engine.runner.detach(task.adapter_name)
    return data


def test_an_idle_engine_does_nothing(engine: Engine) -> None:
    assert engine.step() == []
    assert engine.is_idle


def test_every_step_of_a_picture_is_told(engine: Engine) -> None:
    engine.add(engine.runner.begin_pictures(ORDER))
    told = [(event.done, event.total) for event in run(engine) if isinstance(event, Progressed)]
    assert told == [(1, 5), (2, 5), (3, 5), (4, 5)]


def test_a_seed_gives_its_picture_again_and_another_seed_another(engine: Engine) -> None:
    first, again = pictures_of(engine, ORDER), pictures_of(engine, ORDER)
    other = pictures_of(engine, replace(ORDER, seeds=(6,)))
    assert np.array_equal(first[0], again[0])
    assert not np.array_equal(first[0], other[0])


def test_pictures_made_together_are_those_made_alone(engine: Engine) -> None:
    together = pictures_of(engine, replace(ORDER, prompts=ORDER.prompts * 3, seeds=(5, 6, 7)))
    for row, seed in enumerate((5, 6, 7)):
        (alone,) = pictures_of(engine, replace(ORDER, seeds=(seed,)))
        # Rounding differs with the number of rows; a grey level is the least that can be seen of it.
        assert np.abs(together[row].astype(int) - alone.astype(int)).max() <= 1


def test_guidance_of_one_needs_no_second_row_and_is_the_plain_prompt(engine: Engine) -> None:
    task = engine.runner.begin_pictures(replace(ORDER, guidance_scale=1.0))
    assert task.num_rows == 1
    (plain,) = pictures_of(engine, replace(ORDER, guidance_scale=1.0))
    (nearly,) = pictures_of(engine, replace(ORDER, guidance_scale=1.000001))
    assert np.abs(plain.astype(int) - nearly.astype(int)).max() <= 1


def test_requests_side_by_side_do_not_touch_each_other(engine: Engine) -> None:
    data = adapter_file(engine)

    def with_adapter(task_id: str, weight: float) -> PictureOrder:
        name = engine.runner.attach(data, "red-mug")
        return replace(ORDER, task_id=task_id, adapters=((name, weight),))

    alone = {
        "strong": pictures_of(engine, with_adapter("strong", 1.0))[0],
        "weak": pictures_of(engine, with_adapter("weak", 0.4))[0],
        "bare": pictures_of(engine, replace(ORDER, task_id="bare"))[0],
    }
    assert not np.array_equal(alone["strong"], alone["bare"])
    assert not np.array_equal(alone["strong"], alone["weak"])

    tasks = [
        engine.runner.begin_pictures(order)
        for order in (with_adapter("strong", 1.0), with_adapter("weak", 0.4), replace(ORDER, task_id="bare"))
    ]
    for _ in range(5):  # one step of each in turn, which is harder than the engine makes it
        for task in tasks:
            engine.runner.denoise(task)
    for task in tasks:
        assert np.array_equal(np.asarray(engine.runner.decode(task)[0]), alone[task.task_id])


def test_two_adapters_act_together(engine: Engine) -> None:
    data = adapter_file(engine)
    names = [engine.runner.attach(data, "red-mug") for _ in range(3)]
    (doubled,) = pictures_of(engine, replace(ORDER, adapters=((names[0], 1.0), (names[1], 1.0))))
    (twice,) = pictures_of(engine, replace(ORDER, adapters=((names[2], 2.0),)))
    assert np.abs(doubled.astype(int) - twice.astype(int)).max() <= 1


def test_an_adapter_is_on_the_device_only_while_it_is_used(engine: Engine) -> None:
    (before,) = pictures_of(engine, ORDER)
    name = engine.runner.attach(adapter_file(engine), "red-mug")
    assert name in engine.runner.attached
    pictures_of(engine, replace(ORDER, adapters=((name, 1.0),)))
    assert engine.runner.attached == frozenset()
    assert np.array_equal(pictures_of(engine, ORDER)[0], before)


def test_a_picture_does_not_wait_for_a_training_to_end(engine: Engine) -> None:
    training = engine.runner.begin_training(
        "training", train_spec(training_preset=preset(num_steps=500, every=500)), [photo(), photo()]
    )
    engine.add(training)
    engine.step()
    engine.add(engine.runner.begin_pictures(ORDER))
    while not any(isinstance(event, PicturesMade) for event in engine.step()):
        pass
    assert training.step_index <= 1 + 5  # never two steps of it between two of the picture


def evenly_timed_engine() -> Engine:
    """Every step of it takes a second, and so does every other look at its clock."""
    seconds = count()
    return Engine(Runner(SmallFamily()), clock=lambda: float(next(seconds)))


def test_pictures_go_on_while_a_training_is_prepared() -> None:
    engine = evenly_timed_engine()
    picture = engine.runner.begin_pictures(replace(ORDER, num_inference_steps=50))
    photos = [photo(), photo("navy")]
    steps_seen: list[int] = []

    def watched(parts: Parts[TrainTask]) -> Parts[TrainTask]:
        while (ended := advance(parts)) is None:
            steps_seen.append(picture.step_index)
            yield
        return ended.value

    preparing = engine.runner.begin_training_in_parts("training", train_spec(), photos)
    engine.add(picture)
    engine.add(Preparation("training", watched(preparing)))
    events = run(engine)
    assert len(steps_seen) > len(photos)
    assert all(after > before for before, after in pairwise(steps_seen))
    assert [type(event) for event in events if isinstance(event, PicturesMade | TrainingDone)] == [
        PicturesMade,
        TrainingDone,
    ]


def test_a_training_that_is_cancelled_while_it_is_prepared_leaves_nothing(engine: Engine) -> None:
    engine.add(
        Preparation("job", engine.runner.begin_training_in_parts("job", train_spec(), [photo(), photo()]))
    )
    engine.step()
    engine.cancel("job")
    assert engine.is_idle
    assert engine.runner.attached == frozenset()


def test_trainings_that_cannot_share_a_step_take_turns(engine: Engine) -> None:
    ranks = [replace(preset(num_steps=50, every=50), lora_rank=rank) for rank in (2, 4)]
    trainings = [
        engine.runner.begin_training(f"training{n}", train_spec(training_preset=own), [photo(), photo()])
        for n, own in enumerate(ranks)
    ]
    for training in trainings:
        engine.add(training)
    for _ in range(6):
        engine.step()
    assert [training.step_index for training in trainings] == [3, 3]


def test_a_preview_is_paid_by_its_training() -> None:
    """One that previews at every step does not slow pictures down more than one that never does."""
    steps_until_made = []
    for every in (1, 500):
        engine = evenly_timed_engine()
        spec = train_spec(training_preset=preset(num_steps=500, every=every))
        engine.add(engine.runner.begin_training("training", spec, [photo(), photo()]))
        engine.add(engine.runner.begin_pictures(replace(ORDER, num_inference_steps=20)))
        made = (any(isinstance(event, PicturesMade) for event in engine.step()) for _ in range(1000))
        steps_until_made.append(next(n for n, is_made in enumerate(made) if is_made))
    assert steps_until_made[0] == steps_until_made[1]


def test_a_cancelled_training_takes_its_previews_and_adapters_along(engine: Engine) -> None:
    training = engine.runner.begin_training("job", train_spec(), [photo(), photo()])
    engine.add(training)
    while training.step_index < 2:  # a preview is begun at the second step
        engine.step()
    assert len(engine.runner.attached) == 2
    engine.cancel("job")
    assert engine.is_idle
    assert engine.runner.attached == frozenset()


def test_cancelling_one_leaves_the_other(engine: Engine) -> None:
    engine.add(engine.runner.begin_pictures(ORDER))
    engine.add(engine.runner.begin_pictures(replace(ORDER, task_id="other")))
    engine.step()
    engine.cancel("pictures")
    engine.cancel("never was here")
    assert [event.job_id for event in run(engine) if isinstance(event, PicturesMade)] == ["other"]


def test_an_adapter_that_cannot_be_used_leaves_none_of_its_request_behind(engine: Engine) -> None:
    data = adapter_file(engine)
    with pytest.raises(ValueError), engine.runner.attaching([(data, "red-mug")]):
        raise ValueError
    assert engine.runner.attached == frozenset()


def test_the_judge_scores_the_test_sheet_against_the_photos() -> None:
    asked: list[tuple[int, int]] = []

    def judge(pictures, photos) -> float:
        asked.append((len(pictures), len(photos)))
        return 0.75

    engine = Engine(Runner(SmallFamily()), judge=judge)
    engine.add(engine.runner.begin_training("job", train_spec(), [photo(), photo("navy")]))
    (done,) = [event for event in run(engine) if isinstance(event, TrainingDone)]
    assert done.likeness == 0.75
    assert asked == [(3, 2)]
