"""The step engine: one device, many pieces of work, and one small step of one of them at a time.

    step() = choose → run → settle

A tick moves one picture task one denoising step, or one training one optimizer step. Whoever waits is
asked again before every tick, so nobody waits for anybody else to end. Not for several threads.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from PIL import Image

from gpu_worker import trial
from gpu_worker.events import CheckpointTaken, Event, PicturesMade, PreviewMade, Progressed
from gpu_worker.runner import Runner
from gpu_worker.scheduler import StepScheduler, Waiting
from gpu_worker.tasks import CHECK_DRAWINGS, GenerateTask, Purpose, Task, TrainTask


class Engine:
    """Tasks come in by `add`, and what happens to them comes out of `step` as events."""

    def __init__(
        self,
        runner: Runner,
        scheduler: StepScheduler | None = None,
        judge: trial.Judge | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.runner = runner
        self.job_in_hand = ""
        """Whose step ran last; if `step` raises, the fault is that job's."""
        self._scheduler = scheduler or StepScheduler()
        self._judge = judge
        self._clock = clock
        self._tasks: dict[str, Task] = {}

    @property
    def is_idle(self) -> bool:
        """Whether a tick would find nothing to do."""
        return not self._tasks

    def add(self, task: Task) -> None:
        """Let a task take part from the next tick on."""
        self._tasks[task.task_id] = task
        if isinstance(task, TrainTask) and task.is_finished:
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

    def step(self) -> list[Event]:
        """Move one task one step, and tell what came of it."""
        task = self._choose()
        if task is None:
            return []
        self._run(task)
        return self._settle(task)

    def _choose(self) -> Task | None:
        waiting = [
            # In a training's lane its pictures go first: they are few, and it is waited for.
            Waiting(task.task_id, task.lane, (int(isinstance(task, TrainTask)), number))
            for number, task in enumerate(self._tasks.values())
            if not (isinstance(task, TrainTask) and task.is_finished)
        ]
        chosen = self._scheduler.choose(waiting)
        return None if chosen is None else self._tasks[chosen]

    def _run(self, task: Task) -> None:
        self.job_in_hand = task.job_id
        started = self._clock()
        if isinstance(task, TrainTask):
            self.runner.train(task)
        else:
            self.runner.denoise(task)
        self._scheduler.charge(self._clock() - started)

    def _settle(self, task: Task) -> list[Event]:
        if isinstance(task, TrainTask):
            return self._settle_training(task)
        if not task.is_finished:
            is_result = task.order.purpose is Purpose.RESULT
            return [Progressed(task.job_id, task.step_index, task.total_steps)] if is_result else []
        pictures = self.runner.decode(task)
        self._remove(task)
        return self._deliver(task, pictures)

    def _settle_training(self, training: TrainTask) -> list[Event]:
        """Start what a training's step made due: a checkpoint, a preview, or its final check."""
        preset, done = training.spec.preset, training.step_index
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
        names = (
            [task.adapter_name] if isinstance(task, TrainTask) else [name for name, _ in task.order.adapters]
        )
        for name in names:
            self.runner.detach(name)

    def _checkpoint(self, training: TrainTask) -> CheckpointTaken:
        return CheckpointTaken(training.job_id, training.step_index, self.runner.checkpoint(training))

    @staticmethod
    def _training_progress(training: TrainTask) -> Progressed:
        """Count the drawings of the check as steps, so that the bar is not full while they are made."""
        drawn = len(training.check.pictures) if training.check else 0
        total = training.total_steps + len(CHECK_DRAWINGS)
        return Progressed(training.job_id, training.step_index + drawn, total)
