"""Measures of sharpness against pictures whose blur and noise are known."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from core.feedback.sharpness import measure_sharpness

SIDE_PX = 640
RANDOM_SEED = 3


def steps(sigma_px: float, width_px: int = SIDE_PX, height_px: int = SIDE_PX) -> np.ndarray:
    """Bright squares on a dark ground, blurred so much."""
    scene = np.full((height_px, width_px), 50, np.uint8)
    for top in range(10, height_px - 40, 64):
        for left in range(10, width_px - 40, 64):
            scene[top : top + 32, left : left + 32] = 200
    return cv2.GaussianBlur(scene, (0, 0), sigma_px) if sigma_px else scene


@pytest.mark.parametrize("sigma_px", [1.0, 1.5, 2.5])
def test_an_edge_is_as_wide_as_it_was_blurred(sigma_px: float) -> None:
    measured = measure_sharpness(steps(sigma_px)).edge_sigma_px
    assert measured == pytest.approx(math.hypot(sigma_px, 0.3), rel=0.15)


@pytest.mark.parametrize("shape", [(SIDE_PX, SIDE_PX), (333, 1021), (1024, 683)])
def test_noise_is_measured_as_strong_as_it_was_made(shape: tuple[int, int]) -> None:
    grain = np.random.default_rng(RANDOM_SEED).normal(0, 6, shape)
    sharpness = measure_sharpness(np.clip(128 + grain, 0, 255).astype(np.uint8))
    assert sharpness.noise_sigma == pytest.approx(6, rel=0.05)
    assert sharpness.tile_noise_sigma == pytest.approx(6, rel=0.1)
    assert abs(sharpness.tile_detail) < 300, "noise alone is not detail"


@pytest.mark.parametrize("row", [0, 3, 7])
@pytest.mark.parametrize("column", [0, 4, 7])
def test_one_sharp_tile_is_found_wherever_it_is(row: int, column: int) -> None:
    scene = np.full((SIDE_PX, SIDE_PX), 120, np.uint8)
    tile = SIDE_PX // 8
    texture = (
        np.random.default_rng(RANDOM_SEED).integers(0, 2, (tile // 4, tile // 4)).repeat(4, 0).repeat(4, 1)
    )
    scene[row * tile : (row + 1) * tile, column * tile : (column + 1) * tile] = 60 + 120 * texture
    assert measure_sharpness(scene).tile_detail > 300
    assert measure_sharpness(np.asarray(cv2.GaussianBlur(scene, (0, 0), 4), np.uint8)).tile_detail < 300


def test_a_camera_that_moved_is_seen_in_one_direction_only() -> None:
    """Edges along the movement stay sharp: the weakest direction tells."""
    kernel = np.zeros((15, 15), np.float32)
    kernel[7] = 1 / 15
    sharp = np.random.default_rng(RANDOM_SEED).integers(0, 2, (80, 80)).repeat(8, 0).repeat(8, 1) * 150 + 50
    still = measure_sharpness(sharp.astype(np.uint8))
    moved = measure_sharpness(np.asarray(cv2.filter2D(sharp.astype(np.uint8), -1, kernel), np.uint8))
    assert moved.directional_detail < 0.05 * moved.tile_detail
    assert still.directional_detail > 0.3 * still.tile_detail
    assert moved.tile_detail > 300, "what runs along the movement is as sharp as before"


def test_the_subjects_edges_are_told_from_the_others() -> None:
    scene = np.hstack((steps(0.0, width_px=320), steps(3.0, width_px=320)))
    mask = np.zeros((96, 96), np.bool_)
    mask[:, 50:] = True
    sharpness = measure_sharpness(scene, mask)
    assert sharpness.edge_sigma_px < 0.8 < 2 < sharpness.subject_edge_sigma_px
    assert sharpness.subject_detail < sharpness.tile_detail


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (2, 2), (7, 9), (500, 1), (33, 2000)])
def test_pictures_of_any_shape_are_measured(shape: tuple[int, int]) -> None:
    grey = np.random.default_rng(RANDOM_SEED).integers(0, 256, shape).astype(np.uint8)
    sharpness = measure_sharpness(grey, np.ones((5, 5), np.bool_))
    assert sharpness.noise_sigma >= 0
    assert not math.isnan(sharpness.tile_detail)
