"""The one door to a workspace's things: every query here is narrowed to one workspace.

A name or an id from elsewhere is simply not there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tortoise.exceptions import IntegrityError

from core import credits
from core.errors import NotFound
from core.queue import workers
from core.rules.plans import Plan, Plans
from core.rules.resolution import ModelState, NamedModel
from core.store.records import (
    DraftRecord,
    DraftState,
    JobRecord,
    JobStatus,
    ModelRecord,
    PhotoRecord,
    VersionRecord,
    VersionState,
    WorkspaceRecord,
)


@dataclass(frozen=True)
class ModelView:
    """A model with the version that serves it, and the one that was trained last."""

    record: ModelRecord
    serving: VersionRecord | None
    latest: VersionRecord | None

    @property
    def state(self) -> ModelState:
        """What a prompt can expect of it."""
        if self.record.deleted_at is not None:
            return ModelState.DELETED
        if self.serving is not None:
            return ModelState.READY
        if self.latest is not None and self.latest.state is VersionState.TRAINING:
            return ModelState.TRAINING
        return ModelState.FAILED


@dataclass(frozen=True)
class Workspace:
    """A workspace and its plan."""

    id: str
    platform: str
    external_id: str
    plan: Plan

    async def balance(self) -> int:
        """Return the credits that are left to spend."""
        return await credits.balance(self.id)

    async def models(self) -> list[ModelView]:
        """Return every live model, by handle."""
        records = await ModelRecord.filter(workspace_id=self.id, deleted_at=None).order_by("handle")
        return [await self._view(record) for record in records]

    async def model(self, handle: str) -> ModelView | None:
        """Return the live model of that handle."""
        record = await ModelRecord.get_or_none(workspace_id=self.id, live_handle=handle.lower())
        return None if record is None else await self._view(record)

    async def model_by_id(self, model_id: str) -> ModelView:
        """Return a model, live or deleted.

        Raises:
            NotFound: There is none of that id here.
        """
        record = await ModelRecord.get_or_none(id=model_id, workspace_id=self.id)
        if record is None:
            raise NotFound(f"model {model_id}")
        return await self._view(record)

    async def _view(self, record: ModelRecord) -> ModelView:
        serving = (
            await VersionRecord.get_or_none(id=record.serving_version_id)
            if record.serving_version_id
            else None
        )
        latest = await VersionRecord.filter(model_id=record.id).order_by("-number").first()
        return ModelView(record, serving, latest)

    async def named_models(self) -> dict[str, NamedModel]:
        """Return every model that a prompt could name, live or deleted, as the prompt rules see it."""
        records = await ModelRecord.filter(workspace_id=self.id).order_by("created_at")
        # A live model comes after the deleted ones of the same name, and so replaces them.
        ordered = sorted(records, key=lambda record: (record.deleted_at is None, record.created_at))
        return {record.handle: await self._named(await self._view(record)) for record in ordered}

    async def _named(self, view: ModelView) -> NamedModel:
        record, version = view.record, view.serving or view.latest
        base_model = version.base_model if version else ""
        weights = await workers.weights_of(base_model) if view.serving else None
        return NamedModel(
            handle=record.handle,
            display_name=record.display_name,
            kind=record.kind,
            state=view.state,
            base_model=base_model,
            is_demo=record.is_demo,
            minutes_left=await self._minutes_left(record) if view.state is ModelState.TRAINING else None,
            deleted_on=record.deleted_at.date() if record.deleted_at else None,
            deleted_by_owner=record.deleted_by in (None, record.owner_id),
            needs_retrain=bool(view.serving and weights and weights != view.serving.base_weights_sha256),
        )

    async def _minutes_left(self, record: ModelRecord) -> float | None:
        job = await JobRecord.filter(model_id=record.id, status=JobStatus.RUNNING).first()
        if job is None or job.progress_seconds_left is None:
            return None
        return job.progress_seconds_left / 60

    async def taken_handles(self) -> set[str]:
        """Return the names that a new model cannot have: live models and open drafts."""
        models = await ModelRecord.filter(workspace_id=self.id, live_handle__isnull=False).values_list(
            "live_handle", flat=True
        )
        drafts = await DraftRecord.filter(workspace_id=self.id, live_handle__isnull=False).values_list(
            "live_handle", flat=True
        )
        return {str(handle) for handle in (*models, *drafts)}

    async def draft(self, draft_id: str) -> DraftRecord:
        """Return a draft.

        Raises:
            NotFound: There is none of that id here.
        """
        draft = await DraftRecord.get_or_none(id=draft_id, workspace_id=self.id)
        if draft is None:
            raise NotFound(f"draft {draft_id}")
        return draft

    async def open_draft(self, thread: str) -> DraftRecord | None:
        """Return the draft in that thread that still takes photos and captions; the latest, if several do."""
        return (
            await DraftRecord.filter(workspace_id=self.id, thread=thread)
            .exclude(state__in=[DraftState.CLOSED, DraftState.QUEUED])
            .order_by("-created_at")
            .first()
        )

    async def photo(self, photo_id: str) -> PhotoRecord:
        """Return a photo.

        Raises:
            NotFound: There is none of that id here.
        """
        photo = await PhotoRecord.get_or_none(id=photo_id, workspace_id=self.id)
        if photo is None:
            raise NotFound(f"photo {photo_id}")
        return photo

    async def job(self, job_id: str) -> JobRecord:
        """Return a job.

        Raises:
            NotFound: There is none of that id here.
        """
        job = await JobRecord.get_or_none(id=job_id, workspace_id=self.id)
        if job is None:
            raise NotFound(f"job {job_id}")
        return job

    async def jobs(self, limit: int = 10) -> list[JobRecord]:
        """Return the latest jobs, newest first."""
        return await JobRecord.filter(workspace_id=self.id).order_by("-created_at").limit(limit)

    async def next_model_number(self) -> int:
        """Count a new model. Call in the transaction that creates it."""
        record = await WorkspaceRecord.get(id=self.id)
        await WorkspaceRecord.filter(id=self.id).update(models_created=record.models_created + 1)
        return record.models_created


async def open_workspace(
    platform: str, external_id: str, *, default_plan: str, plans: Plans, now: datetime
) -> tuple[Workspace, bool]:
    """Return a chat platform's workspace, made at its first word, with this month's credits granted.

    Returns:
        The workspace, and whether it is new.
    """
    is_new = False
    record = await WorkspaceRecord.get_or_none(platform=platform, external_id=external_id)
    if record is None:
        try:
            record = await WorkspaceRecord.create(
                platform=platform, external_id=external_id, plan=plans.named(default_plan).name
            )
            is_new = True
        except IntegrityError:  # another process was first
            record = await WorkspaceRecord.get(platform=platform, external_id=external_id)
    plan = plans.named(record.plan)
    await credits.grant_month(record.id, plan, now)
    return Workspace(record.id, platform, external_id, plan), is_new
