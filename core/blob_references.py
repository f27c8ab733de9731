"""Which files are still somebody's: content-addressed keys are shared, so nothing is deleted unasked.

A reference is what a row says. Counts are computed from the rows each time and never stored, so that no
process, of this release or of an older one beside it, can put them wrong.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from core.errors import StoreUnavailable
from core.queue.specs import GenerateResult, GenerateSpec, TrainSpec, from_json
from core.store.blobs import Blobs
from core.store.database import transaction
from core.store.records import (
    DraftPhotoRecord,
    DraftRecord,
    JobKind,
    JobRecord,
    JobStatus,
    ModelRecord,
    PhotoRecord,
    VersionRecord,
    WorkspaceRecord,
)

log = logging.getLogger(__name__)

_OPEN = [JobStatus.QUEUED, JobStatus.RUNNING]


@dataclass(frozen=True)
class Reference:
    """A row's word that a file is needed. `what` names the row to an operator."""

    key: str
    what: str


async def references(workspace_id: str) -> Counter[str]:
    """Count how many rows need each file of a workspace; a file that is not in it is nobody's."""
    return Counter(reference.key for reference in await referring_rows(workspace_id))


async def referring_rows(workspace_id: str) -> list[Reference]:
    """Return every row's reference to a file of the workspace.

    A deleted model refers to nothing, not even through a job that is still open: its files go at once, and
    such a job ends with a sentence that says so. Previews and checkpoints belong to open jobs only, and so
    does what a spec names; the pictures of a result stay, since a thread shows them. A look at photos keeps
    none of them: who erases a photo meanwhile wants it gone.
    """
    photos = await PhotoRecord.filter(workspace_id=workspace_id).values_list("id", "blob_key")
    found = [Reference(key, f"photo {photo_id}") for photo_id, key in photos]
    models = {
        model.id: model for model in await ModelRecord.filter(workspace_id=workspace_id, deleted_at=None)
    }
    versions = await VersionRecord.filter(model_id__in=list(models))
    for version in versions:
        name = f"@{models[version.model_id].handle} version {version.number}"
        found.append(Reference(version.adapter_key, f"weights of {name}"))
        found.append(Reference(version.test_sheet_key, f"test sheet of {name}"))
    version_ids = {version.id for version in versions}
    open_jobs = JobRecord.filter(workspace_id=workspace_id, status__in=_OPEN)
    for job in await open_jobs.exclude(kind=JobKind.FEATURES):
        if job.kind is JobKind.GENERATE or job.model_id in models:
            found += _of_open_job(job, version_ids)
    found += await _of_results(workspace_id)
    found += await _of_reviews(workspace_id)
    return [reference for reference in found if reference.key]


def _of_open_job(job: JobRecord, live_version_ids: set[str]) -> list[Reference]:
    found = [
        Reference(job.preview_key or "", f"preview of job {job.id}"),
        Reference(job.checkpoint_key or "", f"checkpoint of job {job.id}"),
    ]
    if job.kind is JobKind.TRAIN:
        photos = from_json(TrainSpec, job.spec).photos
        return found + [Reference(photo.blob_key, f"training photo of job {job.id}") for photo in photos]
    uses = from_json(GenerateSpec, job.spec).adapters
    named = [use for use in uses if use.version_id in live_version_ids]
    return found + [Reference(use.adapter_key, f"weights for job {job.id}") for use in named]


async def _of_results(workspace_id: str) -> list[Reference]:
    done = JobRecord.filter(workspace_id=workspace_id, kind=JobKind.GENERATE, status=JobStatus.SUCCEEDED)
    return [
        Reference(picture.blob_key, f"picture of job {job_id}")
        for job_id, result in await done.exclude(result="").values_list("id", "result")
        for picture in from_json(GenerateResult, result).pictures
    ]


async def _of_reviews(workspace_id: str) -> list[Reference]:
    drafts = await DraftRecord.filter(workspace_id=workspace_id).values_list("id", flat=True)
    shown = DraftPhotoRecord.filter(draft_id__in=[str(draft_id) for draft_id in drafts])
    return [
        Reference(key or "", f"preview of photo {photo_id}")
        for photo_id, key in await shown.values_list("photo_id", "preview_key")
    ]


async def lock_files(workspace_id: str) -> None:
    """Keep the workspace's files as they are until the transaction ends: whoever deletes one waits for this.

    Call it first thing in a transaction that writes a row which refers to a file stored before; then see
    that the file is still there (`Blobs.exists`), and store it again if not. SQLite ignores the row lock:
    there, `BEGIN IMMEDIATE` has let nobody else in already.
    """
    await WorkspaceRecord.filter(id=workspace_id).select_for_update().get_or_none()


async def delete_unreferenced(workspace_id: str, blobs: Blobs, keys: Iterable[str | None]) -> None:
    """Delete those of the files that no row of the workspace refers to.

    Call it after the transaction that removed the rows. Where the store cannot be written just now the
    files stay behind as orphans, which the scrub deletes later: the rows are gone either way.
    """
    try:
        await delete_orphans(workspace_id, blobs, keys)
    except StoreUnavailable as exc:
        log.warning("action=files_left_to_the_scrub workspace=%s reason=%s", workspace_id, exc)


async def delete_orphans(
    workspace_id: str, blobs: Blobs, keys: Iterable[str | None], *, unchanged_since: datetime | None = None
) -> list[str]:
    """Delete those of the files that no row refers to, and return their keys.

    This is the one place where files are touched inside a transaction. Counting and deleting must be one
    step for everybody who writes rows: between the two, an upload of the same picture could make its row,
    find its file there, and lose it. The workspace's lock is held for both, and intake holds it while it
    makes its row and looks for the file. Call it with few keys at a time, since SQLite lets nobody write
    meanwhile.

    Args:
        unchanged_since: Leave files alone that were stored after this.

    Raises:
        StoreUnavailable: Some of the files may be left.
    """
    candidates = sorted({key for key in keys if key})
    if not candidates:
        return []
    async with transaction():
        await lock_files(workspace_id)
        needed = await references(workspace_id)
        orphans = [key for key in candidates if not needed[key]]
        if unchanged_since is not None:
            found = [await blobs.stat(key) for key in orphans]
            orphans = [entry.key for entry in found if entry and entry.last_modified <= unchanged_since]
        await blobs.delete_many(orphans)
    return orphans
