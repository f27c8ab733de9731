"""What every command is given: the open doors of one bot process."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace

from bot.frontend import Frontend
from bot.requests import Requester, ThreadAddress
from core import demo_models
from core.clock import Clock
from core.queue.dispatch import Dispatch
from core.queue.jobs import Jobs
from core.rules.plans import Plans
from core.settings import Settings
from core.store.blobs import Blobs
from core.store.records import DraftRecord, WorkspaceRecord
from core.workspace import Workspace, open_workspace


@dataclass(frozen=True)
class Context:
    """Wired once in `bot.app`; passed on as an argument."""

    settings: Settings
    plans: Plans
    blobs: Blobs
    dispatch: Dispatch
    jobs: Jobs
    frontends: Mapping[str, Frontend]
    photo_processes: Executor
    clock: Clock

    async def workspace_of(self, requester: Requester) -> Workspace:
        """Return the workspace that a person speaks in, on the larger of its plan and theirs.

        A new workspace gets the demo models.
        """
        workspace, is_new = await open_workspace(
            requester.platform,
            requester.workspace,
            default_plan=self.settings.default_plan,
            plans=self.plans,
            now=self.clock(),
        )
        if is_new:
            await demo_models.install(workspace.id, self.blobs)
        if requester.plan:
            plan = self.plans.larger(workspace.plan, self.plans.named(requester.plan))
            return replace(workspace, plan=plan)
        return workspace

    async def requester_of(self, draft: DraftRecord) -> Requester:
        """Return the person who began a draft, for what goes on without a new word of theirs."""
        record = await WorkspaceRecord.get(id=draft.workspace_id)
        thread = ThreadAddress(draft.platform, draft.thread)
        return Requester(draft.platform, record.external_id, draft.requester_id, "", thread)
