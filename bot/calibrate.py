"""`likeness calibrate`: a provider's lines, measured on an operator's own photos and written down."""

from __future__ import annotations

import asyncio
import os
import textwrap
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
import typer
from numpy.typing import NDArray

from bot.vision_process import open_vision
from core.clock import utc_now
from core.errors import ConfigurationError
from core.feedback.appearance import MIN_PHOTOS
from core.feedback.calibrating import (
    FLAGGED_SHARE,
    GOOD_FLAGGED_SHARE,
    HALVES,
    MIN_SUBJECTS,
    Lines,
    calibrate_looks,
    calibrate_offline,
    usable_subjects,
)
from core.feedback.calibration import OFFLINE
from core.feedback.calibration_records import Record, record_path, write_record
from core.feedback.decode import Decoded, Unreadable, shown_name
from core.feedback.features import measure_all
from core.feedback.report import pass_gate
from core.rules.wording import counted
from core.settings import Settings

T = TypeVar("T")
WIDEST_CHARACTERS = 110
Measure = Callable[[Sequence[bytes]], Awaitable[list[T]]]
"""Measures safe pictures, in their order."""

_FIGURES = {
    "max_oddness": {
        "other_objects_located": "other objects found",
        "clean_sets_flagged": "clean sets flagged",
    },
    "max_sameness": {"ordinary_sets_called_alike": "ordinary sets called alike"},
}
"""What is told beside each line, in words; of the others, how many good photos lie beyond."""


@dataclass(frozen=True)
class Measured(Generic[T]):
    """What was measured on the photos of each subject that has enough of them, and what was left out."""

    subjects: list[list[T]]
    left_out: tuple[str, ...]

    @property
    def photo_count(self) -> int:
        """Of all subjects together."""
        return sum(len(photos) for photos in self.subjects)


async def calibrate_and_tell(settings: Settings, folders: Sequence[Path], out: Path | None) -> None:
    """Measure, choose, write the record, and print what it says.

    Raises:
        ConfigurationError: There are too few photos, the vision model cannot look, or nothing can be written.
    """
    subjects = subject_folders(folders)
    if settings.vision_model:
        async with open_vision(settings) as vision:

            async def embed(images: Sequence[bytes]) -> list[NDArray[np.float32]]:
                return [seen.embedding for seen in await vision.look(images)]

            looks = await measure_subjects(subjects, embed)
        record = _record(
            vision.provider, await asyncio.to_thread(calibrate_looks, looks.subjects), looks, folders
        )
        left_out = looks.left_out
    else:
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            features = await measure_subjects(subjects, partial(measure_all, executor=threads))
        lines = await asyncio.to_thread(calibrate_offline, features.subjects)
        record, left_out = _record(OFFLINE.provider, lines, features, folders), features.left_out
    used = record_path(settings.resolved_calibration_dir, record.provider)
    write_record(out or used, record)
    for sentence in left_out:
        typer.echo(sentence)
    typer.echo(as_text(record, written=out or used, used=used))


def subject_folders(folders: Sequence[Path]) -> list[Path]:
    """Return the folders that hold one subject each: one that holds folders is taken apart."""
    subjects: list[Path] = []
    for folder in folders:
        within = sorted(
            entry for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith(".")
        )
        if within:
            subjects += subject_folders(within)
        if any(_photos_in(folder)) or not within:
            subjects.append(folder)
    return list(dict.fromkeys(subject.resolve() for subject in subjects))


def _photos_in(folder: Path) -> list[Path]:
    return sorted(entry for entry in folder.iterdir() if entry.is_file() and not entry.name.startswith("."))


async def measure_subjects(folders: Sequence[Path], measure: Measure[T]) -> Measured[T]:
    """Measure the photos of each folder, one folder at a time.

    Raises:
        ConfigurationError: Too few of them have enough photos.
    """
    subjects: list[list[T]] = []
    left_out: list[str] = []
    for folder in folders:
        files = [await pass_gate(path) for path in _photos_in(folder)]
        images = [file.picture.data for file in files if isinstance(file.picture, Decoded)]
        unread = [file.picture.sentence for file in files if isinstance(file.picture, Unreadable)]
        if not images:
            continue  # notes and licences lie beside photos, too
        left_out += unread
        if usable_subjects([len(images)]):
            subjects.append(await measure(images))
        else:
            left_out.append(f"{shown_name(folder.name)} has {counted(len(images), 'photo')}: left out.")
    if len(subjects) < MIN_SUBJECTS:
        raise ConfigurationError(
            f"{counted(len(subjects), 'folder')} with at least {MIN_PHOTOS} photos of one subject: at least "
            f"{MIN_SUBJECTS} are needed, and 15 or more tell much more. Add folders, each with photos of one thing."
        )
    return Measured(subjects, tuple(left_out))


def _record(provider: str, chosen: Lines, measured: Measured[T], folders: Sequence[Path]) -> Record:
    return Record(
        provider=provider,
        lines=chosen.lines,
        made_on=utc_now().date().isoformat(),
        folders=tuple(str(folder) for folder in folders),
        subjects=len(measured.subjects),
        photos=measured.photo_count,
        figures=chosen.figures,
    )


def as_text(record: Record, *, written: Path, used: Path) -> str:
    """Return the record for people."""
    head = f"{record.provider}, measured on {counted(record.photos, 'photo')} of {counted(record.subjects, 'subject')}."
    how = (
        f"Each line was chosen on half of the subjects and tried on the other half, {HALVES} times: means, and in "
        f"brackets what 95 % of the halves show. Lines leave {FLAGGED_SHARE:.0%} of the clean sets "
        f"and {GOOD_FLAGGED_SHARE:.0%} of the good photos that they are chosen by beyond them."
    )
    width = max(len(name) for name in record.lines)
    rows = [
        f"  {name:<{width}}  {value:>7.3f}  {_told(name, record.figures)}"
        for name, value in record.lines.items()
    ]
    end = f"The record is {written}."
    end += " It is used from now on." if written == used else f" It is used once it lies at {used}."
    return "\n".join((head, *textwrap.wrap(how, WIDEST_CHARACTERS), "", *rows, "", end))


def _told(name: str, figures: Mapping[str, float]) -> str:
    words = _FIGURES.get(name, {f"good_photos_beyond_{name}": "good photos beyond"})
    return ", ".join(
        f"{said} {_share(figure, figures)}" for figure, said in words.items() if figure in figures
    )


def _share(name: str, figures: Mapping[str, float]) -> str:
    return f"{figures[name]:.0%} ({figures[f'{name}_low']:.0%} to {figures[f'{name}_high']:.0%})"
