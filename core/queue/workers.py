"""Which workers there are, and which weights they serve."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from core.store.records import WorkerRecord

ONLINE_FOR = timedelta(seconds=60)
"""A worker that was silent for longer than this counts as gone."""


async def announce(worker_id: str, bases: Mapping[str, str], now: datetime) -> None:
    """Say that a worker is there, with the weights hash of each base it has loaded or can load."""
    text = ",".join(f"{name}={sha256}" for name, sha256 in bases.items())
    if await WorkerRecord.filter(id=worker_id).update(bases=text, seen_at=now) == 0:
        await WorkerRecord.create(id=worker_id, bases=text, seen_at=now)


async def is_online(base: str, now: datetime) -> bool:
    """Tell whether some worker for that base was heard of lately."""
    workers = await WorkerRecord.filter(seen_at__gte=now - ONLINE_FOR)
    return any(base in _bases(worker) for worker in workers)


async def weights_of(base: str) -> str | None:
    """Return the hash of the weights that the latest worker serves under that name."""
    for worker in await WorkerRecord.all().order_by("-seen_at"):
        if base in _bases(worker):
            return _bases(worker)[base]
    return None


def _bases(worker: WorkerRecord) -> dict[str, str]:
    return dict(part.split("=", 1) for part in worker.bases.split(",") if part)
