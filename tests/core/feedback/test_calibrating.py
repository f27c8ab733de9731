"""What an operator's good photos change about the line of blur."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from core.feedback.calibrating import calibrate_offline
from core.feedback.calibration import OFFLINE
from core.feedback.features import Features, measure


@pytest.fixture(scope="module")
def photo() -> Features:
    out = io.BytesIO()
    grain = np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)
    Image.fromarray(grain).save(out, "PNG")
    return measure(out.getvalue())


def line_chosen_by(photo: Features, edge_sigma_px: float, tile_detail: float) -> float:
    """Where the line of blur is for four subjects whose photos all measure so."""
    sharpness = replace(photo.sharpness, edge_sigma_px=edge_sigma_px, tile_detail=tile_detail)
    subjects = [[replace(photo, sharpness=sharpness)] * 3] * 4
    return calibrate_offline(subjects).lines["max_edge_sigma_px"]


def test_good_photos_with_wide_edges_loosen_the_line(photo: Features) -> None:
    assert line_chosen_by(photo, edge_sigma_px=1.6, tile_detail=100) == 1.6


def test_those_that_fine_detail_clears_anyway_do_not(photo: Features) -> None:
    fine = OFFLINE.sharp_tile_detail
    assert line_chosen_by(photo, edge_sigma_px=1.6, tile_detail=fine) == OFFLINE.max_edge_sigma_px


def test_good_photos_with_narrow_edges_do_not_make_it_stricter(photo: Features) -> None:
    assert line_chosen_by(photo, edge_sigma_px=0.6, tile_detail=100) == OFFLINE.max_edge_sigma_px
