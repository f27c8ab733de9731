"""How a job ends: its row, its credits, one outbox row, and the model version that serves, or that never will."""

from __future__ import annotations

import logging
from datetime import datetime

from core import credits
from core.errors import ClaimLost
from core.queue import outbox
from core.queue.specs import FeaturesResult, Result, TrainResult
from core.store.records import (
    DraftRecord,
    DraftState,
    JobRecord,
    JobStatus,
    ModelRecord,
    PhotoFeatureRecord,
    PhotoRecord,
    VersionPhotoRecord,
    VersionRecord,
    VersionState,
)

log = logging.getLogger(__name__)


async def end(
    job: JobRecord,
    status: JobStatus,
    now: datetime,
    *,
    expected: JobStatus,
    delivered: int = 0,
    **changes: object,
) -> None:
    """Close a job's row, settle its credits and leave one outbox row.

    Runs in a transaction that holds the job's workspace.

    Args:
        delivered: Credits to charge; the rest of what was reserved returns.
        changes: Other fields of the row.

    Raises:
        ClaimLost: The job is not in the status that was expected.
    """
    ended = await JobRecord.filter(id=job.id, status=expected).update(
        status=status,
        ended_at=now,
        claim_token=None,
        lease_expires_at=None,
        checkpoint_key=None,
        preview_key=None,
        **changes,
    )
    if ended == 0:
        raise ClaimLost(job.id)
    if status is not JobStatus.SUCCEEDED:
        await _apply_without_result(job, status)
    await credits.settle(job.workspace_id, job.id, reserved=job.credits, delivered=delivered)
    await outbox.leave(job, status, now)
    log.info("action=job_ended job=%s kind=%s status=%s", job.id, job.kind.value, status.value)


async def apply_result(job: JobRecord, result: Result, now: datetime) -> None:
    """Publish what the job made. A model that was deleted meanwhile stays deleted, and so does a photo."""
    if isinstance(result, FeaturesResult):
        await _keep_features(job.workspace_id, result)
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


async def _keep_features(workspace_id: str, result: FeaturesResult) -> None:
    """Write down what was seen, beside the photos that are still there: they are erased under the same lock."""
    seen = {photo.sha256: photo.seen for photo in result.photos}
    photos = PhotoRecord.filter(workspace_id=workspace_id, sha256__in=list(seen))
    rows = [
        PhotoFeatureRecord(
            workspace_id=workspace_id, sha256=photo.sha256, provider=result.provider, seen=seen[photo.sha256]
        )
        for photo in await photos.order_by("sha256")
    ]
    await PhotoFeatureRecord.bulk_create(rows, ignore_conflicts=True)


async def _apply_without_result(job: JobRecord, status: JobStatus) -> None:
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
