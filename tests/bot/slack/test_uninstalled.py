"""A workspace removes the app: its work ends, its things are kept for a while, and come back with the app."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from bot.context import Context
from bot.doctor.work import look_for_dead_letters
from bot.frontend import NotInstalled
from bot.housekeeping import SWEEPS, run_if_due
from bot.inbox import Inbox
from bot.replies import Picture, Reply
from bot.requests import ImagineRequest, MessageRef, Requester, ThreadAddress
from bot.slack.addresses import place_of
from bot.slack.clients import Clients
from bot.slack.installations import Installations
from core import consent, credits
from core.departures import GRACE
from core.errors import ClaimLost, StoreUnavailable
from core.queue.dispatch import Dispatch
from core.queue.jobs import Claim, Jobs
from core.queue.outbox import Outbox
from core.queue.specs import GenerateResult, MadePicture
from core.rules.plans import load_plans
from core.settings import Settings
from core.store.blobs import Blobs
from core.store.database import execute
from core.store.records import (
    Choice,
    DraftPhotoRecord,
    DraftRecord,
    DraftState,
    FindingRecord,
    InboxRecord,
    InstallationRecord,
    JobRecord,
    JobStatus,
    ModelRecord,
    PhotoFeatureRecord,
    PhotoRecord,
    VoteRecord,
)
from tests.bot.conftest import Chat, PhotoMaker
from tests.bot.slack.installed import ManyWorkspaces, many_workspaces, settings_for_one
from tests.conftest import MovableClock
from tests.fakes.memory_frontend import MemoryFrontend
from tests.fakes.slack import RESET_BEFORE, FakeSlack, Workspace
from tests.fakes.store import store_outage
from tests.introspection import table_names


@dataclass
class Posts(MemoryFrontend):
    """A front-end of few words: it says nothing where there is no token to say it with."""

    platform: str = "slack"
    clients: Clients | None = None

    async def post(self, thread: ThreadAddress, reply: Reply, *, nonce: str) -> MessageRef:
        await self._need(place_of(thread).workspace)
        return await super().post(thread, reply, nonce=nonce)

    async def edit(self, message: MessageRef, reply: Reply) -> None:
        await self._need(place_of(message.thread).workspace)
        await super().edit(message, reply)

    async def answer(self, requester: Requester, reply: Reply | None, *, nonce: str) -> None:
        await self._need(requester.workspace)
        await super().answer(requester, reply, nonce=nonce)

    async def _need(self, workspace: str) -> None:
        assert self.clients is not None
        await self.clients.of(workspace)


class Company(Chat):
    """One workspace's people and their work; time goes by for all of them."""

    def __init__(self, stand: ManyWorkspaces, context: Context, posts: Posts, workspace: Workspace) -> None:
        super().__init__(context, posts)
        self.stand = stand
        self.slack = workspace

    def person(self, name: str = "ana", *, is_admin: bool = False, workspace: str = "") -> Requester:
        home = workspace or self.slack.id
        return Requester(
            "slack", home, name, name.title(), ThreadAddress("slack", f"{home}/C1/1.1"), is_admin
        )

    async def our_id(self) -> str:
        return (await self.context.workspace_of(self.person())).id

    async def balance(self) -> int:
        return await credits.balance(await self.our_id())

    async def remove(self) -> None:
        """An admin removes the app, and Slack says so."""
        await self.stand.fake.faults.uninstall(self.slack)
        await self.stand.installations.gone(self.slack.id)

    async def time_passes(self, **amount: float) -> None:
        self.stand.clock.advance(**amount)
        for sweep in SWEEPS:
            await run_if_due(self.context, sweep)

    async def made(self, claim: Claim) -> GenerateResult:
        key = await self.context.blobs.put(claim.spec.workspace_id, claim.job_id.encode(), ".png")
        return GenerateResult((MadePicture(key, 1, 64, 64),))


