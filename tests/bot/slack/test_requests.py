"""What Slack sends, read without a Slack: also what an older or a broken client would send."""

from __future__ import annotations

from typing import Any

import pytest

from bot.chat.typed import photo_numbers
from bot.requests import (
    AddPhotosRequest,
    Attachment,
    EditRequest,
    ImagineRequest,
    Requester,
    SettingsRequest,
    ThreadAddress,
    TrainRequest,
)
from bot.slack.addresses import FileAddress, Place
from bot.slack.asked import Sentence
from bot.slack.attached import kept, pictures_of, read_kept
from bot.slack.fields import cut
from bot.slack.forms import TrainForm
from bot.slack.origin import Origin
from bot.slack.payloads import kept_in, place_in
from bot.slack.requests import Typed, read_words
from bot.slack.said import mentioned, plain_words, without
from bot.slack.submissions import CLASS_NEEDED, KIND_NEEDED, NO_NUMBER, NO_SEED, OLD_FORM, read_form
from core.rules.kinds import ModelKind

MIA = Requester("slack", "T1", "U42", "Mia", ThreadAddress("slack", "T1/C1"))
PHOTO = Attachment("a.jpg", FileAddress("T1", "F1", "https://files.slack.com/a.jpg").written())


def view(name: str, /, **values: dict[str, Any]) -> dict[str, Any]:
    state = {key: {key: value} for key, value in values.items()}
    return {"callback_id": f"likeness:{name}", "state": {"values": state}}


def typed(value: str) -> dict[str, Any]:
    return {"type": "plain_text_input", "value": value}


def chosen(value: str) -> dict[str, Any]:
    return {"type": "radio_buttons", "selected_option": {"value": value}}


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({}, Sentence(OLD_FORM)),
        (view("paint"), Sentence(OLD_FORM)),
        (view("train"), Sentence(KIND_NEEDED, "kind")),
        (view("train", kind=chosen("animal")), Sentence(KIND_NEEDED, "kind")),
        (view("train", kind=chosen("product"), **{"class": typed(" ")}), Sentence(CLASS_NEEDED, "class")),
        (view("settings", quorum=typed("many")), Sentence(NO_NUMBER, "quorum")),
        (view("settings", quorum=typed("²")), Sentence(NO_NUMBER, "quorum")),
        (view("imagine", prompt=typed("a mug"), seed=typed("7.5")), Sentence(NO_SEED, "seed")),
    ],
)
def test_what_makes_no_sense_is_one_sentence_beside_its_field(sent: dict[str, Any], sentence: Sentence):
    assert read_form(MIA, sent, {}) == sentence


def test_fields_that_nobody_touched_are_left_out():
    empty: dict[str, Any] = {"type": "radio_buttons", "selected_option": None}
    sent = view(
        "imagine", prompt=typed("a mug"), count=empty, seed={"type": "plain_text_input", "value": None}
    )
    assert read_form(MIA, sent, {}) == ImagineRequest(MIA, "a mug")
    sent = view("settings", quorum=typed("2"), approvers={"selected_users": []}, private=chosen("public"))
    assert read_form(MIA, sent, {}) == SettingsRequest(MIA, 2, (), (), has_private_threads=False)


@pytest.mark.parametrize(
    ("written", "numbers"),
    [
        ("2", (2,)),
        ("2, 5", (2, 5)),
        ("#3 1-2", (1, 2, 3)),
        ("2 – 4", (2, 3, 4)),
        ("", ()),
        ("x", None),
        ("1,,2x", None),
    ],
)
def test_numbers_are_read_as_people_write_them(written: str, numbers: tuple[int, ...] | None):
    assert photo_numbers(written) == numbers


