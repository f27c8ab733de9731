"""How the core's replies read on Slack: commands as they are called here, and what people typed as they typed it."""

from __future__ import annotations

import pytest

from bot.chat.card import Card
from bot.replies import (
    Button,
    DeleteConfirmation,
    DraftClosed,
    DraftTitle,
    ImagesReady,
    JobTitle,
    ModelList,
    ModelPhotos,
    ModelReady,
    Notice,
    Picture,
    Refusal,
    Reply,
    WorkspaceSettings,
)
from bot.slack.wording import NOBODY_TO_AGREE, PRIVATE, PUBLIC, Wording
from core.rules.kinds import ModelKind

TYPED = JobTitle("job", "a sign that says /train and /imagine", "U000001")
SHEET = Picture("w/1.png", "sheet.png", "test sheet")
STUDIO = Wording("studio-")


def read(card: Card) -> str:
    return "\n".join(line.text for line in card.lines)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Start again with /train.", "Start again with /studio-train."),
        ("Start with /train or /edit.", "Start with /studio-train or /studio-edit."),
        ("/models shows the names to use.", "/studio-models shows the names to use."),
        ("Type /likeness help, or /invite me.", "Type /likeness help, or /invite me."),
        (
            "See https://example.com/train or photos/train.jpg",
            "See https://example.com/train or photos/train.jpg",
        ),
        ("/training and /train-set are no commands", "/training and /train-set are no commands"),
    ],
)
def test_our_own_sentences_name_the_commands_that_there_are(sentence: str, expected: str) -> None:
    assert STUDIO.commands(sentence) == expected
    assert Wording().commands(sentence) == sentence


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Notice("Those pictures are gone. Type /imagine again."), "Type /studio-imagine again"),
        (Refusal(("Train one of your own with /train.",)), "with /studio-train."),
        (
            DeleteConfirmation("mug", "2 photos", "Send /delete @mug confirm: mug", ()),
            "Send /studio-delete @mug",
        ),
        (
            DraftClosed(
                DraftTitle("d", "Mug", "mug", ModelKind.PRODUCT, 1, False, "U1"), "Start with /train."
            ),
            "Start with /studio-train.",
        ),
        (
            ModelReady(TYPED, "U1", "mug", 1, 0.8, SHEET, "/imagine @mug on a beach", "If so, /edit it.", ()),
            "Try: /studio-imagine @mug on a beach\nIf so, /studio-edit it.",
        ),
    ],
)
def test_replies_name_the_commands_that_there_are(reply: Reply, expected: str) -> None:
    assert expected in read(STUDIO.card(reply))


def test_what_forms_ask_for_is_not_asked_for_in_words() -> None:
    """Slash commands carry no files here, and a form asks for the name."""
    forms = (Button("It opens a form", "model:mug:form"),)
    deleting = DeleteConfirmation("mug", "2 photos", "Send /delete @mug confirm: mug", forms)
    assert read(Wording().card(deleting)).endswith("press Delete for good, and type mug.")
    photos = ModelPhotos("mug", (SHEET,), ("a mug",), "Attach photos to add them.", forms)
    said = read(Wording().card(photos))
    assert "with the buttons below" in said and "Attach" not in said


def test_what_people_typed_stays_as_they_typed_it() -> None:
    painted = ImagesReady(TYPED, "U1", (SHEET,), "seed 1", (), ())
    assert TYPED.text in read(STUDIO.card(painted))
    nothing_found = ModelList("/train", ())
    assert (
        read(STUDIO.card(nothing_found)) == "No model here matches /train. /studio-models lists all of them."
    )
    assert "with /studio-train." in read(STUDIO.card(ModelList("", ())))


def test_the_rules_say_what_private_means_here() -> None:
    def rules(quorum: int, *, is_private: bool) -> str:
        return read(Wording().card(WorkspaceSettings(quorum, (), (), is_private, may_change=False)))

    assert PUBLIC in rules(2, is_private=False)
    assert PRIVATE in rules(1, is_private=True)
    assert NOBODY_TO_AGREE not in rules(1, is_private=True)
    assert f"{PRIVATE} {NOBODY_TO_AGREE}" in rules(2, is_private=True)
