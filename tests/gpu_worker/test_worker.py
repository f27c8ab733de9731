"""The worker from claim to ending, on a real queue, a real store and a real process."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from core.clock import utc_now
from core.errors import ClaimLost
from core.queue.dispatch import Dispatch, Ears
from core.queue.jobs import Jobs, NewJob
from core.queue.specs import (
    AdapterUse,
    GenerateResult,
    GenerateSpec,
    Spec,
    TrainingPhoto,
    TrainResult,
    from_json,
)
from core.queue.workers import is_online, weights_of
from core.rules.plans import load_plans
from core.settings import Settings
from core.store.blobs import Blobs
from core.store.database import transaction
from core.store.records import JobRecord, JobStatus, OutboxRecord
from core.workspace import Workspace, open_workspace
from gpu_worker.device import memory_bytes
from gpu_worker.engine import Engine
from gpu_worker.job_run import JobRun, Order
from gpu_worker.main import Worker, lanes_for
from gpu_worker.runner import Runner
from gpu_worker.tasks import TrainTask
from tests.conftest import MovableClock
from tests.gpu_worker.small_family import SmallFamily
from tests.gpu_worker.specs import photo, preset, train_spec

MOST_SECONDS = 300
"""A test that takes this long hangs."""
LONG = preset(num_steps=5000, every=3)
SECRET = "velvet unicorn"


class Studio:
    """A workspace with a queue and a store, and the worker that it can call in."""

    def __init__(
        self, settings: Settings, dispatch: Dispatch, blobs: Blobs, workspace: Workspace, ears: Ears
    ) -> None:
        self.settings = settings
        self.dispatch = dispatch
        self.blobs = blobs
        self.workspace = workspace
        self.jobs = Jobs(settings, dispatch)
        self._ears = ears

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """A worker around a small base, for the length of the block; it is stopped as SIGTERM would."""
        async with asyncio.timeout(MOST_SECONDS):
            lanes = lanes_for("tiny", memory_bytes())
            worker = Worker(self.settings, self.dispatch, self.blobs, lanes)
            task = asyncio.create_task(worker.run(lambda: Engine(Runner(SmallFamily()))))
            try:
                yield
            finally:
                worker.stop()
                await task

    async def ask(self, spec: Spec, price: int = 10) -> JobRecord:
        """Queue a job."""
        spec = replace(spec, workspace_id=self.workspace.id)
        new = NewJob(self.workspace.id, "ana", spec, price, "console", "main", jobs_at_once=3)
        async with transaction():
            job = await self.jobs.enqueue(new)
        assert job is not None
        await self.dispatch.wake_idle()
        return job

    async def until(self, job: JobRecord, is_so: Callable[[JobRecord], bool]) -> JobRecord:
        """Wait for the worker to have written something about a job."""
        async with asyncio.timeout(MOST_SECONDS):
            while not is_so(fresh := await JobRecord.get(id=job.id)):
                await self._ears.wait(0.05)
        return fresh

    async def done(self, spec: Spec, price: int = 10) -> JobRecord:
        """Queue a job and wait for its end."""
        return await self.until(await self.ask(spec, price), has_ended)

    async def training(self, **changes: object) -> Spec:
        """A training on two photos in the store."""
        keys = [await self.blobs.put(self.workspace.id, data, ".png") for data in (photo(), photo("navy"))]
        photos = tuple(TrainingPhoto(key, f"red-mug mug, {SECRET}") for key in keys)
        return replace(train_spec(), photos=photos, **changes)  # type: ignore[arg-type]

    async def trained(self) -> AdapterUse:
        """Train to the end."""
        job = await self.done(await self.training())
        assert job.status is JobStatus.SUCCEEDED, job.reason
        result = from_json(TrainResult, job.result)
        return AdapterUse("red-mug", "v1", result.adapter_key, "zz03", "mug", result.base_weights_sha256)


@pytest.fixture
async def studio(settings: Settings, dispatch: Dispatch, blobs: Blobs) -> AsyncIterator[Studio]:
    workspace, _ = await open_workspace(
        "console", "local", default_plan="pro", plans=load_plans(), now=utc_now()
    )
    async with dispatch.ears("bot") as ears:
        yield Studio(settings, dispatch, blobs, workspace, ears)


def pictures(prompt: str = "a mug on a beach", adapters: tuple[AdapterUse, ...] = (), count: int = 1) -> Spec:
    return GenerateSpec("", prompt, adapters, "tiny", count, seed=5, width_px=16, height_px=16)


def has_ended(job: JobRecord) -> bool:
    return job.ended_at is not None


def has_begun(job: JobRecord) -> bool:
    return job.progress_done > 0


def has_checkpoint(job: JobRecord) -> bool:
    return job.checkpoint_key is not None


async def test_pictures_come_back_with_their_seeds_and_in_a_size_to_look_at(studio: Studio) -> None:
    async with studio.working():
        asked = await studio.ask(pictures(f"a mug, {SECRET}, quilted", count=2))
        job = await studio.until(asked, has_ended)
    result = from_json(GenerateResult, job.result)
    assert job.status is JobStatus.SUCCEEDED
    assert [made.seed for made in result.pictures] == [5, 6]
    assert result.unknown_words == ("quilted",)
    for made in result.pictures:
        with Image.open(BytesIO(await studio.blobs.get(made.blob_key))) as image:
            assert image.size == (made.width_px, made.height_px) == (64, 64)
            assert image.info == {"seed": str(made.seed)}


async def test_a_trained_name_changes_the_picture_and_the_store_keeps_only_what_counts(
    studio: Studio,
) -> None:
    async with studio.working():
        use = await studio.trained()
        named = await studio.done(pictures("@red-mug on a beach", (use,)))
        plain = await studio.done(pictures("zz03 mug on a beach"))
    with_it, without = (from_json(GenerateResult, job.result).pictures[0].blob_key for job in (named, plain))
    assert with_it != without
    weights = [key for key in await studio.blobs.keys(studio.workspace.id) if key.endswith(".safetensors")]
    assert weights == [use.adapter_key]  # every checkpoint is gone again


async def test_a_training_shows_progress_time_left_and_previews(studio: Studio) -> None:
    async with studio.working():
        asked = await studio.ask(await studio.training(preset=LONG))
        job = await studio.until(asked, lambda job: job.preview_key and job.progress_seconds_left)
        assert job.progress_total > job.progress_done > 0
        assert job.progress_seconds_left > 0
        with Image.open(BytesIO(await studio.blobs.get(job.preview_key))) as preview:
            assert preview.size == (64, 64)


async def test_a_picture_is_made_while_somebody_trains(studio: Studio) -> None:
    async with studio.working():
        long = await studio.ask(await studio.training(preset=LONG))
        await studio.until(long, has_begun)
        made = await studio.done(pictures())
        assert made.status is JobStatus.SUCCEEDED
        assert (await JobRecord.get(id=long.id)).status is JobStatus.RUNNING


async def test_a_running_training_stops_when_it_is_cancelled(studio: Studio) -> None:
    before = await studio.workspace.balance()
    async with studio.working():
        asked = await studio.ask(await studio.training(preset=LONG))
        await studio.jobs.cancel(await studio.until(asked, has_checkpoint))
        job = await studio.until(asked, has_ended)
        assert job.status is JobStatus.CANCELLED
        again = await studio.done(pictures(), price=0)
        assert again.status is JobStatus.SUCCEEDED
    assert await studio.workspace.balance() == before  # of five thousand steps next to none were taken
    assert not [key for key in await studio.blobs.keys(studio.workspace.id) if key.endswith(".safetensors")]


async def test_a_cancelled_training_takes_no_step_after_the_one_in_progress(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    told_after: list[int] = []
    train, tell = Runner.train, JobRun.tell

    def counted(self: Runner, task: TrainTask) -> None:
        steps.append(task.job_id)
        train(self, task)

    def noted(self: JobRun, message: Order | ClaimLost) -> None:
        if message is Order.CANCEL:
            told_after.append(len(steps))
        tell(self, message)

    monkeypatch.setattr(Runner, "train", counted)
    monkeypatch.setattr(JobRun, "tell", noted)
    async with studio.working():
        asked = await studio.ask(await studio.training(preset=LONG))
        await studio.jobs.cancel(await studio.until(asked, has_begun))
        job = await studio.until(asked, has_ended)
    assert job.status is JobStatus.CANCELLED
    assert len(steps) <= told_after[0] + 1
    assert await OutboxRecord.filter(job_id=job.id).count() == 1


async def test_a_stopped_worker_keeps_what_was_learnt_and_gives_the_job_back(
    studio: Studio, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with studio.working():
        asked = await studio.ask(await studio.training(preset=LONG))
        await studio.until(asked, has_begun)
    job = await JobRecord.get(id=asked.id)
    assert (job.status, job.attempts) == (JobStatus.QUEUED, 0)
    assert job.checkpoint_key is not None
    caplog.clear()
    async with studio.working():
        await studio.until(asked, lambda row: row.progress_done > job.progress_done)
    assert "action=training_resumed" in caplog.text


async def test_a_worker_that_lost_its_job_leaves_it_alone(studio: Studio) -> None:
    async with studio.working():
        asked = await studio.ask(await studio.training(preset=LONG))
        await studio.until(asked, has_begun)
        thief = "f" * 32
        await JobRecord.filter(id=asked.id).update(claim_token=thief)
        other = await studio.done(pictures())
        assert other.status is JobStatus.SUCCEEDED
    job = await JobRecord.get(id=asked.id)
    assert (job.status, job.claim_token) == (JobStatus.RUNNING, thief)


@pytest.mark.parametrize(
    ("use", "sentence"),
    [
        (
            AdapterUse("ada", "v", "no/such", "zz04", "woman", "0" * 64),
            "@ada was trained on an earlier version",
        ),
        (
            AdapterUse("ada", "v", "no/such", "zz04", "woman", SmallFamily().identity.weights_sha256),
            "The files of @ada are gone",
        ),
    ],
)
async def test_what_cannot_be_made_is_said_and_costs_nothing(
    studio: Studio, use: AdapterUse, sentence: str
) -> None:
    before = await studio.workspace.balance()
    async with studio.working():
        job = await studio.done(pictures("@ada", (use,)))
    assert job.status is JobStatus.FAILED
    assert job.reason.startswith(sentence)
    assert await studio.workspace.balance() == before


async def test_a_fault_in_one_job_ends_that_job_alone_and_tells_the_log_no_prompt(
    studio: Studio, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    broken = await studio.training(test_prompts=())  # a fault of ours, in the middle of a step
    async with studio.working():
        bad = await studio.ask(broken)
        good = await studio.ask(pictures(f"a mug, {SECRET}"))
        bad, good = await studio.until(bad, has_ended), await studio.until(good, has_ended)
    assert (bad.status, good.status) == (JobStatus.FAILED, JobStatus.SUCCEEDED)
    assert "Your credits are back" in bad.reason
    worker_log = "\n".join(row.getMessage() for row in caplog.records if row.name.startswith("gpu_worker"))
    assert "action=job_fault" in worker_log
    assert SECRET not in worker_log


async def test_a_worker_says_that_it_is_there_and_with_which_weights(studio: Studio) -> None:
    async with studio.working():
        await studio.done(pictures())
        assert await is_online("tiny", utc_now())
        assert await weights_of("tiny") == SmallFamily().identity.weights_sha256


@asynccontextmanager
async def worker_process(settings: Settings, log: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python -m gpu_worker` as an operator has it; killed at the end if the test has not."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LIKENESS_")}
    environment |= {
        "LIKENESS_DATA_DIR": str(settings.data_dir),
        "DATABASE_URL": settings.database_url,
        "LIKENESS_TORCH_THREADS": "1",
        "LIKENESS_EXIT_WITH_PARENT": str(os.getpid()),
        "LIKENESS_LEASE_SECONDS": "10",
    }
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gpu_worker", env=environment, stdout=out, stderr=out
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


def while_alive(
    process: asyncio.subprocess.Process, log: Path, is_so: Callable[[JobRecord], bool]
) -> Callable[[JobRecord], bool]:
    """Fail at once, and with its log, when the process ends before its time."""

    def check(job: JobRecord) -> bool:
        if is_so(job):
            return True
        assert process.returncode is None, log.read_text()
        return False

    return check


async def test_a_training_survives_the_death_of_its_worker(
    studio: Studio, clock: MovableClock, tmp_path: Path
) -> None:
    spec = await studio.training(
        preset=replace(preset(num_steps=8, every=2), preview_every_steps=100, batch_size=2),
        test_prompts=("@red-mug on a beach",),
    )
    asked = await studio.ask(spec)
    first, second = tmp_path / "first.log", tmp_path / "second.log"
    async with worker_process(studio.settings, first) as process:
        await studio.until(asked, while_alive(process, first, has_checkpoint))
        process.kill()
        await process.wait()
    job = await JobRecord.get(id=asked.id)
    assert job.status is JobStatus.RUNNING
    # What housekeeping does once the lease has run out.
    sweep = Jobs(studio.settings, studio.dispatch, utc_now, clock.monotonic)
    assert await sweep.return_stalled() == 0
    clock.advance(seconds=31)
    assert await sweep.return_stalled() == 1

    async with worker_process(studio.settings, second) as process:
        job = await studio.until(asked, while_alive(process, second, has_ended))
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
    assert (job.status, job.attempts) == (JobStatus.SUCCEEDED, 2), job.reason
    assert from_json(TrainResult, job.result).num_steps == 8
    assert await OutboxRecord.filter(job_id=job.id).count() == 1
    log = second.read_text()
    assert f"action=training_resumed job={job.id} step=" in log
    assert SECRET not in log
