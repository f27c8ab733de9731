"""What is measured on each photo: pure functions of a picture's bytes, made for a process pool.

The methods are the best found to work offline; `core.feedback.calibration` says where the lines are, and
`python -m benchmarks.feedback` what they achieve.
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

from core.feedback.appearance import subject_colours
from core.feedback.sharpness import Sharpness, measure_sharpness
from core.feedback.similarity import KEYPOINT_SIDE_PX, Imprint, take_imprint
from core.feedback.subject import Box, find_subject
from core.feedback.surroundings import Light, find_content, measure_clutter, measure_light

cv2.setNumThreads(1)  # the pool's processes are the parallelism

DETAIL_SIDE_PX = 1024  # blur is judged at this long side; smaller photos are judged as they are
# A JPEG decodes at 1/2, 1/4 or 1/8 for a fraction of the time; 1000 lets a 12-megapixel photo use 1/4.
SMALLEST_DRAFT_SIDE_PX = 1000
PREVIEW_SIDE_PX = 256  # the subject, light, colours, background and bars need no more


@dataclass(frozen=True, eq=False)
class Features:
    """What is known of one photo; can be pickled.

    Attributes:
        sha256: Of the measured bytes.
        width_px: Of the photo.
        height_px: Of the photo.
        sharpness: At a long side of 1024 px, or as it is if smaller.
        imprint: What the picture is recognised by.
        mirrored_imprint: The same of its mirror image.
        subject: A rough box around the subject, or None where it could not be told apart.
        colours: A histogram of the subject's colours, see `subject_colours`.
        light: How bright it is.
        clutter: Share of the background that is outlines, or None where the subject is not known.
        content: The photo without its padding bars, or None where it has none.
    """

    sha256: str
    width_px: int
    height_px: int
    sharpness: Sharpness
    imprint: Imprint
    mirrored_imprint: Imprint
    subject: Box | None
    colours: NDArray[np.float32]
    light: Light
    clutter: float | None
    content: Box | None

    @property
    def short_side_px(self) -> int:
        """What a square crop keeps."""
        return min(self.width_px, self.height_px)


def measure(data: bytes) -> Features:
    """Measure one safe picture: about a tenth of a second of one core for a JPEG of 12 megapixels.

    Args:
        data: `Decoded.data`, never an upload.
    """
    with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as image:
        width_px, height_px = image.size
        image.draft("RGB", _draft_size(width_px, height_px))
        rgb = fit(np.asarray(image.convert("RGB")), DETAIL_SIDE_PX)
    return measure_pixels(rgb, width_px, height_px, hashlib.sha256(data).hexdigest())


def measure_pixels(rgb: NDArray[np.uint8], width_px: int, height_px: int, sha256: str) -> Features:
    """Measure a decoded picture.

    Args:
        rgb: [H, W, 3], scaled down to a long side of 1024 px.
        width_px: Of the whole picture.
        height_px: Of the whole picture.
        sha256: Of its bytes.
    """
    grey = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    small = fit(grey, KEYPOINT_SIDE_PX)
    preview = fit(rgb, PREVIEW_SIDE_PX)
    subject = find_subject(preview)
    mask = None if subject is None else subject.mask
    return Features(
        sha256=sha256,
        width_px=width_px,
        height_px=height_px,
        sharpness=measure_sharpness(grey, mask),
        imprint=take_imprint(small),
        mirrored_imprint=take_imprint(np.ascontiguousarray(small[:, ::-1])),
        subject=None if subject is None else subject.box(width_px, height_px),
        colours=subject_colours(preview, mask),
        light=measure_light(preview, mask),
        clutter=measure_clutter(preview, mask),
        content=find_content(preview, width_px, height_px),
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


def _draft_size(width_px: int, height_px: int) -> tuple[int, int]:
    scale = min(1.0, SMALLEST_DRAFT_SIDE_PX / max(width_px, height_px))
    return max(1, int(width_px * scale)), max(1, int(height_px * scale))
