"""What is asked with one tap, because a person sees it at once and the vision set up here cannot.

A question is asked only where a check said that it could not look. An answer either clears the matter or is
advice, in the words of a finding.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from core.feedback.findings import Check
from core.rules.kinds import ModelKind

# Things that are worn or carried: their size is only seen on somebody.
WORN_OR_CARRIED = frozenset(
    (
        *("accessory", "jewellery", "jewelry"),
        *("amulet", "anklet", "bangle", "bead", "bracelet", "brooch", "choker", "cufflink", "earring"),
        *("necklace", "pendant", "piercing", "ring", "tiara", "watch", "wristwatch"),
        *("belt", "cap", "glasses", "glove", "hat", "headband", "scarf", "sunglasses", "tie"),
        *("backpack", "bag", "clutch", "crossbody", "duffel", "handbag", "keychain", "messenger", "pouch"),
        *("purse", "rucksack", "satchel", "tote", "wallet"),
    )
)


@dataclass(frozen=True)
class Answer:
    """One button. Without `why` it clears the matter."""

    name: str
    label: str
    why: str = ""
    fix: str = ""


@dataclass(frozen=True)
class Question:
    """Something to tap; `check` is the one that it stands in for. `{noun}` is the class noun."""

    name: str
    check: Check
    text: str
    answers: tuple[Answer, ...]


WORN = Question(
    "worn",
    Check.UNKNOWN_SIZE,
    "Is the {noun} worn or held on one of the photos?",
    (
        Answer("yes", "Worn or held"),
        Answer(
            "no",
            "Not worn or held",
            "Nothing on the photos tells how large the {noun} is, so pictures may show it too large or too small.",
            "Best: add a photo where somebody wears or holds it.",
        ),
    ),
)
COMPANY = Question(
    "company",
    Check.PEOPLE,
    "Is anybody else on one of the photos?",
    (
        Answer("no", "Nobody else"),
        Answer(
            "yes",
            "Somebody else",
            "Somebody else on a photo blends into the {noun}.",
            "Best: replace that photo, or crop the other one out and add it again.",
        ),
    ),
)
VIEWS = Question(
    "views",
    Check.FRAMING,
    "Is there a full-body photo among them, and a close-up of the face?",
    (
        Answer("both", "Both are there"),
        Answer(
            "no_body",
            "No full-body",
            "Without a full-body photo, pictures make up the build and the clothes below the frame.",
            "Best: add one from head to foot.",
        ),
        Answer(
            "no_face",
            "No close-up",
            "Without a close-up, pictures make up the face.",
            "Best: add one where the face fills much of the frame.",
        ),
    ),
)


def questions_about(
    kind: ModelKind, class_noun: str, photo_count: int, unseen: Collection[Check]
) -> tuple[Question, ...]:
    """Return what to ask about a set of photos.

    Args:
        kind: What is to be trained.
        class_noun: What the photos show.
        photo_count: How many there are; one photo cannot be full-body and close-up at once.
        unseen: The checks that could not look.
    """
    asked: tuple[Question, ...] = ()
    if kind is ModelKind.PRODUCT and _is_worn_or_carried(class_noun):
        asked = (WORN,)
    elif kind is ModelKind.CHARACTER:
        asked = (COMPANY, VIEWS) if photo_count > 1 else (COMPANY,)
    return tuple(question for question in asked if question.check in unseen)


def unanswered(questions: Collection[Question], answers: Mapping[str, str]) -> tuple[Question, ...]:
    """Return the questions that are still open."""
    return tuple(question for question in questions if answer_to(question, answers) is None)


def answer_to(question: Question, answers: Mapping[str, str]) -> Answer | None:
    """Return the answer that was given to a question."""
    given = answers.get(question.name)
    return next((answer for answer in question.answers if answer.name == given), None)


def _is_worn_or_carried(class_noun: str) -> bool:
    words = re.findall(r"[a-z]+", class_noun.casefold())
    return any({word, word.removesuffix("s")} & WORN_OR_CARRIED for word in words)
