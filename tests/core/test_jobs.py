"""A job ends once, whoever dies: the claim token, the lease and the one outbox row."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from core import credits
from core.clock import utc_now
from core.errors import ClaimLost, StoreUnavailable
from core.queue.dispatch import Dispatch
from core.queue.jobs import Claim, Jobs, NewJob, Pulse
from core.queue.specs import GenerateResult, GenerateSpec, MadePicture
from core.rules.plans import load_plans
from core.settings import Settings
from core.store.database import transaction
from core.store.records import EntryRecord, JobRecord, JobStatus, OutboxRecord
from core.workspace import Workspace, open_workspace
from tests.conftest import MovableClock
from tests.fakes.store import store_outage

PICTURES = GenerateResult(pictures=(MadePicture("w/1.png", 7, 64, 64),))


@pytest.fixture
async def workspace(database: None, clock: MovableClock) -> AsyncIterator[Workspace]:
    opened, _ = await open_workspace("console", "local", default_plan="pro", plans=load_plans(), now=clock())
    return opened


@pytest.fixture
def jobs(settings: Settings, dispatch: Dispatch, clock: MovableClock) -> Jobs:
    return Jobs(settings, dispatch, clock, clock.monotonic)


async def ask(jobs: Jobs, workspace: Workspace, *, price: int = 4, places: int = 8) -> JobRecord:
    spec = GenerateSpec(workspace.id, "a mug", (), "tiny", 4, 7, 64, 64)
    new = NewJob(workspace.id, "ana", spec, price, "console", "main", jobs_at_once=places)
    async with transaction():
        job = await jobs.enqueue(new)
    assert job is not None
    return job


async def claim(jobs: Jobs, worker: str = "w1") -> Claim:
    claimed = await jobs.claim("generate.tiny", worker_id=worker)
    assert claimed is not None
    return claimed


async def worker_falls_silent(jobs: Jobs, clock: MovableClock) -> int:
    """Let a lease run out under the eyes of the sweep, and return how many jobs that freed."""
    assert await jobs.return_stalled() == 0
    clock.advance(seconds=31)
    return await jobs.return_stalled()


async def status(job: JobRecord) -> JobStatus:
    return (await JobRecord.get(id=job.id)).status


async def test_a_finished_job_is_charged_once_and_leaves_one_message(
    jobs: Jobs, workspace: Workspace
) -> None:
    job = await ask(jobs, workspace)
    assert await workspace.balance() == 996
    await jobs.finish(await claim(jobs), PICTURES)
    assert await status(job) is JobStatus.SUCCEEDED
    assert await workspace.balance() == 996
    assert await credits.balance(workspace.id, credits.Account.SPENT) == 4
    assert await OutboxRecord.filter(job_id=job.id).count() == 1


async def test_a_failed_job_gives_every_credit_back(jobs: Jobs, workspace: Workspace) -> None:
    job = await ask(jobs, workspace)
    await jobs.fail(await claim(jobs), "It did not work out. Your 4 credits are back.")
    assert (await status(job), await workspace.balance()) == (JobStatus.FAILED, 1000)


async def test_the_spec_a_worker_gets_is_the_one_that_was_asked_for(jobs: Jobs, workspace: Workspace) -> None:
    await ask(jobs, workspace)
    assert (await claim(jobs)).spec == GenerateSpec(workspace.id, "a mug", (), "tiny", 4, 7, 64, 64)


async def test_a_silent_worker_loses_its_job_and_can_write_nothing_more(
    jobs: Jobs, workspace: Workspace, clock: MovableClock
) -> None:
    job = await ask(jobs, workspace)
    zombie = await claim(jobs, "zombie")
    assert await worker_falls_silent(jobs, clock) == 1
    successor = await claim(jobs, "successor")
    for write in (
        jobs.finish(zombie, PICTURES),
        jobs.fail(zombie, "no"),
        jobs.save_checkpoint(zombie, "k"),
        jobs.report_progress(zombie, done=1, total=2, seconds_left=None),
        jobs.settle_cancelled(zombie, fraction_done=0.5),
        jobs.give_back(zombie),
    ):
        with pytest.raises(ClaimLost):
            await write
    assert (await jobs.heartbeat([zombie])).lost == {job.id}
    await jobs.finish(successor, PICTURES)
    assert await status(job) is JobStatus.SUCCEEDED
    assert await OutboxRecord.filter(job_id=job.id).count() == 1


async def test_a_heartbeat_keeps_the_job(jobs: Jobs, workspace: Workspace, clock: MovableClock) -> None:
    await ask(jobs, workspace)
    mine = await claim(jobs)
    for _ in range(4):
        clock.advance(seconds=20)
        assert await jobs.heartbeat([mine]) == Pulse(frozenset(), frozenset())
        assert await jobs.return_stalled() == 0


async def test_a_clock_that_jumps_ahead_takes_no_job_from_a_living_worker(
    jobs: Jobs, workspace: Workspace, clock: MovableClock
) -> None:
    await ask(jobs, workspace)
    mine = await claim(jobs)
    clock.jump(days=1)
    for _ in range(5):
        assert await jobs.return_stalled() == 0
        clock.advance(seconds=5)
        await jobs.heartbeat([mine])


async def test_a_clock_that_jumps_back_leaves_no_job_with_a_dead_worker(
    jobs: Jobs, workspace: Workspace, clock: MovableClock
) -> None:
    await ask(jobs, workspace)
    await claim(jobs)
    clock.jump(days=-1)
    assert await worker_falls_silent(jobs, clock) == 1


async def test_a_sweep_that_has_just_started_trusts_an_old_lease_after_a_few_heartbeats(
    jobs: Jobs, workspace: Workspace, clock: MovableClock
) -> None:
    await ask(jobs, workspace)
    await claim(jobs)
    clock.advance(seconds=60)
    assert await jobs.return_stalled() == 0
    clock.advance(seconds=13)
    assert await jobs.return_stalled() == 1


async def test_an_outage_of_the_database_takes_no_job_from_a_living_worker(
    jobs: Jobs, workspace: Workspace, clock: MovableClock
) -> None:
    await ask(jobs, workspace)
    mine = await claim(jobs)
    assert await jobs.return_stalled() == 0
    clock.advance(seconds=40)
    with store_outage(), pytest.raises(StoreUnavailable):
        await jobs.return_stalled()
    assert await jobs.return_stalled() == 0  # nobody could have renewed it
    await jobs.heartbeat([mine])
    clock.advance(seconds=20)
    assert await jobs.return_stalled() == 0


async def test_a_job_that_kills_its_workers_fails_after_three_tries(
    jobs: Jobs, workspace: Workspace, clock: MovableClock
) -> None:
    job = await ask(jobs, workspace)
    for _ in range(3):
        await claim(jobs)
        await worker_falls_silent(jobs, clock)
    assert await jobs.claim("generate.tiny", worker_id="w") is None
    ended = await JobRecord.get(id=job.id)
    assert ended.status is JobStatus.FAILED
    assert "stopped 3 times" in ended.reason
    assert await workspace.balance() == 1000


async def test_a_worker_that_shuts_down_hands_the_job_on_without_counting_a_try(
    jobs: Jobs, workspace: Workspace
) -> None:
    await ask(jobs, workspace)
    for _ in range(5):
        await jobs.give_back(await claim(jobs))
    assert (await claim(jobs)).attempt == 1


async def test_cancelling_a_queued_job_ends_it_at_once(jobs: Jobs, workspace: Workspace) -> None:
    job = await ask(jobs, workspace)
    assert await jobs.cancel(job) is JobStatus.QUEUED
    assert (await status(job), await workspace.balance()) == (JobStatus.CANCELLED, 1000)
    assert await OutboxRecord.filter(job_id=job.id).count() == 1


async def test_cancelling_a_running_job_returns_what_was_not_done(jobs: Jobs, workspace: Workspace) -> None:
    job = await ask(jobs, workspace, price=10)
    mine = await claim(jobs)
    assert await jobs.cancel(job) is JobStatus.RUNNING
    assert (await jobs.heartbeat([mine])).cancelled == {job.id}
    await jobs.settle_cancelled(mine, fraction_done=0.6)
    assert await workspace.balance() == 994
    assert await credits.released(job.id) == 4


async def test_cancelling_an_ended_job_changes_nothing(jobs: Jobs, workspace: Workspace) -> None:
    job = await ask(jobs, workspace)
    await jobs.finish(await claim(jobs), PICTURES)
    assert await jobs.cancel(job) is JobStatus.SUCCEEDED
    assert await status(job) is JobStatus.SUCCEEDED


async def test_too_few_credits_queue_nothing(jobs: Jobs, workspace: Workspace) -> None:
    spec = GenerateSpec(workspace.id, "a mug", (), "tiny", 4, 7, 64, 64)
    async with transaction():
        refused = await jobs.enqueue(NewJob(workspace.id, "ana", spec, 1001, "console", "main"))
    assert refused is None
    assert await JobRecord.all().count() == 0
    assert await workspace.balance() == 1000


async def test_many_workers_never_share_a_job(jobs: Jobs, workspace: Workspace) -> None:
    for _ in range(8):
        await ask(jobs, workspace, price=1)
    claims = await asyncio.gather(*(claim(jobs, f"w{number}") for number in range(8)))
    assert len({one.job_id for one in claims}) == 8


async def test_every_transfer_sums_to_zero(jobs: Jobs, workspace: Workspace) -> None:
    for ending in ("finish", "fail", "cancel"):
        job = await ask(jobs, workspace, price=7)
        if ending == "cancel":
            await jobs.cancel(job)
            continue
        mine = await claim(jobs)
        await (jobs.finish(mine, PICTURES) if ending == "finish" else jobs.fail(mine, "no"))
    assert sum([entry.amount for entry in await EntryRecord.all()]) == 0
    assert await credits.balance(workspace.id, credits.Account.RESERVED) == 0


async def test_a_month_is_granted_once(workspace: Workspace, clock: MovableClock) -> None:
    for _ in range(3):
        await credits.grant_month(workspace.id, workspace.plan, clock())
    assert await workspace.balance() == 1000
    clock.advance(days=30)
    await credits.grant_month(workspace.id, workspace.plan, clock())
    assert await workspace.balance() == 2000


def test_the_clock_carries_its_zone() -> None:
    assert utc_now().tzinfo is not None
