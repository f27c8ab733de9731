"""The books of the file store: files that no row refers to are deleted, rows without their file are reported.

An orphan is left behind by whoever dies between storing a file and writing its row, by a worker that lost
its job and did not know yet, and by jobs whose previews and checkpoints ended with them. It is deleted once
it is older than the grace, by the store's own clock: until then its row may still be on the way.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.blob_references import delete_orphans, references, referring_rows
from core.store.blobs import BlobEntry, Blobs
from core.store.records import WorkspaceRecord

log = logging.getLogger(__name__)

CHUNK_FILES = 100
"""Deleted in one transaction: the workspace's lock is held for that long, and no longer."""


@dataclass(frozen=True)
class Missing:
    """A row that refers to a file which is not there. `what` names the row."""

    key: str
    what: str


@dataclass(frozen=True)
class ScrubReport:
    """What was found: the orphans that are gone now (or would be, in a dry run), and the rows without a file."""

    orphans: tuple[str, ...]
    missing: tuple[Missing, ...]
    orphan_bytes: int


async def scrub(blobs: Blobs, *, grace: timedelta, now: datetime, is_dry_run: bool = False) -> ScrubReport:
    """Compare files and rows of every workspace, also of those that have no rows any more.

    Raises:
        StoreUnavailable: What was deleted before stays deleted; the next scrub goes on.
    """
    with_rows = {str(found) for found in await WorkspaceRecord.all().values_list("id", flat=True)}
    if not is_dry_run:
        await blobs.delete_unfinished(now - grace)
    orphans: list[BlobEntry] = []
    missing: list[Missing] = []
    for workspace_id in sorted(with_rows.union(await blobs.workspaces())):
        # Files first, rows second: a file that is stored in between is in neither, and one that gets its row is safe.
        entries = {entry.key: entry for entry in await blobs.entries(workspace_id)}
        needed = await references(workspace_id)
        old = [
            entry
            for entry in entries.values()
            if not needed[entry.key] and entry.last_modified <= now - grace
        ]
        deleted = old if is_dry_run else await _delete(workspace_id, blobs, old, now - grace)
        orphans += deleted
        missing += await _missing(workspace_id, blobs, needed, entries)
    report = ScrubReport(
        orphans=tuple(entry.key for entry in orphans),
        missing=tuple(missing),
        orphan_bytes=sum(entry.size_bytes for entry in orphans),
    )
    _log(report, is_dry_run=is_dry_run)
    return report


async def _delete(
    workspace_id: str, blobs: Blobs, old: list[BlobEntry], unchanged_since: datetime
) -> list[BlobEntry]:
    deleted: set[str] = set()
    for first in range(0, len(old), CHUNK_FILES):
        keys = [entry.key for entry in old[first : first + CHUNK_FILES]]
        deleted.update(await delete_orphans(workspace_id, blobs, keys, unchanged_since=unchanged_since))
    return [entry for entry in old if entry.key in deleted]


async def _missing(
    workspace_id: str, blobs: Blobs, needed: Counter[str], entries: dict[str, BlobEntry]
) -> list[Missing]:
    """Name the rows whose file is not there, asked again one by one: it may be younger than the list."""
    absent = {key for key in needed if key not in entries and not await blobs.exists(key)}
    if not absent:
        return []
    # Rows are read again as well: what was erased since the first reading took its file along.
    rows = await referring_rows(workspace_id)
    return [Missing(row.key, row.what) for row in rows if row.key in absent]


def _log(report: ScrubReport, *, is_dry_run: bool) -> None:
    log.info(
        "action=scrubbed dry_run=%s orphans=%d orphan_bytes=%d missing=%d",
        is_dry_run,
        len(report.orphans),
        report.orphan_bytes,
        len(report.missing),
    )
    for row in report.missing:
        log.error("action=file_missing key=%s row=%s", row.key, row.what)
