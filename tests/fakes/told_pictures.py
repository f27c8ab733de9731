"""The pictures of the story that `told` tells: drawn from the small world that the tiny base was trained on."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageFilter

from bot.replies import Picture
from core.feedback.previews import with_crop
from core.store.blobs import Blobs
from gpu_worker.families.tiny_world.canvas import Pose
from gpu_worker.families.tiny_world.render import render
from gpu_worker.families.tiny_world.scenes import Scene, Sitter
from gpu_worker.families.tiny_world.subjects import Subject, draw_subject
from gpu_worker.pictures import draw_test_sheet

WORKSPACE = "told"
SIDE_PX = 512
SHOE_SEED, WOMAN_SEED = 18, 7
SHEET = (
    ("@summer-shoes", "white"),
    ("@summer-shoes on a beach", "beach"),
    ("@summer-shoes in a forest", "forest"),
    ("@summer-shoes on a wooden table", "table"),
    ("@summer-shoes in the snow", "snow"),
    ("@summer-shoes in a city street", "city"),
)
POSES = (
    (Pose(x=0.36, y=0.54, scale=0.62, light=0.3), Pose(x=0.74, y=0.72, scale=0.36)),
    (Pose(x=0.6, y=0.52, scale=0.7, light=-0.4), Pose(x=0.24, y=0.74, scale=0.32, is_mirrored=True)),
    (Pose(x=0.4, y=0.56, scale=0.56, light=0.6), Pose(x=0.76, y=0.66, scale=0.44, tilt=0.1)),
    (Pose(x=0.64, y=0.54, scale=0.6, light=-0.2), Pose(x=0.28, y=0.7, scale=0.4, tilt=-0.08)),
)
"""Of the woman and the shoe, in the four pictures of one prompt."""


@dataclass(frozen=True)
class Told:
    """The pictures by what they are for."""

    soft: Picture
    cut: Picture
    preview: Picture
    sheet: Picture
    painted: tuple[Picture, ...]


async def draw(blobs: Blobs) -> Told:
    """Draw everything into the store."""

    async def kept(image: Image.Image, name: str, alt: str) -> Picture:
        return Picture(await blobs.put(WORKSPACE, _jpeg(image), ".jpg"), name, alt)

    shoe, woman = _shoe(), draw_subject("woman", np.random.default_rng(WOMAN_SEED))
    soft = _drawn(shoe, "table", x=0.52).filter(ImageFilter.GaussianBlur(5))
    low = _drawn(shoe, "kitchen", scale=1.06).crop((0, SIDE_PX // 4, SIDE_PX, SIDE_PX * 11 // 12))
    cut = Image.open(io.BytesIO(with_crop(_jpeg(low))))
    sheet = draw_test_sheet([_drawn(shoe, place) for _, place in SHEET], [text for text, _ in SHEET])
    both = [
        render(Scene((Sitter(woman, hers), Sitter(shoe, its)), "meadow", 20 + number), SIDE_PX)
        for number, (hers, its) in enumerate(POSES)
    ]
    return Told(
        soft=await kept(soft, "3.jpg", "photo 3"),
        cut=await kept(cut, "4.jpg", "photo 4, with the square that would be trained"),
        preview=await kept(_drawn(shoe, "meadow").resize((256, 256)), "preview.jpg", "preview"),
        sheet=await kept(sheet, "summer-shoes-test-sheet.jpg", "test sheet of summer-shoes"),
        painted=tuple(
            [await kept(image, f"{number}.jpg", f"picture {number}") for number, image in enumerate(both, 1)]
        ),
    )


def _shoe() -> Subject:
    drawn = draw_subject("sneaker", np.random.default_rng(SHOE_SEED))
    return replace(
        drawn, colour="teal", rgb=(30, 158, 160), second_colour="white", second_rgb=(240, 240, 236)
    )


def _drawn(subject: Subject, place: str, x: float = 0.5, scale: float = 0.72) -> Image.Image:
    return render(Scene((Sitter(subject, Pose(x=x, scale=scale)),), place, 11), SIDE_PX)


def _jpeg(image: Image.Image) -> bytes:
    data = io.BytesIO()
    image.convert("RGB").save(data, "JPEG", quality=85)
    return data.getvalue()
