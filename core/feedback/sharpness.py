"""How sharp a picture is, measured in four ways that fail in different places.

- The best tile's Laplacian variance finds blur; one sharp tile survives a shallow depth of field.
- The weakest direction's second derivative finds motion blur.
- The width of the strongest edges does not depend on contrast: it finds a slight blur, and it speaks for flat
  drawings and plain products, whose few edges give the two numbers above little to sum up.
- The subject's own tiles tell a focus that lies on the background.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

TILES_PER_SIDE = 8
SUBJECT_TILES_PER_SIDE = 32
SUBJECT_TILE_PERCENTILE = 90  # shallow focus leaves most of a subject soft; its best tenth must be sharp
MIN_SUBJECT_TILES = 8  # fewer say nothing of a subject
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
NOISE_TILES_PER_SIDE = 16
NOISE_PERCENTILE = 10
NOISE_LEVELS = (20, 235)  # grey levels outside of which clipping hides noise
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
        subject_detail: 90th percentile of the Laplacian variance of the subject's tiles less the noise's
            share. Grey levels squared; infinite where no subject was found.
        subject_edge_sigma_px: As `edge_sigma_px`, of edges in and around the subject.
        tile_noise_sigma: As `noise_sigma`, of the tenth of the tiles that have the least texture.
    """

    tile_detail: float
    directional_detail: float
    noise_sigma: float
    edge_sigma_px: float
    subject_detail: float
    subject_edge_sigma_px: float
    tile_noise_sigma: float


def measure_sharpness(grey: NDArray[np.uint8], mask: NDArray[np.bool_] | None = None) -> Sharpness:
    """Measure a grey picture.

    Args:
        grey: [H, W], at a long side of at most 1024 px.
        mask: True on the subject, at any size; None where it was not found.
    """
    unevenness = np.asarray(cv2.filter2D(grey, cv2.CV_32F, IMMERKAER), dtype=np.float32)
    response = np.abs(unevenness) * np.float32(math.sqrt(math.pi / 2) / 6)
    noise = float(response.mean())
    laplacian = np.asarray(cv2.Laplacian(grey, cv2.CV_32F), dtype=np.float32)
    directions = (cv2.filter2D(grey, cv2.CV_32F, kernel) for kernel in SECOND_DERIVATIVES)
    edges = _edges(grey, noise)
    return Sharpness(
        tile_detail=max_tile_variance(laplacian) - LAPLACIAN_NOISE_GAIN * noise**2,
        directional_detail=min(max_tile_variance(direction) for direction in directions),
        noise_sigma=noise,
        edge_sigma_px=max(axis.sigma_px() for axis in edges),
        subject_detail=_subject_detail(laplacian, mask) - LAPLACIAN_NOISE_GAIN * noise**2,
        subject_edge_sigma_px=max(axis.sigma_px(mask, grey.shape) for axis in edges),
        tile_noise_sigma=_tile_noise(response, grey),
    )


def max_tile_variance(response: NDArray[Any]) -> float:
    """The largest variance among the 8x8 tiles of a filter response, [H, W]."""
    return float(_tile_variances(response, TILES_PER_SIDE).max())


def _tile_variances(response: NDArray[Any], tiles_per_side: int) -> NDArray[np.float32]:
    rows, columns = (min(tiles_per_side, length) for length in response.shape)
    mean = cv2.resize(response, (columns, rows), interpolation=cv2.INTER_AREA)
    square_mean = cv2.resize(cv2.multiply(response, response), (columns, rows), interpolation=cv2.INTER_AREA)
    return np.maximum(square_mean - mean * mean, 0)


def _subject_detail(laplacian: NDArray[np.float32], mask: NDArray[np.bool_] | None) -> float:
    if mask is None:
        return math.inf
    variances = _tile_variances(laplacian, SUBJECT_TILES_PER_SIDE)
    cover = cv2.resize(
        mask.astype(np.float32), (variances.shape[1], variances.shape[0]), interpolation=cv2.INTER_AREA
    )
    tiles = variances[cover >= 0.5]
    return (
        float(np.percentile(tiles, SUBJECT_TILE_PERCENTILE)) if len(tiles) >= MIN_SUBJECT_TILES else math.inf
    )


