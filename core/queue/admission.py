"""From a workspace's own queue into the common line: who waits where.

    enqueued ──► waits for a place of its workspace (lane is NULL) ──admit──► stands in its lane ──claim──► runs

A workspace has `jobs_at_once` places in each lane. Its jobs take them in the turns of its users, and get their
place in the lane by the turns of the workspaces at that moment: so a thousand jobs of one workspace never
stand in anybody's way, and both lookups are one step in an index.

Trainings of one model go one after the other: the next gets a place when the one before has ended.

Everything here runs in a transaction that holds the workspace's row.
"""

from __future__ import annotations

from core.queue import clocks
from core.queue.dispatch import Dispatch
from core.queue.specs import GenerateSpec, Spec, TrainSpec
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


async def user_turn(workspace_id: str, user_id: str, lane: str, cost: float) -> float:
    """Give a user the next turn among the users of the workspace, and return it."""
    of_workspace, of_user = _users_clock(lane, workspace_id), f"{lane}/{workspace_id}/{user_id}"
    turn = turn_of(await clocks.read(of_workspace), await clocks.read(of_user), cost=cost)
    await clocks.advance(of_user, turn.deadline)
    return turn.deadline


async def admit(workspace: WorkspaceRecord, kind: JobKind, base_model: str, dispatch: Dispatch) -> int:
    """Give the workspace's open places in a lane to its waiting jobs; return how many got one."""
    mine = JobRecord.filter(workspace_id=workspace.id, kind=kind, base_model=base_model)
    running = await mine.filter(status=JobStatus.RUNNING).count()
    in_line = await mine.filter(status=JobStatus.QUEUED, lane__isnull=False).count()
    admitted = 0
    for _ in range(workspace.jobs_at_once - running - in_line):
        waiting = mine.filter(status=JobStatus.QUEUED, lane=None)
        if kind is JobKind.TRAIN:
            waiting = waiting.exclude(model_id__in=await _models_in_training(workspace.id))
        job = await waiting.order_by("user_turn", "created_at").first()
        if job is None:
            break
        await _release(workspace, job, dispatch)
        admitted += 1
    return admitted


async def _models_in_training(workspace_id: str) -> list[str]:
    trainings = JobRecord.filter(workspace_id=workspace_id, kind=JobKind.TRAIN)
    running = await trainings.filter(status=JobStatus.RUNNING).values_list("model_id", flat=True)
    in_line = await trainings.filter(status=JobStatus.QUEUED, lane__isnull=False).values_list(
        "model_id", flat=True
    )
    return [str(model_id) for model_id in (*running, *in_line)]


async def _release(workspace: WorkspaceRecord, job: JobRecord, dispatch: Dispatch) -> None:
    lane = lane_of(job.kind, job.base_model)
    own = f"{lane}/{workspace.id}"
    turn = turn_of(
        await clocks.read(lane), await clocks.read(own), cost=job.cost, weight=workspace.turn_weight
    )
    await clocks.advance(own, turn.deadline)
    await clocks.advance(_users_clock(lane, workspace.id), job.user_turn - job.cost)
    await JobRecord.filter(id=job.id).update(lane=lane, lane_turn=turn.start, sort_key=turn.deadline)
    await dispatch.hand_out(lane)


def _users_clock(lane: str, workspace_id: str) -> str:
    """Name the clock of a workspace's own queue: the line in which its users take turns."""
    return f"{lane}/{workspace_id}/"
