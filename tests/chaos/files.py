"""The blob store after a scrub: every file is somebody's, and what a row names is there."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from collections.abc import Iterable

from core.clock import OFFSET_FILE_VARIABLE
from tests.chaos.installation import Installation
from tests.chaos.parts import PRODUCT, REPOSITORY
from tests.chaos.rows import Rows

SCRUB_SECONDS = 60
QUIET_SECONDS = 20.0
GRACE_HOURS = 0.01
"""The shortest that the command takes."""
LATER_SECONDS = 60.0
"""By how much the scrub's clock is ahead: more than the grace, so that what was stored just now is judged too."""
_SCRUB = (*PRODUCT, "scrub", "--grace-hours", f"{GRACE_HOURS:g}")


def can_scrub() -> bool:
    """Whether this version of the product has the command."""
    asked = subprocess.run([*PRODUCT, "scrub", "--help"], cwd=REPOSITORY, capture_output=True)
    return asked.returncode == 0


async def scrubbed_problems(installation: Installation) -> list[str]:
    """Scrub until every file is somebody's, and return what is still wrong then.

    A worker that lost its job while it stood still may store one more file before it notices.
    """
    give_up = time.monotonic() + QUIET_SECONDS
    while True:
        problems = await asyncio.to_thread(_scrub, installation)
        problems += files_problems(installation)
        if not problems or time.monotonic() > give_up:
            return problems
        await asyncio.sleep(1.0)


def _scrub(installation: Installation) -> list[str]:
    """Scrub as an operator does, a little later; return what it complains about."""
    later = installation.folder / "scrub-clock"
    later.write_text(f"{LATER_SECONDS:g}")
    environment = {**installation.environment(), OFFSET_FILE_VARIABLE: str(later)}
    done = subprocess.run(
        _SCRUB, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=SCRUB_SECONDS
    )
    return [] if done.returncode == 0 else [f"scrub ended with {done.returncode}: {done.stdout}{done.stderr}"]


def files_problems(installation: Installation) -> Iterable[str]:
    """Compare the folder with the rows; no job may be open."""
    root = installation.blobs_dir
    there = (
        {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
        if root.exists()
        else set()
    )
    needed = _needed(installation.rows)
    for key in sorted(needed - there):
        yield f"file {key} is missing"
    for key in sorted(there - needed):
        yield f"file {key} belongs to nobody"


def _needed(rows: Rows) -> set[str]:
    """Return the keys that rows cannot do without: photos, what versions serve, and pictures in the thread."""
    needed = {row["blob_key"] for row in rows.select("SELECT blob_key FROM photo")}
    for row in rows.select("SELECT adapter_key, test_sheet_key FROM model_version WHERE state = 'ready'"):
        needed |= {row["adapter_key"], row["test_sheet_key"]}
    for row in rows.select("SELECT result FROM job WHERE kind = 'generate' AND status = 'succeeded'"):
        needed |= {picture["blob_key"] for picture in json.loads(row["result"])["pictures"]}
    return needed