@pytest.fixture
async def stand(
    fake_slack: FakeSlack, settings: Settings, clock: MovableClock, database: None
) -> AsyncIterator[ManyWorkspaces]:
    async with many_workspaces(fake_slack, settings, clock) as served:
        yield served


@pytest.fixture
async def context(
    stand: ManyWorkspaces, dispatch: Dispatch, settings: Settings, blobs: Blobs, clock: MovableClock
) -> AsyncIterator[Context]:
    with ThreadPoolExecutor(1) as threads:
        yield Context(
            settings=settings,
            plans=load_plans(),
            blobs=blobs,
            dispatch=dispatch,
            jobs=Jobs(settings, dispatch, clock, clock.monotonic),
            frontends={"slack": Posts(clients=stand.clients)},
            photo_processes=threads,
            clock=clock,
        )


async def company(stand: ManyWorkspaces, context: Context, name: str) -> Company:
    """A workspace that installed the app."""
    workspace = stand.workspace(name)
    await stand.install(workspace)
    posts = context.frontends["slack"]
    assert isinstance(posts, Posts)
    return Company(stand, context, posts, workspace)


@pytest.fixture
async def north(stand: ManyWorkspaces, context: Context) -> Company:
    return await company(stand, context, "North")


@pytest.fixture
async def south(stand: ManyWorkspaces, context: Context) -> Company:
    return await company(stand, context, "South")


async def test_the_work_of_a_workspace_that_removed_the_app_ends_with_its_credits_back(
    north: Company, south: Company
):
    before = await north.balance()
    for prompt in ("a mug", "a boot"):
        await north.ask(ImagineRequest(north.person(), prompt))
    running = await north.claim()
    await south.ask(ImagineRequest(south.person(), "a hat"))
    await north.remove()
    await north.time_passes(seconds=11)

    statuses = {str(job.workspace_id): job.status for job in await JobRecord.all()}
    assert statuses == {await north.our_id(): JobStatus.CANCELLED, await south.our_id(): JobStatus.QUEUED}
    assert await north.balance() == before
    with pytest.raises(ClaimLost):  # what a worker was at is nobody's
        await north.context.jobs.finish(running, await north.made(running))


async def test_nobody_is_told_and_the_operator_is_not_asked_to(north: Company, settings: Settings):
    await north.ask(ImagineRequest(north.person(), "a mug"))
    said = dict(north.frontend.messages)
    await north.remove()
    await north.time_passes(seconds=11)
    assert await Outbox(settings, north.stand.clock).due(["slack"]) == []  # it is not tried for hours
    await north.delivery.deliver_due()
    assert north.frontend.messages == said
    [found] = [finding async for finding in look_for_dead_letters(settings)]
    assert found.sentence == "No ending was given up."


async def test_who_installs_it_again_has_everything_and_hears_what_was_missed(
    north: Company, photo: PhotoMaker
):
    await north.train_to_the_end(photo(1))
    await north.ask(ImagineRequest(north.person(), "@red-mug on a beach"))
    balance, claim = await north.balance(), await north.claim()
    await north.context.jobs.finish(claim, await north.made(claim))
    await north.remove()  # before the picture was delivered
    await north.time_passes(seconds=11)
    await north.time_passes(days=29)
    assert await north.stand.installations.bot_token(north.slack.id) is None

    await north.stand.install(north.slack)
    assert await north.stand.installations.bot_token(north.slack.id) == north.slack.installed.token
    workspace = await north.context.workspace_of(north.person())
    assert await workspace.model("red-mug") is not None
    assert await north.balance() >= balance
    await north.delivery.deliver_due()
    assert any(isinstance(found, Picture) for found in pictures_in(north))
    await north.time_passes(days=2)  # counted from the removal, its time would be over
    assert await workspace.model("red-mug") is not None


def pictures_in(shown: Company) -> list[Any]:
    return [
        picture for reply in shown.frontend.messages.values() for picture in getattr(reply, "pictures", ())
    ]


