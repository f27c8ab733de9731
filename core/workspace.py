"""The one door to a workspace's things: every query here is narrowed to one workspace.

A name or an id from elsewhere is simply not there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from tortoise.exceptions import IntegrityError
from tortoise.expressions import Subquery

from core import credits
from core.errors import NotFound
from core.queue import workers
from core.rules.kinds import ModelKind
from core.rules.plans import Plan, Plans
from core.rules.resolution import ModelState, NamedModel
from core.store.records import (
    DraftRecord,
    DraftState,
    JobKind,
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
        latest = self.latest.state if self.latest else None
        return _state(self.record.deleted_at, self.serving is not None, latest)


class ModelNames(NamedTuple):
    """What a model is called, as far as a search looks."""

    handle: str
    display_name: str
    class_noun: str


class _Known(NamedTuple):
    """The columns of a model that prompts care about."""

    id: str
    handle: str
    display_name: str
    kind: str
    serving_version_id: str | None
    is_demo: bool
    owner_id: str
    created_at: datetime
    deleted_at: datetime | None
    deleted_by: str | None


class _Trained(NamedTuple):
    """The same of a version."""

    id: str
    model_id: str
    state: str
    base_model: str
    base_weights_sha256: str


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

    async def models(self, handles: Collection[str] | None = None) -> list[ModelView]:
        """Return the live models by handle: all of them, or those of these handles."""
        live = ModelRecord.filter(workspace_id=self.id, deleted_at=None)
        chosen = live if handles is None else live.filter(live_handle__in=list(handles))
        records = await chosen.order_by("handle")
        # One more query for all their versions, however many they are.
        versions = await VersionRecord.filter(model_id__in=Subquery(chosen.values("id"))).order_by("number")
        by_id = {version.id: version for version in versions}
        latest = {version.model_id: version for version in versions}
        return [
            ModelView(record, by_id.get(record.serving_version_id or ""), latest.get(record.id))
            for record in records
        ]

    async def names(self) -> list[ModelNames]:
        """Return what the live models are called, by handle."""
        rows = ModelRecord.filter(workspace_id=self.id, deleted_at=None).order_by("handle")
        return [
            ModelNames(*map(str, row))
            for row in await rows.values_list("handle", "display_name", "class_noun")
        ]

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
        # Columns and no objects: a row object apiece would hold up everybody's answers at 2,000 models.
        rows = ModelRecord.filter(workspace_id=self.id)
        versions = VersionRecord.filter(model_id__in=Subquery(rows.values("id"))).order_by("number")
        trained = [_Trained(*row) for row in await versions.values_list(*_Trained._fields)]
        by_id, latest = {each.id: each for each in trained}, {each.model_id: each for each in trained}
        known = [_Known(*row) for row in await rows.values_list(*_Known._fields)]
        # A live model comes after the deleted ones of the same name, and so replaces them.
        known.sort(key=lambda row: (row.deleted_at is None, row.created_at))
        weights = {base: await workers.weights_of(base) for base in {each.base_model for each in trained}}
        minutes = await self._minutes_left()
        return {
            row.handle: _named(
                row, by_id.get(row.serving_version_id or ""), latest.get(row.id), weights, minutes
            )
            for row in known
        }

    async def _minutes_left(self) -> dict[str, float]:
        """Return how long the trainings that run have left, by model."""
        running = JobRecord.filter(workspace_id=self.id, status=JobStatus.RUNNING, model_id__isnull=False)
        return {
            str(job.model_id): job.progress_seconds_left / 60
            for job in await running
            if job.progress_seconds_left is not None
        }

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
        """Return the latest jobs that somebody asked for, newest first."""
        asked_for = JobRecord.filter(workspace_id=self.id).exclude(kind=JobKind.FEATURES)
        return await asked_for.order_by("-created_at").limit(limit)

    async def next_model_number(self) -> int:
        """Count a new model. Call in the transaction that creates it."""
        record = await WorkspaceRecord.get(id=self.id)
        await WorkspaceRecord.filter(id=self.id).update(models_created=record.models_created + 1)
        return record.models_created


def _named(
    row: _Known,
    serving: _Trained | None,
    latest: _Trained | None,
    weights: Mapping[str, str | None],
    minutes_left: Mapping[str, float],
) -> NamedModel:
    version = serving or latest
    state = _state(row.deleted_at, serving is not None, latest.state if latest else None)
    served = weights.get(serving.base_model) if serving else None
    return NamedModel(
        handle=row.handle,
        display_name=row.display_name,
        kind=ModelKind(row.kind),
        state=state,
        base_model=version.base_model if version else "",
        is_demo=bool(row.is_demo),
        minutes_left=minutes_left.get(row.id) if state is ModelState.TRAINING else None,
        deleted_on=row.deleted_at.date() if row.deleted_at else None,
        deleted_by_owner=row.deleted_by in (None, row.owner_id),
        needs_retrain=bool(serving and served and served != serving.base_weights_sha256),
    )


def _state(deleted_at: datetime | None, is_served: bool, latest: str | None) -> ModelState:
    if deleted_at is not None:
        return ModelState.DELETED
    if is_served:
        return ModelState.READY
    return ModelState.TRAINING if latest == VersionState.TRAINING else ModelState.FAILED


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
