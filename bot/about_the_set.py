"""What a draft's card says about its photos as a set: advice, questions, and what could not be judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.replies import Button
from core import drafts
from core.feedback.findings import Check, Status
from core.feedback.questions import answer_to, questions_about, unanswered
from core.feedback.remarks import Remark, in_few_lines
from core.feedback.sentences import not_assessed_in_short
from core.feedback.unseen import about_the_vision
from core.rules.kinds import ModelKind
from core.store.records import Choice, DraftPhotoRecord, DraftRecord, FindingRecord


def draft_button(draft: DraftRecord, label: str, verb: str) -> Button:
    """Return a button that carries the draft, so that it works next week too."""
    return Button(label, f"draft:{draft.id}:{verb}")


@dataclass(frozen=True)
class AboutTheSet:
    """What a draft's card says beside the photos that have messages of their own."""

    advice: tuple[str, ...]
    answered: tuple[str, ...]
    """Advice that an answer led to."""
    questions: tuple[str, ...]
    not_assessed: tuple[str, ...]
    buttons: tuple[Button, ...]


async def about_the_set(draft: DraftRecord) -> AboutTheSet:
    """Return what was found that no photo has to be decided for, what to ask, and what could not be judged."""
    findings = await drafts.findings_of(draft)
    everything = await drafts.photos(draft)
    flagged = [photo for photo in everything if photo.is_flagged]
    photos = [photo for photo in everything if photo.choice is not Choice.REMOVE]
    unseen = [Check(row.check_name) for row in findings if row.status == Status.NOT_ASSESSED]
    questions = questions_about(ModelKind(draft.kind), draft.class_noun, len(photos), unseen)
    given = drafts.answers(draft)
    still_open = unanswered(questions, given)
    told = [answer for question in questions if (answer := answer_to(question, given)) and answer.why]
    left = [check for check in unseen if check not in {question.check for question in questions}]
    noun = draft.class_noun or "subject"
    return AboutTheSet(
        advice=in_few_lines(
            _remark(row, photos)
            for row in findings
            if row.status == Status.FOUND and not any(is_about(row, photo) for photo in flagged)
        ),
        answered=tuple(f"{answer.why} {answer.fix}".format(noun=noun) for answer in told),
        questions=tuple(question.text.format(noun=noun) for question in still_open),
        not_assessed=(
            *((not_assessed_in_short(left, draft.class_noun),) if left else ()),
            *about_the_vision(row.why for row in findings if row.status == Status.NOT_ASSESSED),
        ),
        buttons=tuple(
            draft_button(draft, answer.label, f"answer:{question.name}={answer.name}")
            for question in still_open
            for answer in question.answers
        ),
    )


def is_about(row: FindingRecord, photo: DraftPhotoRecord) -> bool:
    """Whether a finding is said under this photo: it flags it, or is advice about it alone.

    That a photo is weaker than the others is about the others too, and so about the set.
    """
    if row.status != Status.FOUND or row.check_name == Check.MIXED_QUALITY:
        return False
    return photo.id in (row.draft_photo_id, row.draft_photo_ids)


def _remark(row: FindingRecord, photos: Sequence[DraftPhotoRecord]) -> Remark:
    concerned = row.draft_photo_ids.split(",")
    return Remark(
        row.check_name,
        row.why,
        row.fix,
        tuple(photo.position for photo in photos if photo.id in concerned),
    )
