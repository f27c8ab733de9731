"""Drawing in an object's own coordinates: x and y in about [-0.5, 0.5], y downwards, at any resolution."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

Colour = tuple[int, int, int]
Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Pose:
    """Where an object stands: centre and `scale` in units of the frame, `tilt` in radians.

    `light` in [-1, 1] says which side the light comes from, `brightness` scales everything.
    """

    x: float = 0.5
    y: float = 0.54
    scale: float = 0.62
    tilt: float = 0.0
    is_mirrored: bool = False
    light: float = -0.6
    brightness: float = 1.0


def mix(colour: Colour, other: Colour, share: float) -> Colour:
    """Return `colour` moved towards `other` by `share` in [0, 1]."""
    r, g, b = (round(a + (c - a) * share) for a, c in zip(colour, other, strict=True))
    return (r, g, b)


def darker(colour: Colour, share: float = 0.35) -> Colour:
    """Return a shade of `colour`."""
    return mix(colour, (10, 10, 20), share)


def lighter(colour: Colour, share: float = 0.4) -> Colour:
    """Return a tint of `colour`."""
    return mix(colour, (255, 255, 255), share)


def oval(x: float, y: float, rx: float, ry: float, start: float = 0.0, end: float = 2 * math.pi) -> Points:
    """Return the outline of an ellipse, or of the sector's arc between two angles."""
    angles = np.linspace(start, end, 37)
    return list(zip(x + rx * np.cos(angles), y + ry * np.sin(angles), strict=True))


def box(left: float, top: float, right: float, bottom: float, radius: float = 0.0) -> Points:
    """Return a rectangle whose corners are rounded by `radius`."""
    if radius <= 0:
        return [(left, top), (right, top), (right, bottom), (left, bottom)]
    outline: list[tuple[float, float]] = []
    corners = ((right, bottom, 0.0), (left, bottom, 0.5), (left, top, 1.0), (right, top, 1.5))
    for cx, cy, turn in corners:
        x = cx - math.copysign(radius, cx - (left + right) / 2)
        y = cy - math.copysign(radius, cy - (top + bottom) / 2)
        for angle in np.linspace(turn * math.pi, (turn + 0.5) * math.pi, 7):
            outline.append((x + radius * math.cos(angle), y + radius * math.sin(angle)))
    return outline


def lathe(profile: Points) -> Points:
    """Return the silhouette of a turned body; `profile` is (y, half width) from top to bottom, smoothed."""
    heights, widths = np.array(profile, dtype=float).T
    y = np.linspace(heights[0], heights[-1], 49)
    at = np.interp(y, heights, np.arange(len(heights)))
    whole = np.minimum(at.astype(int), len(heights) - 2)
    ease = at - whole
    ease = ease * ease * (3 - 2 * ease)
    half = widths[whole] + (widths[whole + 1] - widths[whole]) * ease
    return [*zip(half, y, strict=True), *zip(-half[::-1], y[::-1], strict=True)]


def star(x: float, y: float, radius: float) -> Points:
    """Return a five-pointed star standing upright."""
    turn = [(-math.pi / 2 + k * math.pi / 5, radius if k % 2 == 0 else 0.45 * radius) for k in range(10)]
    return [(x + r * math.cos(a), y + r * math.sin(a)) for a, r in turn]


def heart(x: float, y: float, radius: float) -> Points:
    """Return a heart standing upright."""
    t = np.linspace(0, 2 * math.pi, 41)
    hx = np.sin(t) ** 3
    hy = -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)) / 16
    return list(zip(x + radius * hx, y + radius * hy, strict=True))


class ObjectCanvas:
    """An object being drawn: its own colours (`albedo`) and which pixels it covers, without light."""

    def __init__(self, canvas_px: int, pose: Pose) -> None:
        self.canvas_px = canvas_px
        self.pose = pose
        self.albedo = Image.new("RGB", (canvas_px, canvas_px))
        self.cover = Image.new("L", (canvas_px, canvas_px), 0)
        self._albedo_pen = ImageDraw.Draw(self.albedo)
        self._cover_pen = ImageDraw.Draw(self.cover)
        cos, sin = math.cos(pose.tilt) * pose.scale, math.sin(pose.tilt) * pose.scale
        side = -1.0 if pose.is_mirrored else 1.0
        self._turn = np.array([[cos * side, sin * side], [-sin, cos]]) * canvas_px
        self._origin = np.array([pose.x, pose.y]) * canvas_px

    def to_pixels(self, points: Points) -> list[tuple[float, float]]:
        """Return `points` in pixels of this canvas."""
        placed = np.asarray(points, dtype=float) @ self._turn + self._origin
        return [(float(x), float(y)) for x, y in placed]

    def fill(self, points: Points, colour: Colour) -> None:
        """Fill an outline with one colour."""
        placed = self.to_pixels(points)
        self._albedo_pen.polygon(placed, fill=colour)
        self._cover_pen.polygon(placed, fill=255)

    def line(self, points: Points, width: float, colour: Colour) -> None:
        """Draw a stroke of `width` (object units) with round joints."""
        placed = self.to_pixels(points)
        if math.dist(placed[0], placed[-1]) < 1:
            placed.append(placed[1])  # close the ring with a joint, or its seam shows
        width_px = max(1, round(width * self.pose.scale * self.canvas_px))
        self._albedo_pen.line(placed, fill=colour, width=width_px, joint="curve")
        self._cover_pen.line(placed, fill=255, width=width_px, joint="curve")

    def erase(self, points: Points) -> None:
        """Cut a hole."""
        self._cover_pen.polygon(self.to_pixels(points), fill=0)

    def fill_patterned(self, outline: Points, pattern: Image.Image) -> None:
        """Fill `outline` with a pattern layer drawn over the whole canvas."""
        mask = Image.new("L", (self.canvas_px, self.canvas_px), 0)
        ImageDraw.Draw(mask).polygon(self.to_pixels(outline), fill=255)
        self.albedo.paste(pattern, mask=mask)
        self.cover.paste(255, mask=mask)

    def local_x(self) -> np.ndarray:
        """Return each pixel's object x coordinate, [H, W] float32: shading runs along it."""
        pose, n = self.pose, self.canvas_px
        grid = (np.arange(n, dtype=np.float32) + 0.5) / n
        along = math.cos(pose.tilt) * (grid[None, :] - pose.x) + math.sin(pose.tilt) * (
            grid[:, None] - pose.y
        )
        return along / pose.scale
