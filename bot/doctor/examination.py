"""The checks in their order. What is wrong is named, and never repaired here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.doctor import database, discord, files, slack, vision, work
from bot.doctor.finding import Check, Finding, Status
from core.errors import ConfigurationError, StoreUnavailable
from core.settings import Settings
from core.store.database import dialect, open_database

CHECKS: tuple[Check, ...] = (
    *database.CHECKS,
    *files.CHECKS,
    *work.CHECKS,
    *vision.CHECKS,
    *files.CHECKS_OF_ROWS,
    *discord.CHECKS,
    *slack.CHECKS,
    *slack.CHECKS_OF_ROWS,
)
"""Asked after the database itself: those of rows first. A platform's checks are added here."""


@dataclass(frozen=True)
class Report:
    """Everything that was found."""

    findings: tuple[Finding, ...]
    is_misconfigured: bool
    """Some setting cannot work, so that processes would not start."""

    @property
    def to_do(self) -> tuple[Finding, ...]:
        """What somebody has to do something about."""
        return tuple(finding for finding in self.findings if finding.status is not Status.OK)


@dataclass(frozen=True)
class _Answer:
    findings: tuple[Finding, ...]
    is_misconfigured: bool = False


async def examine(settings: Settings) -> Report:
    """Ask every check; those that need rows only where there are tables to read."""
    answers = [await _examine_rows(settings, [check for check in CHECKS if check.needs_rows])]
    answers += [await _ask(check, settings) for check in CHECKS if not check.needs_rows]
    return Report(
        findings=tuple(finding for answer in answers for finding in answer.findings),
        is_misconfigured=any(answer.is_misconfigured for answer in answers),
    )


async def _examine_rows(settings: Settings, checks: Iterable[Check]) -> _Answer:
    try:
        file = database.sqlite_file(settings)
        if file is not None and not file.exists():
            fix = "Start likeness run or likeness bot, which make it, or run likeness migrate."
            return _Answer((Finding("database", Status.FAIL, f"There is no database at {file} yet.", fix),))
        async with open_database(settings):
            name = "SQLite" if dialect(settings) == "sqlite" else "PostgreSQL"
            answers = [_Answer((Finding("database", Status.OK, f"{name} answers."),))]
            answers.append(await _ask(database.TABLES, settings))
            if all(finding.status is not Status.FAIL for finding in answers[-1].findings):
                answers += [await _ask(check, settings) for check in checks]
    except ConfigurationError as fault:
        return _misconfigured("database", fault)
    return _Answer(
        tuple(finding for answer in answers for finding in answer.findings),
        any(answer.is_misconfigured for answer in answers),
    )


async def _ask(check: Check, settings: Settings) -> _Answer:
    try:
        return _Answer(tuple([finding async for finding in check.look(settings)]))
    except ConfigurationError as fault:
        return _misconfigured(check.name, fault)
    except StoreUnavailable as fault:
        sentence = f"This could not be looked at ({str(fault).rstrip('.')})."
        fix = "See that the database and the file store are there and let Likeness in, then ask again."
        return _Answer((Finding(check.name, Status.FAIL, sentence, fix),))


def _misconfigured(name: str, fault: ConfigurationError) -> _Answer:
    fix = "Correct it in the environment or in .env, then run likeness doctor again."
    return _Answer((Finding(name, Status.FAIL, str(fault), fix),), is_misconfigured=True)
