"""Random scenes: who stands where, in what light, and which looks are kept for users' subjects alone."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gpu_worker.families.tiny_world.canvas import Pose
from gpu_worker.families.tiny_world.drawings import CLASS_NOUNS
from gpu_worker.families.tiny_world.places import PLACE_NAMES
from gpu_worker.families.tiny_world.subjects import Subject, draw_subject

PAIR_SHARE = 0.1
EMPTY_SHARE = 0.03
HELD_OUT_CLASSES = frozenset(("mug", "vase", "bottle", "loafer", "woman", "man"))
"""Classes in which an emblem on anything but a plain body is never drawn for the base's training."""


@dataclass(frozen=True)
class Sitter:
    """A subject in its pose."""

    subject: Subject
    pose: Pose


@dataclass(frozen=True)
class Scene:
    """A whole picture: sitters before a place; `place_seed` fixes the place's details."""

    sitters: tuple[Sitter, ...]
    place: str
    place_seed: int


def is_held_out(look: Subject) -> bool:
    """Say whether a look is reserved: the base must not be able to draw it from words alone."""
    return look.class_noun in HELD_OUT_CLASSES and bool(look.emblem) and look.pattern != "plain"


def draw_known_subject(class_noun: str, rng: np.random.Generator) -> Subject:
    """Return a random instance that is not held out."""
    while is_held_out(look := draw_subject(class_noun, rng)):
        pass
    return look


def draw_pose(rng: np.random.Generator, share: float = 1.0, x: float = 0.5) -> Pose:
    """Return a random pose near the middle; `share` shrinks it, `x` moves it."""
    scale = rng.uniform(0.64, 0.88) * share
    return Pose(
        x=x + rng.uniform(-0.09, 0.09) * share,
        y=0.62 - 0.17 * scale + rng.uniform(-0.05, 0.05),
        scale=scale,
        tilt=float(rng.normal(0, 0.07)),
        is_mirrored=bool(rng.random() < 0.5),
        light=rng.uniform(-1, 1),
        brightness=rng.uniform(0.88, 1.06),
    )


def draw_scene(rng: np.random.Generator, class_noun: str | None = None, place: str | None = None) -> Scene:
    """Return a random scene, with one subject of `class_noun` if given, else mostly one of any class."""
    where = place or str(rng.choice(PLACE_NAMES))
    seed = int(rng.integers(2**31))
    kind = rng.random() if class_noun is None else 1.0
    if kind < EMPTY_SHARE:
        return Scene((), where, seed)
    if kind < EMPTY_SHARE + PAIR_SHARE:
        left, right = rng.choice(CLASS_NOUNS, 2, replace=False)
        pair = (
            Sitter(draw_known_subject(str(left), rng), draw_pose(rng, 0.68, 0.27)),
            Sitter(draw_known_subject(str(right), rng), draw_pose(rng, 0.68, 0.73)),
        )
        return Scene(pair, where, seed)
    chosen = class_noun or str(rng.choice(CLASS_NOUNS))
    pose = draw_pose(rng)
    if chosen in ("woman", "man"):
        pose = replace(pose, y=1.01 - 0.5 * pose.scale)  # a portrait's shoulders end with the frame
    return Scene((Sitter(draw_known_subject(chosen, rng), pose),), where, seed)
