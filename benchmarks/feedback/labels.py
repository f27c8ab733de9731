"""What a person saw on the photos: `labels.csv`, written down before anything was measured.

- clutter: `clean` where the background is plain or out of focus; `moderate` where it has one texture or few
  things; `cluttered` where several things with an outline compete with the subject.
- exposure: `dark` where the subject or nearly all of the photo is hard to make out; `bright` where light on the
  subject has lost its detail; else `normal`. Dark fur and white cloth are normal.
- bars: whether plain padding bars surround the photo.
- left, top, right, bottom: a box around the subject in percent of the sides, to about 3 percent.
"""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from pathlib import Path

DEFAULT_PHOTOS = Path(__file__).resolve().parents[2].parent / "shared" / "photos"
CLASSES = "prompts_and_classes.txt"


@dataclass(frozen=True)
class Label:
    """One row of the table; `box` is left, top, right, bottom as fractions of the sides."""

    subject: str
    class_noun: str
    path: Path
    clutter: str
    exposure: str
    has_bars: bool
    box: tuple[float, float, float, float]


def read_labels() -> list[Label]:
    """Read the table beside the photos at `LIKENESS_PHOTOS_DIR`."""
    folder = Path(os.environ.get("LIKENESS_PHOTOS_DIR") or DEFAULT_PHOTOS)
    nouns = _class_nouns(folder / CLASSES)
    with Path(__file__).with_name("labels.csv").open(encoding="utf-8", newline="") as file:
        return [_label(row, folder, nouns) for row in csv.DictReader(file)]


def _label(row: dict[str, str], folder: Path, nouns: dict[str, str]) -> Label:
    subject = row["photo"].partition("/")[0]
    left, top, right, bottom = (int(row[side]) / 100 for side in ("left", "top", "right", "bottom"))
    return Label(
        subject=subject,
        class_noun=nouns[subject],
        path=folder / row["photo"],
        clutter=row["clutter"],
        exposure=row["exposure"],
        has_bars=row["bars"] == "yes",
        box=(left, top, right, bottom),
    )


def _class_nouns(path: Path) -> dict[str, str]:
    """Which subject is of which class: the table between the first two headings."""
    table = path.read_text(encoding="utf-8").partition("Prompts")[0]
    rows = (line.partition(",") for line in table.splitlines() if "," in line)
    return {subject: noun for subject, _, noun in rows}
