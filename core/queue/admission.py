"""From a workspace's own queue into the common line: who waits where.

    enqueued ──► waits for a place of its workspace (lane is NULL) ──admit──► stands in its lane ──claim──► runs

A workspace has `jobs_at_once` places in each lane. Its jobs take them in the turns of its users, and get their
place in the lane by the turns of the workspaces at that moment: so a thousand jobs of one workspace never
stand in anybody's way, and both lookups are one step in an index.

Trainings of one model go one after the other: the next gets a place when the one before has ended.

Everything here runs in a transaction that holds the workspace's row.
"""

from __future__ import annotations

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from core.queue import clocks
from core.queue.dispatch import Dispatch
from core.queue.specs import FeaturesSpec, GenerateSpec, Spec, TrainSpec
from core.rules.kinds import JobKind
from core.rules.turns import lane_of, turn_of
from core.store.records import JobRecord, JobStatus, WorkspaceRecord

USUAL_PICTURE_STEPS = 20
"""What a picture costs when the request leaves the number of steps to the base."""


async def hold_workspace(workspace_id: str) -> WorkspaceRecord:
    """Lock the workspace's row until the transaction ends; its credits and places change under this lock only.

    On SQLite the transaction itself is the lock.
    """
    return await WorkspaceRecord.filter(id=workspace_id).select_for_update().get()


def cost_of(spec: Spec) -> float:
    """Return the steps that a job asks of a device."""
    match spec:
        case TrainSpec():
            return float(spec.preset.num_steps)
        case GenerateSpec():
            return float(spec.count * (spec.num_inference_steps or USUAL_PICTURE_STEPS))
        case FeaturesSpec():
            return float(len(spec.photos))


async def user_turn(workspace_id: str, user_id: str, lane: str, cost: float) -> float:
    """Give a user the next turn among the users of the workspace, and return when it starts."""
    of_user = f"{lane}/{workspace_id}/{user_id}"
    turn = turn_of(*await clocks.read(_users_clock(lane, workspace_id), of_user), cost=cost)
    await clocks.move({of_user: turn.deadline})
    return turn.start


async def admit(
    workspace: WorkspaceRecord, kind: JobKind, base_model: str, dispatch: Dispatch
) -> list[JobRecord]:
    """Give the workspace's open places in a lane to its waiting jobs; return those that got one."""
    mine = JobRecord.filter(workspace_id=workspace.id, kind=kind, base_model=base_model)
    has_place = _has_place(lane_of(kind, base_model))
    open_places = workspace.jobs_at_once - await mine.filter(has_place).count()
    admitted: list[JobRecord] = []
    while len(admitted) < open_places:
        batch = await _next_to_admit(mine, open_places - len(admitted), kind, has_place)
        if not batch:
            break
        for job in batch:
            await _release(workspace, job, dispatch)
        admitted += batch
        if kind is not JobKind.TRAIN:
            break
    return admitted


async def _next_to_admit(
    mine: QuerySet[JobRecord], most: int, kind: JobKind, has_place: Q
) -> list[JobRecord]:
    # PostgreSQL does not see that a lane which is NULL is the same for all: ordering by it keeps to the index.
    waiting = mine.filter(status=JobStatus.QUEUED, lane=None).order_by("lane", "user_turn", "created_at")
    if kind is not JobKind.TRAIN:
        return await waiting.limit(most)
    # One at a time: each keeps the other trainings of its model waiting.
    in_training = await mine.filter(has_place).values_list("model_id", flat=True)
    return await waiting.exclude(model_id__in=[str(model_id) for model_id in in_training]).limit(1)


def _has_place(lane: str) -> Q:
    return Q(status=JobStatus.RUNNING) | Q(status=JobStatus.QUEUED, lane=lane)


async def _release(workspace: WorkspaceRecord, job: JobRecord, dispatch: Dispatch) -> None:
    lane = lane_of(job.kind, job.base_model)
    own, of_users = f"{lane}/{workspace.id}", _users_clock(lane, workspace.id)
    line_clock, own_clock, users_clock = await clocks.read(lane, own, of_users)
    turn = turn_of(line_clock, own_clock, cost=job.cost, weight=workspace.turn_weight)
    await clocks.move({own: turn.deadline, of_users: max(users_clock, job.user_turn)})
    job.lane, job.sort_key, job.deadline = lane, turn.start, turn.deadline
    await job.save(update_fields=["lane", "sort_key", "deadline"])
    await dispatch.hand_out(lane)


def _users_clock(lane: str, workspace_id: str) -> str:
    """Name the clock of a workspace's own queue: the line in which its users take turns."""
    return f"{lane}/{workspace_id}/"
