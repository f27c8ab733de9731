"""Pixels → pictures → files, and the grid that shows a new model."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from io import BytesIO

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

SHEET_COLUMNS = 3
SHEET_CELL_PX = 256
SHEET_GAP_PX = 12
SHEET_TEXT_PX = 14
SHEET_TEXT_LINES = 2
SHEET_LINE_CHARACTERS = 36
"""What fits into a cell's width in Pillow's own font at this size."""


def to_images(pixels: torch.Tensor) -> list[Image.Image]:
    """Return `pixels`, [B, 3, H, W] in [-1, 1], as pictures."""
    array = ((pixels.float().clamp(-1.0, 1.0) + 1.0) * 127.5).round().to(torch.uint8)
    return [Image.fromarray(rows) for rows in array.permute(0, 2, 3, 1).cpu().numpy()]


def enlarged(image: Image.Image, scale: int) -> Image.Image:
    """Return the picture as people get it: a base that draws small has it shown larger."""
    if scale == 1:
        return image
    return image.resize((image.width * scale, image.height * scale), Image.Resampling.LANCZOS)


def to_png(image: Image.Image, seed: int | None = None) -> bytes:
    """Write a picture. The seed is all that the file says about it; a prompt is the writer's own."""
    facts = PngInfo()
    if seed is not None:
        facts.add_text("seed", str(seed))
    out = BytesIO()
    image.save(out, "PNG", pnginfo=facts)
    return out.getvalue()


def mean_difference(ours: Sequence[Image.Image], theirs: Sequence[Image.Image]) -> float:
    """Return the mean absolute difference of two rows of pictures, of 255."""
    pairs = zip(ours, theirs, strict=True)
    return float(
        np.mean([np.abs(np.asarray(a, np.float32) - np.asarray(b, np.float32)).mean() for a, b in pairs])
    )


def draw_test_sheet(pictures: Sequence[Image.Image], captions: Sequence[str]) -> Image.Image:
    """Return the pictures in a grid, each with the prompt that made it written under it."""
    columns = min(SHEET_COLUMNS, len(pictures))
    rows = -(-len(pictures) // columns)
    text_height = (SHEET_TEXT_PX + 4) * SHEET_TEXT_LINES
    cell_width, cell_height = SHEET_CELL_PX + SHEET_GAP_PX, SHEET_CELL_PX + SHEET_GAP_PX + text_height
    sheet = Image.new(
        "RGB", (columns * cell_width + SHEET_GAP_PX, rows * cell_height + SHEET_GAP_PX), "white"
    )
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(SHEET_TEXT_PX)
    for index, (picture, caption) in enumerate(zip(pictures, captions, strict=True)):
        left = SHEET_GAP_PX + index % columns * cell_width
        top = SHEET_GAP_PX + index // columns * cell_height
        fitted = picture.resize((SHEET_CELL_PX, SHEET_CELL_PX), Image.Resampling.LANCZOS)
        sheet.paste(fitted, (left, top))
        lines = textwrap.wrap(caption, SHEET_LINE_CHARACTERS, max_lines=SHEET_TEXT_LINES, placeholder=" ...")
        draw.multiline_text((left, top + SHEET_CELL_PX + 4), "\n".join(lines), fill="black", font=font)
    return sheet
