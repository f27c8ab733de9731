"""How a photo is shown while people decide about it: with the crop drawn on it, and as it will be trained.

Bytes in, bytes out; like the fixes, these belong into an executor.
"""

from __future__ import annotations

import io

from PIL import Image, ImageDraw

from core.feedback.encoding import encode
from core.feedback.features import measure
from core.feedback.fixes import Fix, crop_box, is_square, prepare_for_training
from core.feedback.subject import Box

PREVIEW_SIDE_PX = 1024  # the long side: enough to judge a crop by, and small to send
OUTSIDE_BRIGHTNESS = 0.45  # of what the crop would cut away
FRAME_SHARE = 1 / 160  # of the long side: the width of the frame's white line


def with_crop(data: bytes) -> bytes:
    """Draw the square crop of a safe picture on it; a square one is only made small."""
    image = _open(data)
    small = _small(image)
    if not is_square(*image.size):
        box = crop_box(image.width, image.height, measure(data).subject)
        draw_crop(small, _scaled(box, small.width / image.width))
    return encode(small, lossless=False)[0]


def as_trained(data: bytes, fix: Fix | None) -> bytes:
    """Show what a training gets of a safe picture, made small."""
    return encode(_small(_open(prepare_for_training(data, fix))), lossless=False)[0]


def draw_crop(image: Image.Image, box: Box) -> None:
    """Darken what a crop cuts away, and frame what it keeps; changes the image."""
    kept = image.crop((box.left, box.top, box.right, box.bottom))
    image.paste(image.point(lambda level: level * OUTSIDE_BRIGHTNESS))
    image.paste(kept, (box.left, box.top))
    line_px = max(1, round(max(image.size) * FRAME_SHARE))
    canvas = ImageDraw.Draw(image)
    corners = (box.left, box.top, box.right - 1, box.bottom - 1)
    # Dark under white shows on a light ground and on a dark one.
    canvas.rectangle(corners, outline="black", width=2 * line_px)
    canvas.rectangle(corners, outline="white", width=line_px)


def _open(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as image:
        return image.convert("RGB")


def _small(image: Image.Image) -> Image.Image:
    small = image.copy()
    small.thumbnail((PREVIEW_SIDE_PX, PREVIEW_SIDE_PX), Image.Resampling.LANCZOS)
    return small


def _scaled(box: Box, scale: float) -> Box:
    return Box(*(round(side * scale) for side in (box.left, box.top, box.right, box.bottom)))
