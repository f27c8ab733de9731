"""A rough box around the subject, for cropping: GrabCut on a thumbnail (Rother et al. 2004)."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.feedback.calibration import OFFLINE

THUMBNAIL_SIDE_PX = 128
MARGIN = 0.04  # of each side: what GrabCut takes for certain background
ITERATIONS = 3
MIN_PART_SHARE = 0.10  # parts smaller than this share of the largest one are specks


@dataclass(frozen=True)
class Box:
    """A rectangle in px; right and bottom are exclusive."""

    left: int
    top: int
    right: int
    bottom: int


def locate_subject(rgb: NDArray[np.uint8]) -> Box | None:
    """Find the box around the subject.

    Args:
        rgb: The picture, [H, W, 3].

    Returns:
        The box in px of `rgb`, or None where what was found is too small or too large to be believed.
    """
    mask = segment_subject(rgb)
    return None if mask is None else box_around(mask, rgb.shape[1], rgb.shape[0])


def segment_subject(rgb: NDArray[np.uint8]) -> NDArray[np.bool_] | None:
    """Find the subject itself: a mask with a long side of 128, or None where it is not to be believed."""
    height, width = rgb.shape[:2]
    scale = THUMBNAIL_SIDE_PX / max(height, width)
    size = (max(16, round(width * scale)), max(16, round(height * scale)))
    mask = _foreground(np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), dtype=np.uint8))
    share = float(mask.mean())
    return mask if OFFLINE.min_subject_share <= share <= OFFLINE.max_subject_share else None


def box_around(mask: NDArray[np.bool_], width_px: int, height_px: int) -> Box:
    """The box around what a mask holds, in px of a picture of this size."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return Box(
        left=int(columns[0] * width_px / mask.shape[1]),
        top=int(rows[0] * height_px / mask.shape[0]),
        right=round((int(columns[-1]) + 1) * width_px / mask.shape[1]),
        bottom=round((int(rows[-1]) + 1) * height_px / mask.shape[0]),
    )


def _foreground(thumbnail: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Segment the subject; returns a mask of its large parts, [H, W]."""
    height, width = thumbnail.shape[:2]
    if not thumbnail.std():  # one flat colour: there is nothing to fit
        return np.zeros((height, width), dtype=np.bool_)
    left, top = max(1, round(width * MARGIN)), max(1, round(height * MARGIN))
    labels = np.zeros((height, width), dtype=np.uint8)
    cv2.setRNGSeed(0)  # GrabCut starts from a random clustering; equal photos must give equal crops
    cv2.grabCut(
        cv2.cvtColor(thumbnail, cv2.COLOR_RGB2BGR),
        labels,
        (left, top, width - 2 * left, height - 2 * top),
        np.zeros((1, 65)),
        np.zeros((1, 65)),
        ITERATIONS,
        cv2.GC_INIT_WITH_RECT,
    )
    found = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    found = cv2.morphologyEx(found, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, parts, stats, _ = cv2.connectedComponentsWithStats(found)
    if count < 2:
        return np.zeros((height, width), dtype=np.bool_)
    areas = stats[1:, cv2.CC_STAT_AREA]
    large = 1 + np.flatnonzero(areas >= MIN_PART_SHARE * areas.max())
    return np.isin(parts, large)