async def test_after_thirty_days_nothing_is_left_and_others_keep_theirs(
    north: Company, south: Company, photo: PhotoMaker
):
    for each in (north, south):
        await each.train_to_the_end(photo(1))
        await each.train(photo(2), name="Blue Mug")
        await each.ask(ImagineRequest(each.person(), "@red-mug on a beach"))
    await fill_other_tables(north)
    gone, other = await north.our_id(), await south.our_id()
    of_gone, of_other = await trail(gone), await tables_with({other})
    assert await tables_with(of_gone) | NOBODYS | {"installation"} == set(await own_tables())
    await north.remove()
    await north.time_passes(seconds=11)
    await north.time_passes(days=29, hours=23)
    assert await ModelRecord.exists(workspace_id=gone, handle="red-mug")

    await north.time_passes(hours=2)
    assert await tables_with(of_gone) == set()
    assert await north.context.blobs.keys(gone) == []
    assert await InstallationRecord.get_or_none(external_id=north.slack.id) is None
    assert await ModelRecord.exists(workspace_id=other, handle="red-mug")
    assert of_other - await tables_with({other}) <= {"draft"}  # an open draft closes after a day
    assert await south.context.blobs.keys(other)

    await north.stand.install(north.slack)  # somebody new, as far as anybody here knows
    workspace = await north.context.workspace_of(north.person())
    assert workspace.id != gone and await workspace.model("red-mug") is None


NOBODYS = frozenset({"connection", "inbox", "install_state", "tick", "worker"})
"""Tables that hold nothing of a workspace for longer than a request takes."""


async def fill_other_tables(north: Company) -> None:
    """Rows that only longer stories leave: a vote, a finding, a consent, what was seen on a photo."""
    workspace_id = await north.our_id()
    # A closed one, which is kept; the open one goes by itself after a day.
    draft = await DraftRecord.filter(workspace_id=workspace_id, state=DraftState.CLOSED).first()
    photo = await PhotoRecord.filter(workspace_id=workspace_id).first()
    assert draft is not None and photo is not None
    shown = await DraftPhotoRecord.create(draft_id=draft.id, photo_id=photo.id, position=41)
    await VoteRecord.create(draft_photo_id=shown.id, user_id="U1", choice=Choice.KEEP)
    await FindingRecord.create(
        draft_id=draft.id,
        rank=1,
        check_name="blur",
        status="warn",
        severity="low",
        why="",
        fix="",
        dismiss_key="b",
    )
    await PhotoFeatureRecord.create(
        workspace_id=workspace_id, sha256=photo.sha256, provider="vision", seen="a mug"
    )
    await consent.record(
        workspace_id=workspace_id, draft_id=draft.id, user_id="U1", image_sha256s=[photo.sha256]
    )


async def trail(workspace_id: str) -> set[str]:
    """The workspace's id, the ids of rows that hold it, of rows that hold those, and so on."""
    ids = {workspace_id}
    seen = 0
    while seen != len(ids):
        seen = len(ids)
        for table in await own_tables():
            for row in await rows_with(table, ids):
                ids |= {str(row["id"])} if "id" in row else set()
    return ids


async def tables_with(ids: set[str]) -> set[str]:
    return {table for table in await own_tables() if await rows_with(table, ids)}


async def own_tables() -> list[str]:
    return [table for table in await table_names() if not table.startswith(("procrastinate", "tortoise"))]


async def rows_with(table: str, ids: set[str]) -> list[dict[str, Any]]:
    rows = [dict(row) for row in await execute(f'SELECT * FROM "{table}"')]
    return [row for row in rows if any(known in str(value) for value in row.values() for known in ids)]


async def test_erasing_waits_for_a_store_that_is_away(north: Company):
    gone = await north.our_id()
    await north.remove()
    with store_outage():
        await north.time_passes(seconds=GRACE.total_seconds() + 1)
    assert await tables_with({gone})
    await north.time_passes(hours=2)
    assert await tables_with({gone}) == set()


