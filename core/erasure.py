"""Deleting for good: what a model, or a whole workspace, leaves nowhere once it is gone."""

from __future__ import annotations

from datetime import datetime

from tortoise.expressions import Subquery

from core import drafts, intake
from core.blob_references import delete_unreferenced, lock_files
from core.queue.jobs import Jobs
from core.queue.specs import TrainSpec, from_json
from core.store.blobs import Blobs
from core.store.database import transaction
from core.store.records import (
    ConsentRecord,
    DraftPhotoRecord,
    DraftRecord,
    EntryRecord,
    FindingRecord,
    JobKind,
    JobRecord,
    JobStatus,
    ModelRecord,
    OutboxPartRecord,
    OutboxRecord,
    PhotoFeatureRecord,
    PhotoRecord,
    TransferRecord,
    TurnClockRecord,
    VersionPhotoRecord,
    VersionRecord,
    VoteRecord,
    WorkspaceRecord,
)
from core.workspace import Workspace


async def delete_model(
    workspace: Workspace, blobs: Blobs, jobs: Jobs, model: ModelRecord, *, by: str, now: datetime
) -> None:
    """Erase a model: its name stops working and its rows go in one step, then its files.

    What remains is the tombstone that tells later prompts when it was deleted, and its jobs' bare rows.
    A crash after that step leaves only files, and the scrub deletes those.
    """
    async with transaction():
        await lock_files(workspace.id)
        await ModelRecord.filter(id=model.id).update(
            live_handle=None, serving_version_id=None, deleted_at=now, deleted_by=by, class_noun="", traits=""
        )
        keys = await _erase_rows(workspace.id, model.id)
    trainings = await JobRecord.filter(model_id=model.id, kind=JobKind.TRAIN)
    for job in trainings:
        if job.status in (JobStatus.QUEUED, JobStatus.RUNNING):
            await jobs.cancel(job)
    keys += [key for job in trainings for key in _files_of(job)]
    await delete_unreferenced(workspace.id, blobs, keys)


async def _erase_rows(workspace_id: str, model_id: str) -> list[str | None]:
    """Erase what hangs on the model and is nobody else's; return the keys of its files."""
    versions = await VersionRecord.filter(model_id=model_id)
    version_ids = [version.id for version in versions]
    photos = VersionPhotoRecord.filter(version_id__in=version_ids)
    photo_ids = [str(photo_id) for photo_id in await photos.values_list("photo_id", flat=True)]
    await photos.delete()
    await VersionRecord.filter(id__in=version_ids).delete()
    for draft in await DraftRecord.filter(model_id=model_id):
        photo_ids += [photo.photo_id for photo in await drafts.photos(draft)]
        await ConsentRecord.filter(draft_id=draft.id).delete()
        await drafts.erase(draft)
    keys: list[str | None] = [
        key for version in versions for key in (version.adapter_key, version.test_sheet_key)
    ]
    return keys + await intake.erase_unused_rows(workspace_id, photo_ids)


def _files_of(job: JobRecord) -> list[str | None]:
    spec = from_json(TrainSpec, job.spec)
    return [*(photo.blob_key for photo in spec.photos), job.preview_key, job.checkpoint_key]


async def erase_workspace_rows(workspace_id: str) -> None:
    """Erase every row of a workspace. Call it in a transaction, and `delete_files` after it."""
    await lock_files(workspace_id)
    models = ModelRecord.filter(workspace_id=workspace_id)
    versions = VersionRecord.filter(model_id__in=Subquery(models.values("id")))
    photos_of_drafts = DraftPhotoRecord.filter(
        draft_id__in=Subquery(DraftRecord.filter(workspace_id=workspace_id).values("id"))
    )
    endings = OutboxRecord.filter(
        job_id__in=Subquery(JobRecord.filter(workspace_id=workspace_id).values("id"))
    )
    # Children before the rows by which they are found.
    await VersionPhotoRecord.filter(version_id__in=Subquery(versions.values("id"))).delete()
    await versions.delete()
    await VoteRecord.filter(draft_photo_id__in=Subquery(photos_of_drafts.values("id"))).delete()
    await photos_of_drafts.delete()
    drafts_of = DraftRecord.filter(workspace_id=workspace_id)
    await FindingRecord.filter(draft_id__in=Subquery(drafts_of.values("id"))).delete()
    await OutboxPartRecord.filter(outbox_id__in=Subquery(endings.values("id"))).delete()
    await endings.delete()
    for record in (
        ModelRecord, DraftRecord, ConsentRecord, JobRecord, PhotoFeatureRecord, PhotoRecord, EntryRecord,
        TransferRecord,
    ):  # fmt: skip
        await record.filter(workspace_id=workspace_id).delete()
    await TurnClockRecord.filter(name__contains=workspace_id).delete()
    await WorkspaceRecord.filter(id=workspace_id).delete()


async def delete_files(workspace_id: str, blobs: Blobs) -> None:
    """Delete every file of a workspace whose rows are gone.

    Raises:
        StoreUnavailable: Some may be left, as orphans.
    """
    await blobs.delete_many(await blobs.keys(workspace_id))
