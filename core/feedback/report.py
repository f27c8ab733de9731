"""The same feedback without a thread: files in, what was found out. No database, no network."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

from core.feedback.calibration import OFFLINE, Calibration
from core.feedback.checks import review
from core.feedback.decode import Decoded, DecodeLimits, Unreadable, decode, shown_name
from core.feedback.features import Features
from core.feedback.findings import Finding, Status
from core.feedback.vision import NoSight, Sight
from core.rules.kinds import ModelKind

CLEAN, FINDINGS, UNREADABLE = 0, 1, 2
"""Exit codes; a file that cannot be read outweighs what was found on the others."""


Look = Callable[[Sequence[bytes]], Awaitable[Sight | NoSight]]
"""Looks at safe pictures with a vision model, where there is one."""


async def look_at_nothing(_: Sequence[bytes]) -> Sight | NoSight:
    """Leave it to the offline measurements."""
    return NoSight.NOT_SET_UP


@dataclass(frozen=True)
class CheckedFile:
    """One file as it came through the gate.

    Attributes:
        path: As it was given.
        sha256: Of the file's bytes, as `sha256sum` prints it; None where it cannot be opened.
        picture: What was judged, or why there is none.
    """

    path: Path
    sha256: str | None
    picture: Decoded | Unreadable


@dataclass(frozen=True, eq=False)
class Report:
    """What `check_files` learned. Findings and features count the files that could be read, in their order."""

    files: tuple[CheckedFile, ...]
    features: tuple[Features, ...]
    findings: tuple[Finding, ...]

    @property
    def read_files(self) -> tuple[CheckedFile, ...]:
        """The files that findings are about."""
        return tuple(file for file in self.files if isinstance(file.picture, Decoded))

    @property
    def found(self) -> tuple[Finding, ...]:
        """What was found, without what could not be assessed."""
        return tuple(finding for finding in self.findings if finding.status is Status.FOUND)

    @property
    def exit_code(self) -> int:
        """What a shell is told."""
        if len(self.read_files) < len(self.files):
            return UNREADABLE
        return FINDINGS if self.found else CLEAN


async def check_files(
    paths: Sequence[Path],
    *,
    kind: ModelKind,
    class_noun: str,
    executor: Executor,
    calibration: Calibration = OFFLINE,
    look: Look = look_at_nothing,
) -> Report:
    """Pass files through the gate that every upload passes, and judge those that are pictures."""
    files = tuple([await pass_gate(path) for path in paths])
    images = [file.picture.data for file in files if isinstance(file.picture, Decoded)]
    if not images:
        return Report(files, (), ())
    reviewed = await review(
        images,
        kind=kind,
        class_noun=class_noun,
        executor=executor,
        calibration=calibration,
        sight=await look(images),
    )
    return Report(files, reviewed.features, reviewed.findings)


async def pass_gate(path: Path) -> CheckedFile:
    """Open a file as an upload is opened."""
    limits = DecodeLimits()
    try:
        with path.open("rb") as file:
            data = file.read(limits.max_bytes + 1)  # enough for the gate to see that it is too large
    except OSError as error:
        reason = (error.strerror or "it cannot be opened").lower()
        return CheckedFile(path, None, Unreadable(f"{shown_name(path.name)} could not be read: {reason}."))
    return CheckedFile(path, hashlib.sha256(data).hexdigest(), await decode(data, path.name, limits=limits))


def as_json(report: Report) -> str:
    """Return the report for programs; a finding about the whole set names every file that was read."""
    images = [
        {
            "file": str(file.path),
            "sha256": file.sha256,
            "decoded": isinstance(file.picture, Decoded),
            "error": file.picture.sentence if isinstance(file.picture, Unreadable) else None,
        }
        for file in report.files
    ]
    findings = [_finding(finding, report.read_files) for finding in report.findings]
    # In ASCII, for a file's name may hold bytes that are no text.
    return json.dumps({"images": images, "findings": findings}, indent=2)


def _finding(finding: Finding, files: Sequence[CheckedFile]) -> dict[str, object]:
    concerned = [files[position] for position in finding.photos] or files
    return {
        "check": finding.check.value,
        "status": finding.status.value,
        "severity": finding.severity.value,
        "files": [str(file.path) for file in concerned],
        "score": finding.score,
        "threshold": finding.threshold,
        "why": finding.why,
        "fix": finding.fix,
    }
