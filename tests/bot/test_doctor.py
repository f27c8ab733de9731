"""`likeness doctor` on installations that really lack something: real rows, real files, a real closed port."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.doctor import Report, examine
from bot.doctor.finding import Finding, Status
from core.clock import OFFSET_FILE_VARIABLE, utc_now
from core.queue import workers
from core.queue.workers import Announcement
from core.rules.kinds import JobKind
from core.settings import Settings
from core.store.blobs import Blobs
from core.store.database import dialect, execute
from core.store.records import JobRecord, OutboxRecord, PhotoRecord, WorkerRecord, WorkspaceRecord
from tests.object_store import object_store

CLOSED_PORT = "postgresql://likeness:secret-word@127.0.0.1:1/likeness"
LANES = ("train.tiny", "generate.tiny")

Examine = Callable[..., Awaitable[Report]]


@pytest.fixture
def examination(settings: Settings, database: None) -> Examine:
    """Examine the test's own installation, with some settings changed."""

    async def examined(**changes: object) -> Report:
        return await examine(settings.model_copy(update=changes))

    return examined


async def a_worker(*lanes: str, name: str = "gpu7-1-aa", sha256: str = "a" * 64, **ago: float) -> None:
    said = Announcement(name, {"tiny": sha256}, lanes or LANES, "NVIDIA H200", 139 * 2**30)
    await workers.announce(said, utc_now() - timedelta(**ago))


async def a_job(kind: JobKind = JobKind.TRAIN, base: str = "tiny") -> JobRecord:
    return await JobRecord.create(
        workspace_id="w", user_id="ana", kind=kind, base_model=base, sort_key=0.0, spec="{}",
        platform="console", thread="main",
    )  # fmt: skip


def about(report: Report, name: str) -> list[Finding]:
    found = [finding for finding in report.findings if finding.name == name]
    assert found, f"nothing about {name} in {report}"
    return found


def the_only(report: Report, name: str, status: Status) -> Finding:
    [found] = about(report, name)
    assert found.status is status, found
    assert found.fix or status is Status.OK, "what needs doing names the next step"
    return found


async def test_all_is_well_where_everything_is_there(examination: Examine) -> None:
    await a_worker(seconds=3)
    report = await examination()

    assert report.to_do == ()
    assert not report.is_misconfigured
    [worker] = about(report, "workers")
    assert (
        "gpu7-1-aa serves tiny (train.tiny, generate.tiny) on NVIDIA H200, 139 GiB, seen" in worker.sentence
    )
    assert {"database", "migrations", "storage", "disk", "outbox", "queue", "files"} <= {
        finding.name for finding in report.findings
    }


async def test_the_probe_file_is_gone_again(examination: Examine, blobs: Blobs) -> None:
    the_only(await examination(), "storage", Status.OK)
    assert await blobs.entries() == []


# The database


async def test_a_database_that_cannot_be_reached(examination: Examine) -> None:
    report = await examination(database_url=CLOSED_PORT)

    found = the_only(report, "database", Status.FAIL)
    assert "PostgreSQL cannot be reached at 127.0.0.1, port 1, database likeness" in found.sentence
    assert "secret-word" not in str(report)
    assert report.is_misconfigured
    assert about(report, "storage"), "the files are looked at all the same"


async def test_a_database_that_nobody_made_yet(examination: Examine, tmp_path: Path) -> None:
    file = tmp_path / "elsewhere" / "likeness.sqlite3"
    found = the_only(await examination(database_url=f"sqlite://{file}"), "database", Status.FAIL)

    assert f"no database at {file}" in found.sentence
    assert "likeness migrate" in found.fix
    assert not file.parent.exists(), "looking makes nothing"


async def test_tables_that_are_behind_this_release(examination: Examine) -> None:
    await execute("DELETE FROM tortoise_migrations WHERE name = '0002_many_machines'")
    report = await examination()

    found = the_only(report, "migrations", Status.FAIL)
    assert "lacks 0002_many_machines" in found.sentence
    assert "likeness migrate" in found.fix
    assert not any(finding.name == "workers" for finding in report.findings), (
        "rows it cannot read are left alone"
    )


async def test_tables_of_a_newer_release_are_read_all_the_same(examination: Examine) -> None:
    await execute("UPDATE tortoise_migrations SET name = '9999_later' WHERE name = '0001_initial'")
    await execute(
        "INSERT INTO tortoise_migrations (app, name, applied_at) "
        "VALUES ('likeness', '0001_initial', '2026-11-21 09:00:00+00:00')"
    )
    report = await examination()

    assert "9999_later of a newer release" in the_only(report, "migrations", Status.WARN).sentence
    assert about(report, "outbox")


@pytest.mark.parametrize(("seconds", "status"), [(90, Status.WARN), (-90, Status.WARN), (1, Status.OK)])
async def test_a_clock_that_is_wrong(
    examination: Examine,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    seconds: int,
    status: Status,
) -> None:
    if dialect(settings) == "sqlite":
        pytest.skip("one machine has one clock")
    (tmp_path / "offset").write_text(str(seconds))
    monkeypatch.setenv(OFFSET_FILE_VARIABLE, str(tmp_path / "offset"))
    found = the_only(await examination(), "clock", status)
    if status is Status.WARN:
        assert f"90 s {'ahead of' if seconds > 0 else 'behind'} PostgreSQL's" in found.sentence


