"""What a job's ending changes besides the job: the model version that serves, or that never will."""

from __future__ import annotations

from datetime import datetime

from core.queue.specs import Result, TrainResult
from core.store.records import (
    DraftRecord,
    DraftState,
    JobRecord,
    JobStatus,
    ModelRecord,
    VersionPhotoRecord,
    VersionRecord,
    VersionState,
)


async def apply_result(job: JobRecord, result: Result, now: datetime) -> None:
    """Publish what the job made. A model that was deleted meanwhile stays deleted."""
    if not isinstance(result, TrainResult):
        return
    await VersionRecord.filter(id=job.version_id).update(
        state=VersionState.READY,
        adapter_key=result.adapter_key,
        base_weights_sha256=result.base_weights_sha256,
        test_sheet_key=result.test_sheet_key,
        likeness_score=result.likeness,
    )
    await ModelRecord.filter(id=job.model_id, deleted_at=None).update(serving_version_id=job.version_id)
    await _close_draft(job, "trained")


async def apply_without_result(job: JobRecord, status: JobStatus) -> None:
    """Mark the version as failed; an earlier one goes on serving.

    A new model whose first training was cancelled gives its name back. One whose training failed keeps
    it, so that its photos can be edited and tried again.
    """
    if job.version_id is None:
        return
    await VersionRecord.filter(id=job.version_id).update(state=VersionState.FAILED)
    if status is JobStatus.CANCELLED:
        is_first = ModelRecord.filter(id=job.model_id, serving_version_id=None, deleted_at=None)
        if await is_first.exists():
            await VersionPhotoRecord.filter(version_id=job.version_id).delete()
            await VersionRecord.filter(id=job.version_id).delete()
            await is_first.delete()
    await _close_draft(job, "not trained")


async def _close_draft(job: JobRecord, reason: str) -> None:
    if job.draft_id is not None:
        await DraftRecord.filter(id=job.draft_id).update(
            state=DraftState.CLOSED, close_reason=reason, live_handle=None
        )
