"""A contact sheet of a check: each photo with its crop window, the subject that was found, and what was said."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from core.feedback.decode import Decoded, shown_name
from core.feedback.features import PREVIEW_SIDE_PX, Features, fit
from core.feedback.findings import Finding, Severity, Status
from core.feedback.fixes import crop_box, is_square
from core.feedback.previews import draw_crop
from core.feedback.report import Report
from core.feedback.subject import Box, segment_subject

COLUMNS = 4
CELL_PX = 360
GAP_PX = 20
TEXT_PX = 15
LINE_PX = 20
SUBJECT_COLOUR = (0, 190, 255)
SUBJECT_TINT = 0.25  # share of the colour over what was taken for the subject
_COLOURS = {
    Severity.HIGH: "#b3261e",
    Severity.MEDIUM: "#a15c00",
    Severity.LOW: "#6b5e00",
    Severity.INFO: "#444444",
}

Line = tuple[str, str]
"""A line of text and its colour."""


@dataclass(frozen=True)
class Cell:
    """One photo, drawn on, and the lines under it."""

    picture: Image.Image
    lines: tuple[Line, ...]


def draw_sheet(report: Report) -> Image.Image:
    """Draw what was read and found; what is about the whole set stands below the photos."""
    font = ImageFont.load_default(TEXT_PX)
    cells = [_cell(report, position, font) for position in range(len(report.read_files))]
    columns = min(COLUMNS, len(cells))
    width = GAP_PX + columns * (CELL_PX + GAP_PX)
    rows = [cells[start : start + columns] for start in range(0, len(cells), columns)]
    footer = [
        line for finding in report.findings for line in _about_the_set(finding, width - 2 * GAP_PX, font)
    ]
    height = GAP_PX + sum(_height(row) for row in rows) + len(footer) * LINE_PX + GAP_PX
    page = Image.new("RGB", (width, height), "white")
    canvas, top = ImageDraw.Draw(page), GAP_PX
    for row in rows:
        for column, cell in enumerate(row):
            left = GAP_PX + column * (CELL_PX + GAP_PX)
            page.paste(cell.picture, (left, top))
            _write(canvas, cell.lines, left, top + max(it.picture.height for it in row) + GAP_PX // 2, font)
        top += _height(row)
    _write(canvas, footer, GAP_PX, top, font)
    return page


def _height(row: Sequence[Cell]) -> int:
    text_px = max(len(cell.lines) for cell in row) * LINE_PX
    return max(cell.picture.height for cell in row) + text_px + 2 * GAP_PX


def _cell(report: Report, position: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> Cell:
    file, features = report.read_files[position], report.features[position]
    assert isinstance(file.picture, Decoded)
    lines = [(f"{position + 1}  {shown_name(file.path.name)}", "black")]
    for finding in report.found:
        if finding.photos and finding.photos[-1] == position:
            text = f"{finding.check.value}: {finding.why} {finding.fix}"
            lines += [(part, _COLOURS[finding.severity]) for part in _wrapped(text, CELL_PX, font)]
    return Cell(_drawn_on(file.picture.data, features), tuple(lines))


def _drawn_on(data: bytes, features: Features) -> Image.Image:
    """Make a photo small and draw on it the subject's outline, its box and the crop."""
    with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as image:
        photo = image.convert("RGB")
    scale = CELL_PX / max(photo.size)
    small = photo.resize((max(1, round(photo.width * scale)), max(1, round(photo.height * scale))))
    mask = segment_subject(fit(np.asarray(photo), PREVIEW_SIDE_PX))
    if mask is not None:
        small = _with_mask(small, mask)
    if not is_square(photo.width, photo.height):
        box = crop_box(photo.width, photo.height, features.subject)
        draw_crop(small, Box(*(round(side * scale) for side in (box.left, box.top, box.right, box.bottom))))
    return small


def _with_mask(small: Image.Image, mask: NDArray[np.bool_]) -> Image.Image:
    """Tint what was taken for the subject, and draw a line around it."""
    pixels = np.asarray(small).copy()
    grown = cv2.resize(mask.astype(np.uint8), small.size, interpolation=cv2.INTER_LINEAR).astype(bool)
    tint = np.asarray(SUBJECT_COLOUR, dtype=np.float32)
    pixels[grown] = (pixels[grown] * (1 - SUBJECT_TINT) + tint * SUBJECT_TINT).astype(np.uint8)
    outlines, _ = cv2.findContours(grown.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(pixels, outlines, -1, SUBJECT_COLOUR, 2)
    return Image.fromarray(pixels)


def _about_the_set(
    finding: Finding, width_px: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont
) -> list[Line]:
    if finding.photos and finding.status is Status.FOUND:
        return []  # stands under its photo
    what = "not assessed" if finding.status is Status.NOT_ASSESSED else finding.severity.value
    text = f"{finding.check.value} ({what}): {finding.why} {finding.fix}"
    return [(part, _COLOURS[finding.severity]) for part in _wrapped(text, width_px, font)]


def _wrapped(text: str, width_px: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= width_px or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _write(
    canvas: ImageDraw.ImageDraw,
    lines: Sequence[Line],
    left: int,
    top: int,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
) -> None:
    for number, (text, colour) in enumerate(lines):
        canvas.text((left, top + number * LINE_PX), text, colour, font)
