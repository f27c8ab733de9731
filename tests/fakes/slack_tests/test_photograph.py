"""The pages that the documentation's pictures are taken of: everything that was said can be read on them."""

from __future__ import annotations

import html
import io
import re
import typing
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from bot.replies import Picture, Reply
from core.store.blobs import Blobs
from tests.contracts.reply_examples import examples
from tests.fakes.photograph import MAX_BYTES, NO_BROWSER, WIDTH_PX, find_browser, photograph
from tests.fakes.slack import FakeSlack, File
from tests.fakes.slack.album import Album, opened_album
from tests.fakes.slack.page import whole_page
from tests.fakes.slack.photograph import (
    PAGES,
    before_the_start_page,
    everything_page,
    forms_page,
    home_page,
    imagine_page,
    lists_page,
    refusals_page,
    review_page,
    training_page,
)
from tests.fakes.told_pictures import Told

PNG = b"\x89PNG\r\n\x1a\n"


async def one_for_all(blobs: Blobs) -> Told:
    """In place of the drawn pictures, which take seconds."""

    async def kept(colour: str) -> Picture:
        data = io.BytesIO()
        Image.new("RGB", (32, 24), colour).save(data, "PNG")
        return Picture(await blobs.put("told", data.getvalue(), ".png"), f"{colour}.png", f"a {colour} photo")

    painted = (await kept("red"), await kept("blue"))
    picture = await kept("teal")
    return Told(picture, await kept("gold"), picture, picture, painted)


@pytest.fixture
async def album(fake_slack: FakeSlack, database: None, tmp_path: Path) -> AsyncIterator[Album]:
    async with opened_album(fake_slack, tmp_path, one_for_all) as album:
        yield album


def read(page: str) -> str:
    """Return what people read on a page."""
    body = page.partition("<body>")[2]
    words = html.unescape(re.sub(r"<[^>]+>", " ", body)).replace("\u200b", "")
    return re.sub(r"\s+", " ", words)


async def test_everything_that_can_be_said_can_be_read_on_the_page(album: Album) -> None:
    page = await everything_page(album)

    for example in examples(album.harness.picture):
        for words in (*example.says, *example.labels):
            assert words in read(page), f"{type(example.reply).__name__}: {words}"


async def test_every_kind_of_reply_is_in_the_documentation(album: Album) -> None:
    for make in PAGES.values():
        await make(album)

    missing = set(typing.get_args(Reply)) - album.shown
    assert not missing


async def test_a_training_is_one_message_that_changes_and_the_news_below_it(album: Album) -> None:
    page = await training_page(album)

    words = read(page)
    assert words.count("the same message, later") == 3
    assert (
        words.index("Analyzing images")
        < words.index("Queued")
        < words.index("61 %")
        < words.index("2 replies")
    )
    assert words.index("2 replies") < words.index("@mia @summer-shoes is ready")
    assert page.count("<img") == 2


async def test_votes_stand_under_the_photo_that_they_are_about(album: Album) -> None:
    words = read(await review_page(album))

    assert "1 decided, 1 to go" in words
    assert words.index("photo 3 of 4") < words.index("✅ 1 ❌ 2") < words.index("photo 4 of 4")
    assert words.index("photo 4 of 4") < words.index("✅ 1 ✂️ 1 ❌ 1")


async def test_what_is_asked_before_the_start_can_be_answered(album: Album) -> None:
    words = read(await before_the_start_page(album))

    assert (
        words.index("A real person")
        < words.index("I agree")
        < words.index("Looks right")
        < words.index("Start")
    )
    assert "Ready to train" in words


async def test_pictures_are_on_the_card_and_as_files_in_its_thread(album: Album) -> None:
    page = await imagine_page(album)

    words = read(page)
    assert "1 reply Thread # studio, below this message 1 reply" in words
    assert "@mia @ada and @summer-shoes · in the park · 2 pictures, 2 credits 2 files" in words
    assert page.count("<img") == 4


async def test_what_only_one_person_sees_is_marked_so(album: Album) -> None:
    assert read(await lists_page(album)).count("Only visible to you") == 7
    refused = read(await refusals_page(album))
    assert refused.count("Only visible to you") == 5
    assert "Did you mean @summer-shoes?" in refused


async def test_forms_show_their_fields_and_what_is_filled_in(album: Album) -> None:
    page = read(await forms_page(album))

    for title in (
        "Train a model",
        "Edit captions",
        "Make pictures",
        "Edit a model",
        "Remove photos",
        "Delete @summer-shoes",
        "Settings",
    ):
        assert title in page
    assert "Upload files" in page
    assert "Summer Shoes" in page and "ada woman, round glasses, close-up" in page
    assert "Who decides about flagged photos (optional) ben" in page and "Brand" in page


async def test_a_form_that_was_refused_says_why_at_the_field(album: Album) -> None:
    opened = await (await album.mia.slash(album.studio, "/train", "product Summer Shoes")).opened()
    await album.mia.submit(opened, {"Photos": [File("side.png", b"a photo")]})

    words = read(whole_page(album.form(opened)))
    assert "Which kind of thing? (optional) sneaker Say in a word or two what it is" in words
    assert "Photos side.png" in words


async def test_what_people_write_is_drawn_as_well(album: Album) -> None:
    files = [File("side.png", PNG), File("front.png", PNG)]
    asked = await album.mia.mention(album.studio, "train product boots", files=files)

    page = album.channel([asked])
    words = read(whole_page(page))
    assert "mia 9:00 AM @Likeness train product boots 2 files" in words
    assert "APP" not in words
    assert page.count("<img") == 2


async def test_home_shows_jobs_models_and_their_buttons(album: Album) -> None:
    words = read(await home_page(album))

    assert "240 credits left this month" in words
    assert "Noir → @noir · style · 12 pictures running, 61 % Cancel" in words
    assert "@ada · character Try it" in words


def test_people_cannot_write_markup_of_their_own_into_a_page(album: Album) -> None:
    drawing = album.drawing()

    assert drawing.marked("&lt;img&gt; *bold* _so_ ~not~ `*code*` <@U1>") == (
        "<div>&lt;img&gt; <b>bold</b> <i>so</i> <s>not</s> <code>*code*</code> "
        '<span class="mention">@U1</span></div>'
    )
    assert drawing.text({"type": "plain_text", "text": "<b> :x:"}) == "&lt;b&gt; ❌"


def test_a_page_is_photographed_without_what_is_empty_below_it(tmp_path: Path) -> None:
    browser = find_browser()
    if browser is None:
        pytest.skip(NO_BROWSER)
    page, picture = tmp_path / "page.html", tmp_path / "picture.png"
    page.write_text(whole_page('<div class="text">Summer Shoes</div>'), encoding="utf-8")

    photograph(browser, page, picture)

    assert picture.stat().st_size < MAX_BYTES
    with Image.open(picture) as image:
        assert image.width == WIDTH_PX
        assert 20 < image.height < 100
