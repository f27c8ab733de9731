"""The story that the pictures in `docs` tell, reply by reply, in the words that the commands use."""

from __future__ import annotations

from datetime import date
from typing import Any

from bot.endings import ADVICE
from bot.flagged import THE_FRAME
from bot.replies import (
    Analyzing,
    Button,
    CaptionsToReview,
    ConsentNeeded,
    ConsentStatement,
    CreditsShown,
    DraftTitle,
    FindingsToReview,
    FlaggedPhoto,
    ImagesReady,
    JobDone,
    JobFailed,
    JobLine,
    JobList,
    JobQueued,
    JobRunning,
    JobTitle,
    ModelCard,
    ModelList,
    ModelReady,
    PersonQuestion,
    PhotosNeeded,
    ReactionChoice,
    ReadyToTrain,
    Refusal,
    Reply,
    WorkspaceSettings,
)
from core.consent import GUIDELINES, STATEMENTS
from core.errors import Refused
from core.feedback.findings import Check
from core.feedback.questions import WORN
from core.feedback.sentences import blurry_reason, not_assessed_in_short
from core.rules.captions import CAPTION_ADVICE
from core.rules.kinds import ModelKind
from core.rules.plans import load_plans
from core.rules.prompts import parse_prompt
from core.rules.resolution import ModelState, NamedModel, resolve
from core.rules.wording import counted
from gpu_worker.trial import NO_EFFECT
from tests.fakes.told_pictures import Told

SHOES_DRAFT, ADA_DRAFT, PASTEL_DRAFT = "0f" * 16, "1f" * 16, "3f" * 16
TRAINING, PAINTING = "1e" * 16, "2e" * 16
CAPTIONS = (
    "ada woman, round glasses, half-length, smiling, in a kitchen",
    "ada woman, round glasses, close-up, looking left",
    "ada woman, round glasses, full-body, red coat, in a park",
    "ada woman, round glasses, sitting, laughing, on grey",
    "ada woman, round glasses, half-length, at a desk",
)
DAY = date(2026, 11, 21)


def _known(handle: str, kind: ModelKind, state: ModelState = ModelState.READY, **more: Any) -> NamedModel:
    return NamedModel(handle, handle.title(), kind, state, "tiny", **more)


KNOWN = {
    model.handle: model
    for model in (
        _known("summer-shoes", ModelKind.PRODUCT),
        _known("ada", ModelKind.CHARACTER),
        _known("noir", ModelKind.STYLE),
        _known("pastel", ModelKind.STYLE),
        _known("fedora", ModelKind.PRODUCT, ModelState.TRAINING, minutes_left=3.0),
        _known("old-logo", ModelKind.PRODUCT, ModelState.DELETED, deleted_on=date(2026, 5, 3)),
    )
}
"""What the prompts of `refusals` can name."""


def training(told: Told, mia: str) -> list[Reply]:
    """From the first look at the photos to the test sheet: the card as it changes, and the news."""
    shoes = _shoes(mia, 4)
    job = JobTitle(TRAINING, "Summer Shoes → @summer-shoes · product · 3 photos", mia)
    cancel = (_job("Cancel", TRAINING),)
    return [
        Analyzing(shoes, 3, 4, ("Summer Shoes becomes @summer-shoes.",)),
        JobQueued(job, 2, 4.0, True, cancel),
        JobRunning(job, "Training", 0.61, 2.0, told.preview, cancel),
        JobDone(job, "Ready."),
        ModelReady(
            job, mia, "summer-shoes", 1, 0.83, told.sheet, "/imagine @summer-shoes on a beach", ADVICE,
            _about_model("summer-shoes"),
        ),
    ]  # fmt: skip


