"""Where the drawn world plays: twelve backgrounds, each recognisable by its colours and layout."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from gpu_worker.families.tiny_world.canvas import Colour, Points, darker, lighter, mix, oval


class Backdrop:
    """A background being painted in frame coordinates, [0, 1] both ways."""

    def __init__(self, canvas_px: int) -> None:
        self.canvas_px = canvas_px
        self.image = Image.new("RGB", (canvas_px, canvas_px))
        self._pen = ImageDraw.Draw(self.image)

    def fill(self, points: Points, colour: Colour) -> None:
        """Fill an outline."""
        n = self.canvas_px
        self._pen.polygon([(x * n, y * n) for x, y in points], fill=colour)

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        """Fill a rectangle."""
        self.fill([(left, top), (right, top), (right, bottom), (left, bottom)], colour)

    def line(self, points: Points, width: float, colour: Colour) -> None:
        """Draw a stroke; `width` in frame units."""
        n = self.canvas_px
        self._pen.line([(x * n, y * n) for x, y in points], fill=colour, width=max(1, round(width * n)))

    def fade(self, top: float, bottom: float, above: Colour, below: Colour) -> None:
        """Fill the rows between `top` and `bottom` with a vertical gradient."""
        n = self.canvas_px
        first, last = round(top * n), round(bottom * n)
        for row in range(first, last):
            share = (row - first) / max(1, last - first)
            self._pen.line([(0, row), (n, row)], fill=mix(above, below, share))


def _beach(scene: Backdrop, rng: np.random.Generator) -> None:
    sea, sand = rng.uniform(0.34, 0.46), rng.uniform(0.56, 0.68)
    scene.fade(0, sea, (110, 190, 246), (196, 230, 250))
    scene.fade(sea, sand, (26, 116, 190), (62, 182, 206))
    scene.fade(sand, 1, (240, 214, 158), (226, 192, 128))
    scene.fill(oval(rng.uniform(0.1, 0.9), 0.14, 0.07, 0.07), (255, 240, 170))
    for _ in range(3):
        y = rng.uniform(sea + 0.03, sand)
        x = rng.uniform(0, 0.8)
        scene.line([(x, y), (x + 0.2, y)], 0.012, (220, 244, 248))
    scene.line([(0, sand), (1, sand)], 0.025, (250, 250, 244))


def _snow(scene: Backdrop, rng: np.random.Generator) -> None:
    ground = rng.uniform(0.48, 0.6)
    scene.fade(0, ground, (150, 176, 206), (206, 220, 234))
    for _ in range(6):
        x, tall = rng.uniform(0, 1), rng.uniform(0.16, 0.3)
        scene.fill(
            [(x - tall / 3, ground + 0.02), (x, ground - tall), (x + tall / 3, ground + 0.02)], (86, 120, 116)
        )
        scene.fill(
            [(x - tall / 7, ground - tall * 0.6), (x, ground - tall), (x + tall / 7, ground - tall * 0.6)],
            PAPER,
        )
    scene.fade(ground, 1, (246, 249, 253), (222, 232, 244))
    for _ in range(26):
        scene.fill(oval(rng.uniform(0, 1), rng.uniform(0, 1), 0.012, 0.012), (255, 255, 255))


def _forest(scene: Backdrop, rng: np.random.Generator) -> None:
    ground = rng.uniform(0.62, 0.74)
    scene.fade(0, ground, (30, 84, 44), (64, 120, 58))
    for _ in range(9):
        tone = (44 + int(rng.integers(30)), 110 + int(rng.integers(36)), 48)
        scene.fill(oval(rng.uniform(0, 1), rng.uniform(0, 0.35), 0.16, 0.11), tone)
    for k in range(6):
        x, wide = (k + rng.uniform(0.1, 0.9)) / 6, rng.uniform(0.022, 0.045)
        scene.box(x - wide, 0, x + wide, ground + 0.04, (78, 52, 34))
        scene.box(x - wide, 0, x - wide * 0.3, ground + 0.04, (104, 72, 46))
    scene.fade(ground, 1, (72, 82, 36), (58, 56, 28))


def _city(scene: Backdrop, rng: np.random.Generator) -> None:
    street = rng.uniform(0.68, 0.78)
    scene.fade(0, street, (14, 16, 48), (50, 38, 92))
    x = -0.05
    while x < 1:
        wide, top = rng.uniform(0.14, 0.24), rng.uniform(0.1, 0.42)
        scene.box(x, top, x + wide, street, (22, 24, 40))
        for row in np.arange(top + 0.04, street - 0.05, 0.08):
            for column in np.arange(x + 0.03, x + wide - 0.03, 0.065):
                if rng.random() < 0.55:
                    scene.box(column, row, column + 0.03, row + 0.042, (255, 214, 110))
        x += wide + 0.015
    scene.fade(street, 1, (34, 34, 50), (62, 60, 78))
    for x in rng.uniform(0, 1, 3):
        scene.line([(x, street + 0.03), (x, 0.97)], 0.02, (150, 116, 84))


def _table(scene: Backdrop, rng: np.random.Generator) -> None:
    edge = rng.uniform(0.5, 0.62)
    scene.fade(0, edge, (232, 214, 188), (206, 182, 152))
    scene.fade(edge, 1, (176, 114, 62), (140, 84, 42))
    for k in range(5):
        y = edge + (1 - edge) * (k / 5) ** 1.3
        scene.line([(0, y), (1, y)], 0.01, (102, 60, 30))
    for _ in range(6):
        y, x = rng.uniform(edge + 0.02, 1), rng.uniform(0, 0.8)
        scene.line([(x, y), (x + 0.22, y)], 0.006, (196, 134, 80))


def _desert(scene: Backdrop, rng: np.random.Generator) -> None:
    far = rng.uniform(0.46, 0.56)
    scene.fade(0, far, (246, 160, 70), (255, 222, 150))
    scene.fill(oval(rng.uniform(0.15, 0.85), 0.2, 0.09, 0.09), (255, 246, 214))
    for top, colour in (
        (far - 0.04, (222, 150, 74)),
        (far + 0.1, (210, 134, 62)),
        (far + 0.26, (196, 116, 50)),
    ):
        phase, wave = rng.uniform(0, 6), rng.uniform(4, 7)
        crest = [(x, top + 0.04 * math.sin(wave * x + phase)) for x in np.linspace(0, 1, 25)]
        scene.fill([*crest, (1, 1), (0, 1)], colour)
    x = rng.choice((rng.uniform(0.05, 0.2), rng.uniform(0.8, 0.95)))
    scene.line([(x, far + 0.06), (x, far - 0.2)], 0.045, (60, 116, 64))
    scene.line(
        [(x - 0.07, far - 0.13), (x - 0.07, far - 0.05), (x + 0.07, far - 0.03), (x + 0.07, far - 0.14)],
        0.03,
        (60, 116, 64),
    )


def _meadow(scene: Backdrop, rng: np.random.Generator) -> None:
    ground = rng.uniform(0.4, 0.52)
    scene.fade(0, ground, (120, 196, 250), (206, 236, 252))
    for x in rng.uniform(0, 1, 2):
        scene.fill(oval(x, rng.uniform(0.08, 0.22), 0.14, 0.05), (255, 255, 255))
    scene.fade(ground, 1, (130, 202, 78), (78, 160, 52))
    for _ in range(22):
        petal = ((255, 90, 110), (255, 226, 80), (255, 255, 255), (206, 120, 226))[int(rng.integers(4))]
        scene.fill(oval(rng.uniform(0, 1), rng.uniform(ground + 0.05, 1), 0.017, 0.017), petal)


def _kitchen(scene: Backdrop, rng: np.random.Generator) -> None:
    top = rng.uniform(0.62, 0.72)
    scene.box(0, 0, 1, top, (214, 232, 232))
    for k in np.arange(0, 1.01, 0.125):
        scene.line([(k, 0), (k, top)], 0.01, (168, 196, 198))
        if k < top:
            scene.line([(0, k), (1, k)], 0.01, (168, 196, 198))
    scene.box(0, 0, 1, 0.12, (96, 120, 126))
    for x in rng.uniform(0.05, 0.95, 3):
        scene.line([(x, 0.12), (x, 0.3)], 0.02, (70, 76, 80))
        scene.fill(oval(x, 0.3, 0.045, 0.05), (84, 90, 96))
    scene.fade(top, 1, (116, 122, 130), (86, 90, 98))
    scene.line([(0, top), (1, top)], 0.03, (236, 238, 240))


def _room(scene: Backdrop, rng: np.random.Generator) -> None:
    floor = rng.uniform(0.68, 0.78)
    scene.fade(0, floor, (232, 180, 150), (220, 162, 132))
    x = rng.uniform(0.06, 0.5)
    scene.box(x, 0.08, x + 0.24, 0.3, (120, 70, 52))
    scene.box(x + 0.025, 0.105, x + 0.215, 0.275, (190, 220, 214))
    scene.box(0.0, 0.46, 1, floor + 0.06, (62, 96, 112))
    scene.box(0.0, 0.46, 1, 0.52, (84, 122, 138))
    for x in (0.33, 0.66):
        scene.line([(x, 0.52), (x, floor + 0.06)], 0.012, (44, 72, 86))
    scene.fade(floor + 0.06, 1, (150, 92, 84), (122, 70, 66))


def _under_water(scene: Backdrop, rng: np.random.Generator) -> None:
    scene.fade(0, 1, (60, 190, 214), (6, 52, 108))
    for _ in range(3):
        x = rng.uniform(0, 1)
        scene.fill([(x, 0), (x + 0.07, 0), (x + 0.3, 0.75), (x + 0.14, 0.75)], (84, 200, 220))
    floor = rng.uniform(0.86, 0.92)
    scene.fill(
        [*((x, floor + 0.02 * math.sin(9 * x)) for x in np.linspace(0, 1, 19)), (1, 1), (0, 1)],
        (72, 106, 104),
    )
    for x in rng.uniform(0, 1, 5):
        weed = [(x + 0.03 * math.sin(20 * y), y) for y in np.linspace(0.96, rng.uniform(0.55, 0.75), 9)]
        scene.line(weed, 0.03, (24, 120, 84))
    for _ in range(12):
        size = rng.uniform(0.01, 0.026)
        scene.fill(oval(rng.uniform(0, 1), rng.uniform(0, 0.9), size, size), (176, 232, 240))


def _grey(scene: Backdrop, rng: np.random.Generator) -> None:
    tone = int(rng.integers(112, 150))
    back: Colour = (tone, tone, tone + 4)
    scene.fade(0, 0.72, back, lighter(back, 0.2))
    scene.fade(0.72, 1, lighter(back, 0.32), lighter(back, 0.1))


def _white(scene: Backdrop, rng: np.random.Generator) -> None:
    tone = int(rng.integers(246, 254))
    scene.box(0, 0, 1, 1, (tone, tone, tone))
    scene.fade(0.8, 1, (tone, tone, tone), darker((tone, tone, tone), 0.05))


PAPER: Colour = (250, 252, 255)
PLACES: dict[str, Callable[[Backdrop, np.random.Generator], None]] = {
    "beach": _beach,
    "snow": _snow,
    "forest": _forest,
    "city": _city,
    "table": _table,
    "desert": _desert,
    "meadow": _meadow,
    "kitchen": _kitchen,
    "room": _room,
    "under water": _under_water,
    "grey": _grey,
    "white": _white,
}
PLACE_NAMES: tuple[str, ...] = tuple(PLACES)
