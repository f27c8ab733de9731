"""The pages that the documentation's pictures are taken of: everything that was said can be read on them."""

from __future__ import annotations

import html
import io
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from bot.replies import Picture
from core.store.blobs import Blobs
from tests.contracts.reply_examples import examples
from tests.fakes.discord import FakeDiscord
from tests.fakes.discord.photograph import (
    Album,
    before_the_start_page,
    everything_page,
    forms_page,
    imagine_page,
    lists_page,
    opened_album,
    refusals_page,
    review_page,
    training_page,
)
from tests.fakes.told_pictures import Told


async def one_for_all(blobs: Blobs) -> Told:
    """In place of the drawn pictures, which take seconds."""
    data = io.BytesIO()
    Image.new("RGB", (32, 24), "teal").save(data, "PNG")
    picture = Picture(await blobs.put("told", data.getvalue(), ".png"), "photo.png", "a photo")
    return Told(picture, picture, picture, picture, (picture,) * 4)


@pytest.fixture
async def album(fake_discord: FakeDiscord, tmp_path: Path) -> AsyncIterator[Album]:
    async with opened_album(fake_discord, tmp_path, one_for_all) as album:
        yield album


def read(page: str) -> str:
    """Return what people read on a page."""
    body = page.partition("<body>")[2]
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body)))


async def test_everything_that_can_be_said_can_be_read_on_the_page(album: Album) -> None:
    page = await everything_page(album)

    for example in examples(album.harness.picture):
        for words in (*example.says, *example.labels):
            assert words in read(page), f"{type(example.reply).__name__}: {words}"
    assert page.count("<img") == sum(example.picture_count for example in examples(album.harness.picture))


async def test_the_story_is_told_from_the_first_look_to_the_pictures(album: Album) -> None:
    trained = read(await training_page(album))
    assert "Analyzing images" in trained
    assert "@mia @summer-shoes is ready" in trained
    reviewed = read(await review_page(album))
    assert "1 decided, 1 to go" in reviewed
    assert "✅ 1 ❌ 2" in reviewed
    asked = read(await before_the_start_page(album))
    assert "I agree" in asked
    assert "Ready to train" in asked
    painted = await imagine_page(album)
    assert painted.count("<img") == 4


async def test_what_only_one_person_sees_is_marked_so(album: Album) -> None:
    assert read(await lists_page(album)).count("Only you can see this") == 4
    refused = read(await refusals_page(album))
    assert refused.count("Only you can see this") == 4
    assert "Did you mean @summer-shoes?" in refused


async def test_forms_show_their_fields_and_what_is_filled_in(album: Album) -> None:
    page = read(await forms_page(album))

    for title in (
        "Train a product",
        "Edit captions",
        "Try @summer-shoes",
        "Delete @summer-shoes",
        "Settings",
    ):
        assert title in page
    assert "Drop files here" in page
    assert "@Brand @ben" in page
    assert "ada woman, round glasses, close-up" in page
