"""A worker's look at photos: taken by whoever can, kept beside each photo, and gone with it."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from PIL import Image

from core import drafts, intake
from core.blob_references import references
from core.errors import ClaimLost
from core.feedback.vision import Seen, to_text
from core.queue import looks, outbox, workers
from core.queue.dispatch import Dispatch
from core.queue.jobs import Claim, Jobs, NewJob
from core.queue.specs import FeaturesResult, FeaturesSpec, GenerateSpec, PhotoToSee, SeenPhoto, Spec
from core.queue.workers import Announcement, Eyes
from core.rules.kinds import ModelKind
from core.rules.plans import load_plans
from core.settings import Settings
from core.store.blobs import Blobs
from core.store.database import transaction
from core.store.records import (
    DraftRecord,
    DraftState,
    JobRecord,
    JobStatus,
    OutboxPartRecord,
    OutboxRecord,
    PhotoFeatureRecord,
    PhotoRecord,
)
from core.workspace import Workspace, open_workspace
from tests.conftest import MovableClock

PROVIDER = "dinov2-0123456789ab"
OTHER = "clip-0123456789ab"
SEEN = to_text(Seen(np.array([1, 0], dtype=np.float32), None))


@pytest.fixture
async def workspace(database: None, clock: MovableClock) -> Workspace:
    opened, _ = await open_workspace("console", "local", default_plan="pro", plans=load_plans(), now=clock())
    return opened


@pytest.fixture
def jobs(settings: Settings, dispatch: Dispatch, clock: MovableClock) -> Jobs:
    return Jobs(settings, dispatch, clock, clock.monotonic)


async def upload(workspace: Workspace, blobs: Blobs, colour: str = "red") -> PhotoRecord:
    written = io.BytesIO()
    Image.new("RGB", (32, 32), colour).save(written, "PNG")
    taken = await intake.take(workspace, blobs, written.getvalue(), "mug.png", "ana")
    assert isinstance(taken, PhotoRecord)
    return taken


async def a_draft(workspace: Workspace, *photos: PhotoRecord) -> DraftRecord:
    draft = await DraftRecord.create(
        workspace_id=workspace.id, requester_id="ana", platform="console", thread="main", display_name="Mug",
        handle="mug", kind=ModelKind.PRODUCT, class_noun="mug", base_model="tiny", state=DraftState.ANALYZING,
    )  # fmt: skip
    for photo in photos:
        await drafts.add_photo(draft, photo.id)
    return draft


def look_at(draft: DraftRecord, *photos: PhotoRecord, provider: str = PROVIDER) -> FeaturesSpec:
    wanted = tuple(PhotoToSee(photo.blob_key, photo.sha256) for photo in photos)
    return FeaturesSpec(draft.workspace_id, draft.id, provider, wanted, "tiny")


async def ask(jobs: Jobs, spec: Spec, draft_id: str | None = None) -> JobRecord:
    new = NewJob(spec.workspace_id, "ana", spec, 0, "console", "main", draft_id=draft_id, jobs_at_once=1)
    async with transaction():
        job = await jobs.enqueue(new)
    assert job is not None
    return job


async def claim(jobs: Jobs, provider: str = PROVIDER) -> Claim:
    claimed = await jobs.claim("generate.tiny", worker_id="w", provider=provider)
    assert claimed is not None
    return claimed


def seen(*photos: PhotoRecord, provider: str = PROVIDER) -> FeaturesResult:
    return FeaturesResult(provider, tuple(SeenPhoto(photo.sha256, SEEN) for photo in photos))


async def test_what_was_seen_is_kept_beside_the_photo_and_nowhere_else(
    jobs: Jobs, workspace: Workspace, blobs: Blobs
) -> None:
    red, blue = await upload(workspace, blobs), await upload(workspace, blobs, "blue")
    draft = await a_draft(workspace, red, blue)
    balance = await workspace.balance()
    job = await ask(jobs, look_at(draft, red, blue), draft.id)
    taken = await claim(jobs)
    assert taken.spec == look_at(draft, red, blue)
    await jobs.finish(taken, seen(red, blue))
    known = await looks.known(workspace.id, PROVIDER, [red.sha256, blue.sha256])
    assert known.keys() == {red.sha256, blue.sha256}
    assert np.allclose(known[red.sha256].embedding, (1, 0))
    fresh = await JobRecord.get(id=job.id)
    assert (fresh.status, fresh.result) == (JobStatus.SUCCEEDED, "")
    assert await workspace.balance() == balance, "looking is free"
    parts = await OutboxPartRecord.all()
    assert [part.name for part in parts] == [outbox.DRAFT]


async def test_a_photo_takes_what_was_seen_on_it_along(
    jobs: Jobs, workspace: Workspace, blobs: Blobs
) -> None:
    red, blue = await upload(workspace, blobs), await upload(workspace, blobs, "blue")
    draft = await a_draft(workspace, blue)
    for provider in (PROVIDER, OTHER):
        await ask(jobs, look_at(draft, red, blue, provider=provider), draft.id)
        await jobs.finish(await claim(jobs, provider), seen(red, blue, provider=provider))
    await intake.discard_unused(workspace, blobs, [red, blue])
    assert {row.sha256 for row in await PhotoFeatureRecord.all()} == {blue.sha256}
    assert await PhotoFeatureRecord.all().count() == 2


async def test_a_photo_erased_during_the_look_comes_back_with_nothing(
    jobs: Jobs, workspace: Workspace, blobs: Blobs
) -> None:
    red = await upload(workspace, blobs)
    draft = await a_draft(workspace, red)
    await ask(jobs, look_at(draft, red), draft.id)
    taken = await claim(jobs)
    assert (await references(workspace.id))[red.blob_key] == 1, "the photo's own row alone keeps its file"
    await drafts.erase(draft)
    await intake.discard_unused(workspace, blobs, [red])
    assert not await blobs.exists(red.blob_key)
    await jobs.finish(taken, seen(red))
    assert await PhotoFeatureRecord.all().count() == 0


async def test_another_workspace_does_not_know_what_was_seen(
    jobs: Jobs, workspace: Workspace, blobs: Blobs, clock: MovableClock
) -> None:
    red = await upload(workspace, blobs)
    draft = await a_draft(workspace, red)
    await ask(jobs, look_at(draft, red), draft.id)
    await jobs.finish(await claim(jobs), seen(red))
    other, _ = await open_workspace("console", "b", default_plan="pro", plans=load_plans(), now=clock())
    assert await looks.known(other.id, PROVIDER, [red.sha256]) == {}
    assert await looks.provider_that_knows(other.id, [red.sha256]) is None
    assert await looks.provider_that_knows(workspace.id, [red.sha256]) == PROVIDER
    assert await looks.provider_that_knows(workspace.id, [red.sha256, "f" * 64]) is None


async def test_only_a_worker_with_that_vision_takes_the_look_and_others_go_on_with_pictures(
    jobs: Jobs, workspace: Workspace, blobs: Blobs
) -> None:
    red = await upload(workspace, blobs)
    draft = await a_draft(workspace, red)
    await ask(jobs, look_at(draft, red), draft.id)
    await ask(jobs, GenerateSpec(workspace.id, "a mug", (), "tiny", 1, 7, 64, 64))
    picture = await claim(jobs, provider="")
    assert isinstance(picture.spec, GenerateSpec)
    for wrong in ("", OTHER):
        assert await jobs.claim("generate.tiny", worker_id="w", provider=wrong) is None
    assert isinstance((await claim(jobs)).spec, FeaturesSpec)


async def test_a_thousand_pictures_of_the_workspace_do_not_keep_its_look_waiting(
    jobs: Jobs, workspace: Workspace, blobs: Blobs
) -> None:
    """It has a place of its own in the line of the pictures: one of its workspace's comes first, at the most."""
    for _ in range(20):
        await ask(jobs, GenerateSpec(workspace.id, "a mug", (), "tiny", 4, 7, 64, 64))
    red = await upload(workspace, blobs)
    draft = await a_draft(workspace, red)
    await ask(jobs, look_at(draft, red), draft.id)
    first_two = [(await claim(jobs)).spec for _ in range(2)]
    assert any(isinstance(spec, FeaturesSpec) for spec in first_two)