async def test_slack_answers_that_the_token_was_revoked(north: Company):
    """No event came: the next call finds out."""
    client = await north.stand.clients.of(north.slack.id)
    await north.stand.fake.faults.revoke_token(north.slack)
    with pytest.raises(SlackApiError, match="token_revoked"):
        await client.users_info(user="U1")
    assert (await north.stand.row(north.slack)).removed_at == north.stand.clock()
    with pytest.raises(NotInstalled):
        await north.stand.clients.of(north.slack.id)


async def test_the_token_of_a_removed_app_is_forgotten(north: Company):
    assert (await north.stand.row(north.slack)).token
    await north.remove()
    row = await north.stand.row(north.slack)
    assert (row.token, row.removed_at) == ("", north.stand.clock())


async def test_news_of_an_earlier_removal_ends_nothing(north: Company):
    """Slack repeats events for hours: by then the app may be back."""
    await north.remove()
    await north.stand.install(north.slack)
    await north.stand.installations.gone(north.slack.id)
    assert await north.stand.installations.bot_token(north.slack.id) == north.slack.installed.token


async def test_news_twice_and_of_a_workspace_that_nobody_knows(north: Company):
    await north.remove()
    first = (await north.stand.row(north.slack)).removed_at
    north.stand.clock.advance(hours=1)
    await north.stand.installations.gone(north.slack.id)
    assert (await north.stand.row(north.slack)).removed_at == first
    await north.stand.installations.gone("T404")


async def test_slacks_word_is_enough_where_it_cannot_be_asked_again(north: Company):
    north.stand.fake.faults.next("auth.test", RESET_BEFORE)
    await north.remove()
    assert await north.stand.installations.bot_token(north.slack.id) is None


async def test_a_removal_that_cannot_be_written_down_is_said(north: Company):
    with store_outage(), pytest.raises(StoreUnavailable):
        await north.remove()
    assert await north.stand.installations.bot_token(north.slack.id) is not None
    await north.stand.installations.gone(north.slack.id)
    assert await north.stand.installations.bot_token(north.slack.id) is None


async def test_a_request_that_came_just_before_is_dropped_with_what_it_said(north: Company):
    await north.our_id()
    inbox = Inbox(north.context, retry_seconds=0.01)
    await inbox.accept(ImagineRequest(north.person(), "a secret mug"), "e1")
    await north.remove()
    running = asyncio.create_task(inbox.run())
    try:
        while True:
            row = await InboxRecord.get()
            if row.handled_at is not None:
                break
            await asyncio.wait({running}, timeout=0.02)
    finally:
        running.cancel()
        await asyncio.wait({running})
    assert row.payload == ""
    await north.time_passes(seconds=11)
    assert not await JobRecord.filter(status__in=[JobStatus.QUEUED, JobStatus.RUNNING]).exists()


# One workspace, whose token is in the settings


async def test_the_one_workspace_goes_and_comes_back(
    settings: Settings, fake_slack: FakeSlack, clock: MovableClock, database: None
):
    home = fake_slack.workspace
    own = Installations(settings_for_one(settings, fake_slack), clock)
    assert await own.bot_token(home.id)
    old = settings_for_one(settings, fake_slack)
    await fake_slack.faults.uninstall()
    await own.gone(home.id)
    assert await own.bot_token(home.id) is None
    # A restart with the same token does not find it there either, and what is asked is not asked for ever.
    assert await Installations(old, clock).bot_token(home.id) is None

    clock.advance(days=3)
    fake_slack.install(home)
    again = Installations(settings_for_one(settings, fake_slack), clock)
    assert await again.bot_token(home.id) == home.installed.token
    row = await InstallationRecord.get()
    assert row.removed_at is None and row.bot_user_id == home.installed.bot.id


def test_the_grace_is_what_the_docs_say():
    assert timedelta(days=30) == GRACE
