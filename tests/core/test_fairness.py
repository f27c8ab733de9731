"""Whose job is next, on real rows: users take turns, workspaces keep to their places, plans weigh."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from core.queue.dispatch import Dispatch
from core.queue.estimates import wait_of
from core.queue.jobs import Claim, Jobs, NewJob
from core.queue.specs import GenerateResult, GenerateSpec
from core.queue.workers import Announcement, announce
from core.rules.plans import Plan, load_plans
from core.settings import Settings
from core.store.database import transaction
from core.store.records import JobRecord, JobStatus
from core.workspace import open_workspace
from tests.conftest import MovableClock
from tests.gpu_worker.specs import train_spec

LANE, TRAININGS = "generate.tiny", "train.tiny"
PLANS = load_plans()


class Hall:
    """Several workspaces that ask for pictures, and one worker that makes one at a time."""

    def __init__(self, settings: Settings, dispatch: Dispatch, clock: MovableClock) -> None:
        self.jobs = Jobs(settings, dispatch, clock, clock.monotonic)
        self.clock = clock
        self._ids: dict[str, str] = {}

    async def ask(self, workspace: str, plan: str = "pro", *, user: str = "ana", times: int = 1) -> JobRecord:
        workspace_id, chosen = await self._open(workspace, plan)
        spec = GenerateSpec(workspace_id, "a mug", (), "tiny", 1, 7, 64, 64)
        new = NewJob(
            workspace_id, user, spec, 0, "console", "main",
            weight=chosen.weight, jobs_at_once=chosen.jobs_at_once,
        )  # fmt: skip
        for _ in range(times):
            async with transaction():
                job = await self.jobs.enqueue(new)
        assert job is not None
        return job

    async def _open(self, workspace: str, plan: str) -> tuple[str, Plan]:
        if workspace not in self._ids:
            opened, _ = await open_workspace(
                "console", workspace, default_plan=plan, plans=PLANS, now=self.clock()
            )
            self._ids[workspace] = opened.id
        return self._ids[workspace], PLANS.named(plan)

    async def train(self, workspace: str, model: str) -> JobRecord:
        """Queue a training of a model, on the plan that allows three at once."""
        workspace_id, chosen = await self._open(workspace, "pro")
        spec = replace(train_spec(), workspace_id=workspace_id, model_id=model)
        new = NewJob(
            workspace_id, "ana", spec, 0, "console", "main",
            weight=chosen.weight, jobs_at_once=chosen.jobs_at_once,
        )  # fmt: skip
        async with transaction():
            job = await self.jobs.enqueue(new)
        assert job is not None
        return job

    async def take(self, lane: str = LANE) -> Claim:
        claim = await self.jobs.claim(lane, worker_id="w")
        assert claim is not None
        return claim

    async def serve(self) -> str:
        """Do the next job; return whose it was, as `workspace/user`."""
        claim = await self.take()
        job = await JobRecord.get(id=claim.job_id)
        await self.jobs.finish(claim, GenerateResult(()))
        name = next(name for name, workspace_id in self._ids.items() if workspace_id == job.workspace_id)
        return f"{name}/{job.user_id}"


@pytest.fixture
def hall(settings: Settings, dispatch: Dispatch, clock: MovableClock) -> Hall:
    return Hall(settings, dispatch, clock)


@pytest.mark.parametrize("plan", ["free", "pro"])
async def test_a_flood_does_not_delay_another_workspaces_first_job(hall: Hall, plan: str) -> None:
    await hall.ask("flood", "enterprise", times=40)
    await hall.serve()
    running = await hall.take()
    await hall.ask("newcomer", plan)
    await hall.jobs.finish(running, GenerateResult(()))
    assert await hall.serve() == "newcomer/ana"


async def test_users_of_one_workspace_take_turns(hall: Hall) -> None:
    await hall.ask("team", user="ana", times=10)
    await hall.serve()
    await hall.ask("team", user="ben", times=4)
    order = [await hall.serve() for _ in range(9)]
    # Three of Ana's had their places already; from then on it is one each.
    assert Counter(order[3:])["team/ben"] >= 3


async def test_plans_share_the_device_by_their_weights(hall: Hall) -> None:
    await hall.ask("small", "free", times=12)
    await hall.ask("large", "pro", times=40)
    served = Counter([await hall.serve() for _ in range(40)])
    assert served["large/ana"] == pytest.approx(4 * served["small/ana"], abs=4)


async def test_a_free_job_moves_while_pro_workspaces_never_stop(hall: Hall) -> None:
    for number in range(5):
        await hall.ask(f"pro-{number}", "pro")
    await hall.ask("free", "free")
    order: list[str] = []
    for turn in range(25):
        order.append(await hall.serve())
        await hall.ask(f"pro-{turn % 5}", "pro")
    assert "free/ana" in order


async def test_a_workspace_has_no_more_jobs_in_hand_than_its_plan_allows(hall: Hall) -> None:
    await hall.ask("team", "pro", times=8)
    for _ in range(PLANS.named("pro").jobs_at_once):
        last = await hall.take()
    assert await hall.jobs.claim(LANE, worker_id="w") is None
    await hall.jobs.finish(last, GenerateResult(()))
    await hall.take()


async def test_trainings_of_one_model_go_one_after_the_other(hall: Hall) -> None:
    shoes = [await hall.train("team", "shoes"), await hall.train("team", "shoes")]
    hat = await hall.train("team", "hat")
    first, other = await hall.take(TRAININGS), await hall.take(TRAININGS)
    assert {first.job_id, other.job_id} == {shoes[0].id, hat.id}
    assert await hall.jobs.claim(TRAININGS, worker_id="w") is None
    await hall.jobs.fail(first, "It did not work out.")
    assert (await hall.take(TRAININGS)).job_id == shoes[1].id


async def test_a_cancelled_job_makes_room_for_the_next(hall: Hall) -> None:
    first = await hall.ask("team", "free")
    await hall.ask("team", "free")
    await hall.jobs.cancel(first)
    await hall.take()


async def test_the_place_in_line_is_the_one_that_comes_true(hall: Hall) -> None:
    await hall.ask("flood", times=12)
    mine = await hall.ask("quiet", user="cleo")
    ahead = (await wait_of(mine, hall.clock())).ahead
    order: list[str] = []
    while "quiet/cleo" not in order:
        order.append(await hall.serve())
    assert len(order) - 1 == ahead


async def test_a_wait_is_said_in_minutes_only_while_somebody_works(hall: Hall, clock: MovableClock) -> None:
    await hall.ask("team", times=2)
    claim = await hall.take()
    clock.advance(seconds=30)
    await hall.jobs.finish(claim, GenerateResult(()))
    last = await hall.ask("team")
    assert (await wait_of(last, clock())).minutes is None
    await announce(Announcement("w", {"tiny": "a" * 64}, (LANE,), "CPU", 0), clock())
    assert (await wait_of(last, clock())).minutes == pytest.approx(0.5)


async def test_jobs_that_an_earlier_release_queued_find_their_way_into_the_line(hall: Hall) -> None:
    job = await hall.ask("team")
    await JobRecord.filter(id=job.id).update(lane=None)  # as release 0001 left it
    assert await hall.jobs.claim(LANE, worker_id="w") is None
    assert await hall.jobs.admit_waiting() == 1
    assert (await hall.take()).job_id == job.id
    assert await JobRecord.filter(status=JobStatus.QUEUED).count() == 0
