"""What can be done about a photo by pressing one button. Bytes in, bytes out; equal photos give equal bytes.

These take tens to hundreds of milliseconds, so a caller with an event loop runs them in an executor.
"""

from __future__ import annotations

import io
from enum import StrEnum
from typing import Literal, assert_never

from PIL import Image

from core.feedback.calibration import RECOMMENDED_SIDE_PX
from core.feedback.encoding import encode
from core.feedback.features import Features, measure
from core.feedback.subject import Box

SQUARE_TOLERANCE = 1.02  # long side over short side up to which a photo counts as square
CUT_TOLERANCE = 0.02  # share of the short side by which a rough box may overhang without counting as cut


class Fix(StrEnum):
    """A change to a photo that can be applied at once."""

    CROP = "crop"
    PAD = "pad"
    TRIM = "trim"
    UPSCALE = "upscale"


def is_square(width_px: int, height_px: int) -> bool:
    """Whether a photo is close enough to square that cropping takes nothing away."""
    return max(width_px, height_px) <= SQUARE_TOLERANCE * min(width_px, height_px)


def would_cut(features: Features) -> bool:
    """Whether the square crop would cut off part of the subject, as far as the subject was found."""
    return _overhangs(features.width_px, features.height_px, features.subject)


def square(
    data: bytes, *, subject: Box | None = None, how: Literal[Fix.CROP, Fix.PAD] | None = None
) -> bytes:
    """Make a photo square: cropped around the subject, or padded with white.

    Args:
        data: A safe picture (`Decoded.data`).
        subject: Where the subject is (`Features.subject`); None crops the centre.
        how: Crop or pad; by default a crop, unless that would cut the subject.
    """
    image, lossless = _open(data)
    if how is None:
        how = Fix.PAD if _overhangs(image.width, image.height, subject) else Fix.CROP
    if image.width == image.height:
        return data
    squared = _crop(image, subject) if how is Fix.CROP else _pad(image)
    return encode(squared, lossless=lossless)[0]


def crop_box(width_px: int, height_px: int, subject: Box | None) -> Box:
    """Where `square` crops: as large as the photo allows, centred on the subject. Previews draw it too."""
    side = min(width_px, height_px)
    centre_x = (subject.left + subject.right) // 2 if subject else width_px // 2
    centre_y = (subject.top + subject.bottom) // 2 if subject else height_px // 2
    left = min(max(centre_x - side // 2, 0), width_px - side)
    top = min(max(centre_y - side // 2, 0), height_px - side)
    return Box(left, top, left + side, top + side)


def upscale(data: bytes, *, short_side_px: int = RECOMMENDED_SIDE_PX) -> bytes:
    """Enlarge a small photo (Lanczos) to the recommended size; it adds pixels, not detail."""
    image, lossless = _open(data)
    scale = short_side_px / min(image.size)
    if scale <= 1:
        return data
    size = (round(image.width * scale), round(image.height * scale))
    return encode(image.resize(size, Image.Resampling.LANCZOS), lossless=lossless)[0]


def trim(data: bytes, content: Box | None) -> bytes:
    """Cut off the bars around a photo (`Features.content` is what lies between them)."""
    if content is None:
        return data
    image, lossless = _open(data)
    return encode(_cut(image, content), lossless=lossless)[0]


def apply(fix: Fix, data: bytes) -> bytes:
    """Apply one fix to a safe picture; it is measured again, so that what a check saw is what is fixed."""
    match fix:
        case Fix.CROP:
            return square(data, subject=measure(data).subject, how=Fix.CROP)
        case Fix.PAD:
            return square(data, how=Fix.PAD)
        case Fix.TRIM:
            return trim(data, measure(data).content)
        case Fix.UPSCALE:
            return upscale(data)
        case _:
            assert_never(fix)


def prepare_for_training(data: bytes, fix: Fix | None = None) -> bytes:
    """Make of a safe picture what is trained: a square.

    Args:
        data: The picture.
        fix: What was decided. None crops it around the subject, and pads it where that would cut the subject;
            `CROP` crops it in any case.
    """
    if fix is Fix.CROP or fix is Fix.PAD:
        return apply(fix, data)
    if fix is not None:
        data = apply(fix, data)
    subject = measure(data).subject
    # Somebody put bars there rather than crop. Where the subject is not known, a crop may cut what they saved.
    how = Fix.PAD if fix is Fix.TRIM and subject is None else None
    return square(data, subject=subject, how=how)


def _open(data: bytes) -> tuple[Image.Image, bool]:
    """The picture in RGB, and whether it came without loss."""
    with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as image:
        return image.convert("RGB"), image.format == "PNG"


def _overhangs(width_px: int, height_px: int, subject: Box | None) -> bool:
    if subject is None or is_square(width_px, height_px):
        return False
    side = min(width_px, height_px) * (1 + CUT_TOLERANCE)
    return subject.right - subject.left > side or subject.bottom - subject.top > side


def _crop(image: Image.Image, subject: Box | None) -> Image.Image:
    return _cut(image, crop_box(image.width, image.height, subject))


def _cut(image: Image.Image, box: Box) -> Image.Image:
    return image.crop((box.left, box.top, box.right, box.bottom))


def _pad(image: Image.Image) -> Image.Image:
    side = max(image.size)
    canvas = Image.new("RGB", (side, side), "white")
    canvas.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    return canvas
