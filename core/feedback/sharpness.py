"""How sharp a picture is, measured in three ways that fail in different places.

- The best tile's Laplacian variance finds blur; one sharp tile survives a shallow depth of field.
- The weakest direction's second derivative finds motion blur.
- The width of the strongest edges speaks for flat drawings and plain products, whose few edges give the two
  numbers above little to sum up; it does not depend on contrast.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

TILES_PER_SIDE = 8
LAPLACIAN_NOISE_GAIN = 20.0  # white noise of variance v has a Laplacian variance of 20 v (1+1+1+1+16)
SECOND_DERIVATIVES = (
    np.array([[0, 0, 0], [1, -2, 1], [0, 0, 0]], dtype=np.float32),
    np.array([[0, 1, 0], [0, -2, 0], [0, 1, 0]], dtype=np.float32),
    np.array([[1, 0, 0], [0, -2, 0], [0, 0, 1]], dtype=np.float32),
    np.array([[0, 0, 1], [0, -2, 0], [1, 0, 0]], dtype=np.float32),
)
IMMERKAER = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], dtype=np.float32)
REBLUR_SIGMA_PX = 1.0
EDGES_COUNTED = 400  # the strongest edge pixels of each axis
MIN_EDGES = 100  # fewer prove nothing
MIN_GRADIENT = 6.0  # grey levels a px, after the second blur
MIN_GRADIENT_IN_NOISE = 3.0  # the same in multiples of the noise
AXIS_DOMINANCE = 2.0  # an edge counts for an axis whose gradient is this much steeper than the other's


@dataclass(frozen=True)
class Sharpness:
    """Sharpness of one picture at a long side of at most 1024 px.

    Attributes:
        tile_detail: Largest Laplacian variance of the 8x8 tiles less the noise's share. Grey levels squared.
        directional_detail: The same of second derivatives, noise and all, in the weakest of four directions.
        noise_sigma: Standard deviation of the noise in grey levels (Immerkaer 1996).
        edge_sigma_px: Width of the strongest edges along the softer axis, as the sigma of a Gaussian;
            an ideal step measures 0.5. Infinite where too few edges stand out.
    """

    tile_detail: float
    directional_detail: float
    noise_sigma: float
    edge_sigma_px: float


def measure_sharpness(grey: NDArray[np.uint8]) -> Sharpness:
    """Measure a grey picture, [H, W]."""
    response = cv2.filter2D(grey, cv2.CV_32F, IMMERKAER)
    noise = float(np.sqrt(np.pi / 2) * np.abs(response).mean() / 6)
    laplacian = max_tile_variance(cv2.Laplacian(grey, cv2.CV_32F))
    directions = (cv2.filter2D(grey, cv2.CV_32F, kernel) for kernel in SECOND_DERIVATIVES)
    return Sharpness(
        tile_detail=laplacian - LAPLACIAN_NOISE_GAIN * noise**2,
        directional_detail=min(max_tile_variance(direction) for direction in directions),
        noise_sigma=noise,
        edge_sigma_px=max(_edge_sigma_px(grey, noise), _edge_sigma_px(grey.T, noise)),
    )


def max_tile_variance(response: NDArray[Any]) -> float:
    """The largest variance among the 8x8 tiles of a filter response, [H, W]."""
    rows, columns = (min(TILES_PER_SIDE, length) for length in response.shape)
    return max(
        float(tile.var())
        for row in np.array_split(response, rows, axis=0)
        for tile in np.array_split(row, columns, axis=1)
    )


def _edge_sigma_px(grey: NDArray[np.uint8], noise: float) -> float:
    """Width of the strongest edges across the columns (Zhuo and Sim 2011, Defocus map estimation).

    A second blur weakens a sharp edge's gradient more than a soft one's: their ratio tells the width.
    """
    if min(grey.shape) < 2:
        return math.inf
    once = grey.astype(np.float32)
    twice = cv2.GaussianBlur(once, (0, 0), REBLUR_SIGMA_PX)
    gradient = np.abs(np.diff(once, axis=1))[:-1]
    reblurred = np.abs(np.diff(twice, axis=1))[:-1]
    across = np.abs(np.diff(twice, axis=0))[:, :-1]
    # Edges are chosen by the second blur's gradient, for choosing by the first would favour grain.
    is_edge = reblurred > max(MIN_GRADIENT, MIN_GRADIENT_IN_NOISE * noise)
    is_edge &= reblurred > AXIS_DOMINANCE * across
    is_edge &= reblurred >= cv2.dilate(reblurred, np.ones((1, 3), np.uint8))  # the edge's middle only
    steepness = reblurred[is_edge]
    if len(steepness) < MIN_EDGES:
        return math.inf
    strongest = np.argsort(-steepness, kind="stable")[:EDGES_COUNTED]
    ratio = float(np.median(gradient[is_edge][strongest] / steepness[strongest]))
    return REBLUR_SIGMA_PX / math.sqrt(ratio**2 - 1) if ratio > 1 else math.inf
