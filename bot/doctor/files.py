"""Can files be written, read and deleted, is there room for more, and are those there that rows refer to?"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

from bot.doctor.finding import Check, Finding, Status
from core.clock import utc_now
from core.errors import BlobMissing
from core.rules.wording import counted, listed
from core.scrub import scrub
from core.settings import Settings
from core.store.blobs import open_blobs
from core.store.database import dialect
from core.store.records import new_id

PROBE = "doctor"
"""The probe file lies where a workspace's would. One that is left behind is an orphan, and the scrub deletes it."""
GIB = 2**30
ROOM_BYTES = 2 * GIB
"""Below this somebody should look, while there is time to. A round number: nobody measured how fast disks fill."""
LEAST_ROOM_BYTES = GIB // 4
NAMED_MISSING = 3


async def look_at_storage(settings: Settings) -> AsyncIterator[Finding]:
    """Write a small file, read it, and delete it again."""
    place = settings.storage or str(settings.resolved_storage_dir)
    blobs, written = open_blobs(settings), new_id().encode()
    key = await blobs.put(PROBE, written, ".txt")
    try:
        is_same = await blobs.get(key) == written
    except BlobMissing:
        is_same = False
    finally:
        await blobs.delete(key)
    if is_same and not await blobs.exists(key):
        yield Finding("storage", Status.OK, f"A file was written to {place}, read, and deleted.")
        return
    yield Finding(
        "storage",
        Status.FAIL,
        f"{place} does not give back what was written to it, or keeps what was deleted.",
        "Check that it is a plain folder or bucket of Likeness's own, without a cache or versions in front of it.",
    )


async def look_at_room(settings: Settings) -> AsyncIterator[Finding]:
    """See how much room the disks have that this machine's part of the installation writes to."""
    folders = [settings.data_dir.resolve()]
    if not settings.storage:
        folders.append(settings.resolved_storage_dir)
    by_device = {_existing(folder).stat().st_dev: folder for folder in reversed(folders)}
    for folder in by_device.values():
        free_bytes = shutil.disk_usage(_existing(folder)).free
        sentence = f"{free_bytes / GIB:.1f} GiB are free for {folder}."
        if free_bytes >= ROOM_BYTES:
            yield Finding("disk", Status.OK, sentence)
            continue
        yield Finding(
            "disk",
            Status.WARN if free_bytes >= LEAST_ROOM_BYTES else Status.FAIL,
            sentence,
            "Make room there, or move the files to a larger disk or a bucket (LIKENESS_STORAGE_DIR, LIKENESS_STORAGE).",
        )


def _existing(folder: Path) -> Path:
    """Return the folder, or the one in which it will be made."""
    return next(place for place in (folder, *folder.parents) if place.exists())


async def look_for_missing(settings: Settings) -> AsyncIterator[Finding]:
    """Ask for every file that a row refers to."""
    grace = timedelta(hours=settings.orphan_grace_hours)
    report = await scrub(open_blobs(settings), grace=grace, now=utc_now(), is_dry_run=True)
    missing = sorted({row.what for row in report.missing})
    if not missing:
        orphans = counted(len(report.orphans), "orphan")
        yield Finding("files", Status.OK, f"Every file that a row refers to is there; {orphans} to delete.")
        return
    named = missing[:NAMED_MISSING]
    if len(missing) > NAMED_MISSING:
        named.append(f"{len(missing) - NAMED_MISSING} more")
    fix = (
        "Put them back from a backup, or train those models again; likeness scrub --dry-run lists their keys."
    )
    if dialect(settings) == "postgres" and not settings.storage:
        fix += (
            " Where workers run on other machines, set LIKENESS_STORAGE to a bucket that all of them share."
        )
    yield Finding("files", Status.FAIL, f"Rows refer to files that are missing: {listed(named)}.", fix)


CHECKS = (Check("storage", look_at_storage), Check("disk", look_at_room))
CHECKS_OF_ROWS = (Check("files", look_for_missing, needs_rows=True),)
