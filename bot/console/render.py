"""Reply → what the console shows. Pure: pictures are still addresses in the store."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from bot.replies import (
    Analyzing,
    Button,
    CaptionsToReview,
    ConsentNeeded,
    DeleteConfirmation,
    DraftClosed,
    DraftTitle,
    FindingsToReview,
    FlaggedPhoto,
    ImagesReady,
    JobCancelled,
    JobDone,
    JobFailed,
    JobList,
    JobQueued,
    JobRunning,
    ModelCard,
    ModelDeleted,
    ModelList,
    ModelPhotos,
    ModelReady,
    Notice,
    PersonQuestion,
    Picture,
    ReactionChoice,
    ReadyToTrain,
    Refusal,
    Reply,
)
from bot.wording import likeness_word
from core.rules.kinds import ModelKind
from core.rules.wording import about_minutes, counted

BAR_CELLS = 8


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
            return Card(_model_lines(reply))
        case JobList():
            return _job_list(reply)
        case DeleteConfirmation():
            return Card((f"Delete @{reply.handle}?", f"This erases {reply.erased}.", reply.how))
        case ModelDeleted():
            return Card((f"@{reply.handle} is deleted.", reply.remains))
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
            return Card(
                (title_line(reply.title), f"Analyzing images {bar(fraction)}", *reply.notes), is_live=True
            )
        case FindingsToReview():
            return _findings(reply)
        case FlaggedPhoto():
            heading = f"photo {reply.number} of {reply.photo_count}"
            decided = (reply.decision,) if reply.decision else ()
            return Card((heading, *reply.findings, *decided), (reply.picture,), choices=reply.choices)
        case PersonQuestion():
            question = f"Does {reply.title.display_name} show a real person?"
            why = "A real person has to agree before a model of them is made."
            return Card((title_line(reply.title), question, why), buttons=_distinct(reply.buttons))
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
            price = f"{reply.credits} of your {counted(reply.balance, 'credit')}"
            ready = f"Ready to train · {about_minutes(reply.minutes)}, {price}"
            return Card((title_line(reply.title), ready, *reply.notes), buttons=_distinct(reply.buttons))
        case DraftClosed():
            return Card((title_line(reply.title), reply.reason))
        case _:
            assert_never(reply)


def _findings(reply: FindingsToReview) -> Card:
    could = "could be better"
    if reply.flagged == 0:
        heading = f"Fix issues · the set as a whole {could}"
    else:
        heading = f"Fix issues · {reply.flagged} of {counted(reply.title.photo_count, 'photo')} {could}"
    left = reply.flagged - reply.decided
    if left == 0:
        how = "Everything is decided." if reply.flagged else "Go on with a button."
    elif reply.decided:
        how = f"{reply.decided} decided, {left} to go. React below, or train anyway."
    else:
        how = "Decide below with a reaction, or train anyway."
    lines = (title_line(reply.title), heading, how, *reply.set_findings, *reply.not_assessed, *reply.notes)
    lines = (*lines, "To add photos, or better ones in place of these: /add FILE")
    return Card(lines, buttons=_distinct(reply.buttons))


def _job_card(reply: JobQueued | JobRunning | JobDone | JobFailed | JobCancelled) -> Card:
    """Lay out where a job stands."""
    title = reply.title.text
    match reply:
        case JobQueued():
            return Card((title, _queued_line(reply)), buttons=_distinct(reply.buttons), is_live=True)
        case JobRunning():
            left = "" if reply.minutes_left is None else f" · {about_minutes(reply.minutes_left)} left"
            line = f"{reply.verb} {bar(reply.fraction)} {math.floor(reply.fraction * 100)} %{left}"
            preview = (reply.preview,) if reply.preview else ()
            return Card((title, line), preview, _distinct(reply.buttons), is_live=True)
        case JobDone():
            return Card((title, reply.text))
        case JobFailed():
            return Card((title, reply.reason, *_credits_back(reply.credits_back)))
        case JobCancelled():
            return Card((title, " ".join(("Cancelled.", *_credits_back(reply.credits_back)))))
        case _:
            assert_never(reply)


def _queued_line(reply: JobQueued) -> str:
    if not reply.is_worker_online:
        return "Queued · no worker is up yet; it starts by itself when one is."
    place = "next" if reply.ahead == 0 else f"{reply.ahead} ahead of you"
    return f"Queued · {place}" + ("" if reply.minutes is None else f", {about_minutes(reply.minutes)}")


def _credits_back(credits: int) -> tuple[str, ...]:
    if credits == 0:
        return ()
    return (f"Your {counted(credits, 'credit')} {'is' if credits == 1 else 'are'} back.",)


def _model_ready(reply: ModelReady) -> Card:
    version = f" · v{reply.version}" if reply.version > 1 else ""
    heading = f"@{reply.handle} is ready{version} · likeness: {likeness_word(reply.likeness)}"
    return Card(
        (heading, f"Try: {reply.try_prompt}", reply.advice),
        (reply.test_sheet,),
        _distinct(reply.buttons),
        mention=reply.requester_id,
    )


def _model_lines(reply: ModelList) -> tuple[str, ...]:
    if not reply.models:
        if reply.search:
            return (f"No model here matches {reply.search}. /models lists all of them.",)
        return ("There are no models here yet. Make one with /train.",)
    found = f" for {reply.search}" if reply.search else ""
    return (f"{counted(len(reply.models), 'model')}{found}", *(_model_line(model) for model in reply.models))


def _model_line(model: ModelCard) -> str:
    named = model.display_name.casefold() != model.handle
    parts = (
        f"@{model.handle}",
        model.display_name if named else "",
        model.kind.value,
        model.state,
        f"v{model.version}" if model.version is not None and model.version > 1 else "",
        f"likeness: {likeness_word(model.likeness)}" if model.likeness is not None else "",
        "demo" if model.is_demo else "",
    )
    return " · ".join(part for part in parts if part)


def _job_list(reply: JobList) -> Card:
    if not reply.jobs:
        return Card(("Nothing waits, runs, or ended lately.",))
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


def title_line(title: DraftTitle) -> str:
    """Return `Summer Shoes → @summer-shoes · product · 4 photos`."""
    handle = f"@{title.handle}"
    named = title.display_name.casefold() != title.handle
    photos = "picture" if title.kind is ModelKind.STYLE else "photo"
    parts = (
        f"{title.display_name} → {handle}" if named else handle,
        title.kind.value,
        counted(title.photo_count, photos),
        "edit" if title.is_edit else "",
    )
    return " · ".join(part for part in parts if part)


def bar(fraction: float) -> str:
    """Return `▮▮▮▮▮▯▯▯`; full only when it is done."""
    most = BAR_CELLS if fraction >= 1 else BAR_CELLS - 1
    filled = min(max(round(fraction * BAR_CELLS), 0), most)
    return "▮" * filled + "▯" * (BAR_CELLS - filled)


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
