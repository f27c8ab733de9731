"""The store keeps its books: nothing that a row needs is deleted, and nothing else stays."""

from __future__ import annotations

import asyncio
import io
from dataclasses import replace
from datetime import timedelta
from unittest.mock import AsyncMock

import pytest
from PIL import Image

from core import intake
from core.blob_references import delete_unreferenced, references
from core.clock import utc_now
from core.erasure import delete_model
from core.errors import StoreUnavailable
from core.queue.dispatch import Dispatch
from core.queue.jobs import Jobs
from core.queue.specs import (
    AdapterUse,
    GenerateResult,
    GenerateSpec,
    MadePicture,
    TrainingPhoto,
    TrainSpec,
    to_json,
)
from core.rules.kinds import JobKind, ModelKind
from core.rules.plans import load_plans
from core.rules.presets import training_preset
from core.scrub import Missing, ScrubReport, scrub
from core.settings import Settings
from core.store.blobs import Blobs
from core.store.records import (
    JobRecord,
    JobStatus,
    ModelRecord,
    PhotoRecord,
    VersionPhotoRecord,
    VersionRecord,
)
from core.workspace import Workspace, open_workspace
from tests.conftest import MovableClock

GRACE = timedelta(hours=1)
PATIENCE_SECONDS = 0.3
NOTHING = ScrubReport((), (), 0)


@pytest.fixture
async def workspace(database: None, clock: MovableClock) -> Workspace:
    opened, _ = await open_workspace("console", "local", default_plan="pro", plans=load_plans(), now=clock())
    return opened


def a_photo(colour: str = "red") -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (32, 32), colour).save(written, "PNG")
    return written.getvalue()


async def upload(workspace: Workspace, blobs: Blobs, data: bytes) -> PhotoRecord:
    taken = await intake.take(workspace, blobs, data, "mug.png", "ana")
    assert isinstance(taken, PhotoRecord)
    return taken


async def scrub_later(blobs: Blobs, *, hours: float = 2, is_dry_run: bool = False) -> ScrubReport:
    """Scrub when everything that is there now is that old."""
    return await scrub(blobs, grace=GRACE, now=utc_now() + timedelta(hours=hours), is_dry_run=is_dry_run)


async def a_model(workspace: Workspace, blobs: Blobs, handle: str = "red-mug") -> VersionRecord:
    model = await ModelRecord.create(
        workspace_id=workspace.id,
        handle=handle,
        live_handle=handle,
        display_name=handle,
        kind=ModelKind.PRODUCT,
        class_noun="mug",
        trigger_word="abc",
        owner_id="ana",
    )
    return await VersionRecord.create(
        model_id=model.id,
        number=1,
        base_model="tiny",
        adapter_key=await blobs.put(workspace.id, handle.encode(), ".safetensors"),
        test_sheet_key=await blobs.put(workspace.id, handle.encode(), ".png"),
    )


async def a_job(workspace: Workspace, spec: TrainSpec | GenerateSpec, **changes: object) -> JobRecord:
    is_training = isinstance(spec, TrainSpec)
    return await JobRecord.create(
        workspace_id=workspace.id,
        user_id="ana",
        kind=JobKind.TRAIN if is_training else JobKind.GENERATE,
        base_model="tiny",
        sort_key=0.0,
        spec=to_json(spec),
        model_id=spec.model_id if isinstance(spec, TrainSpec) else None,
        platform="console",
        thread="main",
        **changes,
    )


def training(workspace: Workspace, model_id: str, *photo_keys: str) -> TrainSpec:
    return TrainSpec(
        workspace_id=workspace.id,
        model_id=model_id,
        version_id="v",
        handle="red-mug",
        kind=ModelKind.PRODUCT,
        class_noun="mug",
        trigger_word="abc",
        base_model="tiny",
        photos=tuple(TrainingPhoto(key, "a mug") for key in photo_keys),
        preset=training_preset("tiny", ModelKind.PRODUCT, 4, "standard"),
        seed=7,
        test_prompts=(),
    )


def pictures(workspace: Workspace, *adapters: AdapterUse) -> GenerateSpec:
    return GenerateSpec(workspace.id, "a mug", adapters, "tiny", 1, 7, 64, 64)


async def test_an_empty_house_needs_no_scrubbing(database: None, store: Blobs) -> None:
    assert await scrub_later(store) == NOTHING


async def test_an_orphan_goes_once_it_is_older_than_the_grace(workspace: Workspace, store: Blobs) -> None:
    kept = await upload(workspace, store, a_photo())
    orphan = await store.put(workspace.id, b"left behind", ".safetensors")
    assert await scrub_later(store, hours=0.5, is_dry_run=True) == NOTHING
    assert await scrub_later(store, hours=0.5) == NOTHING
    assert await store.exists(orphan)
    assert await scrub_later(store) == ScrubReport((orphan,), (), len(b"left behind"))
    assert await store.keys(workspace.id) == [kept.blob_key]
    assert await scrub_later(store) == NOTHING


