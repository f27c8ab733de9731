"""The step engine: one device, many pieces of work, and one small step at a time.

    step() = choose → run → settle

A tick moves picture tasks of one shape one denoising step, each at its own place and with its own adapters;
or it decodes the pictures of one; or it moves trainings of one shape one optimizer step, each its own, or does a
part of what one needs before. Whoever waits is asked again before every tick, so tasks join and leave a batch
between any two steps, and nobody waits for anybody else to end. Not for several threads.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import replace

from PIL import Image

from gpu_worker import trial
from gpu_worker.batch_limit import BatchLimits
from gpu_worker.device import is_out_of_memory
from gpu_worker.events import CheckpointTaken, Event, PicturesMade, PreviewMade, Progressed
from gpu_worker.parts import advance
from gpu_worker.runner import Runner
from gpu_worker.scheduler import BATCH_ROWS, STACK_ROWS, BatchLimit, StepScheduler, Waiting, batch_around
from gpu_worker.tasks import CHECK_DRAWINGS, GenerateTask, Preparation, Purpose, Task, TrainTask


class Engine:
    """Tasks come in by `add`, and what happens to them comes out of `step` as events."""

    def __init__(
        self,
        runner: Runner,
        scheduler: StepScheduler | None = None,
        judge: trial.Judge | None = None,
        clock: Callable[[], float] = time.perf_counter,
        batch_rows: int = BATCH_ROWS,
        stack_rows: int = STACK_ROWS,
    ) -> None:
        self.runner = runner
        self._in_hand: list[Task] = []
        self._scheduler = scheduler or StepScheduler()
        self._judge = judge
        self._clock = clock
        self._batch_limits = BatchLimits(batch_rows)
        self._limits = {
            GenerateTask: BatchLimit(batch_rows, runner.bank.capacity),
            TrainTask: BatchLimit(stack_rows, runner.bank.capacity),
            Preparation: BatchLimit(1, 0),
        }
        self._parted: set[str] = set()
        self._tasks: dict[str, Task] = {}

    @property
    def is_idle(self) -> bool:
        """Whether a tick would find nothing to do."""
        return not self._tasks

    @property
    def jobs_in_hand(self) -> tuple[str, ...]:
        """Whose step ran last; if `step` raises, the fault is one of theirs."""
        return tuple(dict.fromkeys(task.job_id for task in self._in_hand))

    def add(self, task: Task) -> None:
        """Let a task take part from the next tick on."""
        self._tasks[task.task_id] = task
        if isinstance(task, GenerateTask):
            task.due = self._scheduler.due(task.total_steps * task.step_work)
        elif isinstance(task, TrainTask) and task.is_finished:
            self._begin_check(task)  # it comes from a checkpoint that was taken after the last step

    def cancel(self, job_id: str) -> None:
        """Forget a job, what it started and its adapters. One that is not here is fine."""
        for task in [task for task in self._tasks.values() if task.job_id == job_id]:
            self._remove(task)

    def suspend(self, job_id: str) -> CheckpointTaken | None:
        """Forget a job, keeping what a training has learnt so far."""
        task = self._tasks.get(job_id)
        kept = self._checkpoint(task) if isinstance(task, TrainTask) else None
        self.cancel(job_id)
        return kept

    def part(self, fault: BaseException) -> None:
        """Have the tasks of the last step go on one by one: a fault among them then finds whose it is.

        What was too much for the memory is not put together again.
        """
        self._parted.update(self._tasks.keys() & {task.task_id for task in self._in_hand})
        if is_out_of_memory(fault):
            kind, rows = type(self._in_hand[0]), sum(task.num_rows for task in self._in_hand)
            self._limits[kind] = replace(self._limits[kind], rows=max(1, rows // 2))

    def step(self) -> list[Event]:
        """Move a batch of tasks one step, and tell what came of it."""
        batch = self._choose()
        if not batch:
            return []
        started = self._clock()
        self._run(batch)
        events = [event for task in batch for event in self._settle(task)]
        work = sum(task.step_work for task in batch if isinstance(task, GenerateTask))
        seconds = self._clock() - started
        self._scheduler.charge(seconds, work)
        self._learn_from(batch, seconds)
        return events

    def _learn_from(self, batch: list[Task], seconds: float) -> None:
        """Count a step of denoising: how many rows one should have follows from what they took."""
        denoised = [task for task in batch if isinstance(task, GenerateTask) and task.pictures is None]
        if denoised:
            rows = sum(task.num_rows for task in denoised)
            self._batch_limits.record(_cost_key(denoised[0]), rows, seconds)

    def _choose(self) -> list[Task]:
        """Return the task whose turn it is, and behind it those that can take the same step."""
        waiting = [
            self._waiting(task, number)
            for number, task in enumerate(self._tasks.values())
            if not (isinstance(task, TrainTask) and task.is_finished)
        ]
        chosen = self._scheduler.choose(waiting)
        if chosen is None:
            return []
        return [self._tasks[task_id] for task_id in batch_around(chosen, waiting, self._limit(chosen))]

    def _limit(self, task_id: str) -> BatchLimit:
        """Return how much may go along with a task: as much as there is room for, and not more than pays."""
        task = self._tasks[task_id]
        limit = self._limits[type(task)]
        if not isinstance(task, GenerateTask):
            return limit
        return replace(limit, rows=min(limit.rows, self._batch_limits.rows(_cost_key(task))))

    def _waiting(self, task: Task, number: int) -> Waiting:
        """Describe a task to the scheduler.

        In a training's lane its pictures go first: they are waited for. Trainings take turns.
        """
        key: Hashable = None if task.task_id in self._parted else task.batch_key
        if not isinstance(task, GenerateTask):
            return Waiting(task.task_id, task.lane, (1, number), key, task.num_rows)
        if task.is_finished:
            return Waiting(task.task_id, task.lane, (-1, number))
        adapters = frozenset(name for name, _ in task.order.adapters)
        return Waiting(task.task_id, task.lane, (0, task.due), key, task.num_rows, adapters)

    def _run(self, batch: list[Task]) -> None:
        self._in_hand = batch
        pictures = [task for task in batch if isinstance(task, GenerateTask)]
        trainings = [task for task in batch if isinstance(task, TrainTask)]
        match batch[0]:
            case Preparation() as preparation:
                self._prepare(preparation)
            case TrainTask():
                self.runner.train(*trainings)
            case GenerateTask(is_finished=True) as task:
                task.pictures = self.runner.decode(task)
            case GenerateTask():
                self.runner.denoise(*pictures)

    def _prepare(self, preparation: Preparation) -> None:
        """Do a part; the last one puts the training in its place, behind the others that train."""
        del self._tasks[preparation.task_id]
        ended = advance(preparation.parts)
        self.add(preparation if ended is None else ended.value)

    def _settle(self, task: Task) -> list[Event]:
        if isinstance(task, Preparation):
            return []
        if isinstance(task, TrainTask):
            return self._settle_training(task)
        if task.pictures is not None:
            self._remove(task)
            return self._deliver(task, task.pictures)
        is_told = task.order.purpose is Purpose.RESULT and not task.is_finished
        return [Progressed(task.job_id, task.step_index, task.total_steps)] if is_told else []

    def _settle_training(self, training: TrainTask) -> list[Event]:
        """Start what a training's step made due: a checkpoint, a preview, or its final check."""
        self._parted.discard(training.task_id)  # a fault among several was not its own
        preset, done = training.spec.preset, training.step_index
        self._tasks[training.task_id] = self._tasks.pop(training.task_id)  # behind the others that train
        events: list[Event] = [self._training_progress(training)]
        if training.is_finished or done % preset.checkpoint_every_steps == 0:
            events.append(self._checkpoint(training))
        if training.is_finished:
            self._begin_check(training)
        elif done % preset.preview_every_steps == 0:
            self.add(trial.begin_preview(self.runner, training))
        return events

    def _begin_check(self, training: TrainTask) -> None:
        for task in trial.begin_check(self.runner, training):
            self.add(task)

    def _deliver(self, task: GenerateTask, pictures: list[Image.Image]) -> list[Event]:
        """Hand finished pictures to whom they are for: the job, or the training that asked for them."""
        purpose, seeds = task.order.purpose, task.order.seeds
        if purpose is Purpose.RESULT:
            return [PicturesMade(task.job_id, tuple(pictures), seeds)]
        if purpose is Purpose.PREVIEW:
            return [PreviewMade(task.job_id, pictures[0], seeds[0])]
        training = self._tasks.get(task.job_id)
        if not isinstance(training, TrainTask) or training.check is None:
            return []
        training.check.pictures[purpose] = pictures
        events: list[Event] = [self._training_progress(training)]
        if training.check.is_complete:
            events.append(trial.conclude(training, training.check, self._judge))
            self._remove(training)
        return events

    def _remove(self, task: Task) -> None:
        self._tasks.pop(task.task_id, None)
        self._parted.discard(task.task_id)
        match task:
            case Preparation():
                task.parts.close()
            case TrainTask():
                self.runner.detach(task.adapter_name)
            case GenerateTask():
                for name, _ in task.order.adapters:
                    self.runner.detach(name)

    def _checkpoint(self, training: TrainTask) -> CheckpointTaken:
        return CheckpointTaken(training.job_id, training.step_index, self.runner.checkpoint(training))

    @staticmethod
    def _training_progress(training: TrainTask) -> Progressed:
        """Count the drawings of the check as steps, so that the bar is not full while they are made."""
        drawn = len(training.check.pictures) if training.check else 0
        total = training.total_steps + len(CHECK_DRAWINGS)
        return Progressed(training.job_id, training.step_index + drawn, total)


def _cost_key(task: GenerateTask) -> Hashable:
    """What makes the rows of one batch dearer than those of another."""
    return task.batch_key, bool(task.order.adapters)
