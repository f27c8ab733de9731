"""The demo's subjects and their example photos: `python -m gpu_worker.families.tiny_world.demo --out FOLDER`.

Their looks are held out from the base's training (`is_held_out`), so only a trained model can draw them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from gpu_worker.families.tiny_world.canvas import Pose
from gpu_worker.families.tiny_world.render import render
from gpu_worker.families.tiny_world.scenes import Scene, Sitter
from gpu_worker.families.tiny_world.subjects import Subject

PHOTO_SIZE_PX = 1024
JPEG_QUALITY = 82

AURORA_MUG = Subject(
    class_noun="mug",
    colour="teal",
    second_colour="purple",
    pattern="two-tone",
    emblem="star",
    rgb=(26, 166, 162),
    second_rgb=(116, 54, 168),
    build=(0.6, 0.55, 0.7, 0.8),
)
FLOWER_VASE = Subject(
    class_noun="vase",
    colour="pink",
    second_colour="blue",
    pattern="striped",
    emblem="heart",
    rgb=(238, 134, 172),
    second_rgb=(42, 84, 190),
    build=(0.7, 0.4, 0.5, 0.4),
    extra="flowers",
)
DEMO_SUBJECTS: dict[str, Subject] = {"aurora-mug": AURORA_MUG, "flower-vase": FLOWER_VASE}

TRAINING_VIEWS: tuple[tuple[str, Pose], ...] = (
    ("grey", Pose(x=0.5, y=0.5, scale=0.76, tilt=0.0, light=-0.6)),
    ("table", Pose(x=0.56, y=0.52, scale=0.7, tilt=0.07, is_mirrored=True, light=0.7, brightness=1.04)),
    ("meadow", Pose(x=0.45, y=0.54, scale=0.66, tilt=-0.09, light=-0.2, brightness=1.05)),
    ("kitchen", Pose(x=0.52, y=0.48, scale=0.84, tilt=0.03, is_mirrored=True, light=-0.8, brightness=0.96)),
)
TRUE_VIEWS: tuple[tuple[str, Pose], ...] = (
    ("room", Pose(x=0.47, y=0.52, scale=0.74, tilt=-0.05, light=0.5)),
    ("desert", Pose(x=0.55, y=0.5, scale=0.7, tilt=0.06, light=-0.7)),
    ("white", Pose(x=0.5, y=0.52, scale=0.8, tilt=0.0, is_mirrored=True, light=0.2)),
    ("snow", Pose(x=0.46, y=0.5, scale=0.68, tilt=0.1, is_mirrored=True, light=-0.4)),
)


def views_of(look: Subject, views: tuple[tuple[str, Pose], ...], first_seed: int) -> list[Scene]:
    """Return one scene for each view of a subject."""
    return [Scene((Sitter(look, pose),), place, first_seed + k) for k, (place, pose) in enumerate(views)]


def main() -> None:
    """Draw the example photos: `1..4.jpg` to train on, `true-1..4.jpg` to compare with."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    folder: Path = parser.parse_args().out
    for handle, look in DEMO_SUBJECTS.items():
        (folder / handle).mkdir(parents=True, exist_ok=True)
        for prefix, views, seed in (("", TRAINING_VIEWS, 100), ("true-", TRUE_VIEWS, 200)):
            for k, scene in enumerate(views_of(look, views, seed), start=1):
                path = folder / handle / f"{prefix}{k}.jpg"
                render(scene, PHOTO_SIZE_PX).save(path, quality=JPEG_QUALITY)


if __name__ == "__main__":
    main()