async def test_a_dry_run_tells_and_deletes_nothing(workspace: Workspace, store: Blobs) -> None:
    orphan = await store.put(workspace.id, b"left behind", ".png")
    for _ in range(2):
        assert (await scrub_later(store, is_dry_run=True)).orphans == (orphan,)
    assert await store.exists(orphan)


async def test_files_of_a_workspace_without_rows_are_orphans(database: None, store: Blobs) -> None:
    orphan = await store.put("erased", b"1", ".png")
    assert (await scrub_later(store)).orphans == (orphan,)
    assert await store.entries() == []


async def test_a_row_without_its_file_is_reported_and_stays(workspace: Workspace, store: Blobs) -> None:
    photo, version = await upload(workspace, store, a_photo()), await a_model(workspace, store)
    await store.delete(photo.blob_key)
    await store.delete(version.adapter_key)
    for _ in range(2):
        report = await scrub_later(store)
        assert report.orphans == ()
        assert set(report.missing) == {
            Missing(photo.blob_key, f"photo {photo.id}"),
            Missing(version.adapter_key, "weights of @red-mug version 1"),
        }
    assert await PhotoRecord.exists(id=photo.id)


async def test_more_orphans_than_one_transaction_takes(
    workspace: Workspace, store: Blobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.scrub.CHUNK_FILES", 3)
    orphans = {await store.put(workspace.id, bytes([number]), ".png") for number in range(7)}
    assert set((await scrub_later(store)).orphans) == orphans
    assert await store.keys(workspace.id) == []


async def test_a_file_stored_again_is_as_young_as_its_last_writer(
    workspace: Workspace, store: Blobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The scrub has read its list when a worker stores the same bytes anew, and the row is still on the way."""
    key = await store.put(workspace.id, b"an old orphan", ".png")
    old = [replace(entry, last_modified=utc_now() - 2 * GRACE) for entry in await store.entries(workspace.id)]
    monkeypatch.setattr(store, "entries", AsyncMock(return_value=old))
    assert await scrub_later(store, hours=0) == NOTHING
    assert await store.exists(key)


async def test_a_zombie_s_file_outlives_nobody_and_harms_nobody(workspace: Workspace, store: Blobs) -> None:
    """A worker that lost its job stores its pictures all the same; its successor's are the ones that count."""
    await a_job(
        workspace,
        pictures(workspace),
        status=JobStatus.SUCCEEDED,
        result=to_json(
            GenerateResult((MadePicture(await store.put(workspace.id, b"hers", ".png"), 7, 64, 64),))
        ),
    )
    zombies = await store.put(workspace.id, b"the zombie's", ".png")
    assert await scrub_later(store, hours=0.9) == NOTHING
    assert (await scrub_later(store, hours=1.1)).orphans == (zombies,)
    [left] = await store.keys(workspace.id)
    assert await store.get(left) == b"hers"


async def test_an_open_training_keeps_its_files_and_an_ended_one_none(
    workspace: Workspace, store: Blobs
) -> None:
    version = await a_model(workspace, store)
    files = [await store.put(workspace.id, name, ".png") for name in (b"square", b"preview", b"checkpoint")]
    job = await a_job(
        workspace,
        training(workspace, version.model_id, files[0]),
        status=JobStatus.RUNNING,
        preview_key=files[1],
        checkpoint_key=files[2],
    )
    for status in (JobStatus.RUNNING, JobStatus.QUEUED):
        await JobRecord.filter(id=job.id).update(status=status)
        assert await scrub_later(store) == NOTHING
    await JobRecord.filter(id=job.id).update(status=JobStatus.FAILED)
    assert set((await scrub_later(store)).orphans) == set(files)


async def test_every_reference_to_a_file_counts(workspace: Workspace, store: Blobs) -> None:
    version = await a_model(workspace, store)
    photo = await upload(workspace, store, a_photo())
    await a_job(workspace, training(workspace, version.model_id, photo.blob_key))
    use = AdapterUse("red-mug", version.id, version.adapter_key, "abc", "mug", "")
    await a_job(workspace, pictures(workspace, use))
    assert await references(workspace.id) == {
        photo.blob_key: 2,
        version.adapter_key: 2,
        version.test_sheet_key: 1,
    }


async def test_a_deleted_model_needs_no_file_even_while_a_picture_waits(
    workspace: Workspace, store: Blobs
) -> None:
    version = await a_model(workspace, store)
    use = AdapterUse("red-mug", version.id, version.adapter_key, "abc", "mug", "")
    await a_job(workspace, pictures(workspace, use))
    await a_job(workspace, training(workspace, version.model_id, "w/square.png"), preview_key="w/preview.png")
    await ModelRecord.filter(id=version.model_id).update(deleted_at=utc_now(), live_handle=None)
    assert await references(workspace.id) == {}


async def test_a_store_that_is_down_leaves_its_files_to_the_scrub(
    workspace: Workspace,
    store: Blobs,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    photo = await upload(workspace, store, a_photo())
    with monkeypatch.context() as outage:
        outage.setattr(
            store, "delete_many", AsyncMock(side_effect=StoreUnavailable("no route to the bucket"))
        )
        await intake.discard_unused(workspace, store, [photo])
    assert not await PhotoRecord.exists(id=photo.id)
    assert "files_left_to_the_scrub" in caplog.text
    assert (await scrub_later(store)).orphans == (photo.blob_key,)


async def test_a_file_deleted_between_somebody_s_put_and_row_is_stored_again(
    workspace: Workspace, store: Blobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ana uploads the picture that Ben's model is just giving up: her file is there, her row is not."""
    key = (await upload(workspace, store, a_photo())).blob_key
    await PhotoRecord.all().delete()
    stored, go_on, put = asyncio.Event(), asyncio.Event(), store.put

    async def put_and_pause(*upload: str) -> str:
        stored_key = await put(*upload)
        stored.set()
        await go_on.wait()
        return stored_key

    monkeypatch.setattr(store, "put", put_and_pause)
    uploading = asyncio.create_task(upload(workspace, store, a_photo()))
    await stored.wait()
    await delete_unreferenced(workspace.id, store, [key])
    assert not await store.exists(key)
    go_on.set()
    assert (await uploading).blob_key == key
    assert await store.exists(key)


async def test_an_upload_waits_for_a_deletion_that_has_counted(
    workspace: Workspace, store: Blobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The deletion found no row and is about to delete, when the same picture comes in again."""
    key = (await upload(workspace, store, a_photo())).blob_key
    await PhotoRecord.all().delete()
    counted, stored, go_on = asyncio.Event(), asyncio.Event(), asyncio.Event()
    put, delete_many = store.put, store.delete_many

    async def put_and_tell(*upload: str) -> str:
        stored_key = await put(*upload)
        stored.set()
        return stored_key

    async def pause_and_delete(keys: list[str]) -> None:
        counted.set()
        await go_on.wait()
        await delete_many(keys)

    monkeypatch.setattr(store, "put", put_and_tell)
    monkeypatch.setattr(store, "delete_many", pause_and_delete)
    deleting = asyncio.create_task(delete_unreferenced(workspace.id, store, [key]))
    await counted.wait()
    uploading = asyncio.create_task(upload(workspace, store, a_photo()))
    await stored.wait()
    # Without the lock the upload ends here, content with the file that is about to go.
    await asyncio.wait([uploading], timeout=PATIENCE_SECONDS)
    go_on.set()
    await asyncio.gather(deleting, uploading)
    assert await PhotoRecord.exists(blob_key=key)
    assert await store.exists(key)


async def test_what_a_killed_writer_left_half_written_goes_too(
    database: None, blobs: Blobs, settings: Settings
) -> None:
    """A folder's writer fills `<key>#1` and renames it at the end: killed before that, it leaves it behind."""
    half = settings.resolved_storage_dir / "w" / "adapter.safetensors#1"
    half.parent.mkdir()
    half.write_bytes(b"half an ada")
    await scrub_later(blobs, hours=0.5)
    await scrub_later(blobs, is_dry_run=True)
    assert half.exists()
    await scrub_later(blobs)
    assert not half.exists()


async def test_a_deleted_model_s_files_go_at_once(
    workspace: Workspace, store: Blobs, settings: Settings, dispatch: Dispatch, clock: MovableClock
) -> None:
    version, twin = await a_model(workspace, store), await a_model(workspace, store, "twin")
    photos = [await upload(workspace, store, a_photo(colour)) for colour in ("red", "navy")]
    for trained, photo in ((version, photos[0]), (version, photos[1]), (twin, photos[1])):
        position = await VersionPhotoRecord.filter(version_id=trained.id).count()
        await VersionPhotoRecord.create(
            version_id=trained.id, photo_id=photo.id, position=position, caption="a mug"
        )
    await a_job(
        workspace, pictures(workspace, AdapterUse("red-mug", version.id, version.adapter_key, "a", "mug", ""))
    )
    jobs = Jobs(settings, dispatch, clock, clock.monotonic)
    model = await ModelRecord.get(id=version.model_id)
    await delete_model(workspace, store, jobs, model, by="ana", now=clock())
    theirs = {twin.adapter_key, twin.test_sheet_key, photos[1].blob_key}
    assert set(await store.keys(workspace.id)) == theirs
    assert await scrub_later(store) == NOTHING
