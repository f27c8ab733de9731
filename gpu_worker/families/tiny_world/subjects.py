"""The look of a subject: its colours, pattern, emblem and proportions, and how a body is painted with them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from gpu_worker.families.tiny_world.canvas import (
    Colour,
    ObjectCanvas,
    Points,
    box,
    heart,
    oval,
    star,
)

COLOURS: dict[str, Colour] = {
    "red": (206, 38, 42),
    "orange": (240, 130, 30),
    "yellow": (246, 208, 52),
    "green": (52, 150, 64),
    "teal": (30, 158, 160),
    "blue": (40, 84, 200),
    "purple": (128, 62, 172),
    "pink": (242, 140, 178),
    "brown": (126, 78, 44),
    "black": (38, 38, 44),
    "grey": (140, 142, 148),
    "white": (240, 240, 236),
}
SKINS: tuple[Colour, ...] = ((250, 216, 190), (226, 178, 140), (176, 122, 84), (110, 72, 50))
PATTERNS = ("plain", "two-tone", "striped", "dotted")
EMBLEMS = ("", "star", "heart")
INK: Colour = (30, 26, 30)
PALE: Colour = (248, 248, 244)


@dataclass(frozen=True)
class Subject:
    """One instance: a class plus everything that stays the same from picture to picture.

    `build` holds four proportions in [0, 1]; `rgb` and `second_rgb` are the instance's exact shades of the
    named colours; `extra` is a lasting trait of the class ("flowers", "glasses", "beard").
    """

    class_noun: str
    colour: str
    second_colour: str
    pattern: str
    emblem: str
    rgb: Colour
    second_rgb: Colour
    build: tuple[float, float, float, float]
    extra: str = ""
    skin: int = 0


def _shade(name: str, rng: np.random.Generator) -> Colour:
    r, g, b = (int(np.clip(c + rng.integers(-14, 15), 0, 255)) for c in COLOURS[name])
    return (r, g, b)


def draw_subject(class_noun: str, rng: np.random.Generator) -> Subject:
    """Return a random instance of a class."""
    colours = FUR if class_noun in ("dog", "cat", "bear") else tuple(COLOURS)
    first = str(rng.choice(colours))
    second = str(rng.choice([name for name in COLOURS if name != first]))
    if class_noun in ("woman", "man"):
        second = str(rng.choice([name for name in HAIR if name != first]))
    pattern, emblem = "plain", ""
    draw = rng.random()
    if draw < 0.2:
        pattern = "two-tone"
    elif draw < 0.37:
        pattern = "striped"
    elif draw < 0.5:
        pattern = "dotted"
    if class_noun in CAN_CARRY_EMBLEM and rng.random() < 0.3:
        emblem = str(rng.choice(EMBLEMS[1:]))
    extras = EXTRAS.get(class_noun, ())
    return Subject(
        class_noun=class_noun,
        colour=first,
        second_colour=second,
        pattern=pattern,
        emblem=emblem,
        rgb=_shade(first, rng),
        second_rgb=_shade(second, rng),
        build=tuple(float(v) for v in rng.random(4)),  # pyright: ignore[reportArgumentType]
        extra=str(rng.choice(extras)) if extras and rng.random() < 0.45 else "",
        skin=int(rng.integers(len(SKINS))),
    )


FUR = ("brown", "black", "white", "grey", "orange", "yellow")
HAIR = ("black", "brown", "yellow", "red", "grey", "white", "orange", "pink", "blue")
CAN_CARRY_EMBLEM = frozenset(
    ("mug", "bottle", "vase", "can", "backpack", "teapot", "ball", "hat", "candle", "robot", "woman", "man")
)
EXTRAS = {"vase": ("flowers",), "woman": ("glasses",), "man": ("glasses", "beard")}


def between(share: float, low: float, high: float) -> float:
    return low + (high - low) * share


def paint_body(canvas: ObjectCanvas, look: Subject, outline: Points, emblem_size: float = 0.2) -> None:
    """Fill a body with the subject's pattern and put its emblem in the middle."""
    xs, ys = np.asarray(outline, dtype=float).T
    left, right, top, bottom = xs.min(), xs.max(), ys.min(), ys.max()
    layer = Image.new("RGB", (canvas.canvas_px, canvas.canvas_px), look.rgb)
    pen = ImageDraw.Draw(layer)

    def put(points: Points, colour: Colour) -> None:
        pen.polygon(canvas.to_pixels(points), fill=colour)

    if look.pattern == "two-tone":
        put(box(left, between(0.5, top, bottom), right, bottom), look.second_rgb)
    elif look.pattern == "striped":
        band = (bottom - top) / 6
        for k in (0.75, 2.55, 4.35):
            put(box(left, top + k * band, right, top + (k + 0.9) * band), look.second_rgb)
    elif look.pattern == "dotted":
        step = 0.17
        for row in range(int((bottom - top) / step) + 1):
            for column in range(-3, 4):
                x = (left + right) / 2 + (column + 0.5 * (row % 2)) * step
                put(oval(x, top + (row + 0.5) * step, 0.05, 0.05), look.second_rgb)
    middle_x, middle_y = (left + right) / 2, (top + bottom) / 2
    ink = PALE if look.colour not in ("white", "yellow") else INK
    if look.pattern == "plain":
        ink = look.second_rgb
    if look.emblem == "star":
        put(star(middle_x, middle_y + 0.01, emblem_size), ink)
    elif look.emblem == "heart":
        put(heart(middle_x, middle_y, emblem_size * 0.9), ink)
    canvas.fill_patterned(outline, layer)
