"""Which photos are flagged, in which words, and which are left in peace."""

from __future__ import annotations

import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from core.feedback.checks import MAX_FINDINGS_PER_PHOTO, check, review
from core.feedback.features import Features, measure
from core.feedback.findings import Check, Finding, Severity, Status, flagged_photo, flags
from core.feedback.fixes import Fix
from core.feedback.sharpness import Sharpness
from core.feedback.subject import Box
from core.rules.kinds import ModelKind

SETS = ("dog", "can", "robot_toy")
SOFT = Sharpness(
    tile_detail=10,
    directional_detail=5,
    noise_sigma=1,
    edge_sigma_px=3,
    subject_detail=10,
    subject_edge_sigma_px=3,
    tile_noise_sigma=1,
)


@cache
def measured(path: Path) -> Features:
    return measure(path.read_bytes())


def photo_set(folder: Path) -> list[Features]:
    return [measured(path) for path in sorted(folder.glob("*.jpg"))]


def as_png(pixels: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(out, "PNG", compress_level=1)
    return out.getvalue()


def pixels_of(path: Path, long_side_px: int = 1024) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB").resize((long_side_px, long_side_px), Image.Resampling.LANCZOS))


def drawing(
    seed: int, *, blur_sigma: float = 0, grain_sigma: float = 3, size: tuple[int, int] = (1024, 1024)
):
    """A flatly shaded bottle on a plain ground with film grain, as drawn examples are."""
    random = np.random.default_rng(seed)
    height, width = size[1], size[0]
    ground, glass, cap, label = (tuple(int(c) for c in random.integers(40, 230, 3)) for _ in range(4))
    canvas = np.full((height, width, 3), ground, np.uint8)
    x, y = (int(random.integers(width * 4 // 10, width * 6 // 10)), height // 2)
    half, tall = int(random.integers(90, 170)), int(random.integers(220, 330))
    cv2.rectangle(canvas, (x - half, y - tall), (x + half, y + tall), glass, -1, cv2.LINE_AA)
    cv2.rectangle(canvas, (x - half // 2, y - tall - 80), (x + half // 2, y - tall), cap, -1, cv2.LINE_AA)
    cv2.ellipse(
        canvas, (x, y), (half * 2 // 3, tall // 2), int(random.integers(90)), 0, 360, label, -1, cv2.LINE_AA
    )
    soft = cv2.GaussianBlur(canvas, (0, 0), blur_sigma) if blur_sigma else canvas
    return np.clip(soft + random.normal(0, grain_sigma, canvas.shape), 0, 255)


def found(findings: Sequence[Finding], which: Check) -> list[Finding]:
    return [finding for finding in findings if finding.check is which and finding.status is Status.FOUND]


def judge(*features: Features, kind: ModelKind = ModelKind.PRODUCT) -> tuple[Finding, ...]:
    return check(features, kind=kind, class_noun="shoe")


@pytest.mark.parametrize("name", SETS)
def test_sharp_distinct_photos_are_left_in_peace(name: str, photos_dir: Path) -> None:
    findings = judge(*photo_set(photos_dir / name))
    assert not [finding for finding in findings if flags(finding)]


@pytest.mark.parametrize("name", SETS)
def test_a_blurred_copy_is_flagged(name: str, photos_dir: Path) -> None:
    sharp = pixels_of(photos_dir / name / "01.jpg")
    (finding,) = found(judge(measure(as_png(cv2.GaussianBlur(sharp, (0, 0), 3)))), Check.BLURRY)
    assert flagged_photo(finding) == 0
    assert finding.score is not None and finding.threshold is not None and finding.score > finding.threshold
    assert finding.why.startswith("Blurry: the shoe's own detail is soft")
    assert "replace it with a sharp one" in finding.fix
    assert finding.applicable_fix is None


def test_motion_blur_is_flagged(photos_dir: Path) -> None:
    moved = cv2.blur(pixels_of(photos_dir / "dog" / "01.jpg"), (15, 1))
    assert found(judge(measure(as_png(moved))), Check.BLURRY)


@pytest.mark.parametrize("grain_sigma", [0, 3, 6])
@pytest.mark.parametrize("seed", range(3))
def test_drawings_are_sharp_and_their_blurred_copies_are_not(seed: int, grain_sigma: float) -> None:
    sharp = measure(as_png(drawing(seed, grain_sigma=grain_sigma)))
    soft = measure(as_png(drawing(seed, grain_sigma=grain_sigma, blur_sigma=4)))
    assert not found(judge(sharp), Check.BLURRY)
    assert found(judge(soft), Check.BLURRY)


def test_different_drawings_are_not_repeats_of_each_other() -> None:
    assert not found(judge(*(measure(as_png(drawing(seed))) for seed in range(4))), Check.REDUNDANT)


@pytest.mark.parametrize(
    ("side_px", "severity", "flagged"),
    [(300, Severity.MEDIUM, True), (511, Severity.MEDIUM, True), (512, Severity.INFO, False)],
)
def test_small_photos_are_flagged_and_middling_ones_get_advice(
    photos_dir: Path, side_px: int, severity: Severity, flagged: bool
) -> None:
    (finding,) = found(
        judge(measure(as_png(pixels_of(photos_dir / "candle" / "01.jpg", side_px)))), Check.LOW_RESOLUTION
    )
    assert (finding.severity, flags(finding)) == (severity, flagged)
    assert f"{side_px} x {side_px}" in finding.why
    assert finding.applicable_fix is (Fix.UPSCALE if flagged else None)


def test_a_photo_of_1024_px_gets_no_advice_about_its_size(photos_dir: Path) -> None:
    assert not found(judge(measured(photos_dir / "candle" / "00.jpg")), Check.LOW_RESOLUTION)


def a_crop(pixels: np.ndarray) -> np.ndarray:
    return pixels[51:-51, 51:-51]


def a_mirror_image(pixels: np.ndarray) -> np.ndarray:
    return pixels[:, ::-1]


def a_darker_copy(pixels: np.ndarray) -> np.ndarray:
    return pixels * 0.8


@pytest.mark.parametrize("change", [a_crop, a_mirror_image, a_darker_copy])
def test_a_changed_copy_is_redundant_and_the_later_photo_is_flagged(change, photos_dir: Path) -> None:
    path = photos_dir / "vase" / "01.jpg"
    copy = measure(as_png(change(pixels_of(path))))
    (finding,) = found(judge(measured(photos_dir / "vase" / "03.jpg"), measured(path), copy), Check.REDUNDANT)
    assert finding.photos == (1, 2)
    assert flagged_photo(finding) == 2
    assert "photo 2" in finding.why


def test_a_photo_given_twice_is_called_the_same(photos_dir: Path) -> None:
    photo = measured(photos_dir / "dog" / "00.jpg")
    (finding,) = found(judge(photo, photo), Check.REDUNDANT)
    assert finding.why.startswith("The same photo as photo 1")


def test_one_weak_photo_beside_strong_ones_is_said_about_the_set(photos_dir: Path) -> None:
    strong = photo_set(photos_dir / "candle")[:3]
    weak = measure(as_png(pixels_of(photos_dir / "candle" / "04.jpg", 300)))
    (finding,) = found(judge(*strong, weak), Check.MIXED_QUALITY)
    assert finding.photos == (3,)
    assert finding.why.startswith("Photo 4 is weaker than the rest")
    assert not flags(finding)
    assert not found(judge(weak), Check.MIXED_QUALITY)


def landscape(photo: Features, subject: Box | None) -> Features:
    return replace(photo, width_px=1600, height_px=1000, subject=subject)


def test_a_crop_that_would_cut_is_the_most_harmful_and_can_be_padded(photos_dir: Path) -> None:
    photo = measured(photos_dir / "dog" / "00.jpg")
    wide, small = Box(100, 300, 1500, 900), Box(100, 300, 700, 900)
    finding = judge(landscape(photo, wide))[0]
    assert (finding.check, finding.severity) == (Check.CROP, Severity.HIGH)
    assert finding.applicable_fix is Fix.PAD
    assert not found(judge(landscape(photo, small)), Check.CROP)
    assert not found(judge(landscape(photo, wide), kind=ModelKind.STYLE), Check.CROP)


def test_a_subject_that_was_not_found_is_not_shown_as_passed(photos_dir: Path) -> None:
    lost = landscape(measured(photos_dir / "dog" / "00.jpg"), None)
    (finding,) = [finding for finding in judge(lost) if finding.check is Check.CROP]
    assert finding.status is Status.NOT_ASSESSED
    assert "photo 1" in finding.why


def test_at_most_three_findings_a_photo_and_the_least_harmful_goes(photos_dir: Path) -> None:
    good = measured(photos_dir / "dog" / "00.jpg")
    bad = replace(good, width_px=480, height_px=300, subject=Box(10, 10, 470, 290), sharpness=SOFT)
    kept = [finding for finding in judge(good, bad) if flagged_photo(finding) == 1]
    assert [finding.check for finding in kept] == [Check.CROP, Check.REDUNDANT, Check.LOW_RESOLUTION]
    assert len(kept) == MAX_FINDINGS_PER_PHOTO


@pytest.mark.parametrize(
    ("kind", "checks"),
    [
        (
            ModelKind.PRODUCT,
            {
                *(Check.DIFFERENT_SUBJECT, Check.UNCLEAR_PRODUCT, Check.UNKNOWN_SIZE),
                *(Check.BLURRY, Check.LIGHTING, Check.ANGLE),
            },
        ),
        (
            ModelKind.CHARACTER,
            {
                *(Check.DIFFERENT_SUBJECT, Check.PEOPLE, Check.FRAMING),
                *(Check.REDUNDANT, Check.LIGHTING, Check.ANGLE),
            },
        ),
        (ModelKind.STYLE, set()),
    ],
)
def test_what_cannot_be_judged_is_said_once_for_each_kind(
    kind: ModelKind, checks: set[Check], photos_dir: Path
) -> None:
    findings = check(photo_set(photos_dir / "vase"), kind=kind, class_noun="vase")
    unseen = [finding for finding in findings if finding.status is Status.NOT_ASSESSED]
    assert {finding.check for finding in unseen} == checks and len(unseen) == len(checks)
    assert all(finding.why.startswith("I could not judge") for finding in unseen)
    assert not any(flags(finding) for finding in unseen)


def test_a_single_photo_is_not_compared_with_others(photos_dir: Path) -> None:
    findings = judge(measured(photos_dir / "dog" / "00.jpg"))
    assert Check.DIFFERENT_SUBJECT not in {finding.check for finding in findings}


def test_a_dismissed_finding_stays_dismissed_until_the_photo_changes(photos_dir: Path) -> None:
    good = measured(photos_dir / "candle" / "00.jpg")
    blurry, other = (replace(good, sharpness=SOFT, sha256=digit * 64) for digit in "ab")
    key = found(judge(blurry), Check.BLURRY)[0].dismiss_key
    assert found(judge(good, blurry), Check.BLURRY)[0].dismiss_key == key
    assert found(judge(other), Check.BLURRY)[0].dismiss_key != key


async def test_a_review_measures_and_judges_in_one_go(photos_dir: Path) -> None:
    photo = (photos_dir / "dog" / "00.jpg").read_bytes()
    with ThreadPoolExecutor(1) as executor:
        reviewed = await review([photo, photo], kind=ModelKind.PRODUCT, class_noun="dog", executor=executor)
    assert len(reviewed.features) == 2
    assert found(reviewed.findings, Check.REDUNDANT)
