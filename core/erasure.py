"""Deleting for good: what a model leaves nowhere once it is gone."""

from __future__ import annotations

from datetime import datetime

from core import drafts, intake
from core.blob_references import delete_unreferenced
from core.queue.jobs import Jobs
from core.queue.specs import TrainSpec, from_json
from core.store.blobs import Blobs
from core.store.database import transaction
from core.store.records import (
    ConsentRecord,
    DraftRecord,
    JobKind,
    JobRecord,
    JobStatus,
    ModelRecord,
    PhotoRecord,
    VersionPhotoRecord,
    VersionRecord,
)
from core.workspace import Workspace


async def delete_model(
    workspace: Workspace, blobs: Blobs, jobs: Jobs, model: ModelRecord, *, by: str, now: datetime
) -> None:
    """Erase a model: its name stops working at once, then its rows and files go.

    What remains is the tombstone that tells later prompts when it was deleted, and its jobs' bare rows.
    """
    async with transaction():
        await ModelRecord.filter(id=model.id).update(
            live_handle=None, serving_version_id=None, deleted_at=now, deleted_by=by, class_noun="", traits=""
        )
    trainings = await JobRecord.filter(model_id=model.id, kind=JobKind.TRAIN)
    for job in trainings:
        if job.status in (JobStatus.QUEUED, JobStatus.RUNNING):
            await jobs.cancel(job)
    versions = await VersionRecord.filter(model_id=model.id)
    version_ids = [version.id for version in versions]
    photo_ids = await VersionPhotoRecord.filter(version_id__in=version_ids).values_list("photo_id", flat=True)
    all_drafts = await DraftRecord.filter(model_id=model.id)
    draft_photo_ids = [photo.photo_id for draft in all_drafts for photo in await drafts.photos(draft)]
    async with transaction():
        await VersionPhotoRecord.filter(version_id__in=version_ids).delete()
        await VersionRecord.filter(id__in=version_ids).delete()
        for draft in all_drafts:
            await ConsentRecord.filter(draft_id=draft.id).delete()
            await drafts.erase(draft)
    keys = [key for version in versions for key in (version.adapter_key, version.test_sheet_key)]
    keys += [key for job in trainings for key in _files_of(job)]
    await delete_unreferenced(workspace.id, blobs, keys)
    photos = await PhotoRecord.filter(id__in=[*photo_ids, *draft_photo_ids], workspace_id=workspace.id)
    await intake.discard_unused(workspace, blobs, photos)


def _files_of(job: JobRecord) -> list[str | None]:
    spec = from_json(TrainSpec, job.spec)
    return [*(photo.blob_key for photo in spec.photos), job.preview_key, job.checkpoint_key]