def _tile_noise(response: NDArray[np.float32], grey: NDArray[np.uint8]) -> float:
    """Noise where there is least texture; clipped tiles have lost theirs and do not count."""
    size = (min(NOISE_TILES_PER_SIDE, grey.shape[1]), min(NOISE_TILES_PER_SIDE, grey.shape[0]))
    noise = cv2.resize(response, size, interpolation=cv2.INTER_AREA)
    level = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    exposed = noise[(level > NOISE_LEVELS[0]) & (level < NOISE_LEVELS[1])]
    return float(np.percentile(exposed, NOISE_PERCENTILE)) if len(exposed) >= MIN_SUBJECT_TILES else 0.0


@dataclass(frozen=True, eq=False)
class _Edges:
    """The edges across one axis: where they are [N, 2] (row, column), how steep, and how much steeper unblurred."""

    places: NDArray[np.intp]
    steepness: NDArray[np.float32]
    ratios: NDArray[np.float32]

    def sigma_px(self, mask: NDArray[np.bool_] | None = None, shape: tuple[int, ...] = ()) -> float:
        """Width of the strongest of them (inside the mask, if one is given), as the sigma of a Gaussian."""
        steepness, ratios = self.steepness, self.ratios
        if mask is not None:
            wide = cv2.dilate(
                mask.astype(np.uint8), np.ones((3, 3), np.uint8)
            )  # the contour is the subject's
            rows = self.places[:, 0] * mask.shape[0] // shape[0]
            inside = wide[rows, self.places[:, 1] * mask.shape[1] // shape[1]] > 0
            steepness, ratios = steepness[inside], ratios[inside]
        if len(steepness) < MIN_EDGES:
            return math.inf
        if len(steepness) > EDGES_COUNTED:
            ratios = ratios[np.argpartition(-steepness, EDGES_COUNTED)[:EDGES_COUNTED]]
        ratio = float(np.median(ratios))
        return REBLUR_SIGMA_PX / math.sqrt(ratio**2 - 1) if ratio > 1 else math.inf


def _edges(grey: NDArray[np.uint8], noise: float) -> tuple[_Edges, _Edges]:
    """Find edges across the columns and across the rows (Zhuo and Sim 2011, Defocus map estimation).

    A second blur weakens a sharp edge's gradient more than a soft one's: their ratio tells the width.
    """
    if min(grey.shape) < 2:
        nowhere = _Edges(np.zeros((0, 2), np.intp), np.zeros(0, np.float32), np.zeros(0, np.float32))
        return nowhere, nowhere
    once = grey.astype(np.float32)
    twice = cv2.GaussianBlur(once, (0, 0), REBLUR_SIGMA_PX)
    corner = twice[:-1, :-1]
    across_columns = np.asarray(cv2.absdiff(twice[:-1, 1:], corner), dtype=np.float32)
    across_rows = np.asarray(cv2.absdiff(twice[1:, :-1], corner), dtype=np.float32)
    # Edges are chosen by the second blur's gradient, for choosing by the first would favour grain.
    least = np.float32(max(MIN_GRADIENT, MIN_GRADIENT_IN_NOISE * noise))

    def pick(reblurred: NDArray[np.float32], across: NDArray[np.float32], axis: int) -> _Edges:
        span = np.ones((1, 3) if axis else (3, 1), np.uint8)
        is_edge = reblurred > np.maximum(across * np.float32(AXIS_DOMINANCE), least)
        is_edge &= reblurred >= cv2.dilate(reblurred, span)  # the edge's middle only
        rows, columns = np.divmod(np.flatnonzero(is_edge), is_edge.shape[1])
        after = (rows, columns + 1) if axis else (rows + 1, columns)
        steepness = reblurred[rows, columns]
        gradient = np.abs(once[after] - once[rows, columns])
        ratios = (gradient / steepness).astype(np.float32)
        return _Edges(np.stack((rows, columns), axis=1), steepness, ratios)

    return pick(across_columns, across_rows, 1), pick(across_rows, across_columns, 0)
