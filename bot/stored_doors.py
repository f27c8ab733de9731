"""The small questions that a platform's forms and suggestions ask, answered from rows."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from tortoise.functions import Count, Max

from bot import cards
from bot.commands.jobs import OPEN, status_of
from bot.doors import AtHome, KnownJob, KnownModel, OpenDraft, PeopleInCharge
from core import credits, drafts
from core.permissions import Permissions, permissions_of
from core.rules.kinds import ModelKind
from core.store.records import (
    DraftPhotoRecord,
    DraftRecord,
    DraftState,
    JobKind,
    JobRecord,
    ModelRecord,
    VersionPhotoRecord,
    VersionRecord,
    WorkspaceRecord,
)

_OVER = (DraftState.QUEUED, DraftState.CLOSED)


JOBS_AT_HOME = 5
MAX_REMEMBERED = 100
"""Workspaces whose models are kept, those that asked last: 2,000 models take half a megabyte."""


class StoredDoors:
    """Reads the open database. A workspace's row is looked up once: its id never changes."""

    def __init__(self, platform: str) -> None:
        self._platform = platform
        self._ids: dict[str, str] = {}
        self._models: OrderedDict[str, tuple[Any, list[KnownModel]]] = OrderedDict()

    async def handles(self, workspace: str) -> list[KnownModel]:
        """Return the live models, by handle; read again only when one was made, trained or deleted since."""
        workspace_id = await self._id(workspace)
        if workspace_id is None:
            return []
        state = await _state_of_models(workspace_id)
        known = self._models.get(workspace_id)
        if known is None or known[0] != state:
            known = state, await _read_models(workspace_id)
        self._models[workspace_id] = known
        self._models.move_to_end(workspace_id)
        if len(self._models) > MAX_REMEMBERED:
            self._models.popitem(last=False)
        return known[1]

    async def draft(self, workspace: str, draft_id: str) -> OpenDraft | None:
        """Return a draft, or None where it is over or somebody else's."""
        workspace_id = await self._id(workspace)
        draft = await DraftRecord.get_or_none(id=draft_id, workspace_id=workspace_id)
        if draft is None or draft.state in _OVER:
            return None
        captions = tuple(photo.caption for photo in await drafts.kept_photos(draft))
        return OpenDraft(draft.thread, captions)

    async def has_draft(self, workspace: str, thread: str) -> bool:
        """Tell whether a draft in that thread still takes photos."""
        workspace_id = await self._id(workspace)
        there = DraftRecord.filter(workspace_id=workspace_id, thread=thread)
        return await there.exclude(state__in=_OVER).exists()

    async def captions(self, workspace: str, handle: str) -> tuple[str, ...]:
        """Return the captions of the photos that a model was trained on, in order."""
        workspace_id = await self._id(workspace)
        model = await ModelRecord.get_or_none(workspace_id=workspace_id, live_handle=handle)
        if model is None:
            return ()
        version_id = model.serving_version_id
        if version_id is None:
            latest = await VersionRecord.filter(model_id=model.id).order_by("-number").first()
            version_id = latest.id if latest else ""
        rows = VersionPhotoRecord.filter(version_id=version_id).order_by("position")
        return tuple(str(caption) for caption in await rows.values_list("caption", flat=True))

    async def in_charge(self, workspace: str) -> PeopleInCharge:
        """Return who may do what."""
        workspace_id = await self._id(workspace)
        rules = Permissions() if workspace_id is None else await permissions_of(workspace_id)
        return PeopleInCharge(
            rules.quorum,
            tuple(sorted(rules.approvers)),
            tuple(sorted(rules.trainers)),
            rules.has_private_threads,
        )

    async def at_home(self, workspace: str) -> AtHome:
        """Return the latest jobs, and what is left to spend."""
        workspace_id = await self._id(workspace)
        if workspace_id is None:
            return AtHome(None, ())
        asked_for = JobRecord.filter(workspace_id=workspace_id).exclude(kind=JobKind.FEATURES)
        jobs = await asked_for.order_by("-created_at").limit(JOBS_AT_HOME)
        lines = [
            KnownJob(job.id, (await cards.job_title(job)).text, status_of(job), job.status in OPEN)
            for job in jobs
        ]
        return AtHome(await credits.balance(workspace_id), tuple(lines))

    async def thread_of_photo(self, workspace: str, message: str) -> str | None:
        """Return the thread of the draft whose photo a message shows; None for any other message."""
        workspace_id = await self._id(workspace)
        for draft_id in await DraftPhotoRecord.filter(message=message).values_list("draft_id", flat=True):
            draft = await DraftRecord.get_or_none(id=draft_id, workspace_id=workspace_id)
            if draft is not None:
                return draft.thread
        return None

    async def _id(self, workspace: str) -> str | None:
        if workspace not in self._ids:
            record = await WorkspaceRecord.get_or_none(platform=self._platform, external_id=workspace)
            if record is None:
                return None
            self._ids[workspace] = record.id
        return self._ids[workspace]


async def _state_of_models(workspace_id: str) -> Any:
    """Return what changes whenever a model is made, becomes ready, or is deleted: a fraction of reading them all."""
    [state] = (
        await ModelRecord.filter(workspace_id=workspace_id)
        .annotate(live=Count("live_handle"), trained=Count("serving_version_id"), newest=Max("created_at"))
        .values_list("live", "trained", "newest")
    )
    return state


async def _read_models(workspace_id: str) -> list[KnownModel]:
    # Five columns and no objects: a row object apiece would take most of the time at 2,000 models.
    rows = (
        await ModelRecord.filter(workspace_id=workspace_id, live_handle__isnull=False)
        .order_by("live_handle")
        .values_list("live_handle", "display_name", "kind", "serving_version_id", "is_demo")
    )
    return [
        KnownModel(str(handle), str(name), ModelKind(kind), version is not None, bool(is_demo))
        for handle, name, kind, version, is_demo in rows
    ]
