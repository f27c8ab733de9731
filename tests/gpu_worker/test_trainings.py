"""Several trainings in one step: each learns what it would have learnt alone, whoever comes, goes or breaks."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import JobFailed
from core.rules.presets import TrainingPreset
from gpu_worker import trainings
from gpu_worker.checkpoints import unpack_checkpoint
from gpu_worker.conditioning import Conditioning
from gpu_worker.engine import Engine
from gpu_worker.engine_thread import EngineThread
from gpu_worker.events import TrainingDone
from gpu_worker.runner import Runner
from gpu_worker.tasks import TrainTask
from tests.gpu_worker.small_family import SmallFamily
from tests.gpu_worker.specs import photo, preset, train_spec

TOLERANCE = 2e-5
"""Most difference of a gradient of its largest value, float32: kernels round differently for another batch."""
PHOTOS = [photo(), photo("navy")]


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def runner() -> Runner:
    return Runner(SmallFamily())


def begin(runner: Runner, number: int = 0, asked: TrainingPreset | None = None) -> TrainTask:
    spec = replace(train_spec(training_preset=asked), seed=number, version_id=f"{number:032d}")
    return runner.begin_training(f"training{number}", spec, PHOTOS)


def well_trained(
    runner: Runner, number: int, asked: TrainingPreset | None = None, steps: int = 1
) -> TrainTask:
    """A training that has left its start, at which half of the gradients are zero."""
    task = begin(runner, number, asked)
    for _ in range(steps):
        runner.train(task)
    return task


def moved(task: TrainTask) -> dict[str, torch.Tensor]:
    """All that a step changes."""
    state = {name: value.clone() for name, value in task.optimizer.state[task.weights].items()}
    return {"weights": task.weights.detach().clone(), "generator": task.generator.get_state(), **state}


def assert_close(found: torch.Tensor, expected: torch.Tensor) -> None:
    torch.testing.assert_close(found, expected, rtol=0, atol=TOLERANCE * float(expected.abs().max()))


@settings(deadline=None, max_examples=8)
@given(
    count=st.integers(2, 4),
    batch_size=st.integers(1, 3),
    lora_rank=st.sampled_from([1, 4]),
    lora_alpha=st.sampled_from([2, 8]),
)
def test_gradients_in_a_stack_are_those_alone(
    count: int, batch_size: int, lora_rank: int, lora_alpha: int
) -> None:
    runner = Runner(SmallFamily())
    asked = replace(preset(), batch_size=batch_size, lora_rank=lora_rank, lora_alpha=lora_alpha)
    tasks = [well_trained(runner, number, asked) for number in range(count)]
    drawn = [trainings.draw(runner.family, task) for task in tasks]
    together, losses = trainings.gradients_of(
        runner.family, runner.bank, tasks, trainings.Drawn.cat(drawn), passes=1
    )
    for number, task in enumerate(tasks):
        alone, (loss,) = trainings.gradients_of(runner.family, runner.bank, [task], drawn[number], passes=1)
        assert alone.abs().max() > 0
        assert_close(together[number], alone[0])
        assert losses[number] == pytest.approx(loss, rel=TOLERANCE)


def test_gradients_in_several_passes_are_those_of_one(runner: Runner) -> None:
    task = well_trained(runner, 1)
    drawn = trainings.draw(runner.family, task)
    whole, (loss,) = trainings.gradients_of(runner.family, runner.bank, [task], drawn, passes=1)
    for passes in (2, 3, 4):
        parted, (same,) = trainings.gradients_of(runner.family, runner.bank, [task], drawn, passes)
        assert_close(parted, whole)
        assert same == pytest.approx(loss, rel=TOLERANCE)


def test_a_training_alone_is_bit_by_bit_itself_however_often_others_step_between(runner: Runner) -> None:
    alone, disturbed = begin(runner, 1), begin(runner, 1)
    others = [begin(runner, number) for number in (2, 3)]
    for _ in range(4):
        runner.train(alone)
    for _ in range(4):
        runner.train(disturbed)
        runner.train(*others)
    assert torch.equal(alone.weights, disturbed.weights)


class Watched(Engine):
    """Notes who took a step with whom."""

    def __init__(self, runner: Runner, stack_rows: int = 12) -> None:
        super().__init__(runner, stack_rows=stack_rows)
        self.stacks: list[tuple[str, ...]] = []

    def trains(self) -> tuple[str, ...]:
        """Tick until trainings took a step, and return which."""
        while True:
            before = {task.task_id: task.step_index for task in self.here()}
            tasks = self.here()
            self.step()
            if stack := tuple(t.task_id for t in tasks if t.step_index > before[t.task_id]):
                self.stacks.append(stack)
                return stack

    def here(self) -> list[TrainTask]:
        return [task for task in self._tasks.values() if isinstance(task, TrainTask)]


def test_trainings_join_and_leave_between_any_two_steps(runner: Runner) -> None:
    engine = Watched(runner)
    first, second, third = (begin(runner, number, preset(num_steps=40, every=40)) for number in range(3))
    engine.add(first)
    assert engine.trains() == ("training0",)
    engine.add(second)
    assert set(engine.trains()) == {"training0", "training1"}
    engine.add(third)
    assert set(engine.trains()) == {"training0", "training1", "training2"}
    engine.cancel("training1")
    assert set(engine.trains()) == {"training0", "training2"}
    assert (first.step_index, second.step_index, third.step_index) == (4, 2, 2)


def test_a_training_that_was_stacked_now_and_then_learnt_what_it_learns_alone(runner: Runner) -> None:
    asked = preset(num_steps=12, every=12)
    alone, visited = begin(runner, 1, asked), begin(runner, 1, asked)
    visitors = [begin(runner, number, asked) for number in (2, 3)]
    expected = [runner.train(alone)[0] for _ in range(8)]
    losses = [runner.train(visited, *visitors[: (0, 1, 2, 1, 0, 2, 2, 0)[number]])[0] for number in range(8)]
    assert losses == pytest.approx(expected, rel=1e-3)


def test_only_trainings_of_one_shape_share_a_step(runner: Runner) -> None:
    engine = Watched(runner)
    for number, asked in enumerate((preset(), replace(preset(), lora_rank=2, lora_alpha=2))):
        engine.add(begin(runner, number, asked))
    engine.add(begin(runner, 2, replace(preset(), batch_size=3)))
    assert len(engine.trains()) == 1


def test_no_more_train_at_once_than_the_limit_says(runner: Runner) -> None:
    engine = Watched(runner, stack_rows=8)  # two batches of four
    for number in range(3):
        engine.add(begin(runner, number, preset(num_steps=40, every=40)))
    assert len(engine.trains()) == 2


@pytest.mark.parametrize("stacked_first", [True, False])
def test_a_training_goes_on_from_a_checkpoint_in_other_company(runner: Runner, stacked_first: bool) -> None:
    def company(is_stacked: bool) -> list[TrainTask]:
        return [begin(runner, 9)] if is_stacked else []

    through, task = begin(runner, 1), begin(runner, 1)
    beside = company(stacked_first)
    for _ in range(3):
        runner.train(through)
        runner.train(task, *beside)
    successor = begin(runner, 1)
    assert runner.resume(successor, unpack_checkpoint(runner.checkpoint(task)))
    kept, restored = moved(task), moved(successor)
    assert kept.keys() == restored.keys()
    assert all(torch.equal(kept[name], restored[name]) for name in kept), "nothing is lost on the way"
    beside = company(not stacked_first)
    expected = [runner.train(through)[0] for _ in range(2)]
    assert [runner.train(successor, *beside)[0] for _ in range(2)] == pytest.approx(expected, rel=1e-3)


def test_a_training_resumed_into_the_same_company_goes_on_bit_by_bit(runner: Runner) -> None:
    pair = [begin(runner, number) for number in (1, 2)]
    for _ in range(2):
        runner.train(*pair)
    kept = [runner.checkpoint(task) for task in pair]
    runner.train(*pair)
    successors = [begin(runner, number) for number in (1, 2)]
    for task, data in zip(successors, kept, strict=True):
        assert runner.resume(task, unpack_checkpoint(data))
    runner.train(*successors)
    assert all(torch.equal(a.weights, b.weights) for a, b in zip(pair, successors, strict=True))


def test_a_checkpoint_of_an_earlier_release_is_left_alone(runner: Runner) -> None:
    task = begin(runner, 1)
    kept = unpack_checkpoint(runner.checkpoint(well_trained(runner, 1)))
    earlier = replace(kept, tensors={"generator": kept.tensors["generator"]})
    assert not runner.resume(task, earlier)
    assert task.step_index == 0


def test_a_fault_leaves_every_training_of_the_step_where_it_was(runner: Runner) -> None:
    tasks = [well_trained(runner, 1), well_trained(runner, 2)]
    with torch.no_grad():
        tasks[1].weights.fill_(torch.nan)
    before = [moved(task) for task in tasks]
    with pytest.raises(JobFailed, match="became unstable"):
        runner.train(*tasks)
    for task, was in zip(tasks, before, strict=True):
        now = moved(task)
        assert all(torch.equal(now[name].nan_to_num(), was[name].nan_to_num()) for name in was)
        assert task.step_index == 1


class CrampedFamily(SmallFamily):
    """Denoises no more than so many rows at a time, as a full device does."""

    def __init__(self, most_rows: int) -> None:
        super().__init__()
        self.most_rows = most_rows
        self.tried: list[int] = []

    def denoise(
        self, latents: torch.Tensor, timesteps: torch.Tensor, conditioning: Conditioning
    ) -> torch.Tensor:
        if torch.is_grad_enabled():
            self.tried.append(len(latents))
            if len(latents) > self.most_rows:
                raise torch.OutOfMemoryError("CUDA out of memory.")
        return super().denoise(latents, timesteps, conditioning)


def test_a_training_that_does_not_fit_is_tried_once_more_in_smaller_passes(runner: Runner) -> None:
    cramped = Runner(CrampedFamily(most_rows=1))
    roomy, task = begin(runner, 1), begin(cramped, 1)
    expected = [runner.train(roomy)[0] for _ in range(3)]
    assert [cramped.train(task)[0] for _ in range(3)] == pytest.approx(expected, rel=1e-3)
    assert cramped.family.tried == [4] + [1] * 12, "what is too large is tried once"  # type: ignore[attr-defined]


def test_a_training_that_never_fits_fails_in_words() -> None:
    cramped = Runner(CrampedFamily(most_rows=0))
    with pytest.raises(JobFailed, match=r"@red-mug did not fit into the worker's memory.*credits are back"):
        cramped.train(begin(cramped))
    assert cramped.family.tried == [4, 1]  # type: ignore[attr-defined]


async def endings_of(engine: Engine, tasks: Sequence[TrainTask]) -> dict[str, type]:
    """Let trainings run in the engine's thread, and return how each ended."""
    thread = EngineThread(torch_threads=1)
    await thread.load(lambda: engine)
    inboxes = {task.task_id: thread.open_inbox(task.task_id) for task in tasks}

    def add_all() -> None:
        for task in tasks:
            engine.add(task)

    await thread.call(add_all)
    running = asyncio.create_task(thread.run())
    endings: dict[str, type] = {}
    for name, inbox in inboxes.items():
        while not isinstance(ending := await inbox.get(), TrainingDone | JobFailed):
            pass
        endings[name] = type(ending)
    await thread.stop()
    await running
    return endings


async def test_a_training_that_runs_away_ends_alone() -> None:
    runner = Runner(SmallFamily())
    tasks = [begin(runner, number, preset(num_steps=12, every=12)) for number in range(3)]
    tasks[1].spec = replace(tasks[1].spec, preset=replace(tasks[1].spec.preset, learning_rate=1e30))
    ended = await endings_of(Engine(runner), tasks)
    assert ended == {"training0": TrainingDone, "training1": JobFailed, "training2": TrainingDone}


async def test_trainings_that_do_not_fit_together_go_on_apart() -> None:
    runner = Runner(CrampedFamily(most_rows=8))
    tasks = [begin(runner, number) for number in range(3)]
    ended = await endings_of(Engine(runner), tasks)
    assert set(ended.values()) == {TrainingDone}
    tried = runner.family.tried  # type: ignore[attr-defined]
    assert [rows for rows in tried if rows > 8] == [12], "what is too large is tried once"
    assert tasks[0].num_passes == 1
