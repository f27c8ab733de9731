"""Having a worker look at a draft's photos: what was seen before is used, what was not is asked for once."""

from __future__ import annotations

import logging

from tortoise.exceptions import IntegrityError

from bot.context import Context
from core import drafts
from core.errors import ConfigurationError
from core.feedback.calibration import OFFLINE, Calibration, VisionCalibration
from core.feedback.calibration_records import offline_calibration, vision_calibration
from core.feedback.vision import NoSight, Sight
from core.feedback.vision_checks import can_use_vision
from core.queue import looks, workers
from core.queue.jobs import NewJob
from core.queue.specs import FeaturesSpec, PhotoToSee
from core.rules.kinds import ModelKind
from core.settings import Settings
from core.store.database import transaction
from core.store.records import DraftRecord, InboxRecord, JobKind, JobRecord, OutboxRecord, PhotoRecord
from core.workspace import Workspace

log = logging.getLogger(__name__)


async def find_sight(
    context: Context, workspace: Workspace, draft: DraftRecord, *, may_wait: bool
) -> Sight | NoSight | None:
    """Return what vision saw on the draft's photos, or why there is nothing; None when a worker was asked.

    Args:
        context: The bot's doors.
        workspace: Whose photos they are.
        draft: What they are for.
        may_wait: Whether a worker may still be asked, or the draft goes on with what there is.
    """
    kept = await drafts.kept_photos(draft)
    if not can_use_vision(ModelKind(draft.kind), len(kept)):
        return NoSight.NOT_SET_UP
    photos = [await workspace.photo(photo.photo_id) for photo in kept]
    eyes = await workers.eyes(draft.base_model, context.clock())
    if eyes is not None:
        if sight := await _known(context, workspace, eyes.provider, photos):
            return sight
        if may_wait and await _ask(context, workspace, draft, eyes, photos):
            return None
    provider = await looks.provider_that_knows(workspace.id, [photo.sha256 for photo in photos])
    if provider is not None and (sight := await _known(context, workspace, provider, photos)):
        return sight
    is_set_up = eyes is not None or bool(context.settings.vision_model) or await workers.has_eyes()
    return NoSight.NOT_IN_TIME if is_set_up else NoSight.NOT_SET_UP


async def _known(
    context: Context, workspace: Workspace, provider: str, photos: list[PhotoRecord]
) -> Sight | None:
    """Return what a provider saw, if it saw every photo."""
    known = await looks.known(workspace.id, provider, [photo.sha256 for photo in photos])
    if any(photo.sha256 not in known for photo in photos):
        return None
    lines = vision_lines(context.settings, provider)
    return Sight(tuple(known[photo.sha256] for photo in photos), lines)


async def _ask(
    context: Context,
    workspace: Workspace,
    draft: DraftRecord,
    eyes: workers.Eyes,
    photos: list[PhotoRecord],
) -> bool:
    """Have the photos looked at that the provider does not know; False when that was asked for before, and is over."""
    known = await looks.known(workspace.id, eyes.provider, [photo.sha256 for photo in photos])
    lacking = [photo for photo in photos if photo.sha256 not in known]
    job_id = looks.look_id(draft.id, eyes.provider, [photo.sha256 for photo in lacking])
    asked = await JobRecord.get_or_none(id=job_id)
    if asked is not None and asked.ended_at is not None:
        return False
    if asked is None:
        spec = FeaturesSpec(
            workspace_id=workspace.id,
            draft_id=draft.id,
            provider=eyes.provider,
            photos=tuple(PhotoToSee(photo.blob_key, photo.sha256) for photo in lacking),
            base_model=eyes.base_model,
        )
        await _enqueue(context, workspace, draft, spec, job_id)
    await looks.drop_looks(context.jobs, draft.id, but=job_id)
    return True


async def _enqueue(
    context: Context, workspace: Workspace, draft: DraftRecord, spec: FeaturesSpec, job_id: str
) -> None:
    new = NewJob(
        workspace_id=workspace.id,
        user_id=draft.requester_id,
        spec=spec,
        credits=0,
        platform=draft.platform,
        thread=draft.thread,
        draft_id=draft.id,
        job_id=job_id,
        weight=workspace.plan.weight,
        jobs_at_once=workspace.plan.jobs_at_once,
    )
    try:
        async with transaction():
            await context.jobs.enqueue(new)
    except IntegrityError:
        return  # another process asked just now
    await context.dispatch.wake_idle()


def look_key(job_id: str) -> str:
    """Return the key under which the draft of a look that ended goes on, once."""
    return f"look:{job_id}"


async def is_awaited(draft: DraftRecord) -> bool:
    """Tell whether a look will let the draft go on: it is open, its ending untold, or what follows not yet done."""
    of_draft = await JobRecord.filter(draft_id=draft.id, kind=JobKind.FEATURES)
    if any(look.ended_at is None for look in of_draft):
        return True
    ids = [look.id for look in of_draft]
    if await OutboxRecord.filter(job_id__in=ids, delivered_at=None, failed_at=None).exists():
        return True
    keys = [f"{draft.platform}:{look_key(job_id)}" for job_id in ids]
    return await InboxRecord.filter(dedupe_key__in=keys, handled_at=None).exists()


def offline_lines(settings: Settings) -> Calibration:
    """Return the lines of the offline measurements; a record that cannot be used is left aside, as doctor says."""
    try:
        return offline_calibration(settings.resolved_calibration_dir)
    except ConfigurationError:
        log.warning("action=calibration_unusable provider=%s", OFFLINE.provider)
        return OFFLINE


def vision_lines(settings: Settings, provider: str) -> VisionCalibration | None:
    """Return the lines of a vision model; a record that cannot be used is none, as doctor says."""
    try:
        return vision_calibration(settings.resolved_calibration_dir, provider)
    except ConfigurationError:
        log.warning("action=calibration_unusable provider=%s", provider)
        return None