def review(told: Told, mia: str) -> list[Reply]:
    """What could be better: the card, a photo that is undecided, one that is decided, and the card then."""
    shoes = _shoes(mia, 4)
    return [
        _to_review(shoes, 0),
        _flagged_soft(told, ""),
        FlaggedPhoto(
            SHOES_DRAFT, 4, 4, told.cut,
            (
                "The square crop would cut off part of the sneaker. "
                "Pad it with white, or replace it with a photo that leaves room around it.",
                THE_FRAME,
            ),
            (
                ReactionChoice("✅", "keep the crop"),
                ReactionChoice("✂️", "pad with white instead"),
                ReactionChoice("❌", "remove"),
            ),
            "",
        ),
    ]  # fmt: skip


def after_a_decision(told: Told, mia: str) -> tuple[Reply, Reply]:
    """What the card and the soft photo become."""
    return _to_review(_shoes(mia, 4), 1), _flagged_soft(told, "Removed.")


def consent(mia: str) -> list[Reply]:
    """What a person's model needs."""
    ada = _ada(mia)
    cancel = _draft("Cancel", ADA_DRAFT)
    ticks = tuple(
        ConsentStatement(
            text,
            number < 3,
            Button(f"{'Untick' if number < 3 else 'Tick'} {number}", f"draft:{ADA_DRAFT}:tick:{number}"),
        )
        for number, text in enumerate(STATEMENTS, start=1)
    )
    real = Button("A real person", f"draft:{ADA_DRAFT}:person:real")
    invented = Button("Invented or an animal", f"draft:{ADA_DRAFT}:person:invented")
    return [
        PersonQuestion(ada, (real, invented, cancel)),
        ConsentNeeded(ada, GUIDELINES, ticks, (Button("I agree", f"draft:{ADA_DRAFT}:agree"), cancel)),
    ]


def captions(mia: str) -> list[Reply]:
    """What is said before the start."""
    ada = _ada(mia)
    edit, cancel = _draft("Edit captions", ADA_DRAFT), _draft("Cancel", ADA_DRAFT)
    accept = Button("Looks right", f"draft:{ADA_DRAFT}:accept")
    start = Button("Start", f"draft:{ADA_DRAFT}:start")
    return [
        CaptionsToReview(ada, CAPTIONS, CAPTION_ADVICE[ada.kind], (edit, accept, cancel)),
        ReadyToTrain(ada, 6.0, 15, 240, (), (start, cancel)),
    ]


def imagine(told: Told, mia: str) -> list[Reply]:
    """From a prompt to its pictures: one message, which changes."""
    priced = f"{counted(len(told.painted), 'picture')}, {counted(len(told.painted), 'credit')}"
    title = JobTitle(PAINTING, f"@ada and @summer-shoes · in the park · {priced}", mia)
    again = (Button("Again", f"again:{PAINTING}"),)
    return [
        JobQueued(title, 0, 1.0, True, (_job("Cancel", PAINTING),)),
        ImagesReady(title, mia, told.painted, "seed 8112 · @ada v2 · @summer-shoes v1", (), again),
    ]


def lists(ben: str, approver: str, *, has_private_threads: bool = True) -> list[tuple[str, Reply]]:
    """What the commands that only look answer, by command."""
    models = (
        ModelCard("ada", "Ada", ModelKind.CHARACTER, "ready", 2, False, 0.74),
        ModelCard("flower-vase", "Flower Vase", ModelKind.PRODUCT, "ready", 1, True, 0.78),
        ModelCard("noir", "Noir", ModelKind.STYLE, "training", None, False, None),
        ModelCard("summer-shoes", "Summer Shoes", ModelKind.PRODUCT, "ready", 1, False, 0.83),
    )
    jobs = (
        JobLine("Noir → @noir · style · 12 pictures", "running, 61 %", False, (_job("Cancel", "a" * 32),)),
        JobLine("@ada · at sea · 2 pictures, 2 credits", "queued", False, (_job("Cancel", "b" * 32),)),
        JobLine("@summer-shoes · on a beach · 1 picture, 1 credit", "done", True, ()),
    )
    prices = ((ModelKind.PRODUCT, 10), (ModelKind.CHARACTER, 15), (ModelKind.STYLE, 20))
    next_page = (Button("Next", "models:1:"),)
    return [
        ("models", ModelList("", models, 0, 3, 44, next_page)),
        ("jobs", JobList(jobs)),
        ("credits", CreditsShown("Pro", 240, 1000, 1, prices)),
        ("settings", WorkspaceSettings(2, (approver, ben), (), has_private_threads, may_change=True)),
    ]


