"""What is seen by comparing photos: another object among them, and the same picture twice."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from core.feedback.appearance import oddness
from core.feedback.checks import check
from core.feedback.features import Features, measure
from core.feedback.findings import Check, Finding, Status, flagged_photo
from core.rules.kinds import ModelKind


def photo(photos_dir: Path, name: str) -> Features:
    return measure((photos_dir / f"{name}.jpg").read_bytes())


def changed(pixels: np.ndarray) -> Features:
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(out, "PNG", compress_level=1)
    return measure(out.getvalue())


def judge(*features: Features, kind: ModelKind = ModelKind.PRODUCT) -> tuple[Finding, ...]:
    return check(features, kind=kind, class_noun="vase")


def of(which: Check, findings: tuple[Finding, ...]) -> list[Finding]:
    return [finding for finding in findings if finding.check is which and finding.status is Status.FOUND]


@pytest.mark.parametrize("at", range(4))
def test_another_object_among_three_photos_is_the_one_that_is_flagged(photos_dir: Path, at: int) -> None:
    features = [photo(photos_dir, f"vase/0{number}") for number in (0, 1, 2)]
    features.insert(at, photo(photos_dir, "can/00"))
    findings = judge(*features)
    (finding,) = of(Check.DIFFERENT_SUBJECT, findings)
    assert flagged_photo(finding) == at
    assert "looks like a different object" in finding.why
    assert "Remove it, unless it is the same vase" in finding.fix
    assert not [it for it in findings if it.check is Check.DIFFERENT_SUBJECT and it is not finding]


@pytest.mark.parametrize("kind", [ModelKind.PRODUCT, ModelKind.CHARACTER])
def test_colours_that_agree_are_not_called_the_same_object(photos_dir: Path, kind: ModelKind) -> None:
    features = [photo(photos_dir, f"vase/0{number}") for number in (0, 1, 2)]
    (finding,) = [it for it in judge(*features, kind=kind) if it.check is Check.DIFFERENT_SUBJECT]
    assert finding.status is Status.NOT_ASSESSED
    assert "I only compare colours" in finding.why


def test_neither_of_two_photos_is_the_odd_one(photos_dir: Path) -> None:
    assert not of(Check.DIFFERENT_SUBJECT, judge(photo(photos_dir, "vase/00"), photo(photos_dir, "can/00")))


def test_a_style_may_show_different_things(photos_dir: Path) -> None:
    names = ("vase/00", "vase/01", "vase/02", "can/00")
    findings = judge(*(photo(photos_dir, name) for name in names), kind=ModelKind.STYLE)
    assert not [finding for finding in findings if finding.check is Check.DIFFERENT_SUBJECT]


def test_the_far_one_is_odd_and_the_three_alike_are_not() -> None:
    distances = np.full((4, 4), 0.2)
    distances[3, :] = distances[:, 3] = 0.8
    np.fill_diagonal(distances, 0)
    assert np.allclose(oddness(distances), [0.4 - 0.3, 0.4 - 0.3, 0.4 - 0.3, 0.8 - 0.1])


def a_crop_of_a_corner(pixels: np.ndarray) -> np.ndarray:
    return pixels[: int(len(pixels) * 0.6), : int(len(pixels) * 0.6)]


def a_mirrored_crop(pixels: np.ndarray) -> np.ndarray:
    return pixels[100:-100, 200::][:, ::-1]


def a_turned_copy(pixels: np.ndarray) -> np.ndarray:
    height, width = pixels.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 4, 1)
    return cv2.warpAffine(pixels, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)


@pytest.mark.parametrize("change", [a_crop_of_a_corner, a_mirrored_crop, a_turned_copy])
def test_copies_that_are_laid_on_each_other_are_redundant(change, photos_dir: Path) -> None:
    with Image.open(photos_dir / "robot_toy" / "03.jpg") as image:
        pixels = np.asarray(image.convert("RGB"))
    (finding,) = of(Check.REDUNDANT, judge(photo(photos_dir, "robot_toy/03"), changed(change(pixels))))
    assert finding.photos == (0, 1)
    assert finding.score is not None and finding.threshold is not None
    assert finding.score >= finding.threshold


def test_two_photos_of_one_label_are_not_the_same_photo(photos_dir: Path) -> None:
    """The can's print matches keypoint by keypoint; what surrounds it does not."""
    assert not of(Check.REDUNDANT, judge(photo(photos_dir, "can/01"), photo(photos_dir, "can/05")))


def test_a_burst_is_redundant(photos_dir: Path) -> None:
    assert of(Check.REDUNDANT, judge(photo(photos_dir, "cat/02"), photo(photos_dir, "cat/03")))


def test_photos_are_called_as_the_thread_calls_them(photos_dir: Path) -> None:
    """The second of four was removed: the last two keep their numbers."""
    burst = [photo(photos_dir, name) for name in ("can/01", "cat/02", "cat/03")]
    found = check(burst, kind=ModelKind.PRODUCT, class_noun="cat", numbers=(1, 3, 4))
    (finding,) = of(Check.REDUNDANT, found)
    assert "photo 3" in finding.why
