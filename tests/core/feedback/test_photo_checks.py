"""What is seen on a single photo: light, grain, bars, a busy background, and focus on the wrong thing."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from core.feedback.calibration import OFFLINE
from core.feedback.checks import check
from core.feedback.features import Features, measure
from core.feedback.findings import Check, Finding, Severity, Status, flags
from core.rules.kinds import ModelKind


def pixels_of(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB").resize((1024, 1024), Image.Resampling.LANCZOS))


def measured(pixels: np.ndarray) -> Features:
    out = io.BytesIO()
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(out, "PNG", compress_level=1)
    return measure(out.getvalue())


def said(which: Check, pixels: np.ndarray, kind: ModelKind = ModelKind.PRODUCT) -> list[Finding]:
    findings = check([measured(pixels)], kind=kind, class_noun="toy")
    return [finding for finding in findings if finding.check is which and finding.status is Status.FOUND]


def test_focus_behind_the_subject_is_called_that(photos_dir: Path) -> None:
    sharp = pixels_of(photos_dir / "bear_plushie" / "04.jpg")
    share = np.zeros((1024, 1024), np.float32)
    cv2.ellipse(share, (495, 507), (360, 440), 0, 0, 360, 1.0, -1)
    share = cv2.GaussianBlur(share, (0, 0), 8)[..., None]
    (finding,) = said(Check.BLURRY, sharp * (1 - share) + cv2.GaussianBlur(sharp, (0, 0), 3) * share)
    assert finding.why == "The focus lies beside the toy, whose own detail is soft."
    assert not said(Check.BLURRY, sharp)


def test_fur_has_wide_edges_and_is_sharp(photos_dir: Path) -> None:
    cat = pixels_of(photos_dir / "cat" / "01.jpg")
    assert measured(cat).sharpness.edge_sigma_px > OFFLINE.max_edge_sigma_px
    assert not said(Check.BLURRY, cat)
    (finding,) = said(Check.BLURRY, cv2.GaussianBlur(cat, (0, 0), 1))
    assert finding.why.startswith("Blurry: the toy's own detail is soft")


def test_a_dim_photo_is_not_taken_for_a_moved_one(photos_dir: Path) -> None:
    """It has little detail in every direction alike."""
    assert not said(Check.BLURRY, pixels_of(photos_dir / "dog" / "01.jpg") * 0.35)


def test_a_moved_photo_of_high_contrast_is_flagged(photos_dir: Path) -> None:
    """Along the movement it has as much fine detail as sharp photos have."""
    moved = cv2.blur(pixels_of(photos_dir / "fancy_boot" / "02.jpg"), (1, 15))
    assert measured(moved).sharpness.tile_detail > OFFLINE.sharp_tile_detail
    (finding,) = said(Check.BLURRY, moved)
    assert finding.threshold == OFFLINE.min_directional_share


def test_a_dark_photo_is_flagged_and_a_dark_style_is_not(photos_dir: Path) -> None:
    dark = pixels_of(photos_dir / "robot_toy" / "01.jpg") * 0.3
    (finding,) = said(Check.LIGHTING, dark)
    assert finding.why.startswith("Dark: ")
    assert finding.score is not None and finding.threshold is not None
    assert finding.score < finding.threshold
    assert not said(Check.LIGHTING, dark, ModelKind.STYLE)


def test_a_subject_burnt_out_to_white_is_overexposed(photos_dir: Path) -> None:
    (finding,) = said(Check.LIGHTING, pixels_of(photos_dir / "fancy_boot" / "03.jpg") * 2.5)
    assert finding.why.startswith("Overexposed: parts of the toy are burnt out to white")


def test_a_vivid_yellow_in_good_light_is_not_overexposed() -> None:
    """Its red and green may reach the top; what is lost is nothing that anybody sees."""
    scene = np.full((600, 600, 3), (90, 110, 120), np.uint8)
    cv2.circle(scene, (300, 300), 150, (255, 253, 30), -1)
    assert not said(Check.LIGHTING, scene)
    cv2.circle(scene, (300, 300), 150, (255, 254, 235), -1)
    assert said(Check.LIGHTING, scene)


def test_grain_is_flagged(photos_dir: Path) -> None:
    clean = pixels_of(photos_dir / "monster_toy" / "03.jpg")
    grain = np.random.default_rng(0).normal(0, 10, clean.shape)
    (finding,) = said(Check.NOISE, clean + grain)
    assert flags(finding)
    assert not said(Check.NOISE, clean)


@pytest.mark.parametrize("colour", [0, 128])
@pytest.mark.parametrize("is_upright", [False, True])
def test_padding_bars_are_flagged_with_their_share(photos_dir: Path, colour: int, is_upright: bool) -> None:
    photo = pixels_of(photos_dir / "monster_toy" / "04.jpg")
    border = (0, 0, 256, 256) if is_upright else (256, 256, 0, 0)
    framed = cv2.copyMakeBorder(photo, *border, cv2.BORDER_CONSTANT, value=(colour,) * 3)
    (finding,) = said(Check.FRAMING, framed)
    assert finding.why.startswith("Plain bars fill 3")
    content = measured(framed).content
    assert content is not None
    assert abs(content.right - content.left - 1024) < 20 and abs(content.bottom - content.top - 1024) < 20


def test_a_plain_floor_and_a_plain_studio_are_no_bars(photos_dir: Path) -> None:
    scene = np.full((600, 600, 3), (200, 190, 170), np.uint8)
    scene[450:] = (90, 80, 70)
    cv2.circle(scene, (300, 400), 90, (200, 30, 30), -1)
    assert not said(Check.FRAMING, scene)
    assert not said(Check.FRAMING, pixels_of(photos_dir / "red_cartoon" / "00.jpg"))


def test_a_busy_background_is_advice_and_a_blurred_one_is_none(photos_dir: Path) -> None:
    (finding,) = said(Check.BACKGROUND_CLUTTER, pixels_of(photos_dir / "backpack_dog" / "00.jpg"))
    assert finding.severity is Severity.INFO and not flags(finding)
    assert not said(Check.BACKGROUND_CLUTTER, pixels_of(photos_dir / "can" / "01.jpg"))


def test_an_empty_picture_is_not_shown_as_having_a_calm_background() -> None:
    findings = check([measured(np.full((600, 600, 3), 120))], kind=ModelKind.PRODUCT, class_noun="toy")
    unseen = [finding for finding in findings if finding.check is Check.BACKGROUND_CLUTTER]
    assert [finding.status for finding in unseen] == [Status.NOT_ASSESSED]
    assert "photo 1" in unseen[0].why
