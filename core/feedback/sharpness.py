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
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from core.feedback.edge_width import edge_sigma_px, find_edges

TILES_PER_SIDE = 8
SUBJECT_TILES_PER_SIDE = 32
SUBJECT_TILE_PERCENTILE = 90  # shallow focus leaves most of a subject soft; its best tenth must be sharp
MIN_SUBJECT_TILES = 8  # fewer say nothing of a subject
LAPLACIAN_NOISE_GAIN = 20.0  # white noise of variance v has a Laplacian variance of 20 v (1+1+1+1+16)
IMMERKAER_SIGMA = math.sqrt(math.pi / 2) / 6  # noise, from the mean of his mask's absolute response
NOISE_TILES_PER_SIDE = 16
NOISE_PERCENTILE = 10
NOISE_LEVELS = (20, 235)  # grey levels outside of which clipping hides noise


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
    # A strip of a row of tiles stays in the processor's cache: a third of the time that whole pictures take.
    padded = cv2.copyMakeBorder(grey, 1, 1, 1, 1, cv2.BORDER_REFLECT_101).astype(np.int16)
    borders = np.linspace(0, len(grey), min(TILES_PER_SIDE, len(grey)) + 1).astype(np.intp)
    strips = [_measure_strip(padded[top : bottom + 2]) for top, bottom in pairwise(borders)]
    noise = sum(strip.noise_sum for strip in strips) / grey.size
    from_noise = LAPLACIAN_NOISE_GAIN * noise**2
    edges = find_edges(grey, noise)
    return Sharpness(
        tile_detail=max(strip.detail for strip in strips) - from_noise,
        directional_detail=float(np.max([strip.directional_details for strip in strips], axis=0).min()),
        noise_sigma=noise,
        edge_sigma_px=max(edge_sigma_px(axis) for axis in edges),
        subject_detail=_subject_detail(np.vstack([strip.fine_details for strip in strips]), mask)
        - from_noise,
        subject_edge_sigma_px=max(edge_sigma_px(axis, mask, grey.shape) for axis in edges),
        tile_noise_sigma=_tile_noise(np.vstack([strip.tile_noises for strip in strips]), grey),
    )


@dataclass(frozen=True, eq=False)
class _Strip:
    """What is measured on one row of tiles.

    Attributes:
        detail: The largest Laplacian variance of its tiles.
        directional_details: The largest variance of the second derivative in each of four directions.
        fine_details: Laplacian variances of its share of the 32x32 tiles.
        tile_noises: Noise of its share of the 16x16 tiles, as `Sharpness.noise_sigma`.
        noise_sum: Of the same, over all its pixels.
    """

    detail: float
    directional_details: list[float]
    fine_details: NDArray[np.float32]
    tile_noises: NDArray[np.float32]
    noise_sum: float


def _measure_strip(padded: NDArray[np.int16]) -> _Strip:
    """Measure a strip that is one px larger on each side."""
    middle = 2 * padded[1:-1, 1:-1]
    across = padded[1:-1, :-2] + padded[1:-1, 2:] - middle
    down = padded[:-2, 1:-1] + padded[2:, 1:-1] - middle
    falling = padded[:-2, :-2] + padded[2:, 2:] - middle
    rising = padded[:-2, 2:] + padded[2:, :-2] - middle
    laplacian = across + down
    # Immerkaer's mask is the difference of two Laplacians: the diagonal one, and twice the upright one.
    unevenness = np.abs(falling + rising - 2 * laplacian)
    fine = _rows_of_tiles(laplacian, SUBJECT_TILES_PER_SIDE // TILES_PER_SIDE)
    noisy = _rows_of_tiles(unevenness, NOISE_TILES_PER_SIDE // TILES_PER_SIDE)
    noises = [_tile_means(row, cv2.REDUCE_SUM, NOISE_TILES_PER_SIDE) for row in noisy]
    return _Strip(
        detail=_max_variance(laplacian),
        directional_details=[_max_variance(direction) for direction in (across, down, falling, rising)],
        fine_details=np.vstack([_tile_variances(row, SUBJECT_TILES_PER_SIDE) for row in fine]),
        tile_noises=np.vstack(noises) * IMMERKAER_SIGMA,
        noise_sum=float(unevenness.sum()) * IMMERKAER_SIGMA,
    )


def _max_variance(response: NDArray[np.int16]) -> float:
    return float(_tile_variances(response, TILES_PER_SIDE).max())


def _rows_of_tiles(strip: NDArray[np.int16], count: int) -> list[NDArray[np.int16]]:
    """Cut a strip into so many; one of fewer rows into each of them."""
    return np.array_split(strip, min(count, len(strip)))


def _tile_variances(response: NDArray[np.int16], columns: int) -> NDArray[np.float32]:
    mean = _tile_means(response, cv2.REDUCE_SUM, columns)
    square_mean = _tile_means(response, cv2.REDUCE_SUM2, columns)
    return np.maximum(square_mean - mean * mean, 0)


def _tile_means(response: NDArray[np.int16], reduction: int, columns: int) -> NDArray[np.float32]:
    """Average a row of tiles, or its squares: one number a tile, [1, T]; narrow pictures have fewer."""
    sums = cv2.reduce(response, 0, reduction, dtype=cv2.CV_32F) / np.float32(len(response))
    size = (min(columns, response.shape[1]), 1)
    return np.asarray(cv2.resize(sums, size, interpolation=cv2.INTER_AREA), dtype=np.float32)


def _subject_detail(variances: NDArray[np.float32], mask: NDArray[np.bool_] | None) -> float:
    if mask is None:
        return math.inf
    cover = cv2.resize(
        mask.astype(np.float32), (variances.shape[1], variances.shape[0]), interpolation=cv2.INTER_AREA
    )
    tiles = variances[cover >= 0.5]
    return (
        float(np.percentile(tiles, SUBJECT_TILE_PERCENTILE)) if len(tiles) >= MIN_SUBJECT_TILES else math.inf
    )


def _tile_noise(noises: NDArray[np.float32], grey: NDArray[np.uint8]) -> float:
    """Noise where there is least texture; clipped tiles have lost theirs and do not count."""
    level = cv2.resize(grey, (noises.shape[1], noises.shape[0]), interpolation=cv2.INTER_AREA)
    exposed = noises[(level > NOISE_LEVELS[0]) & (level < NOISE_LEVELS[1])]
    return float(np.percentile(exposed, NOISE_PERCENTILE)) if len(exposed) >= MIN_SUBJECT_TILES else 0.0
