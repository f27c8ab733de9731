"""Reply → card. Pure: pictures are still addresses in the store, and nothing here knows a platform."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from bot.chat.card import Card, Line, Style, Tone
from bot.chat.render_drafts import DraftReply, draft_card
from bot.phrases import (
    NO_JOBS,
    credit_lines,
    credits_back,
    model_facts,
    model_name,
    models_heading,
    queued_line,
    ready_heading,
    running_line,
)
from bot.replies import (
    Button,
    CreditsShown,
    DeleteConfirmation,
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
    Refusal,
    Reply,
    WorkspaceSettings,
)
from core.rules.wording import counted, listed

NameOf = Callable[[str], str]
"""Writes the id of a person or a group so that the platform shows a name; what is no id, as plain text."""
AboutThreads = Callable[[WorkspaceSettings], str]
"""Says who sees the threads of new models: a platform without private threads has its own way."""
CHANGE_SETTINGS = Button("Change", "settings:workspace:change")


def about_threads(rules: WorkspaceSettings) -> str:
    """Say who sees the threads of new models, where there are private ones."""
    if rules.has_private_threads:
        return "Threads of new models are private: their authors, approvers and moderators see them."
    return "Threads of new models are public."


def render(
    reply: Reply, name_of: NameOf, max_pictures: int, *, about_threads: AboutThreads = about_threads
) -> Card:
    """Lay out any reply.

    Args:
        reply: What to say.
        name_of: How the platform names people and groups.
        max_pictures: How many the platform shows in one message.
        about_threads: How the platform says who sees the threads of new models.
    """
    card = _card(reply, name_of, about_threads)
    if len(card.pictures) <= max_pictures:
        return card
    note = f"The first {max_pictures} of {len(card.pictures)} pictures are shown."
    return replace(card, pictures=card.pictures[:max_pictures]).noted(note)


def _card(reply: Reply, name_of: NameOf, about_threads: AboutThreads) -> Card:
    match reply:
        case Refusal():
            return Card(_plain(reply.reasons), tone=Tone.ASKS)
        case Notice():
            return Card(_plain(reply.text.splitlines()))
        case ModelList():
            return _model_list(reply)
        case JobList():
            return _job_list(reply)
        case DeleteConfirmation():
            lines = (
                _strong(f"Delete @{reply.handle}?"),
                *_plain((f"This erases {reply.erased}.", reply.how)),
            )
            return Card(lines, buttons=reply.buttons, tone=Tone.BAD)
        case ModelDeleted():
            return Card((_strong(f"@{reply.handle} is deleted."), Line(reply.remains)))
        case WorkspaceSettings():
            return _settings(reply, name_of, about_threads(reply))
        case CreditsShown():
            first, *others = credit_lines(reply)
            return Card((_strong(first), *_plain(others)))
        case ModelPhotos():
            heading = _strong(f"@{reply.handle} · {counted(len(reply.pictures), 'photo')}")
            lines = (heading, *_plain(numbered(reply.captions)), Line(reply.how, Style.SMALL))
            return Card(lines, reply.pictures, reply.buttons)
        case JobQueued() | JobRunning() | JobDone() | JobFailed() | JobCancelled():
            return _job_card(reply)
        case ModelReady():
            return _model_ready(reply)
        case ImagesReady():
            lines = (_strong(reply.title.text), *_plain(reply.notes), Line(reply.footer, Style.SMALL))
            return Card(lines, reply.pictures, reply.buttons, mention=reply.requester_id, tone=Tone.GOOD)
        case _:
            return _draft(reply)


def _draft(reply: DraftReply) -> Card:
    return draft_card(reply)


def _job_card(reply: JobQueued | JobRunning | JobDone | JobFailed | JobCancelled) -> Card:
    """Lay out where a job stands."""
    title = _strong(reply.title.text)
    match reply:
        case JobQueued():
            return Card((title, Line(queued_line(reply))), buttons=reply.buttons, tone=Tone.BUSY)
        case JobRunning():
            preview = (reply.preview,) if reply.preview else ()
            return Card((title, Line(running_line(reply))), preview, reply.buttons, tone=Tone.BUSY)
        case JobDone():
            return Card((title, Line(reply.text)), tone=Tone.GOOD)
        case JobFailed():
            return Card((title, *_plain((reply.reason, *credits_back(reply.credits_back)))), tone=Tone.BAD)
        case JobCancelled():
            return Card((title, Line(" ".join(("Cancelled.", *credits_back(reply.credits_back))))))


def _model_ready(reply: ModelReady) -> Card:
    return Card(
        (
            _strong(ready_heading(reply)),
            Line(f"Try: {reply.try_prompt}"),
            Line(reply.advice, Style.SMALL),
        ),
        (reply.test_sheet,),
        reply.buttons,
        mention=reply.requester_id,
        tone=Tone.GOOD,
    )


def _model_list(reply: ModelList) -> Card:
    lines: list[Line] = [_strong(models_heading(reply))] if reply.models else [Line(models_heading(reply))]
    for model in reply.models:
        lines.append(Line(model_name(model), Style.STRONG))
        lines.append(Line(model_facts(model), Style.SMALL))
    return Card(tuple(lines), buttons=reply.buttons)


def _job_list(reply: JobList) -> Card:
    if not reply.jobs:
        return Card((Line(NO_JOBS),))
    lines = [_strong(counted(len(reply.jobs), "job"))]
    for number, job in enumerate(reply.jobs, start=1):
        text = f"{number}  {'new · ' if job.is_new else ''}{job.title} · {job.status}"
        lines.append(Line(text, button=job.buttons[0] if job.buttons else None))
    return Card(tuple(lines))


def _settings(reply: WorkspaceSettings, name_of: NameOf, threads: str) -> Card:
    asker = "the person who asked"
    trainers = _named(reply.trainers, name_of) if reply.trainers else "everybody"
    approvers = listed((_named(reply.approvers, name_of), asker)) if reply.approvers else asker
    people = "one person has to agree" if reply.quorum == 1 else f"{reply.quorum} people have to agree"
    lines = (
        _strong("Who may do what here"),
        _ours(f"Train, edit and delete: {trainers}."),
        _ours(f"Decide about flagged photos: {approvers}; {people}."),
        _ours(threads),
        *(() if reply.may_change else (Line("An admin can change this.", Style.SMALL),)),
    )
    return Card(lines, buttons=(CHANGE_SETTINGS,) if reply.may_change else ())


def _named(ids: Iterable[str], name_of: NameOf) -> str:
    return ", ".join(map(name_of, ids))


def _ours(text: str) -> Line:
    return Line(text, is_markup=True)


def _strong(text: str) -> Line:
    return Line(text, Style.STRONG)


def _plain(texts: Iterable[str]) -> tuple[Line, ...]:
    return tuple(Line(text) for text in texts)


def numbered(texts: Iterable[str]) -> tuple[str, ...]:
    """Return `1  first line`, `2  second line`."""
    return tuple(f"{number}  {text}" for number, text in enumerate(texts, start=1))
