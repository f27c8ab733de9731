"""What surrounds the subject: the light on it, the background behind it, and bars around the photo."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile

import cv2
import numpy as np
from numpy.typing import NDArray

from core.feedback.subject import Box

CLUTTER_SIDE_PX = 256
CLUTTER_SIGMA_PX = 2.5  # grass and gravel blur away; things with an outline stay
CLUTTER_THRESHOLDS = (40, 100)  # of Canny's hysteresis, in grey levels
SUBJECT_MARGIN_PX = 13  # the subject's own outline is not background
MIN_BACKGROUND_SHARE = 0.05  # less of it cannot compete
BRIGHT_PERCENTILE = 95  # a photo's light parts: in a dark photo even they are dark
CLIPPED_LEVEL = 253  # of 255, in the brightest channel: its detail is gone
PALE_LEVEL = 200  # of 255, in the darkest one: a vivid yellow or red clips a channel in good light
MIN_BAR_SHARE = 0.03  # of a side; thinner ones are scanner edges
BAR_SPREAD = 4.0  # standard deviation in grey levels up to which a line is one colour
BAR_STEP = 12.0  # grey levels by which the photo differs from the bar beside it
BAR_STEP_SHARE = 0.6  # of the line's length that must differ: a bar ends everywhere at once
BAR_STEP_REACH_PX = 2  # scaling blurs the step


@dataclass(frozen=True)
class Light:
    """The light of one photo.

    Attributes:
        brightest: 95th percentile of the brightest channel, 0 to 1; a red product is not a dark one.
        clipped_share: Share of the subject (of the photo, where it was not found) that is burnt out: nearly white,
            with a channel clipped. Tried besides: white in every channel (finds a tenth less), clipping in any
            channel (finds a tenth more, but flags yellow products in good light), white that does not reach the
            photo's border (finds a sixth less).
    """

    brightest: float
    clipped_share: float


def measure_light(rgb: NDArray[np.uint8], mask: NDArray[np.bool_] | None) -> Light:
    """Measure a picture, [H, W, 3]; the mask may have any size."""
    size = mask.shape[::-1] if mask is not None else (128, 128)
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    inside = _largest_part(mask) if mask is not None else np.ones(small.shape[:2], dtype=np.bool_)
    highest = small.max(axis=2)
    is_burnt_out = (highest >= CLIPPED_LEVEL) & (small.min(axis=2) >= PALE_LEVEL)
    return Light(
        brightest=float(np.percentile(highest, BRIGHT_PERCENTILE)) / 255,
        clipped_share=float(is_burnt_out[inside].mean()),
    )


def _largest_part(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The subject without what was found beside it, which may be a cloud."""
    _, parts, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    return parts == 1 + np.argmax(stats[1:, cv2.CC_STAT_AREA])


def measure_clutter(rgb: NDArray[np.uint8], mask: NDArray[np.bool_] | None) -> float | None:
    """Share of the background that is outlines, 0 to 1; None where no subject was found.

    Tried besides, and no better: how many colours the background has, long outlines alone, and how much of the
    background has some.
    """
    if mask is None:
        return None
    height, width = rgb.shape[:2]
    scale = CLUTTER_SIDE_PX / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    grey = cv2.cvtColor(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    outlines = cv2.Canny(cv2.GaussianBlur(grey, (0, 0), CLUTTER_SIGMA_PX), *CLUTTER_THRESHOLDS)
    large = cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    background = cv2.dilate(large, np.ones((SUBJECT_MARGIN_PX, SUBJECT_MARGIN_PX), np.uint8)) == 0
    return float((outlines > 0)[background].mean()) if background.mean() >= MIN_BACKGROUND_SHARE else 0.0


def find_content(rgb: NDArray[np.uint8], width_px: int, height_px: int) -> Box | None:
    """Find the photo between its padding bars; None where there are none.

    A single plain strip is a floor or a sky: bars come in pairs of one colour.

    Args:
        rgb: A copy of the picture at any size, [H, W, 3].
        width_px: Of the picture that the box is for.
        height_px: Of the picture that the box is for.
    """
    picture = rgb.astype(np.float32)
    top, bottom = _bars(picture)
    left, right = _bars(picture.transpose(1, 0, 2))
    if not (top or left):
        return None
    height, width = rgb.shape[:2]
    return Box(
        left=round(left * width_px / width),
        top=round(top * height_px / height),
        right=width_px - round(right * width_px / width),
        bottom=height_px - round(bottom * height_px / height),
    )


def _bars(lines: NDArray[np.float32]) -> tuple[int, int]:
    """How many of the first and of the last lines, [L, N, 3], are bars; zeros without a pair of them."""
    first, last = _bar(lines), _bar(lines[::-1])
    if not (first and last) or np.abs(lines[0] - lines[-1]).mean() >= BAR_STEP:
        return 0, 0
    return first, last


def _bar(lines: NDArray[np.float32]) -> int:
    """How many of the first lines, [L, N, 3], are one colour and end at once; 0 without a bar."""
    colour = np.median(lines[0], axis=0)
    plain = takewhile(lambda line: np.abs(line - colour).mean() < BAR_SPREAD, lines)
    end = sum(1 for _ in plain)
    if end < max(1, MIN_BAR_SHARE * len(lines)) or end + BAR_STEP_REACH_PX >= len(lines):
        return 0
    beside = np.abs(lines[end + BAR_STEP_REACH_PX] - colour).max(axis=1)
    return end if float((beside > BAR_STEP).mean()) >= BAR_STEP_SHARE else 0
