"""A rough outline of the subject, and a box around it for cropping: GrabCut on thumbnails (Rother et al. 2004).

Two rounds. The first starts from the belief that the middle of the photo is the subject: it finds long subjects
whole, and takes in too much of others. The second starts from its outline and its colours on a larger thumbnail,
and may give up most of the middle again: it is the more exact one, and misses the ends of long subjects.

Tried besides: one round on 128 px without that belief (boxes as good, but two to three times the time, and no
subject on a tenth of the photos), and a narrower border (finds more of what a crop cuts, but takes background for
the subject's colours).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.feedback.calibration import OFFLINE

MARGIN = 0.04  # of each side: what GrabCut takes for certain background
COLOUR_STEP_BITS = 3  # colours are compared in steps of 8 levels
PLAIN_SHARE = 0.1  # of the border: a colour that so much of it has is no sign of the subject
MIN_AGREEMENT = 0.25  # of what the first round found: of a picture without a subject the second keeps less
MIN_PART_SHARE = 0.10  # parts smaller than this share of the largest one are specks
SMALLEST_SIDE_PX = 16  # of a thumbnail, however long the photo is
NO_RECTANGLE = (0, 0, 1, 1)  # GrabCut takes none where it starts from labels
BLUNTNESS = 0.5  # px of a mask by which a subject's tips, too thin for it, reach farther than it does


@dataclass(frozen=True)
class Box:
    """A rectangle in px; right and bottom are exclusive."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, eq=False)
class Subject:
    """What was taken for the subject.

    Attributes:
        mask: True on it; with a long side of 96.
        reach: A looser mask, with a long side of 64, that holds more of a long subject's ends.
    """

    mask: NDArray[np.bool_]
    reach: NDArray[np.bool_]

    def box(self, width_px: int, height_px: int) -> Box:
        """The box around it in px of a picture of this size; the looser one where that is too long for a square."""
        loose = _box_around(self.reach, width_px, height_px, BLUNTNESS)
        if max(loose.right - loose.left, loose.bottom - loose.top) > min(width_px, height_px):
            return loose
        return _box_around(self.mask, width_px, height_px)


@dataclass(frozen=True)
class _Round:
    """One run of GrabCut.

    Attributes:
        long_side_px: Of the thumbnail.
        core: Half axes of the ellipse in the middle that is taken for the subject, as a share of each side.
    """

    long_side_px: int
    core: float


FIRST, SECOND = _Round(64, 0.20), _Round(96, 0.07)


def find_subject(rgb: NDArray[np.uint8]) -> Subject | None:
    """Find the subject.

    Args:
        rgb: The picture, [H, W, 3]; a long side of 256 px is enough.

    Returns:
        None where what was found is too small or too large to be believed, or the two rounds disagree.
    """
    small, large = _thumbnail(rgb, FIRST), _thumbnail(rgb, SECOND)
    if not small.std():  # one flat colour: there is nothing to fit
        return None
    background, foreground = np.zeros((1, 65)), np.zeros((1, 65))  # GrabCut's two mixtures of colours
    labels = _first_guess(small, FIRST)
    cv2.setRNGSeed(0)  # GrabCut starts from a random clustering; equal photos must give equal crops
    cv2.grabCut(small, labels, NO_RECTANGLE, background, foreground, 1, cv2.GC_INIT_WITH_MASK)
    reach = _large_parts(labels)
    if not reach.any():
        return None
    labels = _second_guess(labels, large)
    cv2.grabCut(large, labels, NO_RECTANGLE, background, foreground, 1, cv2.GC_EVAL)
    mask = _large_parts(labels)
    is_believed = OFFLINE.min_subject_share <= mask.mean() <= OFFLINE.max_subject_share
    is_agreed = mask.mean() >= MIN_AGREEMENT * reach.mean()
    return Subject(mask, reach) if is_believed and is_agreed else None


def segment_subject(rgb: NDArray[np.uint8]) -> NDArray[np.bool_] | None:
    """Find the subject itself: a mask with a long side of 96, or None where it is not to be believed."""
    subject = find_subject(rgb)
    return None if subject is None else subject.mask


