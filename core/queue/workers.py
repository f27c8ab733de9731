"""Which workers there are, what they serve, and with which weights."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.store.records import WorkerRecord

ONLINE_FOR = timedelta(seconds=60)
"""A worker that was silent for longer than this counts as gone."""
FORGOTTEN_AFTER = timedelta(days=7)


@dataclass(frozen=True)
class Announcement:
    """What a worker says of itself. `bases` maps each base it has to the hash of its weights."""

    worker_id: str
    bases: Mapping[str, str]
    lanes: Collection[str]
    device: str
    memory_bytes: int
    provider: str = ""
    """The vision that it looks at photos with; empty where it has none."""


async def announce(said: Announcement, now: datetime) -> None:
    """Say that a worker is there."""
    record: dict[str, Any] = {
        "bases": ",".join(f"{name}={sha256}" for name, sha256 in said.bases.items()),
        "lanes": ",".join(said.lanes),
        "device": said.device,
        "memory_bytes": said.memory_bytes,
        "provider": said.provider,
        "seen_at": now,
    }
    if await WorkerRecord.filter(id=said.worker_id).update(**record) == 0:
        await WorkerRecord.create(id=said.worker_id, **record)


async def withdraw(worker_id: str) -> None:
    """Say that a worker is gone."""
    await WorkerRecord.filter(id=worker_id).delete()


async def online(now: datetime) -> list[WorkerRecord]:
    """Return the workers that were heard of lately."""
    return await WorkerRecord.filter(seen_at__gte=now - ONLINE_FOR).order_by("id")


async def is_online(base: str, now: datetime) -> bool:
    """Tell whether some worker for that base was heard of lately."""
    return any(base in _bases(worker) for worker in await online(now))


async def serving(lane: str, now: datetime) -> int:
    """Count the workers that take jobs from a lane."""
    return sum(lane in worker.lanes.split(",") for worker in await online(now))


@dataclass(frozen=True)
class Eyes:
    """Workers that look at photos: with which provider, and in the line of which base they are asked."""

    provider: str
    base_model: str


async def eyes(base: str, now: datetime) -> Eyes | None:
    """Return who looks at photos now, rather a worker of that base than another; None where nobody does."""
    found = [
        Eyes(worker.provider, name)
        for worker in await online(now)
        if worker.provider
        for name in _bases(worker)
    ]
    return min(found, key=lambda it: (it.base_model != base, it.provider, it.base_model), default=None)


async def has_eyes() -> bool:
    """Tell whether some worker looks at photos here, also one that is silent just now."""
    return await WorkerRecord.exclude(provider="").exists()


async def weights_of(base: str) -> str | None:
    """Return the hash of the weights that the latest worker serves under that name."""
    for worker in await WorkerRecord.all().order_by("-seen_at"):
        if base in _bases(worker):
            return _bases(worker)[base]
    return None


async def forget_silent(now: datetime) -> None:
    """Erase the rows of workers that were silent for long; the last one of a base stays for its weights."""
    latest = await WorkerRecord.all().order_by("-seen_at")
    known: set[str] = set()
    for worker in latest:
        is_needed = not known.issuperset(_bases(worker))
        known.update(_bases(worker))
        if not is_needed and worker.seen_at < now - FORGOTTEN_AFTER:
            await worker.delete()


def _bases(worker: WorkerRecord) -> dict[str, str]:
    return dict(part.split("=", 1) for part in worker.bases.split(",") if part)
