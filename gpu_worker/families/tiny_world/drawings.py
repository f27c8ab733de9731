"""How each class of thing is drawn, in its own coordinates; what varies comes from the subject's look."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from gpu_worker.families.tiny_world.canvas import (
    Colour,
    ObjectCanvas,
    Points,
    box,
    darker,
    lathe,
    lighter,
    oval,
)
from gpu_worker.families.tiny_world.subjects import INK, PALE, SKINS, Subject, between, paint_body


def _mug(canvas: ObjectCanvas, look: Subject) -> None:
    width, height, ring, taper = look.build
    half, top, low = between(width, 0.25, 0.34), -between(height, 0.3, 0.42), between(height, 0.34, 0.44)
    reach, base = between(ring, 0.15, 0.22), half * between(taper, 0.8, 1.0)
    loop = oval(half - 0.02, 0.03, reach, between(ring, 0.17, 0.23))
    canvas.line(loop, 0.085, look.rgb)
    bottom = [
        (x, low + 0.05 * math.sqrt(max(0.0, 1 - (x / base) ** 2))) for x in np.linspace(base, -base, 15)
    ]
    paint_body(canvas, look, [(-half, top), (half, top), *bottom], 0.19)
    canvas.fill(oval(0, top, half, 0.075), lighter(look.rgb, 0.3))
    canvas.fill(oval(0, top + 0.008, half * 0.86, 0.053), darker(look.rgb, 0.55))


def _bottle(canvas: ObjectCanvas, look: Subject) -> None:
    width, neck, shoulder, cap = look.build
    half, thin, fall = between(width, 0.15, 0.24), between(neck, 0.055, 0.09), between(shoulder, -0.24, -0.08)
    profile = [(-0.4, thin), (-0.3, thin), (fall, half), (0.42, half), (0.47, half * 0.9)]
    paint_body(canvas, look, lathe(profile), 0.14)
    canvas.fill(box(-thin - 0.015, -0.5, thin + 0.015, between(cap, -0.42, -0.36), 0.01), look.second_rgb)


def _vase(canvas: ObjectCanvas, look: Subject) -> None:
    belly, neck, lip, middle = look.build
    top = -0.42 if not look.extra else -0.14
    if look.extra:
        for k, (x, y) in enumerate(((-0.2, -0.4), (0.0, -0.47), (0.2, -0.38), (-0.08, -0.3), (0.12, -0.28))):
            canvas.line([(x * 0.25, top), (x, y)], 0.03, (60, 130, 60))
            petal = ((238, 84, 120), (250, 210, 70), (250, 250, 246))[(k + look.skin) % 3]
            canvas.fill(oval(x, y, 0.085, 0.085), petal)
            canvas.fill(oval(x, y, 0.03, 0.03), (240, 170, 40))
    thin = between(neck, 0.07, 0.13)
    profile = [
        (top, thin + between(lip, 0.03, 0.1)),
        (top + 0.14, thin),
        (between(middle, 0.08, 0.2), between(belly, 0.24, 0.34)),
        (0.46, 0.14),
        (0.48, 0.16),
    ]
    paint_body(canvas, look, lathe(profile), 0.15)
    canvas.fill(oval(0, top, profile[0][1], 0.03), darker(look.rgb, 0.5))


def _shoe_side(canvas: ObjectCanvas, look: Subject, upper: Points, sole: float) -> None:
    paint_body(canvas, look, upper, 0.1)
    canvas.fill(box(-0.49, 0.2, 0.5, 0.2 + sole, 0.03), look.second_rgb)


def _loafer(canvas: ObjectCanvas, look: Subject) -> None:
    heel, toe, tongue, sole = look.build
    back = -between(heel, 0.05, 0.12)
    upper = [
        (-0.48, 0.21), (-0.48, back), (-0.42, back - 0.03), (-0.36, 0.02), (-0.1, 0.06),
        (-0.02, -between(tongue, 0.06, 0.16)), (0.1, -0.03), (0.3, 0.02), (0.45, between(toe, 0.07, 0.11)),
        (0.5, 0.16), (0.5, 0.21),
    ]  # fmt: skip
    _shoe_side(canvas, look, upper, between(sole, 0.05, 0.08))
    canvas.fill([(-0.02, -0.02), (0.12, 0.0), (0.08, 0.17), (-0.06, 0.17)], darker(look.rgb, 0.45))
    canvas.fill(box(-0.48, 0.25, -0.26, 0.33), darker(look.second_rgb, 0.4))


def _sneaker(canvas: ObjectCanvas, look: Subject) -> None:
    heel, toe, tongue, sole = look.build
    back = -between(heel, 0.1, 0.2)
    upper = [
        (-0.48, 0.22), (-0.46, back), (-0.36, back + 0.05), (-0.18, back + 0.04),
        (-0.08, -between(tongue, 0.22, 0.3)), (0.02, -0.16), (0.22, -0.02), (0.42, between(toe, 0.03, 0.08)),
        (0.5, 0.14), (0.5, 0.22),
    ]  # fmt: skip
    _shoe_side(canvas, look, upper, between(sole, 0.09, 0.13))
    for k in range(3):
        x, y = -0.02 + 0.09 * k, -0.12 + 0.055 * k
        canvas.line([(x - 0.07, y + 0.05), (x + 0.03, y - 0.01)], 0.03, PALE)
    canvas.fill(oval(0.41, 0.17, 0.09, 0.07), lighter(look.second_rgb, 0.3))


def _boot(canvas: ObjectCanvas, look: Subject) -> None:
    shaft, toe, width, sole = look.build
    top, front = -between(shaft, 0.34, 0.46), between(width, -0.06, 0.02)
    upper = [
        (-0.38, 0.22), (-0.4, top), (front, top), (front + 0.01, -0.04), (0.14, 0.02),
        (0.36, between(toe, 0.02, 0.07)), (0.44, 0.13), (0.45, 0.22),
    ]  # fmt: skip
    paint_body(canvas, look, upper, 0.1)
    thick = between(sole, 0.06, 0.1)
    canvas.fill(box(-0.4, 0.21, 0.46, 0.21 + thick, 0.02), look.second_rgb)
    canvas.fill(box(-0.4, 0.21 + thick, -0.16, 0.3 + thick), darker(look.second_rgb, 0.4))


def _candle(canvas: ObjectCanvas, look: Subject) -> None:
    width, height, flame, plate = look.build
    half, top = between(width, 0.13, 0.22), between(height, -0.24, -0.1)
    tall = between(flame, 0.09, 0.13)
    if plate > 0.5:
        canvas.fill(oval(0, 0.43, 0.38, 0.07), darker(look.second_rgb, 0.2))
    paint_body(canvas, look, box(-half, top, half, 0.45, 0.03), half * 0.75)
    canvas.fill(oval(0, top, half, 0.045), lighter(look.rgb, 0.5))
    canvas.line([(0, top), (0, top - 0.07)], 0.02, INK)
    y = top - 0.06 - tall
    tip = [
        (0, y - tall * 1.1),
        (0.075, y),
        (0.05, y + tall * 0.7),
        (0, y + tall),
        (-0.05, y + tall * 0.7),
        (-0.075, y),
    ]
    canvas.fill(tip, (255, 190, 40))
    canvas.fill([(x * 0.5, y + (py - y) * 0.55 + 0.02) for x, py in tip], (255, 246, 190))


def _sitting_animal(canvas: ObjectCanvas, look: Subject, chest: float) -> Colour:
    body = oval(0, 0.2, 0.25, 0.29)
    paint_body(canvas, look, body, 0.1)
    second = look.second_rgb if look.pattern == "two-tone" else lighter(look.rgb, chest)
    canvas.fill(oval(0, 0.24, 0.13, 0.2), second)
    for x in (-0.12, 0.12):
        canvas.fill(oval(x, 0.45, 0.1, 0.055), lighter(look.rgb, 0.15))
    return second


def _face(canvas: ObjectCanvas, y: float, apart: float, eye: float = 0.032) -> None:
    for x in (-apart, apart):
        canvas.fill(oval(x, y, eye * 1.3, eye * 1.3), PALE)
        canvas.fill(oval(x, y, eye, eye), INK)


def _dog(canvas: ObjectCanvas, look: Subject) -> None:
    ear, snout, head, tail = look.build
    canvas.line([(0.2, 0.36), (0.36, 0.24), (0.4, between(tail, 0.0, 0.12))], 0.07, darker(look.rgb, 0.2))
    second = _sitting_animal(canvas, look, 0.35)
    wide = between(head, 0.19, 0.24)
    canvas.fill(oval(0, -0.22, wide, 0.22), look.rgb)
    long = between(ear, 0.15, 0.24)
    for side in (-1, 1):
        canvas.fill(oval(side * (wide + 0.01), -0.22 + long * 0.45, 0.085, long), darker(look.rgb, 0.4))
    canvas.fill(oval(0, -0.12, between(snout, 0.1, 0.14), 0.11), second)
    canvas.fill(oval(0, -0.17, 0.05, 0.036), INK)
    canvas.line([(0, -0.15), (0, -0.08), (0.05, -0.06)], 0.016, INK)
    _face(canvas, -0.27, 0.085)


def _cat(canvas: ObjectCanvas, look: Subject) -> None:
    ear, snout, head, tail = look.build
    curl = between(tail, -0.1, 0.05)
    canvas.line([(0.2, 0.42), (0.4, 0.38), (0.42, 0.18), (0.34, curl)], 0.065, look.rgb)
    second = _sitting_animal(canvas, look, 0.3)
    wide, tip = between(head, 0.2, 0.25), -between(ear, 0.43, 0.5)
    for side in (-1, 1):
        canvas.fill([(side * 0.03, -0.33), (side * wide * 0.95, tip), (side * wide, -0.2)], look.rgb)
        canvas.fill(
            [(side * 0.09, -0.33), (side * wide * 0.85, tip + 0.06), (side * wide * 0.88, -0.24)],
            (236, 160, 160),
        )
    canvas.fill(oval(0, -0.18, wide, 0.18), look.rgb)
    canvas.fill(oval(0, -0.1, between(snout, 0.07, 0.1), 0.06), second)
    canvas.fill([(-0.03, -0.14), (0.03, -0.14), (0, -0.1)], (226, 110, 120))
    for side in (-1, 1):
        canvas.fill(oval(side * 0.095, -0.22, 0.045, 0.04), (170, 210, 60))
        canvas.fill(oval(side * 0.095, -0.22, 0.016, 0.038), INK)
        canvas.line([(side * 0.08, -0.1), (side * 0.3, -0.13)], 0.01, lighter(INK, 0.3))


def _bear(canvas: ObjectCanvas, look: Subject) -> None:
    ear, snout, head, arms = look.build
    round_ear, wide = between(ear, 0.075, 0.105), between(head, 0.21, 0.26)
    for side in (-1, 1):
        canvas.fill(oval(side * 0.19, -0.38, round_ear, round_ear), look.rgb)
        canvas.fill(oval(side * 0.19, -0.38, round_ear * 0.55, round_ear * 0.55), darker(look.rgb, 0.3))
        canvas.fill(oval(side * 0.29, between(arms, 0.08, 0.18), 0.1, 0.16), darker(look.rgb, 0.12))
        canvas.fill(oval(side * 0.2, 0.42, 0.14, 0.09), darker(look.rgb, 0.12))
        canvas.fill(oval(side * 0.22, 0.42, 0.07, 0.055), lighter(look.rgb, 0.35))
    paint_body(canvas, look, oval(0, 0.2, 0.26, 0.27), 0.12)
    canvas.fill(oval(0, -0.2, wide, 0.21), look.rgb)
    canvas.fill(oval(0, -0.12, between(snout, 0.09, 0.13), 0.09), lighter(look.rgb, 0.45))
    canvas.fill(oval(0, -0.16, 0.045, 0.032), INK)
    _face(canvas, -0.25, 0.09, 0.026)


def _person(canvas: ObjectCanvas, look: Subject) -> None:
    """Head and shoulders; the first colour is the clothes', the second the hair's."""
    face, cut, shoulder, _ = look.build
    skin, hair = SKINS[look.skin], look.second_rgb
    wide = between(face, 0.165, 0.2)
    is_woman = look.class_noun == "woman"
    if is_woman:
        long = between(cut, 0.02, 0.3)
        canvas.fill(box(-wide - 0.1, -0.4, wide + 0.1, long, 0.14), hair)
    broad = between(shoulder, 0.36, 0.42) if is_woman else between(shoulder, 0.42, 0.5)
    canvas.fill(box(-0.085, 0.0, 0.085, 0.26), darker(skin, 0.15))
    clothes = [
        (-broad, 0.5),
        (-broad + 0.03, 0.3),
        (-0.16, 0.17),
        (0, 0.25),
        (0.16, 0.17),
        (broad - 0.03, 0.3),
        (broad, 0.5),
    ]
    paint_body(canvas, look, clothes, 0.11)
    canvas.fill(oval(0, -0.16, wide, 0.23), skin)
    if look.extra == "beard":
        canvas.fill(oval(0, -0.02, wide * 0.96, 0.15, 0, math.pi), hair)
        canvas.fill(box(-wide * 0.96, -0.08, wide * 0.96, 0.0, 0.02), hair)
    crown = -0.26 if is_woman else -0.27
    canvas.fill(oval(0, crown, wide + 0.035, between(cut, 0.15, 0.2), math.pi, 2 * math.pi), hair)
    if not is_woman:
        for side in (-1, 1):
            canvas.fill(box(side * wide - 0.025, -0.28, side * wide + 0.025, -0.14), hair)
    for side in (-1, 1):
        canvas.fill(oval(side * 0.075, -0.17, 0.026, 0.022), PALE)
        canvas.fill(oval(side * 0.075, -0.17, 0.016, 0.02), INK)
        canvas.line([(side * 0.04, -0.215), (side * 0.11, -0.22)], 0.016, darker(hair, 0.3))
        if look.extra == "glasses":
            canvas.line(oval(side * 0.08, -0.165, 0.06, 0.055), 0.02, INK)
    canvas.line([(0, -0.14), (0.015, -0.085), (0, -0.08)], 0.014, darker(skin, 0.35))
    canvas.line([(-0.055, -0.015), (0, 0.0), (0.055, -0.015)], 0.026 if is_woman else 0.02, (190, 70, 80))


def _backpack(canvas: ObjectCanvas, look: Subject) -> None:
    width, height, pocket, dome = look.build
    half, top = between(width, 0.27, 0.34), -between(height, 0.34, 0.42)
    canvas.line(oval(0, top, 0.1, 0.09, math.pi, 2 * math.pi), 0.05, darker(look.rgb, 0.4))
    for side in (-1, 1):
        canvas.fill(box(side * half - 0.06, 0.0, side * half + 0.06, 0.4, 0.05), darker(look.rgb, 0.35))
    paint_body(canvas, look, box(-half, top, half, 0.46, between(dome, 0.1, 0.2)), 0.14)
    edge = between(pocket, 0.16, 0.22)
    trim = look.second_rgb if look.pattern == "plain" and not look.emblem else darker(look.rgb, 0.3)
    canvas.fill(box(-edge, 0.2, edge, 0.42, 0.05), trim)
    canvas.line([(-edge, 0.26), (edge, 0.26)], 0.02, darker(trim, 0.5))
    canvas.line([(-half + 0.05, -0.2), (half - 0.05, -0.2)], 0.022, darker(look.rgb, 0.5))


def _can(canvas: ObjectCanvas, look: Subject) -> None:
    width, height, _, rim = look.build
    half, top = between(width, 0.2, 0.28), -between(height, 0.34, 0.44)
    steel: Colour = (196, 200, 206)
    canvas.fill(box(-half * 0.9, top - 0.045, half * 0.9, 0.49, 0.03), steel)
    paint_body(canvas, look, box(-half, top + 0.02, half, 0.43, 0.02), 0.17)
    canvas.fill(oval(0, top - 0.03, half * 0.9, between(rim, 0.04, 0.06)), lighter(steel, 0.35))
    canvas.fill(oval(0.02, top - 0.03, half * 0.35, 0.018), darker(steel, 0.4))


def _clock(canvas: ObjectCanvas, look: Subject) -> None:
    frame, bells, hour, minute = look.build
    for side in (-1, 1):
        canvas.line([(side * 0.2, 0.3), (side * 0.29, 0.47)], 0.07, darker(look.rgb, 0.4))
        if bells > 0.4:
            canvas.fill(oval(side * 0.24, -0.38, 0.12, 0.09), darker(look.second_rgb, 0.1))
    paint_body(canvas, look, oval(0, 0.02, 0.4, 0.4))
    radius = between(frame, 0.29, 0.33)
    canvas.fill(oval(0, 0.02, radius, radius), PALE)
    for k in range(12):
        x, y = math.cos(k * math.pi / 6), math.sin(k * math.pi / 6)
        canvas.line(
            [(x * radius * 0.82, 0.02 + y * radius * 0.82), (x * radius * 0.93, 0.02 + y * radius * 0.93)],
            0.022,
            INK,
        )
    for turn, reach, width in ((hour, 0.52, 0.045), (minute, 0.78, 0.03)):
        angle = turn * 2 * math.pi
        canvas.line(
            [(0, 0.02), (radius * reach * math.cos(angle), 0.02 + radius * reach * math.sin(angle))],
            width,
            INK,
        )
    canvas.fill(oval(0, 0.02, 0.03, 0.03), look.second_rgb)


def _teapot(canvas: ObjectCanvas, look: Subject) -> None:
    belly, spout, lid, ring = look.build
    high = between(belly, 0.25, 0.31)
    reach = between(spout, -0.26, -0.14)
    canvas.line(oval(0.3, 0.06, between(ring, 0.15, 0.19), 0.17), 0.06, look.rgb)
    canvas.fill([(-0.2, 0.24), (-0.5, reach), (-0.42, reach - 0.03), (-0.2, 0.0)], look.rgb)
    paint_body(canvas, look, oval(0, 0.12, 0.34, high), 0.15)
    canvas.fill(box(-0.2, 0.12 + high - 0.03, 0.2, 0.12 + high + 0.03, 0.02), darker(look.rgb, 0.3))
    lid_y = 0.12 - high + 0.05
    canvas.fill(oval(0, lid_y, 0.2, between(lid, 0.08, 0.14), math.pi, 2 * math.pi), look.second_rgb)
    canvas.fill(oval(0, lid_y - between(lid, 0.1, 0.16), 0.05, 0.05), look.second_rgb)


def _ball(canvas: ObjectCanvas, look: Subject) -> None:
    paint_body(canvas, look, oval(0, 0.04, 0.42, 0.42), 0.22)


def _hat(canvas: ObjectCanvas, look: Subject) -> None:
    width, height, brim, crown = look.build
    half, top = between(width, 0.22, 0.28), -between(height, 0.22, 0.38)
    canvas.fill(oval(0, 0.22, between(brim, 0.42, 0.5), 0.11), darker(look.rgb, 0.2))
    narrow = half * between(crown, 0.75, 1.0)
    dome = [
        (-half, 0.22),
        (-narrow, top + 0.06),
        (-narrow * 0.7, top),
        (narrow * 0.7, top),
        (narrow, top + 0.06),
        (half, 0.22),
    ]
    paint_body(canvas, look, dome, 0.13)
    canvas.fill([(-half, 0.2), (-half * 0.97, 0.1), (half * 0.97, 0.1), (half, 0.2)], look.second_rgb)


def _robot(canvas: ObjectCanvas, look: Subject) -> None:
    head, body, eye, arms = look.build
    half, wide = between(head, 0.16, 0.22), between(body, 0.2, 0.27)
    trim = darker(look.rgb, 0.4)
    canvas.line([(0, -0.34), (0, -0.47)], 0.03, trim)
    canvas.fill(oval(0, -0.47, 0.04, 0.04), look.second_rgb)
    for side in (-1, 1):
        canvas.line([(side * wide, 0.0), (side * 0.38, between(arms, -0.05, 0.2))], 0.08, trim)
        canvas.fill(oval(side * 0.39, between(arms, -0.05, 0.2) + 0.02, 0.065, 0.065), look.second_rgb)
        canvas.fill(box(side * 0.12 - 0.06, 0.3, side * 0.12 + 0.06, 0.48, 0.02), trim)
    paint_body(canvas, look, box(-wide, -0.06, wide, 0.34, 0.03), 0.13)
    canvas.fill(box(-half, -0.36, half, -0.08, 0.04), lighter(look.rgb, 0.2))
    for side in (-1, 1):
        canvas.fill(
            oval(side * half * 0.5, -0.24, between(eye, 0.04, 0.06), between(eye, 0.04, 0.06)),
            (255, 240, 120),
        )
        canvas.fill(oval(side * half * 0.5, -0.24, 0.02, 0.02), INK)
    canvas.line([(-half * 0.5, -0.14), (half * 0.5, -0.14)], 0.03, trim)


DRAWINGS: dict[str, Callable[[ObjectCanvas, Subject], None]] = {
    "mug": _mug,
    "bottle": _bottle,
    "vase": _vase,
    "loafer": _loafer,
    "sneaker": _sneaker,
    "boot": _boot,
    "candle": _candle,
    "dog": _dog,
    "cat": _cat,
    "bear": _bear,
    "woman": _person,
    "man": _person,
    "backpack": _backpack,
    "can": _can,
    "clock": _clock,
    "teapot": _teapot,
    "ball": _ball,
    "hat": _hat,
    "robot": _robot,
}
CLASS_NOUNS: tuple[str, ...] = tuple(DRAWINGS)


def paint(canvas: ObjectCanvas, look: Subject) -> None:
    """Draw the subject onto an object canvas."""
    DRAWINGS[look.class_noun](canvas, look)