def refusals() -> list[tuple[str, Reply]]:
    """When the answer is no, by the prompt that it answers."""
    plans = load_plans()
    asked = ("@sumer-shoes on a beach", "@old-logo on a wall", "@ada, @noir, @pastel", "@fedora at night")
    answers = [
        resolve(parse_prompt(prompt), KNOWN, plans.named("pro"), plans=plans, configured=("tiny",), today=DAY)
        for prompt in asked
    ]
    return [
        (prompt, Refusal(answer.reasons))
        for prompt, answer in zip(asked, answers, strict=True)
        if isinstance(answer, Refused)
    ]


def failed(mia: str) -> Reply:
    """A training that did not work out."""
    job = JobTitle("3e" * 16, "Pastel → @pastel · style · 12 pictures", mia)
    return JobFailed(job, NO_EFFECT.format(handle="pastel"), 20)


def waiting(mia: str) -> Reply:
    """A draft whose photos are not enough yet."""
    plans = load_plans()
    style = DraftTitle(PASTEL_DRAFT, "Pastel", "pastel", ModelKind.STYLE, 3, is_edit=False, requester_id=mia)
    refused = plans.require_image_count(plans.named("pro"), style.kind, style.photo_count, is_kept=True)
    buttons = (_draft("Add photos", PASTEL_DRAFT), _draft("Cancel", PASTEL_DRAFT))
    return PhotosNeeded(style, refused.reasons if refused else (), (), buttons)


def _ada(mia: str) -> DraftTitle:
    return DraftTitle(
        ADA_DRAFT, "Ada", "ada", ModelKind.CHARACTER, len(CAPTIONS), is_edit=False, requester_id=mia
    )


def _shoes(mia: str, count: int) -> DraftTitle:
    return DraftTitle(
        SHOES_DRAFT,
        "Summer Shoes",
        "summer-shoes",
        ModelKind.PRODUCT,
        count,
        is_edit=False,
        requester_id=mia,
    )


def _to_review(shoes: DraftTitle, decided: int) -> FindingsToReview:
    asked = WORN.text.format(noun="sneaker")
    unseen = not_assessed_in_short((Check.DIFFERENT_SUBJECT, Check.BLURRY), "sneaker")
    answers = tuple(
        Button(answer.label, f"draft:{SHOES_DRAFT}:answer:worn={answer.name}") for answer in WORN.answers
    )
    anyway = Button("Train anyway", f"draft:{SHOES_DRAFT}:anyway")
    buttons = (*answers, anyway, _draft("Add photos"), _draft("Cancel"))
    return FindingsToReview(shoes, 2, decided, (asked,), (unseen,), (), buttons)


def _flagged_soft(told: Told, decision: str) -> FlaggedPhoto:
    best = "Best: replace it with a sharp one. One great photo beats one great and two poor."
    said = f"{blurry_reason(ModelKind.PRODUCT, 'sneaker')} {best}"
    choices = (ReactionChoice("✅", "keep"), ReactionChoice("❌", "remove"))
    return FlaggedPhoto(SHOES_DRAFT, 3, 4, told.soft, (said,), choices, decision)


def _draft(label: str, draft_id: str = SHOES_DRAFT) -> Button:
    verbs = {"Cancel": "cancel", "Add photos": "add", "Edit captions": "captions"}
    return Button(label, f"draft:{draft_id}:{verbs[label]}")


def _job(label: str, job_id: str) -> Button:
    return Button(label, f"job:{job_id}:{label.lower()}")


def _about_model(handle: str) -> tuple[Button, ...]:
    return tuple(Button(label, f"model:{handle}:{label.split()[0].lower()}") for label in _MODEL_BUTTONS)


_MODEL_BUTTONS = ("Try it", "Edit", "Delete")
