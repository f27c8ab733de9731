"""Pictures go out small enough, and under names that Discord keeps."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from bot.discord.pictures import fitted, shrunk
from bot.replies import Picture
from core.store.blobs import Blobs


def noise(side_px: int, mode: str = "RGB") -> bytes:
    """Return a PNG that no encoder makes small."""
    channels = len(mode)
    cells = np.random.default_rng(1).integers(0, 255, (side_px, side_px, channels), dtype=np.uint8)
    data = io.BytesIO()
    Image.fromarray(cells).save(data, "PNG")
    return data.getvalue()


async def test_a_picture_below_the_limit_goes_out_as_it_is(blobs: Blobs) -> None:
    data = noise(64)
    key = await blobs.put("w", data, ".png")
    [picture] = await fitted([Picture(key, "Sommer Schuhe é.heic", "side view")], blobs, 1_000_000)

    assert picture.content == data
    assert picture.filename == "Sommer_Schuhe_e.png"
    assert picture.alt == "side view"


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
async def test_a_picture_above_the_limit_becomes_a_webp_of_the_same_scene(blobs: Blobs, mode: str) -> None:
    data = noise(512, mode)
    limit_bytes = len(data) // 2
    key = await blobs.put("w", data, ".png")
    [picture] = await fitted([Picture(key, "beach.png", "")], blobs, limit_bytes)

    assert len(picture.content) <= limit_bytes
    assert picture.filename == "beach.webp"
    with Image.open(io.BytesIO(picture.content)) as image:
        assert image.format == "WEBP"
        assert image.size == (512, 512)


def test_where_quality_is_not_enough_the_picture_gets_smaller() -> None:
    content = shrunk(noise(512), 20_000)

    assert len(content) <= 20_000
    with Image.open(io.BytesIO(content)) as image:
        assert image.width == image.height < 512


async def test_pictures_of_the_same_name_are_told_apart(blobs: Blobs) -> None:
    key = await blobs.put("w", noise(16), ".png")
    pictures = await fitted(
        [Picture(key, "../a b.png", ""), Picture(key, "a_b.jpg", ""), Picture(key, "日本", "")], blobs, 9999
    )

    assert [picture.filename for picture in pictures] == ["a_b.png", "a_b-2.png", "picture.png"]


async def test_a_picture_that_was_erased_is_left_out(blobs: Blobs) -> None:
    kept, erased = await blobs.put("w", noise(16), ".png"), await blobs.put("w", noise(17), ".png")
    await blobs.delete(erased)
    pictures = await fitted([Picture(erased, "gone.png", ""), Picture(kept, "there.png", "")], blobs, 9999)

    assert [picture.filename for picture in pictures] == ["there.png"]
