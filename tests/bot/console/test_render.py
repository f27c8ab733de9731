"""How the console's cards read: the looks that no other platform shares."""

from __future__ import annotations

from dataclasses import replace

from bot.console.render import bar, render
from bot.console.text import body_lines, heading, picture_line
from bot.console.timeline import BOT_NAME, Body, PersonReaction, PictureFile, Post
from bot.replies import (
    Button,
    ConsentNeeded,
    ConsentStatement,
    DraftTitle,
    FindingsToReview,
    JobLine,
    JobList,
    JobQueued,
    JobRunning,
    JobTitle,
    ReactionChoice,
)
from bot.wording import likeness_word
from core.rules.kinds import ModelKind

SHOES = DraftTitle("d", "Summer Shoes", "summer-shoes", ModelKind.PRODUCT, 4, is_edit=False)
TITLE = JobTitle("j", "Summer Shoes → @summer-shoes · product · 4 photos")


def test_a_running_job_reads_like_the_thread_we_want() -> None:
    card = render(JobRunning(TITLE, "Training", 0.61, 2.0, None, (Button("Cancel", "x"),)))

    assert card.lines == (TITLE.text, "Training ▮▮▮▮▮▯▯▯ 61 % · about 2 minutes left")
    assert card.is_live


def test_a_bar_is_full_only_at_the_end() -> None:
    assert bar(0.0) == "▯▯▯▯▯▯▯▯"
    assert bar(0.99) == "▮▮▮▮▮▮▮▯"
    assert bar(1.0) == "▮▮▮▮▮▮▮▮"


def test_a_queued_job_says_its_place_or_that_nobody_can_do_it() -> None:
    assert render(JobQueued(TITLE, 2, 4.0, True, ())).lines[1] == "Queued · 2 ahead of you, about 4 minutes"
    assert render(JobQueued(TITLE, 0, None, True, ())).lines[1] == "Queued · next"
    assert "starts by itself" in render(JobQueued(TITLE, 0, None, False, ())).lines[1]


def test_the_review_counts_what_is_decided() -> None:
    card = FindingsToReview(SHOES, 2, 0, (), (), (), ())

    assert render(card).lines[:3] == (
        "Summer Shoes → @summer-shoes · product · 4 photos",
        "Fix issues · 2 of 4 photos could be better",
        "Decide below with a reaction, or train anyway.",
    )
    assert "1 decided, 1 to go." in render(replace(card, decided=1)).lines[2]


def test_buttons_of_the_same_name_can_be_told_apart() -> None:
    cancel = Button("Cancel", "a"), Button("Cancel", "b")
    jobs = render(JobList(tuple(JobLine("@rex", "queued", False, (button,)) for button in cancel)))
    assert jobs.buttons == (Button("Cancel 1", "a"), Button("Cancel 2", "b"))

    boxes = tuple(ConsentStatement(text, False, Button("Tick", text)) for text in ("rights", "adult"))
    consent = render(ConsentNeeded(SHOES, "", boxes, (Button("I agree", "agree"),)))
    assert [button.label for button in consent.buttons] == ["Tick 1", "Tick 2", "I agree"]


def test_a_likeness_is_a_word() -> None:
    assert [likeness_word(score) for score in (0.9, 0.6, 0.1, -0.2, None)] == [
        "close",
        "fair",
        "loose",
        "loose",
        "not measured",
    ]


def test_a_post_shows_who_decided_and_what_can_be_pressed() -> None:
    choices = (ReactionChoice("✅", "keep"), ReactionChoice("❌", "remove"))
    body = Body(
        ("photo 3 of 4",),
        (PictureFile("/p/1.png", "", 64, 48),),
        (Button("Start", "a"), Button("Cancel", "b")),
        choices,
    )
    post = Post(7, 1, BOT_NAME, replace(body, mention="mia"), reactions=(PersonReaction("❌", "ada"),))

    assert heading(post) == "  7  Likeness → mia"
    assert body_lines(post) == [
        "photo 3 of 4",
        "picture: /p/1.png (64×48)",
        "✅ keep   ❌ remove (ada)",
        "[Start] [Cancel]",
    ]
    assert "no longer kept" in picture_line(PictureFile("", "a test sheet"))


def test_nobody_can_steer_the_terminal_of_somebody_else() -> None:
    post = Post(1, 1, "mia", Body(("/imagine a \x1b[2Jmug\x07",)))

    assert body_lines(post) == ["/imagine a  [2Jmug "]
