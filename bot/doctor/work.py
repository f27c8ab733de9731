"""Who works here, is somebody there for every job, and was every ending told?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from datetime import timedelta

from bot.doctor.finding import Check, Finding, Status
from core import departures
from core.clock import utc_now
from core.queue import outbox, workers
from core.rules.kinds import JobKind
from core.rules.turns import lane_of
from core.rules.wording import counted, day_of, listed
from core.settings import Settings
from core.store.records import JobRecord, JobStatus, WorkerRecord

GIB = 2**30
WORK = {JobKind.TRAIN: "training", JobKind.GENERATE: "picture request"}
AHEAD = timedelta(seconds=5)
"""A worker seen this far in the future has a clock that runs ahead."""


async def look_at_workers(settings: Settings) -> AsyncIterator[Finding]:
    """Name the workers that were heard of lately."""
    now = utc_now()
    online = await workers.online(now)
    if not online:
        last = await WorkerRecord.all().order_by("-seen_at").first()
        heard = f" The last one, {last.id}, was heard of on {day_of(last.seen_at.date())}." if last else ""
        yield Finding(
            "workers",
            Status.FAIL,
            f"No worker is online.{heard}",
            "Start one with likeness worker, with the same DATABASE_URL and storage settings.",
        )
    for worker in online:
        if worker.seen_at > now + AHEAD:
            seconds = (worker.seen_at - now).total_seconds()
            yield Finding(
                "workers",
                Status.WARN,
                f"{worker.id} was last seen {seconds:.0f} s from now: its clock, or this one, is wrong.",
                "Turn on time synchronisation on both machines; a worker that dies would look alive until then.",
            )
        else:
            yield Finding("workers", Status.OK, _described(worker, (now - worker.seen_at).total_seconds()))
    for finding in _different_weights(online):
        yield finding


def _described(worker: WorkerRecord, seconds: float) -> str:
    bases = listed(part.partition("=")[0] for part in worker.bases.split(",") if part)
    lanes = worker.lanes.replace(",", ", ") or "no lanes announced"
    memory = f", {worker.memory_bytes / GIB:.0f} GiB" if worker.memory_bytes else ""
    device = worker.device or "a device that it does not name"
    sees = f", looks at photos with {worker.provider}" if worker.provider else ""
    return (
        f"{worker.id} serves {bases} ({lanes}) on {device}{memory}{sees}, seen {max(seconds, 0):.0f} s ago."
    )


def _different_weights(online: list[WorkerRecord]) -> list[Finding]:
    hashes: defaultdict[str, set[str]] = defaultdict(set)
    for worker in online:
        for part in filter(None, worker.bases.split(",")):
            name, _, sha256 = part.partition("=")
            hashes[name].add(sha256)
    return [
        Finding(
            "workers",
            Status.WARN,
            f"Workers serve {name} with {len(found)} different sets of weights: one seed makes different pictures.",
            "Install the same release on all of them.",
        )
        for name, found in hashes.items()
        if len(found) > 1
    ]


async def look_at_bases(settings: Settings) -> AsyncIterator[Finding]:
    """See that each base that people may choose has a worker for both kinds of job."""
    served = await _served_lanes()
    for base in settings.bases:
        idle = [f"{WORK[kind]}s" for kind in WORK if lane_of(kind, base) not in served]
        if not idle:
            yield Finding("bases", Status.OK, f"{base} has a worker for everything.")
            continue
        yield Finding(
            "bases",
            Status.FAIL,
            f"LIKENESS_BASES offers {base}, and no worker takes {listed(idle, 'or')} for it.",
            f"Start a worker with {base} first in its LIKENESS_BASES on a device with enough memory, "
            "or take it out of the bot's.",
        )


async def look_for_stranded(settings: Settings) -> AsyncIterator[Finding]:
    """Find jobs in line that nobody who is there could take."""
    served = await _served_lanes()
    # Looks at photos are not waited for: their drafts go on without.
    queued = await JobRecord.filter(status=JobStatus.QUEUED, kind__in=list(WORK)).values_list(
        "kind", "base_model"
    )
    lines = Counter((JobKind(kind), str(base)) for kind, base in queued)
    stranded = {line: count for line, count in lines.items() if lane_of(*line) not in served}
    if not stranded:
        yield Finding("queue", Status.OK, f"{counted(len(queued), 'job')} in line, none without a worker.")
    for (kind, base), count in stranded.items():
        verb = "waits" if count == 1 else "wait"
        yield Finding(
            "queue",
            Status.FAIL,
            f"{counted(count, WORK[kind])} on {base} {verb}, and no worker takes them.",
            f"Start a worker that serves {base}; what waits then begins by itself.",
        )


async def _served_lanes() -> set[str]:
    return {lane for worker in await workers.online(utc_now()) for lane in worker.lanes.split(",")}


async def look_for_dead_letters(settings: Settings) -> AsyncIterator[Finding]:
    """Find endings that were given up, by their platform."""
    dead = await outbox.dead_letters()
    untold = await departures.told_to_nobody(dead)
    dead = [row for row in dead if row.id not in untold]
    if not dead:
        yield Finding("outbox", Status.OK, "No ending was given up.")
    for platform, count in Counter(row.platform for row in dead).items():
        oldest = min(row.created_at for row in dead if row.platform == platform)
        yield Finding(
            "outbox",
            Status.FAIL,
            f"{counted(count, 'ending')} could not be told on {platform} and {_was(count)} given up, "
            f"the oldest of {day_of(oldest.date())}.",
            f"See that the bot may post on {platform} again (the bot's log has the reason), then run "
            "likeness redeliver.",
        )


def _was(count: int) -> str:
    return "was" if count == 1 else "were"


CHECKS = (
    Check("workers", look_at_workers, needs_rows=True),
    Check("bases", look_at_bases, needs_rows=True),
    Check("queue", look_for_stranded, needs_rows=True),
    Check("outbox", look_for_dead_letters, needs_rows=True),
)
