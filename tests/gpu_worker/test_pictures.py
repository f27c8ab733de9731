"""Pictures as people get them."""

from __future__ import annotations

from io import BytesIO

import pytest
import torch
from PIL import Image

from gpu_worker.pictures import draw_test_sheet, enlarged, mean_difference, to_images, to_png


def test_pixels_become_the_colours_they_stand_for() -> None:
    pixels = torch.tensor([1.0, -1.0, 0.0]).reshape(1, 3, 1, 1).expand(1, 3, 2, 2)
    (image,) = to_images(pixels)
    assert image.getpixel((1, 1)) == (255, 0, 128)


def test_a_picture_says_its_seed_and_nothing_else() -> None:
    with Image.open(BytesIO(to_png(Image.new("RGB", (4, 4)), 8112))) as image:
        assert image.info == {"seed": "8112"}


@pytest.mark.parametrize(("scale", "side"), [(1, 64), (4, 256)])
def test_a_small_base_is_shown_larger(scale: int, side: int) -> None:
    assert enlarged(Image.new("RGB", (64, 64)), scale).size == (side, side)


def test_the_difference_is_counted_in_grey_levels() -> None:
    black, grey = Image.new("RGB", (4, 4)), Image.new("RGB", (4, 4), (10, 10, 10))
    assert mean_difference([black, black], [black, grey]) == 5.0


@pytest.mark.parametrize("count", [1, 3, 4, 6])
def test_the_sheet_has_a_place_for_every_picture_and_its_words(count: int) -> None:
    colours = ["red", "lime", "blue", "yellow", "cyan", "magenta"][:count]
    pictures = [Image.new("RGB", (8, 8), colour) for colour in colours]
    sheet = draw_test_sheet(pictures, ["@mug on a table"] * count)
    shown = {colour for _, colour in sheet.getcolors(maxcolors=1_000_000)}
    assert {Image.new("RGB", (1, 1), colour).getpixel((0, 0)) for colour in colours} <= shown
    bare = draw_test_sheet(pictures, [""] * count)
    assert sheet.tobytes() != bare.tobytes()
