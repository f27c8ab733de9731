"""What an operator asks for now and then, and how the answer reads in a terminal."""

from __future__ import annotations

import json
from datetime import timedelta

import typer

from bot.doctor import Report, examine
from bot.doctor.finding import Finding, Status
from core.clock import utc_now
from core.queue import outbox
from core.queue.dispatch import open_dispatch
from core.rules.wording import counted
from core.scrub import ScrubReport, scrub
from core.settings import Settings
from core.store.blobs import open_blobs
from core.store.database import migrate, open_database

STATUS_COLUMNS = 6
"""Width of the first column: what the next steps are indented by, too."""


async def examine_and_tell(settings: Settings, *, as_json: bool) -> Report:
    """Examine the installation and print every finding."""
    report = await examine(settings)
    typer.echo(_as_json(report) if as_json else _as_lines(report))
    return report


def _as_json(report: Report) -> str:
    findings = [
        {"name": found.name, "status": found.status.value, "sentence": found.sentence, "fix": found.fix}
        for found in report.findings
    ]
    answer = {"is_well": not report.to_do, "is_misconfigured": report.is_misconfigured, "findings": findings}
    return json.dumps(answer, indent=2, ensure_ascii=False)


def _as_lines(report: Report) -> str:
    count = len(report.to_do)
    needs = "thing needs" if count == 1 else "things need"
    summary = f"{count} {needs} doing." if count else "All is well."
    return "\n".join([*(_line(finding) for finding in report.findings), "", summary])


def _line(finding: Finding) -> str:
    # The words are enough without colours, in a log and for a screen reader.
    line = f"{finding.status.value:<{STATUS_COLUMNS}}{finding.name}: {finding.sentence}"
    if finding.status is Status.OK:
        return line
    return f"{line}\n{'':<{STATUS_COLUMNS}}→ {finding.fix}"


async def scrub_and_tell(settings: Settings, grace_hours: float, *, is_dry_run: bool) -> ScrubReport:
    """Scrub the file store and print what was found."""
    await migrate(settings)
    async with open_database(settings):
        report = await scrub(
            open_blobs(settings), grace=timedelta(hours=grace_hours), now=utc_now(), is_dry_run=is_dry_run
        )
    for key in report.orphans:
        typer.echo(f"{'orphan' if is_dry_run else 'deleted'}  {key}")
    for row in report.missing:
        typer.echo(f"missing  {row.key}  ({row.what})")
    verb = "would be deleted" if is_dry_run else "deleted"
    size = f"{report.orphan_bytes / 1e6:.1f} MB"
    typer.echo(f"{counted(len(report.orphans), 'orphan')} {verb} ({size}), {len(report.missing)} missing.")
    if report.missing:
        typer.echo("Put missing files back from a backup under the same key, or train those models again.")
    return report


async def redeliver_and_tell(settings: Settings) -> None:
    """Let the bots try the endings again that were given up."""
    await migrate(settings)
    async with open_database(settings), open_dispatch(settings) as dispatch:
        count = await outbox.redeliver(utc_now())
        if count:
            await dispatch.call_bots()
    if count:
        typer.echo(f"{counted(count, 'ending')} will be tried again by the bots that run.")
    else:
        typer.echo("No ending was given up.")
