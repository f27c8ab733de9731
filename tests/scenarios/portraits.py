"""Photos for a story: drawn, so that every machine has them, and one of them badly taken."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageFilter

from gpu_worker.families.tiny_world.demo import TRAINING_VIEWS, TRUE_VIEWS, views_of
from gpu_worker.families.tiny_world.render import render
from gpu_worker.families.tiny_world.subjects import draw_subject


def photos_of_a_woman() -> list[tuple[str, bytes]]:
    """Three portraits of one woman, each a filename and a PNG; the last one is badly out of focus."""
    woman = draw_subject("woman", np.random.default_rng(11))
    scenes = views_of(woman, (*TRAINING_VIEWS[:2], TRUE_VIEWS[0]), first_seed=300)
    pictures = [render(scene, 1024) for scene in scenes]
    pictures[2] = pictures[2].filter(ImageFilter.GaussianBlur(9))
    return [(f"ada-{number}.png", _png(picture)) for number, picture in enumerate(pictures, start=1)]


def _png(picture: Image.Image) -> bytes:
    data = io.BytesIO()
    picture.save(data, "PNG")
    return data.getvalue()
