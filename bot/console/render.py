"""Reply → what the console shows. Pure: pictures are still addresses in the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from bot.phrases import (
    NO_JOBS,
    WHY_ASK_ABOUT_PERSON,
    bar,
    credit_lines,
    credits_back,
    findings_lines,
    model_facts,
    model_name,
    models_heading,
    queued_line,
    ready_heading,
    ready_line,
    running_line,
    title_line,
)
from bot.replies import (
    Analyzing,
    Button,
    CaptionsToReview,
    ConsentNeeded,
    CreditsShown,
    DeleteConfirmation,
    DraftClosed,
    FindingsToReview,
    FlaggedPhoto,
    ImagesReady,
    JobCancelled,
    JobDone,
    JobFailed,
    JobList,
    JobQueued,
    JobRunning,
    ModelDeleted,
    ModelList,
    ModelPhotos,
    ModelReady,
    Notice,
    PersonQuestion,
    PhotosNeeded,
    Picture,
    ReactionChoice,
    ReadyToTrain,
    Refusal,
    Reply,
    WorkspaceSettings,
)
from core.rules.wording import counted, listed


@dataclass(frozen=True)
class Card:
    """A reply laid out for a terminal. A live one is about to change."""

    lines: tuple[str, ...]
    pictures: tuple[Picture, ...] = ()
    buttons: tuple[Button, ...] = ()
    choices: tuple[ReactionChoice, ...] = ()
    mention: str = ""
    is_live: bool = False


def render(reply: Reply) -> Card:
    """Lay out any reply."""
    match reply:
        case Refusal():
            return Card(reply.reasons)
        case Notice():
            return Card(tuple(reply.text.splitlines()))
        case ModelList():
            models = (f"{model_name(model)} · {model_facts(model)}" for model in reply.models)
            return Card((models_heading(reply), *models), buttons=_distinct(reply.buttons))
        case JobList():
            return _job_list(reply)
        case DeleteConfirmation():
            return Card((f"Delete @{reply.handle}?", f"This erases {reply.erased}.", reply.how))
        case ModelDeleted():
            return Card((f"@{reply.handle} is deleted.", reply.remains))
        case WorkspaceSettings():
            return Card(_settings_lines(reply))
        case CreditsShown():
            return Card(credit_lines(reply))
        case ModelPhotos():
            heading = f"@{reply.handle} · {counted(len(reply.pictures), 'photo')}"
            return Card((heading, *_numbered(reply.captions), reply.how), pictures=reply.pictures)
        case JobQueued() | JobRunning() | JobDone() | JobFailed() | JobCancelled():
            return _job_card(reply)
        case ModelReady():
            return _model_ready(reply)
        case ImagesReady():
            lines = (reply.title.text, *reply.notes, reply.footer)
            return Card(lines, reply.pictures, _distinct(reply.buttons), mention=reply.requester_id)
        case _:
            return _draft_card(reply)


def _draft_card(
    reply: Analyzing
    | PhotosNeeded
    | FindingsToReview
    | FlaggedPhoto
    | PersonQuestion
    | ConsentNeeded
    | CaptionsToReview
    | ReadyToTrain
    | DraftClosed,
) -> Card:
    """Lay out what is said on the way from `/train` to a job."""
    match reply:
        case Analyzing():
            fraction = reply.done / reply.total if reply.total else 0.0
            lines = (title_line(reply.title), f"Analyzing images {bar(fraction)}", *reply.notes)
            return Card(lines, buttons=_distinct(reply.buttons), is_live=True)
        case PhotosNeeded():
            lines = (title_line(reply.title), "Waiting for photos", *reply.reasons, *reply.notes)
            return Card(lines, buttons=_distinct(reply.buttons))
        case FindingsToReview():
            return _findings(reply)
        case FlaggedPhoto():
            heading = f"photo {reply.number} of {reply.photo_count}"
            decided = (reply.decision,) if reply.decision else ()
            return Card((heading, *reply.findings, *decided), (reply.picture,), choices=reply.choices)
        case PersonQuestion():
            question = f"Does {reply.title.display_name} show a real person?"
            return Card(
                (title_line(reply.title), question, WHY_ASK_ABOUT_PERSON), buttons=_distinct(reply.buttons)
            )
        case ConsentNeeded():
            boxes = tuple(
                f"{'☑' if statement.is_ticked else '☐'} {number}  {statement.text}"
                for number, statement in enumerate(reply.statements, start=1)
            )
            buttons = (*(statement.button for statement in reply.statements), *reply.buttons)
            lines = (title_line(reply.title), *reply.guidelines.splitlines(), *boxes)
            return Card(lines, buttons=_distinct(buttons))
        case CaptionsToReview():
            heading = "Captions · one line per photo"
            how = "To change one, send its number and the new text: /caption 2: ..."
            lines = (title_line(reply.title), heading, *_numbered(reply.captions), reply.advice, how)
            return Card(lines, buttons=_distinct(reply.buttons))
        case ReadyToTrain():
            return Card(
                (title_line(reply.title), ready_line(reply), *reply.notes), buttons=_distinct(reply.buttons)
            )
        case DraftClosed():
            return Card((title_line(reply.title), reply.reason))
        case _:
            assert_never(reply)


def _settings_lines(reply: WorkspaceSettings) -> tuple[str, ...]:
    approvers = (
        listed((*reply.approvers, "the person who asked")) if reply.approvers else "the person who asked"
    )
    people = "one person has to agree" if reply.quorum == 1 else f"{reply.quorum} people have to agree"
    change = "To change: /settings quorum: 2 approvers: lee, kim trainers: everybody"
    return (
        f"Who may train, edit and delete: {listed(reply.trainers) if reply.trainers else 'everybody'}.",
        f"Who decides about flagged photos: {approvers}; {people}.",
        change if reply.may_change else "An admin can change this.",
    )


def _findings(reply: FindingsToReview) -> Card:
    heading, how = findings_lines(reply)
    lines = (title_line(reply.title), heading, how, *reply.set_findings, *reply.not_assessed, *reply.notes)
    lines = (*lines, "To add photos, or better ones in place of these: /add FILE")
    return Card(lines, buttons=_distinct(reply.buttons))


def _job_card(reply: JobQueued | JobRunning | JobDone | JobFailed | JobCancelled) -> Card:
    """Lay out where a job stands."""
    title = reply.title.text
    match reply:
        case JobQueued():
            return Card((title, queued_line(reply)), buttons=_distinct(reply.buttons), is_live=True)
        case JobRunning():
            preview = (reply.preview,) if reply.preview else ()
            return Card((title, running_line(reply)), preview, _distinct(reply.buttons), is_live=True)
        case JobDone():
            return Card((title, reply.text))
        case JobFailed():
            return Card((title, reply.reason, *credits_back(reply.credits_back)))
        case JobCancelled():
            return Card((title, " ".join(("Cancelled.", *credits_back(reply.credits_back)))))
        case _:
            assert_never(reply)


def _model_ready(reply: ModelReady) -> Card:
    return Card(
        (ready_heading(reply), f"Try: {reply.try_prompt}", reply.advice),
        (reply.test_sheet,),
        _distinct(reply.buttons),
        mention=reply.requester_id,
    )


def _job_list(reply: JobList) -> Card:
    if not reply.jobs:
        return Card((NO_JOBS,))
    lines = tuple(
        f"{number}  {'new · ' if job.is_new else ''}{job.title} · {job.status}"
        for number, job in enumerate(reply.jobs, start=1)
    )
    # A list has the same button many times, so each says which line it belongs to.
    buttons = tuple(
        Button(f"{button.label} {number}", button.action)
        for number, job in enumerate(reply.jobs, start=1)
        for button in job.buttons
    )
    return Card((counted(len(reply.jobs), "job"), *lines), buttons=buttons)


def _numbered(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{number}  {line}" for number, line in enumerate(lines, start=1))


def _distinct(buttons: Sequence[Button]) -> tuple[Button, ...]:
    """Number the labels that occur more than once: `/press` goes by label."""
    often = {label for label, times in Counter(button.label for button in buttons).items() if times > 1}
    seen: Counter[str] = Counter()
    distinct = []
    for button in buttons:
        seen[button.label] += 1
        label = f"{button.label} {seen[button.label]}" if button.label in often else button.label
        distinct.append(Button(label, button.action))
    return tuple(distinct)
