"""`/jobs`: what waits, runs or ended lately, and how to stop it."""

from __future__ import annotations

from bot import cards
from bot.context import Context
from bot.replies import Button, JobLine, JobList, Notice, Reply
from bot.requests import JobsRequest, Requester
from core.errors import NotFound
from core.store.records import JobRecord, JobStatus

OPEN = (JobStatus.QUEUED, JobStatus.RUNNING)
_SAID = {JobStatus.SUCCEEDED: "done", JobStatus.FAILED: "did not work out"}


async def listing(context: Context, request: JobsRequest) -> JobList:
    """List the latest jobs; results that the requester has not seen yet are marked, and then seen."""
    workspace = await context.workspace_of(request.requester)
    jobs = await workspace.jobs()
    lines = tuple([await _line(job, request.requester) for job in jobs])
    seen = [job.id for job in jobs if job.user_id == request.requester.user_id and job.status not in OPEN]
    await JobRecord.filter(id__in=seen).update(is_seen=True)
    return JobList(lines)


def status_of(job: JobRecord) -> str:
    """Return `queued`, `running, 61 %`, `done`, `did not work out` or `cancelled`."""
    if job.status is JobStatus.RUNNING and job.progress_total:
        return f"running, {round(100 * job.progress_done / job.progress_total)} %"
    return _SAID.get(job.status, job.status.value)


async def _line(job: JobRecord, requester: Requester) -> JobLine:
    is_open = job.status in OPEN
    return JobLine(
        title=(await cards.job_title(job)).text,
        status=status_of(job),
        is_new=not is_open and not job.is_seen and job.user_id == requester.user_id,
        buttons=(Button("Cancel", f"job:{job.id}:cancel"),) if is_open else (),
    )


async def press(context: Context, requester: Requester, job_id: str, verb: str) -> Reply | None:
    """Answer a button of a job's card: the person who asked, or an admin, may stop it."""
    workspace = await context.workspace_of(requester)
    try:
        job = await workspace.job(job_id)
    except NotFound:
        return Notice("That job is gone.")
    if verb != "cancel":
        return None
    if requester.user_id != job.user_id and not requester.is_admin:
        return Notice("Only the person who asked for this, or an admin, can stop it.")
    found = await context.jobs.cancel(job)
    if found not in OPEN:
        return Notice("That had ended already.")
    return None
