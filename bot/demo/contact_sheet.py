"""Everything the demo made on one page: rows of pictures with a line of text under each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

CELL_PX = 192
GAP_PX = 12
TEXT_PX = 13
HEADING_PX = 17
LINE_PX = 18


@dataclass(frozen=True)
class Row:
    """A heading and its pictures, each with what stands under it."""

    heading: str
    pictures: Sequence[tuple[Path, str]]


def draw(rows: Sequence[Row], path: Path) -> None:
    """Draw the page and save it as PNG."""
    columns = max(len(row.pictures) for row in rows)
    row_height = HEADING_PX + CELL_PX + 2 * LINE_PX + 2 * GAP_PX
    size = (GAP_PX + columns * (CELL_PX + GAP_PX), GAP_PX + len(rows) * row_height)
    page = Image.new("RGB", size, "white")
    canvas = ImageDraw.Draw(page)
    heading_font, font = ImageFont.load_default(HEADING_PX), ImageFont.load_default(TEXT_PX)
    for number, row in enumerate(rows):
        top = GAP_PX + number * row_height
        canvas.text((GAP_PX, top), row.heading, "black", heading_font)
        for column, (picture, text) in enumerate(row.pictures):
            left, under = GAP_PX + column * (CELL_PX + GAP_PX), top + HEADING_PX + GAP_PX
            page.paste(_cell(picture), (left, under))
            for line, part in enumerate(_wrapped(text, font)):
                canvas.text((left, under + CELL_PX + 3 + line * LINE_PX), part, "#444444", font)
    page.save(path)


def _cell(path: Path) -> Image.Image:
    with Image.open(path) as picture:
        return ImageOps.fit(
            ImageOps.exif_transpose(picture).convert("RGB"), (CELL_PX, CELL_PX), Image.Resampling.LANCZOS
        )


def _wrapped(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> list[str]:
    """Break a text into at most two lines that fit under a cell."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= CELL_PX or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines[:2]
