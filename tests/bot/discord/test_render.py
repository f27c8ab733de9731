"""How cards read on Discord, and that whatever is said fits into one message."""

from __future__ import annotations

from dataclasses import replace

import pytest
from discord import ui

from bot.chat.render import render
from bot.discord.fitting import MAX_BUTTONS, rows_of
from bot.discord.layout import Sheet, allowed_mentions, mark_of, sheet_of
from bot.discord.limits import (
    BYTES_A_TEXT,
    MAX_COMPONENTS,
    MAX_GALLERY_PICTURES,
    MAX_TEXT_BYTES,
    MAX_TEXT_CHARACTERS,
)
from bot.discord.markup import ZERO_WIDTH_SPACE, escaped, mention
from bot.replies import (
    Button,
    CaptionsToReview,
    FlaggedPhoto,
    JobLine,
    JobList,
    JobRunning,
    ModelCard,
    ModelList,
    ModelPhotos,
    Notice,
    Picture,
    Reply,
    WorkspaceSettings,
)
from core.rules.kinds import ModelKind
from tests.contracts.reply_examples import CANCEL, DRAFT, FIX, KEEP, REMOVE, SHOES, TRAINING, examples

PICTURE = Picture("w/key.png", "side view.png", "the side view")


def laid_out(reply: Reply) -> Sheet:
    card = render(reply, mention, MAX_GALLERY_PICTURES)
    named = [(f"{number}.png", "a picture") for number, _ in enumerate(card.pictures)]
    return sheet_of(card, named, mark_of("n"))


def texts(sheet: Sheet) -> list[str]:
    return [item.content for item in sheet.walk_children() if isinstance(item, ui.TextDisplay)]


def assert_fits(sheet: Sheet) -> None:
    said = texts(sheet)
    assert len(list(sheet.walk_children())) <= MAX_COMPONENTS
    assert sum(map(len, said)) <= MAX_TEXT_CHARACTERS
    assert sum(len(text.encode()) + BYTES_A_TEXT for text in said) <= MAX_TEXT_BYTES
    buttons = [item for item in sheet.walk_children() if isinstance(item, ui.Button)]
    ids = [button.custom_id for button in buttons]
    assert len(set(ids)) == len(ids)
    assert all(
        row.children and len(row.children) <= 5
        for row in sheet.walk_children()
        if isinstance(row, ui.ActionRow)
    )


@pytest.mark.parametrize("example", examples(PICTURE), ids=lambda example: type(example.reply).__name__)
def test_everything_that_can_be_said_fits(example) -> None:
    assert_fits(laid_out(example.reply))


def test_a_running_job_reads_like_the_thread_we_want() -> None:
    [text] = texts(laid_out(JobRunning(TRAINING, "Training", 0.61, 2.0, None, (CANCEL,))))

    assert text.splitlines()[1] == "Training ▮▮▮▮▮▯▯▯ 61 % · about 2 minutes left"


def test_a_flagged_photo_says_what_each_emoji_means() -> None:
    reply = FlaggedPhoto(DRAFT, 3, 4, PICTURE, ("Blurry.",), (KEEP, FIX, REMOVE), "")
    [text] = texts(laid_out(reply))

    assert text.splitlines() == [
        "**photo 3 of 4**",
        "Blurry.",
        "✅ keep   ✂️ pad with white instead   ❌ remove",
    ]


def test_forty_captions_of_full_length_are_all_there_to_check() -> None:
    captions = tuple(f"caption {number} " + "with *many* words " * 16 for number in range(1, 41))
    sheet = laid_out(CaptionsToReview(SHOES, captions, "Add what changes.", (CANCEL,)))

    assert_fits(sheet)
    assert all(f"caption {number} " in texts(sheet)[0] for number in range(1, 41))


def test_more_lines_than_fit_say_that_there_are_more() -> None:
    sheet = laid_out(Notice("\n".join(f"line {number} of a long list" for number in range(1000))))

    assert_fits(sheet)
    assert texts(sheet)[0].splitlines()[-1].endswith("more.")


def test_text_in_a_script_of_many_bytes_fits() -> None:
    sheet = laid_out(Notice("写" * 3900))

    assert_fits(sheet)


