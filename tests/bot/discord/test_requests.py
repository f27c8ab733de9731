"""What Discord sends, read without a Discord: also what an older or a broken client would send."""

from __future__ import annotations

from typing import Any

import pytest

from bot.discord.asked import Sentence
from bot.discord.attached import pictures_of
from bot.discord.mentions import mentioned, with_names
from bot.discord.requests import LOST_FILE, NO_PROMPT, OLD_COMMAND, read_command
from bot.discord.submissions import OLD_FORM, PHOTOS_FORGOTTEN, read_form
from bot.requests import EditRequest, ImagineRequest, Requester, SettingsRequest, ThreadAddress, TrainRequest
from core.rules.kinds import ModelKind

MIA = Requester("discord", "1", "42", "Mia", ThreadAddress("discord", "7"))


def command(called: str, resolved: dict[str, Any] | None = None, /, **options: Any) -> dict[str, Any]:
    listed = [{"name": key, "value": value} for key, value in options.items()]
    return {"name": called, "type": 1, "options": listed, "resolved": resolved or {}}


def form(custom_id: str, /, **values: Any) -> dict[str, Any]:
    rows = [{"type": 18, "component": {"custom_id": key, "value": value}} for key, value in values.items()]
    return {"custom_id": custom_id, "components": [{"type": 10}, *rows]}


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (command("paint", prompt="a mug"), OLD_COMMAND),
        ({}, OLD_COMMAND),
        (command("train", type="animal"), "Say what it is: product, character or style."),
        (command("train"), "Say what it is"),
        (command("train", type="product", image1="9"), LOST_FILE),
        (command("imagine"), NO_PROMPT),
        (command("imagine", prompt="   "), NO_PROMPT),
        (command("imagine", prompt=4), NO_PROMPT),
        (command("edit", name="@"), "Name the model to edit"),
        (command("edit", name="ada", remove="1,,x"), "with commas between them"),
        (command("edit", name="ada", remove="99999"), "with commas between them"),
        (command("delete", name=" "), "Name the model to delete"),
    ],
)
def test_what_makes_no_sense_is_one_sentence(data: dict[str, Any], sentence: str):
    asked = read_command(MIA, data)
    assert isinstance(asked, Sentence)
    assert sentence in asked.text


def test_options_of_the_wrong_kind_are_left_out():
    asked = read_command(MIA, command("imagine", prompt="a mug", count="many", seed=True, guidance="high"))
    assert asked == ImagineRequest(MIA, "a mug")
    assert read_command(MIA, command("settings", private="yes", quorum="2")) == SettingsRequest(MIA)


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [("2", (2,)), ("2, 5", (2, 5)), ("5 2", (2, 5)), ("#3; 1", (1, 3)), ("2 - 4", (2, 3, 4)), ("", ())],
)
def test_numbers_of_photos(typed: str, numbers: tuple[int, ...]):
    asked = read_command(MIA, command("edit", name="ada", remove=typed))
    assert isinstance(asked, EditRequest)
    assert asked.remove == numbers


def test_files_go_by_their_options_number_however_they_were_attached():
    files = {number: {"filename": f"{number}.jpg", "url": f"https://cdn/{number}"} for number in ("11", "22")}
    data = command("train", {"attachments": files}, type="product", image7="11", image2="22")
    asked = read_command(MIA, data)
    assert isinstance(asked, TrainRequest)
    assert [file.filename for file in asked.attachments] == ["22.jpg", "11.jpg"]


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        (form("poem", name="x"), OLD_FORM),
        ({}, OLD_FORM),
        (form("train:animal:tiny:standard", name="x"), OLD_FORM),
        (form("train-from:x"), OLD_FORM),
        (form("train-from:99", kind="product"), PHOTOS_FORGOTTEN),
        (form("settings", quorum="two"), "is a number"),
    ],
)
def test_a_form_that_makes_no_sense_is_one_sentence(sent: dict[str, Any], sentence: str):
    asked = read_form(MIA, sent, lambda message: None)
    assert isinstance(asked, Sentence)
    assert sentence in asked.text


def test_a_form_without_its_fields_asks_for_nothing_in_particular():
    asked = read_form(MIA, {"custom_id": "train:product:tiny:quick"}, lambda message: None)
    assert asked == TrainRequest(MIA, ModelKind.PRODUCT, "", (), base_model="tiny", preset="quick")


def test_a_file_that_discord_forgot_to_send_along_is_said():
    sent = {"custom_id": "add:1:7", "components": [{"component": {"custom_id": "photos", "values": ["5"]}}]}
    assert read_form(MIA, sent, lambda message: None) == Sentence(LOST_FILE)


def test_pictures_of_a_forwarded_message_count_and_its_film_does_not():
    picture = {"filename": "a.png", "url": "https://cdn/a", "content_type": "image/png"}
    film = {"filename": "b.mp4", "url": "https://cdn/b", "content_type": "video/mp4"}
    bare = {"filename": "c", "url": "https://cdn/c"}
    forwarded = {
        "message_snapshots": [{"message": {"attachments": [picture, film, bare]}}],
        "attachments": [],
    }
    assert [file.filename for file in pictures_of(forwarded)] == ["a.png", "c"]


def test_mentions_become_names():
    assert mentioned("<@1> and <@!2> with <@&3>, <#4>") == {1, 2, 3}
    names = {1: ("Ada L.", "", "ada"), 2: ("Bob",), 3: ("Summer Shoes",)}
    said = with_names("<@1>, <@!2> and <@&3>, <@9>", names, {"ada", "summer-shoes"})
    assert said == "@ada, @Bob and @summer-shoes, <@9>"
