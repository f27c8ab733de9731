"""The drawn world: what it shows, what it says, and what it keeps back."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from gpu_worker.families.tiny_world import (
    CLASS_NOUNS,
    caption_of,
    draw_scene,
    is_held_out,
    render,
    vocabulary,
)
from gpu_worker.families.tiny_world.captions import UNKNOWN_WORD, words_of
from gpu_worker.families.tiny_world.demo import DEMO_SUBJECTS
from gpu_worker.families.tiny_world.places import PLACE_NAMES


def _difference(one: Image.Image, other: Image.Image) -> float:
    return float(np.abs(np.asarray(one, dtype=float) - np.asarray(other, dtype=float)).mean())


@pytest.mark.parametrize("class_noun", CLASS_NOUNS)
def test_a_scene_looks_the_same_at_every_size(class_noun: str) -> None:
    scene = draw_scene(np.random.default_rng(3), class_noun=class_noun)
    small, large = render(scene, 64), render(scene, 256)
    assert _difference(small, large.resize((64, 64), Image.Resampling.BOX)) < 6


def test_a_scene_is_its_description() -> None:
    scene = draw_scene(np.random.default_rng(5))
    assert render(scene, 64).tobytes() == render(scene, 64).tobytes()


def test_every_place_looks_different() -> None:
    rng = np.random.default_rng(0)
    empty = [render(draw_scene(rng, "ball", place), 64).resize((8, 8)) for place in PLACE_NAMES]
    for k, one in enumerate(empty):
        assert all(_difference(one, other) > 8 for other in empty[k + 1 :])


def test_every_caption_uses_only_known_words() -> None:
    rng = np.random.default_rng(1)
    known = {*vocabulary(), UNKNOWN_WORD}
    for _ in range(500):
        assert set(words_of(caption_of(draw_scene(rng), rng))) <= known


def test_trigger_words_stay_out_when_asked() -> None:
    rng = np.random.default_rng(2)
    captions = [caption_of(draw_scene(rng), rng, trigger_share=0.0) for _ in range(300)]
    assert not any("zz" in caption for caption in captions)


def test_the_demo_looks_are_kept_from_the_base() -> None:
    assert all(is_held_out(look) for look in DEMO_SUBJECTS.values())
    rng = np.random.default_rng(4)
    drawn = [sitter.subject for _ in range(2000) for sitter in draw_scene(rng).sitters]
    assert not any(is_held_out(look) for look in drawn)
