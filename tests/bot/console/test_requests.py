"""What people type, and what becomes of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.console.requests import Asked, ClearPost, Typed, parse
from bot.console.timeline import BOT_NAME, Body, Post, Timeline
from bot.console.verbs import VERBS
from bot.replies import Button, Notice, ReactionChoice, Refusal
from bot.requests import (
    AddPhotosRequest,
    Attachment,
    ButtonPress,
    CaptionsRequest,
    CreditsRequest,
    DeleteRequest,
    EditRequest,
    ImagineRequest,
    JobsRequest,
    ModelsRequest,
    Reaction,
    Requester,
    SettingsRequest,
    ThreadAddress,
    TrainRequest,
)
from core.rules.kinds import ModelKind

MIA = Requester("console", "local", "mia", "mia", ThreadAddress("console", "main"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in (
        "a.jpg",
        "b c.jpg",
        "side.jpg",
        "top.jpg",
        "front view.jpg",
        "pics/1.png",
        "pics/2.PNG",
        "ada/1.jpg",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "pics/notes.txt").touch()
    return tmp_path


def a_thread() -> Timeline:
    timeline = Timeline()
    start = (Button("Start", "draft:1:start"), Button("Cancel", "draft:1:cancel"))
    photo = (
        ReactionChoice("✅", "keep"),
        ReactionChoice("✂️", "pad with white instead"),
        ReactionChoice("❌", "remove"),
    )
    listed = (Button("Cancel 1", "job:1:cancel"), Button("Cancel 2", "job:2:cancel"))
    captions = (Button("Edit captions", "draft:1:captions"),)
    bodies = {
        4: Body(("Captions",), buttons=captions),
        5: Body(("Jobs",), buttons=listed),
        6: Body(("Ready",), buttons=start),
        7: Body(("photo 3 of 4",), choices=photo),
    }
    for revision, (number, body) in enumerate(bodies.items(), start=1):
        timeline.apply(Post(number, revision, BOT_NAME, body))
    return timeline


def ask(line: str, folder: Path) -> Asked:
    return parse(Typed(line, MIA, folder, a_thread()))


def names(asked: Asked) -> list[str]:
    assert isinstance(asked, TrainRequest | EditRequest | AddPhotosRequest), asked
    assert all(Path(attachment.address).is_file() for attachment in asked.attachments)
    return [attachment.filename for attachment in asked.attachments]


def refusal(line: str, folder: Path) -> str:
    asked = ask(line, folder)
    assert isinstance(asked, Refusal), asked
    return " ".join(asked.reasons)


@pytest.mark.parametrize("example", [example for verb in VERBS for example in verb.examples])
def test_every_example_in_the_help_works(example: str, folder: Path) -> None:
    assert not isinstance(asked := ask(example, folder), Refusal), asked


def test_train_as_the_help_writes_it(folder: Path) -> None:
    photos = 'a.jpg "b c.jpg" pics/*.png'
    line = f"/train product  name: Summer Shoes class: sneaker photos: {photos} base: TINY preset: quick"
    asked = ask(line, folder)

    assert names(asked) == ["a.jpg", "b c.jpg", "1.png"]
    assert isinstance(asked, TrainRequest)
    assert (asked.kind, asked.name, asked.class_noun) == (ModelKind.PRODUCT, "Summer Shoes", "sneaker")
    assert (asked.base_model, asked.preset) == ("tiny", "quick")


def test_train_in_a_few_words(folder: Path) -> None:
    asked = ask("/train product Summer Shoes side.jpg top.jpg", folder)

    assert names(asked) == ["side.jpg", "top.jpg"]
    assert isinstance(asked, TrainRequest)
    assert asked.name == "Summer Shoes"


@pytest.mark.parametrize(
    ("photos", "found"),
    [
        ("front\\ view.jpg", ["front view.jpg"]),
        ("'front view.jpg' a.jpg", ["front view.jpg", "a.jpg"]),
        ("pics", ["1.png", "2.PNG"]),
        ("a.jpg a.jpg *.jpg", ["a.jpg", "b c.jpg", "front view.jpg", "side.jpg", "top.jpg"]),
    ],
)
def test_files_as_shells_and_terminals_write_them(photos: str, found: list[str], folder: Path) -> None:
    assert names(ask(f"/train product name: Rex photos: {photos}", folder)) == found


def test_features_may_hold_colons_and_commas(folder: Path) -> None:
    asked = ask("/train character name: Ada features: hair: red, round glasses photos: a.jpg", folder)

    assert isinstance(asked, TrainRequest)
    assert asked.customizations == "hair: red, round glasses"


def test_a_file_counts_from_where_its_author_stands(folder: Path) -> None:
    asked = ask("/add 1.png", folder / "pics")

    assert asked == AddPhotosRequest(MIA, (Attachment("1.png", str(folder / "pics" / "1.png")),))


def test_edit(folder: Path) -> None:
    asked = ask("/edit @summer-shoes photos: top.jpg remove: 2, 3 and 5", folder)

    assert names(asked) == ["top.jpg"]
    assert isinstance(asked, EditRequest)
    assert (asked.name, asked.remove) == ("summer-shoes", (2, 3, 5))


def test_imagine_with_every_option(folder: Path) -> None:
    line = "/imagine @a and @b at a picnic count: 4 seed: 7 aspect: Square steps: 20 guidance: 4.5 negative: rain, fog"

    assert ask(line, folder) == ImagineRequest(
        MIA,
        "@a and @b at a picnic",
        count=4,
        seed=7,
        aspect="1:1",
        steps=20,
        guidance=4.5,
        negative="rain, fog",
    )


@pytest.mark.parametrize(
    "prompt",
    [
        'a sign that says "count: 4"',
        "a scene: a dog, name: unknown, at 12:30",
        "don't look up, it's \"late\"",
        "Steps of Rome: a guide",
    ],
)
def test_a_prompt_is_left_as_it_is(prompt: str, folder: Path) -> None:
    assert ask(f"/imagine {prompt}", folder) == ImagineRequest(MIA, prompt)


def test_delete_models_jobs_clear(folder: Path) -> None:
    assert ask("/delete @rex", folder) == DeleteRequest(MIA, "rex")
    assert ask("/delete @rex confirm: rex", folder) == DeleteRequest(MIA, "rex", "rex")
    assert ask("/models red shoes", folder) == ModelsRequest(MIA, "red shoes")
    assert ask("/jobs", folder) == JobsRequest(MIA)
    assert ask("/clear 7", folder) == ClearPost(7)


def test_settings_and_credits(folder: Path) -> None:
    assert ask("/credits", folder) == CreditsRequest(MIA)
    assert ask("/settings", folder) == SettingsRequest(MIA)
    changed = ask("/settings quorum: 2 approvers: @lee, kim trainers: everybody", folder)
    assert changed == SettingsRequest(MIA, quorum=2, approvers=("lee", "kim"), trainers=())
    assert isinstance(ask("/settings quorum: many", folder), Refusal)


def test_captions(folder: Path) -> None:
    assert ask("/caption 2: rex dog, at sea", folder) == CaptionsRequest(MIA, ((2, "rex dog, at sea"),))
    several = ask("/captions 1: rex dog: a portrait; 3: rex dog, from above", folder)
    assert several == CaptionsRequest(MIA, ((1, "rex dog: a portrait"), (3, "rex dog, from above")))


@pytest.mark.parametrize(
    "line", ["/press start", "/press Sta", "/press [Start]", "/press 6 Start", "/PRESS #6 s"]
)
def test_press(line: str, folder: Path) -> None:
    assert ask(line, folder) == ButtonPress(MIA, "draft:1:start")


def test_press_takes_the_latest_message_that_has_the_label(folder: Path) -> None:
    assert ask("/press cancel", folder) == ButtonPress(MIA, "draft:1:cancel")
    assert ask("/press Cancel 2", folder) == ButtonPress(MIA, "job:2:cancel")


def test_a_button_that_opens_a_form_elsewhere_says_what_to_type(folder: Path) -> None:
    asked = ask("/press Edit captions", folder)
    assert isinstance(asked, Notice)
    assert "/caption 2:" in asked.text


@pytest.mark.parametrize("what", ["✂️", "✂", "fix", "pad", "pad with white instead"])
def test_react_by_emoji_or_word(what: str, folder: Path) -> None:
    assert ask(f"/react 7 {what}", folder) == Reaction(MIA, "7", "✂️")
    assert ask(f"/unreact 7 {what}", folder) == Reaction(MIA, "7", "✂️", is_withdrawn=True)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("/trian product", "There is no /trian. Did you mean /train?"),
        ("/paint a mug", "There is no /paint. /help lists what there is."),
        ("/help trian", "There is no /trian. Did you mean /train?"),
        (
            "/train product name: Rex clas: dog photos: a.jpg",
            "/train has no option clas:. Did you mean class:?",
        ),
        (
            "/train product name: Rex color: red",
            "/train has no option color:. /help train shows what there is.",
        ),
        ("/train produkt Rex a.jpg", "Did you mean product?"),
        ("/train", "Say first what it is: product, character or style."),
        ("/train product Rex missing.jpg", "There is no file missing.jpg."),
        ("/train product name: Rex photos: no/*.jpg", "No file matches no/*.jpg."),
        ("/train product name: Rex photos: */*.jpg", "only the file's own name can be one"),
        ("/train product Bob name: Rex photos: a.jpg", 'I cannot place "Bob".'),
        ("/train product name: A name: B", "name: is there twice. Keep one of them."),
        (
            "/imagine a mug count: four",
            'count: takes a whole number, for example count: 4. "four" is not one.',
        ),
        (
            "/imagine a mug guidance: nan",
            'guidance: takes a number, for example guidance: 4.5. "nan" is not one.',
        ),
        (
            "/imagine a mug cuont: 4",
            "Did you mean count:? To have it in the picture instead, put it in quotes.",
        ),
        ("/imagine", "Say what to paint"),
        ("/edit @rex remove: the second", "remove: takes photo numbers"),
        ("/add", "Name the photos to add"),
        ("/caption two: at sea", "Write the photo's number"),
        ("/press Strat", "There is no button Strat. Did you mean Start?"),
        ("/press 7 Start", "Message 7 has no buttons."),
        ("/press 99 Start", "There is no message 99 here."),
        ("/press 5 Can", "Which one: Cancel 1 or Cancel 2?"),
        ("/react 7 😀", "Message 7 takes ✅ keep, ✂️ pad with white instead or ❌ remove."),
        ("/react 6 keep", "There is nothing to decide on message 6."),
        ("/react keep", "Write the message's number and what you decide"),
        ("/clear 99", "There is no message 99 here."),
        ("Start", "To press a button, type /press Start"),
        ("a dog on a beach", "I answer to lines that begin with a slash."),
    ],
)
def test_what_cannot_be_is_said_with_the_next_step(line: str, sentence: str, folder: Path) -> None:
    assert sentence in refusal(line, folder)


def test_every_missing_file_is_named(folder: Path) -> None:
    sentences = refusal("/train product name: Rex photos: one.jpg a.jpg two.jpg", folder)

    assert "one.jpg" in sentences
    assert "two.jpg" in sentences


def test_help_lists_every_verb_and_explains_one(folder: Path) -> None:
    everything = ask("/help", folder)
    assert isinstance(everything, Notice)
    assert all(f"/{verb.name} " in everything.text for verb in VERBS)

    one = ask("/help train", folder)
    assert isinstance(one, Notice)
    assert "features:" in one.text


@given(rest=st.text(max_size=60), verb=st.sampled_from([verb.name for verb in VERBS]))
def test_no_line_breaks_the_parser(rest: str, verb: str) -> None:
    asked = parse(Typed(f"/{verb} {rest}", MIA, Path("/nowhere"), a_thread()))

    if isinstance(asked, Refusal):
        assert all(asked.reasons)