async def test_a_dropped_look_is_nobodys_any_more(jobs: Jobs, workspace: Workspace, blobs: Blobs) -> None:
    """Also where its worker hangs: it cannot write, and is told when it asks."""
    red = await upload(workspace, blobs)
    draft = await a_draft(workspace, red)
    job = await ask(jobs, look_at(draft, red), draft.id)
    taken = await claim(jobs)
    assert await jobs.drop(job)
    assert not await jobs.drop(job)
    assert (await JobRecord.get(id=job.id)).status is JobStatus.CANCELLED
    assert (await jobs.heartbeat([taken])).lost == {job.id}
    with pytest.raises(ClaimLost):
        await jobs.finish(taken, seen(red))
    assert await OutboxRecord.all().count() == 1
    assert await PhotoFeatureRecord.all().count() == 0


@pytest.mark.parametrize("is_running", [False, True])
async def test_patience_ends(
    is_running: bool, jobs: Jobs, workspace: Workspace, blobs: Blobs, clock: MovableClock
) -> None:
    red = await upload(workspace, blobs)
    draft = await a_draft(workspace, red)
    job = await ask(jobs, look_at(draft, red), draft.id)
    await JobRecord.filter(id=job.id).update(created_at=clock())
    if is_running:
        await claim(jobs)
    clock.advance(seconds=looks.PATIENCE.total_seconds() - 1)
    assert await looks.drop_overdue(jobs, clock()) == 0
    clock.advance(seconds=1)
    assert await looks.drop_overdue(jobs, clock()) == 1
    assert await looks.open_looks(draft.id) == []


