"""`likeness check`: what a thread would say about photos, in a shell."""

from __future__ import annotations

import os
import shutil
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import typer

from bot.vision_process import open_vision
from core.errors import ConfigurationError
from core.feedback.calibration_records import offline_calibration, vision_calibration
from core.feedback.decode import Decoded, Unreadable, shown_name
from core.feedback.findings import Finding, Status
from core.feedback.report import Report, as_json, check_files
from core.feedback.sentences import photo_list
from core.feedback.sheet import draw_sheet
from core.feedback.vision import NoSight, Sight
from core.feedback.vision_checks import can_use_vision
from core.rules.kinds import ModelKind
from core.rules.wording import counted
from core.settings import Settings

WIDEST_TABLE = 120
"""Characters; longer lines are hard to follow."""
_COLUMNS = ("severity", "check", "photos", "why, and what to do")


async def check_and_tell(
    settings: Settings,
    paths: Sequence[Path],
    *,
    kind: ModelKind,
    class_noun: str,
    is_json: bool,
    sheet: Path | None,
) -> int:
    """Check the files, print what was found, draw the sheet if it is wanted; return the exit code.

    Raises:
        ConfigurationError: The vision model or a calibration record cannot be used, or the sheet not be written.
    """
    calibrations = settings.resolved_calibration_dir

    async def look(images: Sequence[bytes]) -> Sight | NoSight:
        if not settings.vision_model or not can_use_vision(kind, len(images)):
            return NoSight.NOT_SET_UP
        async with open_vision(settings) as vision:
            return Sight(await vision.look(images), vision_calibration(calibrations, vision.provider))

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        report = await check_files(
            paths,
            kind=kind,
            class_noun=class_noun,
            executor=threads,
            calibration=offline_calibration(calibrations),
            look=look,
        )
    if sheet is not None and report.read_files:
        _draw(report, sheet)
    typer.echo(as_json(report) if is_json else as_table(report, sheet if report.read_files else None))
    return report.exit_code


def _draw(report: Report, sheet: Path) -> None:
    try:
        draw_sheet(report).save(sheet, "PNG")
    except OSError as error:
        raise ConfigurationError(f"--sheet {sheet} cannot be written: {error.strerror}.") from error


def as_table(report: Report, sheet: Path | None = None) -> str:
    """Return the report for people."""
    parts = [_photos(report)]
    if report.found:
        parts.append(_findings(report.found))
    unseen = [finding for finding in report.findings if finding.status is Status.NOT_ASSESSED]
    if unseen:
        parts.append("\n".join(("Not assessed:", *_bullets(f"{it.why} {it.fix}" for it in unseen))))
    parts.append(_summary(report))
    if sheet is not None:
        parts.append(f"The contact sheet is {shown_name(str(sheet))}.")
    return "\n\n".join(parts)


def _photos(report: Report) -> str:
    """Number the photos as the findings do; a file that is none has no number."""
    lines, number = list[str](), 0
    width = max(len(shown_name(file.path.name)) for file in report.files)
    for file in report.files:
        name = shown_name(file.path.name)
        match file.picture:
            case Decoded() as picture:
                number += 1
                lines.append(f"{number:>3}  {name:<{width}}  {picture.width_px} x {picture.height_px}")
            case Unreadable() as unreadable:
                lines += textwrap.wrap(
                    unreadable.sentence, _width(), initial_indent="  -  ", subsequent_indent="     "
                )
    return "\n".join(lines)


def _findings(found: Sequence[Finding]) -> str:
    """Lay out findings as a table, the advice wrapped within its column."""
    rows = [
        _COLUMNS,
        *((it.severity.value, it.check.value, _concerned(it), f"{it.why} {it.fix}") for it in found),
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    indent = " " * (sum(widths) + 2 * len(widths))
    lines = list[str]()
    for row in rows:
        head = "".join(f"{cell:<{width}}  " for cell, width in zip(row[:3], widths, strict=True))
        lines += textwrap.wrap(
            row[3], _width(), initial_indent=head, subsequent_indent=indent, break_on_hyphens=False
        )
    return "\n".join(lines)


def _concerned(finding: Finding) -> str:
    return (
        photo_list(finding.photos).removeprefix("photos ").removeprefix("photo ") if finding.photos else "all"
    )


def _bullets(sentences: Iterable[str]) -> Iterator[str]:
    for sentence in sentences:
        yield from textwrap.wrap(
            sentence, _width(), initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False
        )


def _summary(report: Report) -> str:
    photos = counted(len(report.read_files), "photo")
    if not report.read_files:
        return "None of this is a picture that I can read."
    found = counted(len(report.found), "finding") if report.found else "Nothing to improve was found"
    unread = len(report.files) - len(report.read_files)
    not_read = f"; {counted(unread, 'file')} could not be read" if unread else ""
    return f"{found} on {photos}{not_read}."


def _width() -> int:
    return max(60, min(shutil.get_terminal_size().columns, WIDEST_TABLE))
