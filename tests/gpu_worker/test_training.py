"""A training: what it saves, that it can be put aside and taken up again, and that serving leaves it alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from peft import PeftModel

from core.errors import JobFailed
from gpu_worker.adapters import unpack_adapter, write_peft_folder
from gpu_worker.checkpoints import unpack_checkpoint
from gpu_worker.engine import Engine
from gpu_worker.events import CheckpointTaken, Event, PicturesMade, PreviewMade, Progressed, TrainingDone
from gpu_worker.runner import Runner
from gpu_worker.scheduler import StepScheduler
from gpu_worker.tasks import PictureOrder, TrainTask
from gpu_worker.trial import EFFECT_LEAST
from tests.gpu_worker.small_family import SmallFamily
from tests.gpu_worker.specs import photo, preset, train_spec

PHOTOS = [photo(), photo("navy")]


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def begin(engine: Engine, **changes: object) -> TrainTask:
    spec = replace(train_spec(), **changes)  # type: ignore[arg-type]
    return engine.runner.begin_training("job", spec, PHOTOS)


def run(engine: Engine) -> list[Event]:
    events: list[Event] = []
    while not engine.is_idle:
        events += engine.step()
    return events


def one(events: list[Event], kind: type) -> object:
    (found,) = [event for event in events if isinstance(event, kind)]
    return found


def train_to_the_end() -> TrainingDone:
    engine = Engine(Runner(SmallFamily()))
    engine.add(begin(engine))
    done = one(run(engine), TrainingDone)
    assert isinstance(done, TrainingDone)
    assert engine.runner.attached == frozenset()
    return done


@pytest.fixture(scope="module")
def alone() -> TrainingDone:
    """The training that nothing else went on beside."""
    torch.set_num_threads(1)
    torch.manual_seed(1)
    return train_to_the_end()


def order(task_id: str, adapters: tuple[tuple[str, float], ...] = (), seed: int = 5) -> PictureOrder:
    return PictureOrder(
        task_id=task_id,
        prompts=("zz03 mug on a beach",) * 2,
        seeds=(seed, seed + 1),
        width_px=16,
        height_px=16,
        num_inference_steps=5,
        guidance_scale=3.0,
        adapters=adapters,
    )


def same(one_adapter: bytes, other: bytes) -> bool:
    ours, theirs = unpack_adapter(one_adapter).factors, unpack_adapter(other).factors
    return ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_a_training_ends_with_an_adapter_that_changes_the_picture(alone: TrainingDone) -> None:
    assert alone.effect > EFFECT_LEAST
    assert alone.num_steps == 6


def test_progress_only_grows_and_ends_full() -> None:
    engine = Engine(Runner(SmallFamily()))
    engine.add(begin(engine))
    counts = [(event.done, event.total) for event in run(engine) if isinstance(event, Progressed)]
    assert counts == [(count, 8) for count in range(1, 9)]


def test_previews_and_checkpoints_come_when_the_preset_says() -> None:
    engine = Engine(Runner(SmallFamily()))
    engine.add(begin(engine))
    events = run(engine)
    assert [event.step_index for event in events if isinstance(event, CheckpointTaken)] == [2, 4, 6]
    assert len([event for event in events if isinstance(event, PreviewMade)]) == 2


def test_a_training_that_learns_nothing_is_not_called_ready() -> None:
    engine = Engine(Runner(SmallFamily()))
    engine.add(begin(engine, preset=preset(learning_rate=0.0)))
    with pytest.raises(JobFailed, match="@red-mug finished, but its pictures look the same"):
        run(engine)


def test_a_training_that_runs_away_says_so() -> None:
    engine = Engine(Runner(SmallFamily()))
    engine.add(begin(engine, preset=preset(num_steps=40, learning_rate=1e30)))
    with pytest.raises(JobFailed, match="became unstable"):
        run(engine)


def test_the_same_job_trains_the_same_model(alone: TrainingDone) -> None:
    torch.manual_seed(2)
    assert train_to_the_end().adapter == alone.adapter


def test_a_training_resumed_from_a_checkpoint_goes_on_bit_by_bit(alone: TrainingDone) -> None:
    interrupted = Engine(Runner(SmallFamily()))
    half = begin(interrupted)
    interrupted.add(half)
    while half.step_index < 3:
        interrupted.step()
    kept = interrupted.suspend("job")
    assert kept is not None
    assert interrupted.is_idle

    successor = Engine(Runner(SmallFamily()))
    task = begin(successor)
    assert successor.runner.resume(task, unpack_checkpoint(kept.checkpoint))
    assert task.step_index == 3
    successor.add(task)
    assert same(one(run(successor), TrainingDone).adapter, alone.adapter)  # type: ignore[attr-defined]


def test_a_training_put_aside_after_its_last_step_only_has_to_be_checked(alone: TrainingDone) -> None:
    engine = Engine(Runner(SmallFamily()))
    engine.add(begin(engine))
    while not any(isinstance(event, CheckpointTaken) and event.step_index == 6 for event in engine.step()):
        pass
    kept = engine.suspend("job")
    assert kept is not None

    successor = Engine(Runner(SmallFamily()))
    task = begin(successor)
    successor.runner.resume(task, unpack_checkpoint(kept.checkpoint))
    successor.add(task)
    assert same(one(run(successor), TrainingDone).adapter, alone.adapter)  # type: ignore[attr-defined]


@pytest.mark.parametrize("change", ["another version", "another base"])
def test_a_checkpoint_of_something_else_is_left_alone(change: str) -> None:
    engine = Engine(Runner(SmallFamily()))
    engine.add(begin(engine))
    engine.step()
    kept = engine.suspend("job")
    assert kept is not None
    other = Engine(Runner(SmallFamily(weights_seed=int(change == "another base"))))
    task = begin(other, version_id="w" * 32) if change == "another version" else begin(other)
    assert not other.runner.resume(task, unpack_checkpoint(kept.checkpoint))
    assert task.step_index == 0


def test_serving_in_between_leaves_the_training_bitwise_alone(alone: TrainingDone) -> None:
    engine = Engine(Runner(SmallFamily()), StepScheduler(training_share=0.7))
    engine.add(begin(engine))
    events: list[Event] = []
    for request in range(3):  # two adapters each, one of them weakened; they come, work and go
        names = [engine.runner.attach(alone.adapter, "red-mug") for _ in range(2)]
        engine.add(
            engine.runner.begin_pictures(order(f"request{request}", ((names[0], 0.5), (names[1], 1.0))))
        )
    events += run(engine)
    kinds = [type(event) for event in events]
    assert kinds.count(PicturesMade) == 3
    assert kinds.index(PicturesMade) < kinds.index(TrainingDone)
    assert kinds.index(CheckpointTaken) < len(kinds) - 1 - kinds[::-1].index(PicturesMade)  # side by side
    assert same(one(events, TrainingDone).adapter, alone.adapter)  # type: ignore[attr-defined]


def test_training_in_between_leaves_the_pictures_as_they_were(alone: TrainingDone) -> None:
    def make(engine: Engine) -> list[bytes]:
        name = engine.runner.attach(alone.adapter, "red-mug")
        engine.add(engine.runner.begin_pictures(order("pictures", ((name, 0.8),))))
        while True:
            for event in engine.step():
                if isinstance(event, PicturesMade):
                    return [picture.tobytes() for picture in event.pictures]

    undisturbed = make(Engine(Runner(SmallFamily())))
    busy = Engine(Runner(SmallFamily()))
    busy.add(begin(busy, preset=preset(num_steps=200, every=50)))
    for _ in range(2):
        busy.step()
    assert make(busy) == undisturbed


def test_an_adapter_of_another_base_is_refused_in_words(alone: TrainingDone) -> None:
    with pytest.raises(
        JobFailed, match=r"@red-mug was trained on an earlier version of the base.*/edit @red-mug"
    ):
        Runner(SmallFamily(weights_seed=1)).attach(alone.adapter, "red-mug")


def test_other_software_reads_the_adapter_as_a_peft_folder(alone: TrainingDone, tmp_path: Path) -> None:
    write_peft_folder(alone.adapter, tmp_path)
    family = SmallFamily()
    theirs = PeftModel.from_pretrained(family.denoiser, tmp_path).eval()  # type: ignore[arg-type]
    runner = Runner(SmallFamily())
    task = runner.begin_pictures(order("p", ((runner.attach(alone.adapter, "red-mug"), 1.0),)))
    timesteps = torch.full((4,), 500.0)
    rows = torch.cat([task.latents, task.latents])
    with torch.no_grad():
        expected = theirs(rows, timesteps, encoder_hidden_states=task.conditioning["prompt_embeds"]).sample
    bare = SmallFamily().denoise(rows, timesteps, task.conditioning)
    runner.denoise(task)  # activates the adapter
    with torch.no_grad():
        ours = runner.family.denoise(rows, timesteps, task.conditioning)
    torch.testing.assert_close(ours, expected)
    assert not torch.allclose(ours, bare, atol=1e-3)
