"""Whether two photos are the same picture: flipped, cropped, turned a little or saved again.

Keypoints (Rublee et al. 2011, ORB) propose how one photo lies on the other; laying it there and comparing the
grey levels decides. Two photos of one product share many keypoints on its label, but not their surroundings.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

KEYPOINT_SIDE_PX = 512
THUMBNAIL_SIDE_PX = 128
MAX_KEYPOINTS = 500
ORB_MARGIN_PX = 31  # OpenCV's edgeThreshold: no keypoints nearer to the border
RATIO_TEST = 0.8  # Lowe 2004: a match counts if it is this much nearer than the second best
REPROJECTION_PX = 3.0
MIN_INLIERS = 8  # fewer keypoints can agree by chance
SCALES = (0.3, 3.4)  # of one photo on the other; beyond it an agreement is chance
MIN_OVERLAP = 0.25  # of the smaller photo's area
MIN_CONTRAST = 2.0  # grey levels; flat areas agree with everything
PHASH_SIDE_PX = 32
PHASH_BITS_PER_SIDE = 8


@dataclass(frozen=True, eq=False)
class Keypoints:
    """ORB keypoints: `points` [N, 2] in px of a picture with long side 512, `descriptors` [N, 32] bytes."""

    points: NDArray[np.float32]
    descriptors: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Imprint:
    """What one picture is recognised by.

    Attributes:
        keypoints: Strongest first.
        thumbnail: Grey, [H, W], with a long side of 128 px.
        scale: Thumbnail px for each px of the picture that the keypoints lie on.
        phash: 64 bits: the signs of the lowest cosine frequencies about their median.
    """

    keypoints: Keypoints
    thumbnail: NDArray[np.uint8]
    scale: float
    phash: int


NO_KEYPOINTS = Keypoints(np.zeros((0, 2), np.float32), np.zeros((0, 32), np.uint8))


def take_imprint(grey: NDArray[np.uint8]) -> Imprint:
    """Take the imprint of a grey picture, [H, W], with a long side of at most 512 px."""
    height, width = grey.shape
    scale = min(1.0, THUMBNAIL_SIDE_PX / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    thumbnail = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return Imprint(_find_keypoints(grey), thumbnail, scale, _perceptual_hash(grey))


def phash_similarity(one: Imprint, other: Imprint) -> float:
    """Share of equal bits, 0 to 1."""
    return 1 - (one.phash ^ other.phash).bit_count() / PHASH_BITS_PER_SIDE**2


def overlay_similarity(one: Imprint, other: Imprint) -> float:
    """How well one picture lies on the other: the correlation of their grey levels where they overlap.

    Returns:
        Up to 1 for a copy; 0 where no way was found to lay it there.
    """
    transform = _align(one.keypoints, other.keypoints)
    if transform is None:
        return 0.0
    scale = math.hypot(transform[0, 0], transform[1, 0])
    if not SCALES[0] < scale < SCALES[1]:
        return 0.0
    transform[:, :2] *= other.scale / one.scale
    transform[:, 2] *= other.scale
    size = other.thumbnail.shape[::-1]
    laid = cv2.warpAffine(one.thumbnail, transform, size)
    covered = cv2.warpAffine(np.full(one.thumbnail.shape, 255, np.uint8), transform, size) == 255
    area = float(covered.sum())
    if area < MIN_OVERLAP * min(
        other.thumbnail.size, one.thumbnail.size * abs(np.linalg.det(transform[:, :2]))
    ):
        return 0.0
    here, there = laid[covered].astype(np.float32), other.thumbnail[covered].astype(np.float32)
    if min(here.std(), there.std()) < MIN_CONTRAST:
        return 0.0
    return max(0.0, float(np.corrcoef(here, there)[0, 1]))


def _align(one: Keypoints, other: Keypoints) -> NDArray[np.float64] | None:
    """The shift, rotation and scale that lays most keypoints of one on those of the other, [2, 3]."""
    if min(len(one.points), len(other.points)) < MIN_INLIERS:
        return None
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(one.descriptors, other.descriptors, k=2)
    matches = [best for best, second in pairs if best.distance < RATIO_TEST * second.distance]
    if len(matches) < MIN_INLIERS:
        return None
    here = one.points[[match.queryIdx for match in matches]]
    there = other.points[[match.trainIdx for match in matches]]
    cv2.setRNGSeed(0)  # RANSAC draws at random; equal photos must get equal findings
    transform, inliers = cv2.estimateAffinePartial2D(here, there, ransacReprojThreshold=REPROJECTION_PX)
    if transform is None or inliers.sum() < MIN_INLIERS:
        return None
    return np.asarray(transform, dtype=np.float64)


def _find_keypoints(grey: NDArray[np.uint8]) -> Keypoints:
    if min(grey.shape) <= 2 * ORB_MARGIN_PX:
        return NO_KEYPOINTS
    found, descriptors = cv2.ORB.create(nfeatures=MAX_KEYPOINTS).detectAndCompute(grey, None)
    if not found:
        return NO_KEYPOINTS
    points = np.array([keypoint.pt for keypoint in found], dtype=np.float32)
    return Keypoints(points, np.asarray(descriptors, dtype=np.uint8))


def _perceptual_hash(grey: NDArray[np.uint8]) -> int:
    """The 64-bit pHash of a grey picture (Zauner 2010)."""
    small = cv2.resize(grey, (PHASH_SIDE_PX, PHASH_SIDE_PX), interpolation=cv2.INTER_AREA).astype(np.float32)
    lowest = cv2.dct(small)[:PHASH_BITS_PER_SIDE, :PHASH_BITS_PER_SIDE].ravel()
    bits = lowest > np.median(lowest[1:])
    return int.from_bytes(np.packbits(bits).tobytes(), "big")
