"""When a person is asked, and what an answer says."""

from __future__ import annotations

import pytest

from core.feedback.findings import Check
from core.feedback.questions import COMPANY, VIEWS, WORN, answer_to, questions_about, unanswered
from core.rules.kinds import ModelKind

ALL = frozenset(Check)


@pytest.mark.parametrize("noun", ["ring", "Leather Bag", "running-watch", "earrings", "sunglasses"])
def test_things_on_a_body_are_asked_about(noun: str) -> None:
    assert questions_about(ModelKind.PRODUCT, noun, 3, ALL) == (WORN,)


@pytest.mark.parametrize("noun", ["mug", "serum bottle", "baggage cart", "ringlight", "sneaker", ""])
def test_other_things_are_not(noun: str) -> None:
    assert questions_about(ModelKind.PRODUCT, noun, 3, ALL) == ()


def test_a_style_is_asked_nothing() -> None:
    assert questions_about(ModelKind.STYLE, "style", 9, ALL) == ()


def test_what_can_be_seen_is_not_asked() -> None:
    assert questions_about(ModelKind.CHARACTER, "woman", 3, ALL - {Check.PEOPLE, Check.FRAMING}) == ()
    assert questions_about(ModelKind.PRODUCT, "ring", 3, ALL - {Check.UNKNOWN_SIZE}) == ()


def test_an_answer_closes_its_question_and_leaves_the_others() -> None:
    asked = questions_about(ModelKind.CHARACTER, "woman", 2, ALL)
    assert asked == (COMPANY, VIEWS)
    assert unanswered(asked, {"company": "no"}) == (VIEWS,)
    assert unanswered(asked, {"company": "an answer of another release"}) == asked


@pytest.mark.parametrize("question", [WORN, COMPANY, VIEWS], ids=lambda question: question.name)
def test_one_answer_clears_and_every_other_says_why_and_what_to_do(question) -> None:
    given = [answer_to(question, {question.name: answer.name}) for answer in question.answers]
    advice = [answer for answer in given if answer is not None and answer.why]
    assert len(given) - len(advice) == 1
    assert all(answer.fix for answer in advice)


def test_labels_can_be_told_apart() -> None:
    labels = [answer.label for question in (WORN, COMPANY, VIEWS) for answer in question.answers]
    assert len(set(labels)) == len(labels)
