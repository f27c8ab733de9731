"""How each job's ending reads: the last words of its card, and the news beside it."""

from __future__ import annotations

from bot.cards import job_title
from bot.replies import (
    Button,
    ImagesReady,
    JobCancelled,
    JobDone,
    JobFailed,
    ModelReady,
    Picture,
    Reply,
)
from core import credits
from core.queue.specs import GenerateResult, GenerateSpec, TrainResult, TrainSpec, from_json
from core.rules.kinds import ModelKind
from core.rules.wording import listed
from core.store.records import JobKind, JobRecord, JobStatus, VersionRecord

ADVICE = (
    "If details drift: one sharp photo works better than three mixed ones, and /edit adds or removes photos."
)
_TRY = {
    ModelKind.PRODUCT: "/imagine @{handle} on a beach",
    ModelKind.CHARACTER: "/imagine @{handle} in a forest",
    ModelKind.STYLE: "/imagine a mug on a wooden table, @{handle}",
}


async def announcement(job: JobRecord) -> Reply | None:
    """Return what is posted as a message of its own: only a finished training is news."""
    if job.kind is not JobKind.TRAIN or job.status is not JobStatus.SUCCEEDED:
        return None
    spec, result = from_json(TrainSpec, job.spec), from_json(TrainResult, job.result)
    version = await VersionRecord.get_or_none(id=spec.version_id)
    return ModelReady(
        title=await job_title(job),
        requester_id=job.user_id,
        handle=spec.handle,
        version=version.number if version else 1,
        likeness=result.likeness,
        test_sheet=Picture(
            result.test_sheet_key, f"{spec.handle}-test-sheet.png", f"test sheet of {spec.handle}"
        ),
        try_prompt=_TRY[spec.kind].format(handle=spec.handle),
        advice=ADVICE,
        buttons=(
            Button("Try it", f"model:{spec.handle}:try"),
            Button("Edit", f"model:{spec.handle}:edit"),
            Button("Delete", f"model:{spec.handle}:delete"),
        ),
    )


async def ending_of(job: JobRecord) -> Reply:
    """Return what the job's card becomes."""
    title = await job_title(job)
    match job.status:
        case JobStatus.FAILED:
            return JobFailed(title, job.reason, job.credits)
        case JobStatus.CANCELLED:
            return JobCancelled(title, await credits.released(job.id))
        case JobStatus.SUCCEEDED if job.kind is JobKind.TRAIN:
            return JobDone(title, "Ready.")
        case JobStatus.SUCCEEDED:
            return await _pictures(job)
        case _:
            raise AssertionError(f"job {job.id} has not ended")


async def _pictures(job: JobRecord) -> ImagesReady:
    spec, result = from_json(GenerateSpec, job.spec), from_json(GenerateResult, job.result)
    versions: list[str] = []
    for use in spec.adapters:
        version = await VersionRecord.get_or_none(id=use.version_id)
        versions.append(f"@{use.handle} v{version.number}" if version else f"@{use.handle}")
    notes: tuple[str, ...] = ()
    if result.unknown_words:
        words = listed(result.unknown_words)
        notes = (f"This base does not know {words}, so the picture leaves that out. Simpler words may help.",)
    return ImagesReady(
        title=await job_title(job),
        requester_id=job.user_id,
        pictures=tuple(
            Picture(made.blob_key, f"{job.id[:8]}-{number}.png", f"picture {number}, seed {made.seed}")
            for number, made in enumerate(result.pictures, start=1)
        ),
        footer=" · ".join((f"seed {spec.seed}", *versions)),
        notes=notes,
        buttons=(Button("Again", f"again:{job.id}"),),
    )
