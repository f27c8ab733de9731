"""Where the subject is, on drawings whose subject is known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from core.feedback.subject import Box, find_subject, segment_subject

TOLERANCE_PX = 30  # of 800: about three pixels of a mask


def drawing(box: Box, width_px: int = 800, height_px: int = 600) -> np.ndarray:
    """A two-coloured thing on a plain ground."""
    scene = np.full((height_px, width_px, 3), (205, 200, 190), np.uint8)
    cv2.rectangle(scene, (box.left, box.top), (box.right - 1, box.bottom - 1), (40, 70, 150), -1)
    middle = (box.top + box.bottom) // 2
    cv2.rectangle(scene, (box.left, middle), (box.right - 1, box.bottom - 1), (170, 40, 30), -1)
    return scene


def boxed(scene: np.ndarray) -> Box:
    subject = find_subject(scene)
    assert subject is not None
    return subject.box(scene.shape[1], scene.shape[0])


def is_near(one: Box, other: Box) -> bool:
    sides = ("left", "top", "right", "bottom")
    return all(abs(getattr(one, side) - getattr(other, side)) <= TOLERANCE_PX for side in sides)


@pytest.mark.parametrize(
    "box",
    [
        Box(300, 200, 500, 400),
        Box(80, 120, 280, 400),  # beside the middle
        Box(560, 300, 740, 540),
        Box(280, 60, 520, 540),
    ],
)
def test_a_thing_on_a_plain_ground_is_boxed_wherever_it_stands(box: Box) -> None:
    assert is_near(boxed(drawing(box)), box)


def test_a_thing_longer_than_the_short_side_is_known_to_be() -> None:
    box = boxed(drawing(Box(50, 250, 750, 350)))
    assert box.right - box.left > 600


def test_the_box_is_told_in_px_of_the_photo_that_is_asked_about() -> None:
    scene = drawing(Box(300, 200, 500, 400))
    subject = find_subject(scene)
    assert subject is not None
    large = subject.box(8000, 6000)
    assert is_near(
        Box(large.left // 10, large.top // 10, large.right // 10, large.bottom // 10), boxed(scene)
    )


def test_equal_photos_have_equal_subjects() -> None:
    scene = drawing(Box(200, 100, 420, 480))
    noisy = np.clip(scene + np.random.default_rng(0).normal(0, 12, scene.shape), 0, 255).astype(np.uint8)
    first, second = segment_subject(noisy), segment_subject(noisy)
    assert first is not None and second is not None
    assert (first == second).all()


@pytest.mark.parametrize("size", [(1, 1), (2, 900), (900, 2), (17, 40)])
def test_nothing_is_made_out_of_an_empty_picture(size: tuple[int, int]) -> None:
    assert find_subject(np.full((*size, 3), 90, np.uint8)) is None
