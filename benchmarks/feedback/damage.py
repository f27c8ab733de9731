"""Ways in which a good photo is made a bad one. Pictures are uint8 RGB, [H, W, 3]; random ones take a generator."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

Picture = NDArray[np.uint8]
REFERENCE_SIDE_PX = 1024  # blur is told in px of a photo with this long side; smaller photos get less of it
MOTION_PX = 15


def _pixels(values: ArrayLike) -> Picture:
    return np.asarray(values).astype(np.uint8)


def _scale(picture: Picture) -> float:
    return max(picture.shape[:2]) / REFERENCE_SIDE_PX


def blurred(picture: Picture, sigma_px: float) -> Picture:
    """Blur everything."""
    return _pixels(cv2.GaussianBlur(picture, (0, 0), sigma_px * _scale(picture)))


def moved(picture: Picture, direction: str) -> Picture:
    """Blur as a camera that moves along `across`, `down` or `aslant` does."""
    length = max(3, round(MOTION_PX * _scale(picture)))
    kernel = np.zeros((length, length), np.float32)
    match direction:
        case "across":
            kernel[length // 2] = 1
        case "down":
            kernel[:, length // 2] = 1
        case _:
            np.fill_diagonal(kernel, 1)
    return _pixels(cv2.filter2D(picture, -1, kernel / kernel.sum()))


def focused_behind(picture: Picture, box: tuple[float, float, float, float], sigma_px: float) -> Picture:
    """Blur an ellipse around the labelled subject and leave the rest sharp."""
    height, width = picture.shape[:2]
    left, top, right, bottom = box
    share = np.zeros((height, width), np.float32)
    centre = (round((left + right) / 2 * width), round((top + bottom) / 2 * height))
    # 1.2 times the box's half sides: an ellipse of that size holds nearly all of what the box holds.
    axes = (round((right - left) * 0.6 * width), round((bottom - top) * 0.6 * height))
    cv2.ellipse(share, centre, axes, 0, 0, 360, 1.0, -1)
    share = cv2.GaussianBlur(share, (0, 0), 8 * _scale(picture))[..., None]
    return _pixels(picture * (1 - share) + blurred(picture, sigma_px) * share)


def recompressed(picture: Picture, quality: int) -> Picture:
    """Save as JPEG and open again."""
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return _pixels(np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR)))


def turned(picture: Picture, degrees: float) -> Picture:
    """Turn about the middle; the corners repeat the border."""
    height, width = picture.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    turned_picture = cv2.warpAffine(
        picture, turn, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return _pixels(turned_picture)


def cropped(picture: Picture, share: float, random: np.random.Generator) -> Picture:
    """Keep a window of this share of each side, anywhere."""
    height, width = picture.shape[:2]
    rows, columns = int(height * share), int(width * share)
    top, left = int(random.integers(height - rows + 1)), int(random.integers(width - columns + 1))
    return picture[top : top + rows, left : left + columns]


def grainy(picture: Picture, sigma: float, random: np.random.Generator) -> Picture:
    """Add noise to every channel, in grey levels."""
    return _pixels(np.clip(picture + random.normal(0, sigma, picture.shape), 0, 255))


def exposed(picture: Picture, stops: float) -> Picture:
    """Expose by so many stops more or less, in linear light (gamma 2.2)."""
    return _pixels(np.clip((picture / 255.0) * 2 ** (stops / 2.2), 0, 1) * 255)


def padded(picture: Picture, colour: int, share: float, upright: bool) -> Picture:
    """Put bars of this grey on two opposite sides, each so large a share of the result."""
    height, width = picture.shape[:2]
    rows = 0 if upright else round(height * share / (1 - 2 * share))
    columns = round(width * share / (1 - 2 * share)) if upright else 0
    border = (rows, rows, columns, columns)
    return _pixels(cv2.copyMakeBorder(picture, *border, cv2.BORDER_CONSTANT, value=(colour,) * 3))


def windowed(
    picture: Picture, box: tuple[float, float, float, float], upright: bool
) -> tuple[Picture, float]:
    """Cut a 2:3 (or 3:2) photo out of a square one around the subject.

    Returns:
        The photo, and how long the labelled subject is along its long side, in short sides: a square crop
        cuts what is longer than 1.
    """
    height, width = picture.shape[:2]
    left, top, right, bottom = box
    if upright:
        short = width * 2 // 3
        start = int(np.clip((left + right) / 2 * width - short / 2, 0, width - short))
        return picture[:, start : start + short], (bottom - top) * height / short
    short = height * 2 // 3
    start = int(np.clip((top + bottom) / 2 * height - short / 2, 0, height - short))
    return picture[start : start + short], (right - left) * width / short
