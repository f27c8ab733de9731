"""What a subject's colours are, and which photo of a set differs most from the rest in them.

Colours tell one kind of object from another. They do not tell two of a kind apart, and never who somebody is.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

# Lightness, green-red, blue-yellow: few steps of lightness, for light changes from photo to photo.
BINS = (3, 12, 12)
RANGES = ((0.0, 256.0), (80.0, 190.0), (80.0, 200.0))  # 8-bit Lab; colours beyond count at the edge
SMOOTHING = np.array([0.25, 0.5, 0.25], dtype=np.float32)  # a colour beside a bin's edge counts in both
CENTRE_SIGMA = 0.35  # of each side: what stands in the middle counts more
CENTRE_SIGMA_UNMASKED = 0.20  # the same where no subject was found
# An odd photo stands out against how alike the others are; half of their distance is taken off.
SPREAD_SHARE = 0.5
MIN_PHOTOS = 3  # of two photos nobody can say which is the odd one


def subject_colours(rgb: NDArray[np.uint8], mask: NDArray[np.bool_] | None) -> NDArray[np.float32]:
    """Measure the subject's colours as a histogram that sums up to 1, [432].

    Args:
        rgb: The picture, [H, W, 3].
        mask: True on the subject, at any size; None counts the middle of the picture.
    """
    height, width = mask.shape if mask is not None else (128, 128)
    small = cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB).reshape(-1, 3).astype(np.float32)
    sigma = CENTRE_SIGMA if mask is not None else CENTRE_SIGMA_UNMASKED
    rows = np.exp(-(((np.arange(height) + 0.5) / height - 0.5) ** 2) / (2 * sigma**2))
    columns = np.exp(-(((np.arange(width) + 0.5) / width - 0.5) ** 2) / (2 * sigma**2))
    weights = np.outer(rows, columns)
    if mask is not None:
        weights = weights * mask
    places = np.zeros(len(lab), dtype=np.intp)
    for channel, (bins, (low, high)) in enumerate(zip(BINS, RANGES, strict=True)):
        step = np.clip(((lab[:, channel] - low) * bins / (high - low)).astype(np.intp), 0, bins - 1)
        places = places * bins + step
    flat = np.bincount(places, weights.ravel(), minlength=int(np.prod(BINS)))
    counts: NDArray[np.floating] = flat.astype(np.float64).reshape(BINS)
    for axis in range(len(BINS)):
        counts = _smooth(counts, axis)
    return (counts / counts.sum()).ravel().astype(np.float32)


def colour_distances(histograms: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Hellinger distances between colour histograms, [N, N]; 0 for equal ones, 1 without a common colour."""
    roots = np.sqrt(np.stack(histograms))
    return np.sqrt(np.maximum(0, 1 - roots @ roots.T))


def oddness(distances: NDArray[np.floating]) -> NDArray[np.floating]:
    """How far each photo stands from the others, less half of how far those stand from each other.

    Args:
        distances: Of one set [N, N] or of many [..., N, N]; N of at least three.

    Returns:
        One number a photo, [..., N].
    """
    count = distances.shape[-1]
    sums = distances.sum(axis=-1)
    pairs = (count - 1) * (count - 2) / 2
    among_others = (sums.sum(axis=-1, keepdims=True) / 2 - sums) / pairs
    return sums / (count - 1) - SPREAD_SHARE * among_others


def _smooth(counts: NDArray[np.floating], axis: int) -> NDArray[np.floating]:
    padding = [(1, 1) if index == axis else (0, 0) for index in range(counts.ndim)]
    padded = np.moveaxis(np.pad(counts, padding), axis, 0)
    blurred = SMOOTHING[0] * padded[:-2] + SMOOTHING[1] * padded[1:-1] + SMOOTHING[2] * padded[2:]
    return np.moveaxis(blurred, 0, axis)