async def test_a_look_that_no_draft_waits_for_is_dropped(
    jobs: Jobs, workspace: Workspace, blobs: Blobs, clock: MovableClock
) -> None:
    red = await upload(workspace, blobs)
    draft = await a_draft(workspace, red)
    job = await ask(jobs, look_at(draft, red), draft.id)
    await JobRecord.filter(id=job.id).update(created_at=clock())
    assert await looks.drop_overdue(jobs, clock()) == 0
    assert await drafts.close(draft, "Cancelled.")
    assert await looks.drop_overdue(jobs, clock()) == 1


async def test_a_look_leaves_no_row_behind_once_its_draft_went_on(
    jobs: Jobs, workspace: Workspace, blobs: Blobs, clock: MovableClock
) -> None:
    red = await upload(workspace, blobs)
    draft = await a_draft(workspace, red)
    await ask(jobs, look_at(draft, red), draft.id)
    picture = await ask(jobs, GenerateSpec(workspace.id, "a mug", (), "tiny", 1, 7, 64, 64))
    await jobs.finish(await claim(jobs), seen(red))
    assert await looks.forget_told() == 0, "its draft has not gone on yet"
    await OutboxRecord.all().update(delivered_at=clock())
    assert await looks.forget_told() == 1
    assert [job.id for job in await JobRecord.all()] == [picture.id]
    assert (await OutboxRecord.all().count(), await OutboxPartRecord.all().count()) == (0, 0)


async def test_looks_are_no_jobs_that_somebody_asked_for(
    jobs: Jobs, workspace: Workspace, blobs: Blobs
) -> None:
    red = await upload(workspace, blobs)
    draft = await a_draft(workspace, red)
    await ask(jobs, look_at(draft, red), draft.id)
    assert await workspace.jobs() == []


async def test_who_looks_is_a_worker_that_is_there_and_rather_one_of_the_drafts_base(
    database: None, clock: MovableClock
) -> None:
    assert await workers.eyes("tiny", clock()) is None
    plain = Announcement("plain", {"tiny": "a"}, ("generate.tiny",), "CPU", 0)
    await workers.announce(plain, clock())
    assert await workers.eyes("tiny", clock()) is None
    assert not await workers.has_eyes()
    flux = replace(plain, worker_id="big", bases={"flux": "b"}, lanes=("generate.flux",), provider=OTHER)
    await workers.announce(flux, clock())
    assert await workers.eyes("tiny", clock()) == Eyes(OTHER, "flux")
    await workers.announce(replace(plain, worker_id="sees", provider=PROVIDER), clock())
    assert await workers.eyes("tiny", clock()) == Eyes(PROVIDER, "tiny")
    assert await workers.eyes("flux", clock()) == Eyes(OTHER, "flux")
    assert await workers.eyes("tiny", clock() + timedelta(minutes=2)) is None
    assert await workers.has_eyes(), "silent, and still expected"