# The work


async def test_no_worker_at_all(examination: Examine) -> None:
    await a_worker(days=2)
    report = await examination()

    found = the_only(report, "workers", Status.FAIL)
    assert "No worker is online. The last one, gpu7-1-aa, was heard of on " in found.sentence
    assert "likeness worker" in found.fix
    assert "trainings or picture requests" in the_only(report, "bases", Status.FAIL).sentence


async def test_a_worker_whose_device_is_too_small_for_trainings(examination: Examine) -> None:
    await a_worker("generate.tiny")
    await a_job()
    await a_job(JobKind.GENERATE)
    report = await examination()

    assert "no worker takes trainings for it" in the_only(report, "bases", Status.FAIL).sentence
    assert (
        the_only(report, "queue", Status.FAIL).sentence
        == "1 training on tiny waits, and no worker takes them."
    )


async def test_a_base_that_is_offered_and_served_by_nobody(examination: Examine) -> None:
    await a_worker()
    report = await examination(bases=("tiny", "sdxl"))
    tiny, sdxl = about(report, "bases")

    assert tiny.status is Status.OK
    assert "offers sdxl" in sdxl.sentence
    assert "sdxl first in its LIKENESS_BASES" in sdxl.fix


async def test_workers_that_do_not_agree_on_the_weights(examination: Examine) -> None:
    await a_worker()
    await a_worker(name="gpu8-1-bb", sha256="b" * 64)
    [found] = [finding for finding in (await examination()).to_do if finding.name == "workers"]

    assert "serve tiny with 2 different sets of weights" in found.sentence


async def test_a_worker_from_the_future(examination: Examine) -> None:
    await a_worker(seconds=-40)
    found = the_only(await examination(), "workers", Status.WARN)

    assert "gpu7-1-aa was last seen 40 s from now" in found.sentence


async def test_a_worker_of_an_older_release_is_named(examination: Examine) -> None:
    await WorkerRecord.create(id="gpu1-1-cc", bases=f"tiny={'a' * 64}", seen_at=utc_now())
    found = the_only(await examination(), "workers", Status.OK)

    assert "gpu1-1-cc serves tiny (no lanes announced) on a device that it does not name" in found.sentence


async def test_an_ending_that_was_given_up(examination: Examine) -> None:
    now = utc_now()
    await OutboxRecord.create(
        dedupe_key="ending:1", job_id="1", platform="slack", next_attempt_at=now, failed_at=now
    )
    found = the_only(await examination(), "outbox", Status.FAIL)
    assert found.sentence.startswith("1 ending could not be told on slack and was given up")
    assert "likeness redeliver" in found.fix


# The files


async def test_a_photo_whose_file_is_gone(examination: Examine, blobs: Blobs) -> None:
    workspace = await WorkspaceRecord.create(platform="console", external_id="local", plan="pro")
    keys = [await blobs.put(workspace.id, bytes([number]), ".png") for number in range(5)]
    photos = [
        await PhotoRecord.create(
            workspace_id=workspace.id, sha256=str(number), blob_key=key, filename="mug.png", width_px=8,
            height_px=8, uploader_id="ana",
        )
        for number, key in enumerate(keys)
    ]  # fmt: skip
    the_only(await examination(), "files", Status.OK)

    await blobs.delete(keys[0])
    found = the_only(await examination(), "files", Status.FAIL)
    assert f"missing: photo {photos[0].id}." in found.sentence
    assert "backup" in found.fix

    await blobs.delete_many(keys)
    assert "and 2 more." in the_only(await examination(), "files", Status.FAIL).sentence


async def test_a_folder_that_cannot_be_a_folder(examination: Examine, tmp_path: Path) -> None:
    (tmp_path / "a file").touch()
    report = await examination(storage_dir=tmp_path / "a file")

    assert "LIKENESS_STORAGE_DIR" in the_only(report, "storage", Status.FAIL).sentence
    assert report.is_misconfigured


async def test_a_bucket_that_is_well(settings: Settings, database: None) -> None:
    with object_store() as server:
        report = await examine(server.settings(settings))

    assert "written to s3://likeness-" in the_only(report, "storage", Status.OK).sentence
    assert about(report, "files")


async def test_a_bucket_that_does_not_answer(examination: Examine) -> None:
    report = await examination(
        storage="s3://bucket/prefix",
        s3_endpoint="http://127.0.0.1:1",
        s3_region="us-east-1",
        aws_access_key_id="key",
        aws_secret_access_key=SecretStr("secret-word"),
    )

    found = the_only(report, "storage", Status.FAIL)
    assert found.sentence.startswith("This could not be looked at (")
    assert "secret-word" not in str(report)
    assert not report.is_misconfigured


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="needs a small file system of its own")
async def test_a_disk_without_room(examination: Examine, monkeypatch: pytest.MonkeyPatch) -> None:
    statistics = os.statvfs("/dev/shm")
    free_bytes = statistics.f_bavail * statistics.f_frsize
    monkeypatch.setattr("bot.doctor.files.ROOM_BYTES", free_bytes * 2)
    found = [
        finding
        for finding in (await examination(storage_dir=Path("/dev/shm"))).to_do
        if finding.name == "disk"
    ]

    assert any("/dev/shm" in finding.sentence for finding in found)
    assert all("LIKENESS_STORAGE" in finding.fix for finding in found)
