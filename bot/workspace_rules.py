"""What an operator settles for one workspace from a shell: its plan, and who may do what in it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager

import typer

from bot.console.server import PLATFORM, WORKSPACE
from core import demo_models
from core.clock import utc_now
from core.errors import ConfigurationError, Refused
from core.permissions import Permissions, change_permissions
from core.rules.plans import Plans, load_plans
from core.rules.wording import listed
from core.settings import Settings
from core.store.blobs import open_blobs
from core.store.database import migrate, open_database
from core.store.records import WorkspaceRecord
from core.workspace import Workspace, open_workspace

EVERYBODY = frozenset(("everybody", "nobody"))
"""Words that clear a list."""
MOST_NAMED = 9
"""Workspaces that a sentence lists."""


async def set_plan_and_tell(settings: Settings, which: str, name: str | None) -> None:
    """Show a workspace's plan, or switch it.

    Raises:
        ConfigurationError: There is no such plan or workspace.
    """
    plans = load_plans(settings.plans_file)
    wanted = plans.named(name) if name else None
    default_plan = wanted.name if wanted else settings.default_plan
    async with _workspace(settings, plans, which, default_plan) as workspace:
        if wanted is not None:
            await WorkspaceRecord.filter(id=workspace.id).update(plan=wanted.name)
    current = wanted or workspace.plan
    others = ", ".join(other.name for other in plans.plans if other.name != current.name)
    typer.echo(f"{_called(which)} is on {current.title}{' now' if wanted else ''}. Other plans: {others}.")


async def set_permissions_and_tell(
    settings: Settings,
    which: str,
    *,
    quorum: int | None,
    approvers: Collection[str] | None,
    trainers: Collection[str] | None,
) -> None:
    """Show who may do what in a workspace, after changing what was given.

    Raises:
        ConfigurationError: There is no such workspace, or what was given cannot be.
    """
    plans = load_plans(settings.plans_file)
    async with _workspace(settings, plans, which, settings.default_plan) as workspace:
        rules = await change_permissions(
            workspace.id, quorum=quorum, approvers=_named(approvers), trainers=_named(trainers)
        )
    if isinstance(rules, Refused):
        raise ConfigurationError(str(rules))
    for line in _lines(rules, _called(which)):
        typer.echo(line)


def _named(names: Collection[str] | None) -> Collection[str] | None:
    if names is None:
        return None
    return () if {name.lower() for name in names} <= EVERYBODY else names


def _lines(rules: Permissions, where: str) -> tuple[str, ...]:
    trainers = listed(sorted(rules.trainers)) if rules.trainers else "everybody"
    approvers = listed(sorted(rules.approvers)) if rules.approvers else "nobody else"
    agree = "one person decides" if rules.quorum == 1 else f"{rules.quorum} people have to agree"
    return (
        f"{where}: training, editing and deleting is for {trainers}.",
        f"About flagged photos decide the person who asked, and {approvers}; {agree}.",
    )


@asynccontextmanager
async def _workspace(
    settings: Settings, plans: Plans, which: str, default_plan: str
) -> AsyncGenerator[Workspace]:
    """Open the database on a workspace; only the console's is made where there is none yet."""
    await migrate(settings)
    async with open_database(settings):
        platform, _, external_id = which.partition(":")
        if which in (PLATFORM, f"{PLATFORM}:{WORKSPACE}"):
            platform, external_id = PLATFORM, WORKSPACE
        elif not await WorkspaceRecord.exists(platform=platform, external_id=external_id):
            raise ConfigurationError(await _no_such(which))
        workspace, is_new = await open_workspace(
            platform, external_id, default_plan=default_plan, plans=plans, now=utc_now()
        )
        if is_new:
            await demo_models.install(workspace.id, open_blobs(settings))
        yield workspace


async def _no_such(which: str) -> str:
    records = await WorkspaceRecord.all().order_by("created_at").limit(MOST_NAMED)
    known = [f"{record.platform}:{record.external_id}" for record in records]
    there = f"There is {listed(known)}." if known else "There is none yet: somebody has to use the bot first."
    return f"There is no workspace {which}. {there}"


def _called(which: str) -> str:
    return "The console" if which.partition(":")[0] == PLATFORM else which
