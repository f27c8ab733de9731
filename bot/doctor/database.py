"""Is there a database, are its tables those of this release, and do its clock and ours agree?"""

from __future__ import annotations

import pkgutil
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

from tortoise.exceptions import OperationalError

import migrations
from bot.doctor.finding import Check, Finding, Status
from core.clock import utc_now
from core.rules.wording import counted, listed
from core.settings import Settings
from core.store.database import dialect, execute
from core.store.schema import APP

TOLERABLE_SECONDS = 5.0
"""Clocks may differ by one heartbeat: leases are judged by watching, but due times and "last seen" are not."""
CROWDED_SHARE = 0.8
"""Of PostgreSQL's connections: a rolling upgrade needs room for old and new processes at once."""


def sqlite_file(settings: Settings) -> Path | None:
    """Return the database's file, or None where the database is a server."""
    if dialect(settings) != "sqlite":
        return None
    return Path(settings.resolved_database_url.removeprefix("sqlite://"))


async def look_at_tables(settings: Settings) -> AsyncIterator[Finding]:
    """Compare the migrations that the database knows with those of this release."""
    shipped = {module.name for module in pkgutil.iter_modules(migrations.__path__)}
    applied = await _applied()
    missing, unknown = sorted(shipped - applied), sorted(applied - shipped)
    if missing:
        yield Finding(
            "migrations",
            Status.FAIL,
            f"The database lacks {listed(missing)}, so nothing else in it was looked at.",
            "Run likeness migrate, or start likeness bot, which does the same.",
        )
    elif unknown:
        yield Finding(
            "migrations",
            Status.WARN,
            f"The database has {listed(unknown)} of a newer release. This one runs beside it.",
            "Finish the upgrade: install the newer release on this machine, too.",
        )
    else:
        yield Finding("migrations", Status.OK, f"The tables are up to date ({sorted(shipped)[-1]}).")


async def _applied() -> set[str]:
    try:
        rows = await execute(f"SELECT name FROM tortoise_migrations WHERE app = '{APP}'")
    except OperationalError:  # there is no such table before the first migration
        return set()
    return {str(row["name"]) for row in rows}


async def look_at_clocks(settings: Settings) -> AsyncIterator[Finding]:
    """Compare this machine's clock with the server's, in the middle of the question's way."""
    if dialect(settings) == "sqlite":
        return
    asked = utc_now()
    [row] = await execute("SELECT clock_timestamp() AS there")
    there: datetime = row["there"]
    way = utc_now() - asked
    seconds = (asked + way / 2 - there).total_seconds()
    if abs(seconds) - way.total_seconds() / 2 <= TOLERABLE_SECONDS:
        yield Finding("clock", Status.OK, f"This machine's clock and PostgreSQL's agree ({seconds:+.1f} s).")
        return
    side = "ahead of" if seconds > 0 else "behind"
    yield Finding(
        "clock",
        Status.WARN,
        f"This machine's clock is {_spoken(abs(seconds))} {side} PostgreSQL's: jobs stay safe, but messages are "
        "tried late or early, and workers look gone.",
        "Turn on time synchronisation (chrony, or timedatectl set-ntp true) on both machines.",
    )


def _spoken(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else str(timedelta(seconds=round(seconds)))


async def look_at_connections(settings: Settings) -> AsyncIterator[Finding]:
    """Count how many of the server's connections are taken."""
    if dialect(settings) == "sqlite":
        return
    [row] = await execute(
        "SELECT current_setting('max_connections')::int AS allowed, "
        "(SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS taken"
    )
    taken, allowed = int(row["taken"]), int(row["allowed"])
    sentence = f"PostgreSQL has {counted(taken, 'connection')} of {allowed}."
    if taken < allowed * CROWDED_SHARE:
        yield Finding("connections", Status.OK, sentence)
        return
    yield Finding(
        "connections",
        Status.WARN,
        sentence,
        "Raise max_connections in postgresql.conf: docs/many-machines.md counts what each process needs.",
    )


TABLES = Check("migrations", look_at_tables)
CHECKS = (
    Check("clock", look_at_clocks, needs_rows=True),
    Check("connections", look_at_connections, needs_rows=True),
)
