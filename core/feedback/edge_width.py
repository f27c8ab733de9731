"""How wide a picture's strongest edges are (Zhuo and Sim 2011, Defocus map estimation).

A second blur weakens a sharp edge's gradient more than a soft one's: their ratio tells the width.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

REBLUR_SIGMA_PX = 1.0
EDGES_COUNTED = 400  # the strongest edge pixels of each axis
MIN_EDGES = 100  # fewer prove nothing
MIN_GRADIENT = 6.0  # grey levels a px, after the second blur
MIN_GRADIENT_IN_NOISE = 3.0  # the same in multiples of the noise
AXIS_DOMINANCE = 2.0  # an edge counts for an axis whose gradient is this much steeper than the other's
STRIP_ROWS = 64  # stay in the processor's cache


@dataclass(frozen=True, eq=False)
class Edges:
    """The edges across one axis.

    Attributes:
        rows: Where they are, [N].
        columns: Where they are, [N].
        steepness: After the second blur, in grey levels a px, [N].
        ratios: How much steeper they were before it, [N].
    """

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    steepness: NDArray[np.float32]
    ratios: NDArray[np.float32]


def find_edges(grey: NDArray[np.uint8], noise_sigma: float) -> tuple[Edges, Edges]:
    """Find edges across the columns and across the rows of a grey picture, [H, W]."""
    twice = np.asarray(cv2.GaussianBlur(grey.astype(np.float32), (0, 0), REBLUR_SIGMA_PX), dtype=np.float32)
    # Edges are chosen by the second blur's gradient, for choosing by the first would favour grain.
    least = np.float32(max(MIN_GRADIENT, MIN_GRADIENT_IN_NOISE * noise_sigma))
    starts = range(0, len(grey) - 1, STRIP_ROWS)
    steep = [_steep_places(twice[start : start + STRIP_ROWS + 1], least) for start in starts]
    found: list[Edges] = []
    for axis, step in enumerate((1, grey.shape[1])):
        nowhere = np.zeros(0, np.intp)
        offsets = (start * grey.shape[1] for start in starts)
        places = [of_strip[axis] + offset for of_strip, offset in zip(steep, offsets, strict=True)]
        found.append(_thinned(np.concatenate([nowhere, *places]), twice, grey, step))
    return found[0], found[1]


def edge_sigma_px(
    edges: Edges, mask: NDArray[np.bool_] | None = None, shape: tuple[int, ...] = (1, 1)
) -> float:
    """Width of the strongest edges, as the sigma of a Gaussian.

    Args:
        edges: Across one axis.
        mask: Counts the edges inside and around it alone; at any size.
        shape: Height and width in px of the picture that the edges are of.

    Returns:
        Px; infinite where there are too few edges.
    """
    steepness, ratios = edges.steepness, edges.ratios
    if mask is not None:
        wide = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8))  # the contour is the subject's
        rows = edges.rows * mask.shape[0] // shape[0]
        inside = wide[rows, edges.columns * mask.shape[1] // shape[1]] > 0
        steepness, ratios = steepness[inside], ratios[inside]
    if len(steepness) < MIN_EDGES:
        return math.inf
    if len(steepness) > EDGES_COUNTED:
        ratios = ratios[np.argpartition(-steepness, EDGES_COUNTED)[:EDGES_COUNTED]]
    ratio = float(np.median(ratios))
    return REBLUR_SIGMA_PX / math.sqrt(ratio**2 - 1) if ratio > 1 else math.inf


def _steep_places(twice: NDArray[np.float32], least: np.float32) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where a strip is steep across its columns alone, and across its rows alone; counted row by row."""
    width = twice.shape[1]
    corner = twice[:-1, :-1]
    if not corner.size:
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    across_columns = np.asarray(cv2.absdiff(twice[:-1, 1:], corner), dtype=np.float32)
    across_rows = np.asarray(cv2.absdiff(twice[1:, :-1], corner), dtype=np.float32)

    def steeper(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.intp]:
        places = np.flatnonzero((one > least) & (one > other * np.float32(AXIS_DOMINANCE)))
        return places + places // (width - 1)

    return steeper(across_columns, across_rows), steeper(across_rows, across_columns)


def _thinned(
    places: NDArray[np.intp], twice: NDArray[np.float32], grey: NDArray[np.uint8], step: int
) -> Edges:
    """Keep the middle of each edge, where it is steepest; a step is what lies between px across it."""
    rows, columns = np.divmod(places, grey.shape[1])
    position, length = (columns, grey.shape[1]) if step == 1 else (rows, grey.shape[0])
    before = places - step * (position > 0)
    after = places + step
    beyond = after + step * (position + 2 < length)
    levels = twice.ravel()
    steepness = np.abs(levels[after] - levels[places])
    is_middle = steepness >= np.abs(levels[places] - levels[before])
    is_middle &= steepness >= np.abs(levels[beyond] - levels[after])
    places, after, steepness = places[is_middle], after[is_middle], steepness[is_middle]
    once = grey.ravel()
    gradient = np.abs(once[after].astype(np.int16) - once[places])
    ratios = (gradient / steepness).astype(np.float32)
    return Edges(rows[is_middle], columns[is_middle], steepness, ratios)
