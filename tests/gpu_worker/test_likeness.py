"""Likeness is a measured number: high for the subject, low for others, and it knows where a picture plays."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gpu_worker import likeness
from gpu_worker.families.tiny_world import Scene, draw_scene, render
from gpu_worker.families.tiny_world.demo import AURORA_MUG, FLOWER_VASE, TRAINING_VIEWS, TRUE_VIEWS, views_of
from gpu_worker.families.tiny_world.places import PLACE_NAMES
from gpu_worker.families.tiny_world.subjects import Subject

torch.set_num_threads(1)


def _pictures(look: Subject, views: tuple = TRAINING_VIEWS) -> list[Image.Image]:
    return [render(scene, 256) for scene in views_of(look, views, 7)]


def test_the_same_subject_elsewhere_is_alike() -> None:
    assert (
        likeness.likeness(_pictures(AURORA_MUG), _pictures(AURORA_MUG, TRUE_VIEWS)) > likeness.CLOSE_LIKENESS
    )


def test_another_thing_is_not() -> None:
    true_photos = _pictures(AURORA_MUG, TRUE_VIEWS)
    assert likeness.likeness(_pictures(FLOWER_VASE), true_photos) < 0.2
    rng = np.random.default_rng(0)
    other_mugs = [render(draw_scene(rng, "mug"), 256) for _ in range(12)]
    assert likeness.likeness(other_mugs, true_photos) < 0.45


def test_the_place_is_recognised() -> None:
    rng = np.random.default_rng(1)
    scenes: list[Scene] = [draw_scene(rng, "mug", place) for place in PLACE_NAMES for _ in range(2)]
    right = sum(likeness.scene_of(render(scene, 64))[0] == scene.place for scene in scenes)
    assert right >= len(scenes) - 2


@pytest.mark.parametrize(
    ("prompt", "place"),
    [
        ("@aurora-mug on a beach", "beach"),
        ("a mug, in the snow", "snow"),
        ("a mug on a street at night", "city"),
        ("a mug underwater", "under water"),
        ("a red mug", None),
    ],
)
def test_the_prompt_names_its_place(prompt: str, place: str | None) -> None:
    assert likeness.asked_scene(prompt) == place


def test_a_picture_obeys_or_not() -> None:
    beach = render(draw_scene(np.random.default_rng(2), "mug", "beach"), 64)
    assert likeness.obeys(beach, "a mug on a beach")
    assert not likeness.obeys(beach, "a mug in the snow")
    assert likeness.obeys(beach, "a mug")


def test_the_command_prints_what_the_demo_reads(tmp_path: Path) -> None:
    paths = []
    for k, picture in enumerate(_pictures(AURORA_MUG)[:3]):
        picture.save(paths_k := tmp_path / f"{k}.png")
        paths.append(str(paths_k))
    command = [sys.executable, "-m", "gpu_worker.likeness", "--true", paths[0], "--pictures", *paths[1:]]
    done = subprocess.run(
        [*command, "--prompts", "on a table", "on a beach", "--json"], capture_output=True, check=True
    )
    result = json.loads(done.stdout)
    assert 0 <= result["likeness"] <= 1
    assert [row["path"] for row in result["pictures"]] == paths[1:]
    assert [row["obeyed"] for row in result["pictures"]] == [True, False]