def test_a_page_of_models_fits() -> None:
    models = tuple(
        ModelCard(f"model-{'x' * 20}{number}", "Ü" * 60, ModelKind.CHARACTER, "training", 12, True, 0.8)
        for number in range(20)
    )
    page = ModelList(
        "mug", models, 1, 9, 180, (Button("Previous", "models:0:mug"), Button("Next", "models:2:mug"))
    )
    sheet = laid_out(page)

    assert_fits(sheet)
    assert "180 models for mug · page 2 of 9" in texts(sheet)[0]


def test_ten_jobs_each_have_their_own_cancel() -> None:
    jobs = tuple(
        JobLine(f"@rex · on a beach {n}", "queued", False, (Button("Cancel", f"job:{n}:cancel"),))
        for n in range(10)
    )
    sheet = laid_out(JobList(jobs))

    assert_fits(sheet)
    assert len([item for item in sheet.walk_children() if isinstance(item, ui.Section)]) == 10


def test_forty_photos_show_ten_and_say_so() -> None:
    card = render(
        ModelPhotos("noir", (PICTURE,) * 40, ("a caption",) * 40, "Attach photos.", ()),
        mention,
        MAX_GALLERY_PICTURES,
    )

    assert len(card.pictures) == 10
    assert "The first 10 of 40 pictures are shown." in [line.text for line in card.lines]


def test_buttons_stand_in_rows_of_five_and_none_twice() -> None:
    buttons = tuple(Button(f"B{number}", f"b:{number % 12}") for number in range(13))

    assert [len(row) for row in rows_of(buttons)] == [5, 5, 2]
    assert sum(map(len, rows_of(tuple(Button("B", f"b:{n}") for n in range(60))))) == MAX_BUTTONS


def test_what_answers_a_question_stands_in_a_row_of_its_own() -> None:
    answers = tuple(Button(name, f"draft:{DRAFT}:answer:worn={name}") for name in ("yes", "no"))
    others = tuple(Button(name, f"draft:{DRAFT}:{name}") for name in ("anyway", "add", "cancel"))

    assert rows_of((*answers, *others)) == (answers, others)


def test_what_people_type_marks_nothing_up_and_calls_nobody() -> None:
    typed = "**bold** _x_ ~~y~~ `code` ||z|| [a](http://b) <@42> <@&7> <#9> @everyone @here"
    shown = escaped(typed)

    assert shown.replace("\\", "").replace(ZERO_WIDTH_SPACE, "") == typed
    for dangerous in ("**", "~~", "||", "[a]", " <@", "@everyone", "@here"):
        assert dangerous not in shown
    assert "\\<@42>" in shown


@pytest.mark.parametrize("line", ["# big", "-# small", "> quoted", "- item", "1. first", "### deep"])
def test_a_line_does_not_become_a_heading_or_a_list(line: str) -> None:
    assert escaped(line) != line
    assert escaped(line).replace("\\", "") == line


def test_a_message_calls_its_person_and_nobody_else() -> None:
    card = replace(render(Notice("Done."), mention, MAX_GALLERY_PICTURES), mention="42")

    assert allowed_mentions(card).to_dict() == {"parse": [], "users": [42]}
    assert mention("42") == "<@42>"
    assert (
        allowed_mentions(render(Notice("@everyone"), mention, MAX_GALLERY_PICTURES)).to_dict()["parse"] == []
    )


def test_settings_name_people_and_roles_and_let_admins_change_them() -> None:
    rules = WorkspaceSettings(2, ("42",), ("7", "8"), has_private_threads=True, may_change=True)
    card = render(
        rules, lambda some_id: f"<@&{some_id}>" if some_id == "7" else f"<@{some_id}>", MAX_GALLERY_PICTURES
    )

    said = "\n".join(line.text for line in card.lines)
    assert "<@&7>, <@8>" in said
    assert "<@42> and the person who asked; 2 people" in said
    assert [button.action for button in card.buttons] == ["settings:workspace:change"]
    assert render(replace(rules, may_change=False), mention, MAX_GALLERY_PICTURES).buttons == ()


def test_marks_differ_and_are_never_small() -> None:
    marks = {mark_of(f"n{number}") for number in range(2000)}

    assert len(marks) == 2000
    assert all(2**30 <= mark < 2**31 for mark in marks)
