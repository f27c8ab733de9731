"""Which files are still somebody's: content-addressed keys are shared, so nothing is deleted unasked."""

from __future__ import annotations

from collections.abc import Iterable

from core.queue.specs import TrainSpec, from_json
from core.store.blobs import Blobs
from core.store.records import JobKind, JobRecord, JobStatus, ModelRecord, PhotoRecord, VersionRecord

_OPEN = [JobStatus.QUEUED, JobStatus.RUNNING]


async def delete_unreferenced(workspace_id: str, blobs: Blobs, keys: Iterable[str | None]) -> None:
    """Delete those of the files that no row of the workspace refers to."""
    candidates = {key for key in keys if key}
    for key in candidates - await _referenced(workspace_id):
        await blobs.delete(key)


async def _referenced(workspace_id: str) -> set[str]:
    photos = await PhotoRecord.filter(workspace_id=workspace_id).values_list("blob_key", flat=True)
    models = await ModelRecord.filter(workspace_id=workspace_id, deleted_at=None).values_list("id", flat=True)
    versions = await VersionRecord.filter(model_id__in=list(models))
    kept = {str(key) for key in photos}
    kept |= {key for version in versions for key in (version.adapter_key, version.test_sheet_key)}
    for job in await JobRecord.filter(workspace_id=workspace_id, kind=JobKind.TRAIN, status__in=_OPEN):
        kept |= {photo.blob_key for photo in from_json(TrainSpec, job.spec).photos}
    return kept