def locate_subject(rgb: NDArray[np.uint8]) -> Box | None:
    """Find the box around the subject in px of a picture, [H, W, 3]; None where it is not to be believed."""
    subject = find_subject(rgb)
    return None if subject is None else subject.box(rgb.shape[1], rgb.shape[0])


def _box_around(mask: NDArray[np.bool_], width_px: int, height_px: int, more: float = 0.0) -> Box:
    """The box around what a mask holds and so many of its px more, in px of a picture of this size."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    down, across = height_px / mask.shape[0], width_px / mask.shape[1]
    return Box(
        left=max(0, int((columns[0] - more) * across)),
        top=max(0, int((rows[0] - more) * down)),
        right=min(width_px, round((columns[-1] + 1 + more) * across)),
        bottom=min(height_px, round((rows[-1] + 1 + more) * down)),
    )


def _thumbnail(rgb: NDArray[np.uint8], of: _Round) -> NDArray[np.uint8]:
    height, width = rgb.shape[:2]
    scale = of.long_side_px / max(height, width)
    size = (max(SMALLEST_SIDE_PX, round(width * scale)), max(SMALLEST_SIDE_PX, round(height * scale)))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2BGR), dtype=np.uint8)


def _first_guess(thumbnail: NDArray[np.uint8], of: _Round) -> NDArray[np.uint8]:
    """What a round starts from: the border is background, the middle is the subject, the rest may be."""
    height, width = thumbnail.shape[:2]
    labels = np.full((height, width), cv2.GC_PR_FGD, dtype=np.uint8)
    left, top = max(1, round(width * MARGIN)), max(1, round(height * MARGIN))
    labels[:top] = labels[-top:] = cv2.GC_BGD
    labels[:, :left] = labels[:, -left:] = cv2.GC_BGD
    axes = (max(1, round(width * of.core)), max(1, round(height * of.core)))
    cv2.ellipse(labels, (width // 2, height // 2), axes, 0, 0, 360, cv2.GC_FGD, -1)
    # Behind a subject that stands aside, the middle is background.
    labels[(labels == cv2.GC_FGD) & _is_plain(thumbnail, labels == cv2.GC_BGD)] = cv2.GC_PR_FGD
    return labels


def _is_plain(thumbnail: NDArray[np.uint8], border: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Where a thumbnail has a colour that much of its border has, give or take a step."""
    steps = (thumbnail >> COLOUR_STEP_BITS).astype(np.intp)
    count = 256 >> COLOUR_STEP_BITS
    places = np.ravel_multi_index((steps[..., 0], steps[..., 1], steps[..., 2]), (count,) * 3)
    found = np.bincount(places[border], minlength=count**3).reshape((count,) * 3)
    for axis in range(3):
        padded = np.moveaxis(np.pad(found, [(int(axis == other),) * 2 for other in range(3)]), axis, 0)
        found = np.moveaxis(padded[:-2] + padded[1:-1] + padded[2:], 0, axis)
    return (found.ravel() > PLAIN_SHARE * border.sum())[places]


def _second_guess(found: NDArray[np.uint8], thumbnail: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The same for the second round, where what the first one found may be the subject."""
    size = (thumbnail.shape[1], thumbnail.shape[0])
    is_found = _is_foreground(cv2.resize(found, size, interpolation=cv2.INTER_NEAREST))
    labels = _first_guess(thumbnail, SECOND)
    labels[(labels == cv2.GC_PR_FGD) & ~is_found] = cv2.GC_PR_BGD
    return labels


def _is_foreground(labels: cv2.typing.MatLike) -> NDArray[np.bool_]:
    return np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD))


def _large_parts(labels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """What is foreground, without specks."""
    found = _is_foreground(labels).astype(np.uint8)
    found = cv2.morphologyEx(found, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, parts, stats, _ = cv2.connectedComponentsWithStats(found)
    if count < 2:
        return np.zeros(found.shape, dtype=np.bool_)
    areas = stats[1:, cv2.CC_STAT_AREA]
    return np.isin(parts, 1 + np.flatnonzero(areas >= MIN_PART_SHARE * areas.max()))
