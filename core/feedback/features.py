"""What is measured on each photo: pure functions of a picture's bytes, made for a process pool.

The methods are the best found to work offline; `core.feedback.calibration` says where the lines are.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.feedback.sharpness import Sharpness, measure_sharpness
from core.feedback.subject import Box, locate_subject

cv2.setNumThreads(1)  # the pool's processes are the parallelism

DETAIL_SIDE_PX = 1024  # blur is judged at this long side; smaller photos are judged as they are
KEYPOINT_SIDE_PX = 512
MAX_KEYPOINTS = 500
ORB_MARGIN_PX = 31  # OpenCV's edgeThreshold: no keypoints nearer to the border
RATIO_TEST = 0.8  # Lowe 2004: a match counts if it is this much nearer than the second best
REPROJECTION_PX = 3.0
PHASH_SIDE_PX = 32
PHASH_BITS_PER_SIDE = 8


@dataclass(frozen=True, eq=False)
class Keypoints:
    """ORB keypoints: `points` [N, 2] in px of a picture with long side 512, `descriptors` [N, 32] bytes."""

    points: NDArray[np.float32]
    descriptors: NDArray[np.uint8]


NO_KEYPOINTS = Keypoints(np.zeros((0, 2), np.float32), np.zeros((0, 32), np.uint8))


@dataclass(frozen=True, eq=False)
class Features:
    """What is known of one photo; can be pickled.

    Attributes:
        sha256: Of the measured bytes.
        width_px: Of the photo.
        height_px: Of the photo.
        sharpness: At a long side of 1024 px, or as it is if smaller.
        keypoints: Of the photo.
        mirrored_keypoints: Of its mirror image.
        phash: 64 bits: the signs of the lowest cosine frequencies about their median.
        mirrored_phash: Of its mirror image.
        subject: A rough box around the subject, or None where it could not be told apart.
    """

    sha256: str
    width_px: int
    height_px: int
    sharpness: Sharpness
    keypoints: Keypoints
    mirrored_keypoints: Keypoints
    phash: int
    mirrored_phash: int
    subject: Box | None

    @property
    def short_side_px(self) -> int:
        """What a square crop keeps."""
        return min(self.width_px, self.height_px)


def measure(data: bytes) -> Features:
    """Measure one safe picture: a few tenths of a second of one core for a photo of 2048 px.

    Args:
        data: `Decoded.data`, never an upload.
    """
    with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as image:
        rgb = np.asarray(image.convert("RGB"))
    grey = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    detail = fit(grey, DETAIL_SIDE_PX)
    small = fit(detail, KEYPOINT_SIDE_PX)
    mirrored = np.ascontiguousarray(small[:, ::-1])
    return Features(
        sha256=hashlib.sha256(data).hexdigest(),
        width_px=rgb.shape[1],
        height_px=rgb.shape[0],
        sharpness=measure_sharpness(detail),
        keypoints=find_keypoints(small),
        mirrored_keypoints=find_keypoints(mirrored),
        phash=perceptual_hash(small),
        mirrored_phash=perceptual_hash(mirrored),
        subject=locate_subject(rgb),
    )


async def measure_all(images: Sequence[bytes], executor: Executor) -> list[Features]:
    """Measure pictures beside the event loop, in the order given."""
    loop = asyncio.get_running_loop()
    return await asyncio.gather(*(loop.run_in_executor(executor, measure, data) for data in images))


def fit(picture: NDArray[np.uint8], long_side_px: int) -> NDArray[np.uint8]:
    """Scale a picture down to a long side; a smaller one is left alone, for upscaling would blur it."""
    height, width = picture.shape[:2]
    scale = long_side_px / max(height, width)
    if scale >= 1:
        return picture
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def find_keypoints(grey: NDArray[np.uint8]) -> Keypoints:
    """ORB keypoints of a grey picture, strongest first (Rublee et al. 2011)."""
    if min(grey.shape) <= 2 * ORB_MARGIN_PX:
        return NO_KEYPOINTS
    found, descriptors = cv2.ORB.create(nfeatures=MAX_KEYPOINTS).detectAndCompute(grey, None)
    if not found:
        return NO_KEYPOINTS
    points = np.array([keypoint.pt for keypoint in found], dtype=np.float32)
    return Keypoints(points, np.asarray(descriptors, dtype=np.uint8))


def count_inliers(one: Keypoints, other: Keypoints) -> int:
    """How many keypoints of two pictures match under one shift, rotation and scale."""
    if min(len(one.points), len(other.points)) < 2:
        return 0
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(one.descriptors, other.descriptors, k=2)
    matches = [best for best, second in pairs if best.distance < RATIO_TEST * second.distance]
    if len(matches) < 3:
        return 0
    here = one.points[[match.queryIdx for match in matches]]
    there = other.points[[match.trainIdx for match in matches]]
    _, inliers = cv2.estimateAffinePartial2D(here, there, ransacReprojThreshold=REPROJECTION_PX)
    return 0 if inliers is None else int(inliers.sum())


def perceptual_hash(grey: NDArray[np.uint8]) -> int:
    """The 64-bit pHash of a grey picture (Zauner 2010)."""
    small = cv2.resize(grey, (PHASH_SIDE_PX, PHASH_SIDE_PX), interpolation=cv2.INTER_AREA).astype(np.float32)
    lowest = cv2.dct(small)[:PHASH_BITS_PER_SIDE, :PHASH_BITS_PER_SIDE].ravel()
    bits = lowest > np.median(lowest[1:])
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def phash_similarity(one: int, other: int) -> float:
    """Share of equal bits, 0 to 1."""
    return 1 - (one ^ other).bit_count() / PHASH_BITS_PER_SIDE**2