@pytest.mark.parametrize(
    ("slacks", "words"),
    [
        ("<@U1> at sea", "@ada at sea"),
        ("<@U1|ada.l> at sea", "@ada at sea"),
        ("<@U2|boots> at sea", "@boots at sea"),
        ("<@U3> at sea", "at sea"),
        ("<!subteam^S1|@team> at sea", "@team at sea"),
        ("<!here> and <!channel>", "@here and @channel"),
        ("in <#C1|studio>", "in #studio"),
        ("see <https://a.example/x?a=1&amp;b=2>", "see https://a.example/x?a=1&b=2"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("1 &lt; 2 &amp;amp; 3", "1 < 2 &amp; 3"),
        ("“boots”\u00a0 ’s", '"boots" \'s'),
        ("line one\nline two ", "line one\nline two"),
    ],
)
def test_slacks_notation_becomes_what_was_typed(slacks: str, words: str):
    assert plain_words(slacks, {"U1": ("Ada L", "ada")}, {"ada", "boots"}) == words


def test_our_own_name_is_no_word_of_a_command():
    assert without("<@U9> train <@U9|likeness> x", "U9").split() == ["train", "x"]
    assert mentioned("<@U1> <@U2|x> <!subteam^S3> <https://a.example>") == {"U1", "U2", "S3"}


@pytest.mark.parametrize(
    ("words", "request_"),
    [
        ("train product Boots", TrainRequest(MIA, ModelKind.PRODUCT, "Boots", (PHOTO,))),
        ("Train:\nstyle name: Noir", TrainRequest(MIA, ModelKind.STYLE, "Noir", (PHOTO,))),
        (
            'train character "Ada L" class: woman features: bob, round glasses preset: quick base: Tiny',
            TrainRequest(
                MIA, ModelKind.CHARACTER, "Ada L", (PHOTO,), "woman", "tiny", "quick", "bob, round glasses"
            ),
        ),
        ("edit @ada remove: 2", EditRequest(MIA, "ada", (PHOTO,), (2,))),
        ("add to @ada", EditRequest(MIA, "ada", (PHOTO,))),
        ("add", AddPhotosRequest(MIA, (PHOTO,))),
        ("@ada in a hat", ImagineRequest(MIA, "@ada in a hat")),
    ],
)
def test_words_beside_photos_say_what_becomes_of_them(words: str, request_: object):
    assert read_words(Typed(MIA, words, (PHOTO,))) == request_


def test_a_prompt_may_begin_like_a_verb():
    assert read_words(Typed(MIA, "add a hat to @ada")) == ImagineRequest(MIA, "add a hat to @ada")
    assert isinstance(read_words(Typed(MIA, "add a hat")), Sentence)
    asked = read_words(Typed(MIA, "train red boots", can_open=True))
    assert asked == TrainForm(name="red boots"), "what is no kind is a part of the name"


def test_a_slip_is_answered_with_what_was_meant():
    asked = read_words(Typed(MIA, "imagine @ada cuont: 4", prefix="studio-"))
    assert isinstance(asked, Sentence) and "Did you mean count:?" in asked.text
    asked = read_words(Typed(MIA, "settings trainers: bob", prefix="studio-"))
    assert isinstance(asked, Sentence) and "/likeness help" in asked.text
    for words in ("settings quorum: many", "imagine a mug seed: x", "edit ada remove: some"):
        assert isinstance(read_words(Typed(MIA, words)), Sentence)
    assert read_words(Typed(MIA, "settings quorum: 2")) == SettingsRequest(MIA, 2)


def test_only_what_may_be_a_picture_is_a_photo():
    files = [
        {"id": "F1", "name": "a.jpg", "mimetype": "image/jpeg", "url_private": "https://files.slack.com/a"},
        {
            "id": "F2",
            "name": "notes.txt",
            "mimetype": "text/plain",
            "url_private": "https://files.slack.com/b",
        },
        {"id": "F3", "mode": "tombstone"},
        {"id": "F4", "file_access": "check_file_info"},
    ]
    found = pictures_of("T1", {"files": files[:3], "attachments": [{"files": files[3:]}]})
    addresses = [FileAddress.read(each.address) for each in found]
    assert [(each.file_id, each.url) for each in addresses] == [
        ("F1", "https://files.slack.com/a"),
        ("F4", ""),
    ]
    assert [each.filename for each in found] == ["a.jpg", "F4"]


def test_a_form_remembers_files_by_id_where_there_is_no_room_for_more():
    photos = [
        Attachment(f"{n}.jpg", FileAddress("T1", f"F{n}", "https://x/" + "y" * 300).written())
        for n in range(10)
    ]
    assert read_kept("T1", kept(photos[:2])) == tuple(photos[:2])
    short = read_kept("T1", kept(photos, 1000))
    assert [FileAddress.read(each.address) for each in short] == [
        FileAddress("T1", f"F{n}", "") for n in range(10)
    ]


def test_what_a_view_keeps_is_believed_only_as_far_as_it_is_ours():
    assert kept_in({"private_metadata": "{"}) == {} == kept_in({"private_metadata": "[1]"}) == kept_in({})
    assert Origin.read({}) is None and Origin.read({"thread": "nowhere"}) is None
    origin = Origin.read({"thread": "T2/C9/1.2"})
    assert origin is not None and place_in(origin, "T1") == Place("T1", "C9", "1.2"), (
        "never in another workspace"
    )


def test_what_is_too_long_for_a_list_is_cut_by_slacks_own_count():
    assert cut("Summer Shoes") == "Summer Shoes"
    assert cut("👟" * 40) == "👟" * 37 + "…", "two characters each"
