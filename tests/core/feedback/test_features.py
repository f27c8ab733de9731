"""Measurements of real photos and of drawings."""

from __future__ import annotations

import io
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from core.feedback.features import measure, measure_all


def as_png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def test_features_survive_the_way_through_a_process_pool(photos_dir: Path) -> None:
    features = measure((photos_dir / "dog" / "00.jpg").read_bytes())
    copy = pickle.loads(pickle.dumps(features))
    assert (copy.sha256, copy.sharpness, copy.subject) == (
        features.sha256,
        features.sharpness,
        features.subject,
    )
    assert (copy.imprint.keypoints.descriptors == features.imprint.keypoints.descriptors).all()


def test_measuring_twice_gives_the_same(photos_dir: Path) -> None:
    data = (photos_dir / "can" / "00.jpg").read_bytes()
    first, second = measure(data), measure(data)
    assert first.subject == second.subject is not None
    assert (first.sharpness, first.imprint.phash) == (second.sharpness, second.imprint.phash)


def test_the_subject_of_a_plain_photo_is_found(photos_dir: Path) -> None:
    """The can stands in the middle, 1280 px square; its label was measured by eye."""
    subject = measure((photos_dir / "can" / "00.jpg").read_bytes()).subject
    assert subject is not None
    assert 300 < subject.left < 480 and 800 < subject.right < 960
    assert subject.top < 300 and subject.bottom > 800


@pytest.mark.parametrize("size", [(1, 1), (3, 2000), (40, 17), (64, 64)])
def test_tiny_and_empty_pictures_are_measured_without_a_fault(size: tuple[int, int]) -> None:
    features = measure(as_png(Image.new("RGB", size, (10, 200, 30))))
    assert (features.width_px, features.height_px) == size
    assert features.subject is None


async def test_many_are_measured_in_the_order_given() -> None:
    pictures = [as_png(Image.new("RGB", (side, side))) for side in (30, 10, 20)]
    with ThreadPoolExecutor(2) as executor:
        measured = await measure_all(pictures, executor)
    assert [features.width_px for features in measured] == [30, 10, 20]
