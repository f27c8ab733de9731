"""What every dispatcher keeps to, whether it claims from a table or draws tickets from PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest

from core.queue.dispatch import Dispatch
from core.queue.jobs import Jobs, NewJob
from core.queue.specs import GenerateResult, GenerateSpec
from core.rules.plans import load_plans
from core.settings import Settings
from core.store.database import transaction
from core.store.records import JobRecord, JobStatus
from core.workspace import Workspace, open_workspace
from tests.conftest import MovableClock

PICTURES, TRAININGS = "generate.tiny", "train.tiny"
PATIENCE_SECONDS = 30.0


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """No poll comes to the rescue of a call that was lost."""
    return settings.model_copy(update={"poll_seconds": 600.0, "heartbeat_seconds": 1.0, "lease_seconds": 2.0})


class Hands:
    """A worker that notes what it was given, and holds each job until it is told to let go."""

    def __init__(self, jobs: Jobs, dispatch: Dispatch, worker_id: str) -> None:
        self._jobs = jobs
        self._dispatch = dispatch
        self._worker_id = worker_id
        self.given: asyncio.Queue[str] = asyncio.Queue()
        self.held = 0
        self.most_held = 0
        self.let_go = asyncio.Event()

    @asynccontextmanager
    async def at_work(self, lanes: Mapping[str, int]) -> AsyncIterator[None]:
        serving = asyncio.create_task(self._dispatch.serve(lanes, self._start))
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                yield
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)

    async def _start(self, lane: str) -> asyncio.Task[None] | None:
        claim = await self._jobs.claim(lane, worker_id=self._worker_id)
        if claim is None:
            return None

        async def work() -> None:
            self.held += 1
            self.most_held = max(self.most_held, self.held)
            self.given.put_nowait(claim.job_id)
            await self.let_go.wait()
            await self._jobs.finish(claim, GenerateResult(()))
            self.held -= 1

        return asyncio.create_task(work())


class Office:
    """Somebody who asks for pictures."""

    def __init__(self, jobs: Jobs, dispatch: Dispatch, workspace: Workspace) -> None:
        self._jobs = jobs
        self._dispatch = dispatch
        self._workspace = workspace

    async def ask(self) -> JobRecord:
        spec = GenerateSpec(self._workspace.id, "a mug", (), "tiny", 1, 7, 64, 64)
        new = NewJob(self._workspace.id, "ana", spec, 1, "console", "main", jobs_at_once=10)
        async with transaction():
            job = await self._jobs.enqueue(new)
        assert job is not None
        await self._dispatch.wake_idle()
        return job

    async def ask_and_change_their_mind(self) -> None:
        """Queue a job in a transaction that is undone."""
        spec = GenerateSpec(self._workspace.id, "a mug", (), "tiny", 1, 7, 64, 64)
        with contextlib.suppress(KeyError):
            async with transaction():
                await self._jobs.enqueue(NewJob(self._workspace.id, "ana", spec, 1, "console", "main"))
                raise KeyError
        await self._dispatch.wake_idle()


@pytest.fixture
def jobs(settings: Settings, dispatch: Dispatch, clock: MovableClock) -> Jobs:
    return Jobs(settings, dispatch, clock, clock.monotonic)


@pytest.fixture
async def office(jobs: Jobs, dispatch: Dispatch, clock: MovableClock) -> Office:
    workspace, _ = await open_workspace("console", "o", default_plan="pro", plans=load_plans(), now=clock())
    return Office(jobs, dispatch, workspace)


@pytest.fixture
def hands(jobs: Jobs, dispatch: Dispatch) -> Hands:
    return Hands(jobs, dispatch, "w1")


async def test_a_worker_that_waits_is_given_a_new_job(office: Office, hands: Hands) -> None:
    async with hands.at_work({PICTURES: 1}):
        job = await office.ask()
        assert await hands.given.get() == job.id


async def test_a_worker_that_comes_later_finds_what_was_queued_before(office: Office, hands: Hands) -> None:
    job = await office.ask()
    async with hands.at_work({PICTURES: 1}):
        assert await hands.given.get() == job.id


async def test_a_job_that_was_undone_is_never_given(office: Office, hands: Hands) -> None:
    async with hands.at_work({PICTURES: 1, TRAININGS: 1}):
        await office.ask_and_change_their_mind()
        real = await office.ask()
        assert await hands.given.get() == real.id
        assert hands.given.empty()


async def test_no_more_is_given_than_there_is_room_for(office: Office, hands: Hands) -> None:
    asked = {(await office.ask()).id for _ in range(5)}
    async with hands.at_work({PICTURES: 2}):
        given = {await hands.given.get(), await hands.given.get()}
        hands.let_go.set()
        given |= {await hands.given.get() for _ in range(3)}
    assert given == asked
    assert hands.most_held == 2


async def test_two_workers_share_the_jobs_and_none_is_given_twice(
    office: Office, jobs: Jobs, dispatch: Dispatch
) -> None:
    one, other = Hands(jobs, dispatch, "w1"), Hands(jobs, dispatch, "w2")
    async with one.at_work({PICTURES: 1}), other.at_work({PICTURES: 1}):
        asked = {(await office.ask()).id, (await office.ask()).id}
        assert {await one.given.get(), await other.given.get()} == asked
    assert one.given.empty() and other.given.empty()


async def test_a_worker_that_idles_is_given_work_before_one_that_is_busy(
    office: Office, jobs: Jobs, dispatch: Dispatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    for dispatcher in ("embedded", "postgres"):  # long, so that this machine's pace is no matter
        monkeypatch.setattr(f"core.queue.{dispatcher}.HEAD_START_SECONDS", 2 * PATIENCE_SECONDS)
    busy, idle = Hands(jobs, dispatch, "w1"), Hands(jobs, dispatch, "w2")
    async with busy.at_work({PICTURES: 4}):
        await office.ask()
        await busy.given.get()
        async with idle.at_work({PICTURES: 4}):
            job = await office.ask()
            assert await idle.given.get() == job.id
    assert busy.given.empty()


async def test_a_worker_that_is_busy_takes_more_when_nobody_idles(office: Office, hands: Hands) -> None:
    async with hands.at_work({PICTURES: 4}):
        first = await office.ask()
        assert await hands.given.get() == first.id
        second = await office.ask()
        assert await hands.given.get() == second.id


async def test_a_lane_that_a_worker_does_not_serve_waits_for_one_that_does(
    office: Office, jobs: Jobs, dispatch: Dispatch
) -> None:
    trainer, painter = Hands(jobs, dispatch, "w1"), Hands(jobs, dispatch, "w2")
    async with trainer.at_work({TRAININGS: 1}):
        job = await office.ask()
        async with painter.at_work({PICTURES: 1}):
            assert await painter.given.get() == job.id
    assert trainer.given.empty()


async def test_what_was_started_goes_on_when_the_worker_takes_no_more(
    office: Office, hands: Hands, dispatch: Dispatch
) -> None:
    async with dispatch.ears("bot") as ears:
        async with hands.at_work({PICTURES: 1}):
            job = await office.ask()
            await hands.given.get()
        hands.let_go.set()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (await JobRecord.get(id=job.id)).status is not JobStatus.SUCCEEDED:
                await ears.wait(1.0)


async def test_a_job_given_back_goes_to_the_next_worker(office: Office, hands: Hands, jobs: Jobs) -> None:
    job = await office.ask()
    claim = await jobs.claim(PICTURES, worker_id="w0")
    assert claim is not None
    async with hands.at_work({PICTURES: 1}):
        await jobs.give_back(claim)
        assert await hands.given.get() == job.id


async def test_a_job_whose_worker_fell_silent_goes_to_the_next(
    office: Office, hands: Hands, jobs: Jobs, clock: MovableClock
) -> None:
    job = await office.ask()
    assert await jobs.claim(PICTURES, worker_id="gone") is not None
    await jobs.return_stalled()
    clock.advance(seconds=3)
    async with hands.at_work({PICTURES: 1}):
        assert await jobs.return_stalled() == 1
        assert await hands.given.get() == job.id


async def test_a_promise_that_died_with_its_worker_is_made_again(
    office: Office, jobs: Jobs, dispatch: Dispatch
) -> None:
    drawn = asyncio.Event()

    async def never_claim(lane: str) -> None:
        drawn.set()
        await asyncio.Event().wait()

    job = await office.ask()
    dying = asyncio.create_task(dispatch.serve({PICTURES: 1}, never_claim))
    async with asyncio.timeout(PATIENCE_SECONDS):
        await drawn.wait()
    dying.cancel()  # it drew the promise, and dies before it claims
    await asyncio.gather(dying, return_exceptions=True)
    await dispatch.recover()
    successor = Hands(jobs, dispatch, "w2")
    async with successor.at_work({PICTURES: 1}):
        assert await successor.given.get() == job.id


async def test_a_call_reaches_the_worker_that_is_meant(dispatch: Dispatch) -> None:
    async with dispatch.ears("worker", "w1") as ears, asyncio.timeout(PATIENCE_SECONDS):
        await ears.wait(0.2)  # whatever there was to hear at the start
        await dispatch.call_worker("w1")
        await ears.wait(600)


async def test_a_call_reaches_every_bot(dispatch: Dispatch) -> None:
    async with (
        dispatch.ears("bot") as one,
        dispatch.ears("bot") as other,
        asyncio.timeout(PATIENCE_SECONDS),
    ):
        await asyncio.gather(one.wait(0.2), other.wait(0.2))
        await dispatch.call_bots()
        await asyncio.gather(one.wait(600), other.wait(600))
