"""How a draft's card and its photos' messages read, on the way from `/train` to a job."""

from __future__ import annotations

from typing import assert_never

from bot.chat.card import Card, Line, Style, Tone
from bot.phrases import WHY_ASK_ABOUT_PERSON, bar, findings_lines, ready_line, title_line
from bot.replies import (
    Analyzing,
    CaptionsToReview,
    ConsentNeeded,
    DraftClosed,
    DraftTitle,
    FindingsToReview,
    FlaggedPhoto,
    PersonQuestion,
    PhotosNeeded,
    ReadyToTrain,
)

DraftReply = (
    Analyzing
    | PhotosNeeded
    | FindingsToReview
    | FlaggedPhoto
    | PersonQuestion
    | ConsentNeeded
    | CaptionsToReview
    | ReadyToTrain
    | DraftClosed
)


def draft_card(reply: DraftReply) -> Card:
    """Lay out what is said before there is a job."""
    match reply:
        case Analyzing():
            fraction = reply.done / reply.total if reply.total else 0.0
            lines = (_head(reply.title), Line(f"Analyzing images {bar(fraction)}"), *_small(reply.notes))
            return Card(lines, buttons=reply.buttons, tone=Tone.BUSY)
        case PhotosNeeded():
            lines = (
                _head(reply.title),
                Line("Waiting for photos"),
                *_plain(reply.reasons),
                *_small(reply.notes),
            )
            return Card(lines, buttons=reply.buttons, tone=Tone.ASKS)
        case FindingsToReview():
            return _findings(reply)
        case FlaggedPhoto():
            return _flagged(reply)
        case PersonQuestion():
            question = Line(f"Does {reply.title.display_name} show a real person?")
            lines = (_head(reply.title), question, Line(WHY_ASK_ABOUT_PERSON, Style.SMALL))
            return Card(lines, buttons=reply.buttons, tone=Tone.ASKS)
        case ConsentNeeded():
            return _consent(reply)
        case CaptionsToReview():
            captions = (f"{number}  {caption}" for number, caption in enumerate(reply.captions, start=1))
            heading = Line("Captions · one line per photo")
            lines = (_head(reply.title), heading, *map(Line, captions), Line(reply.advice, Style.SMALL))
            return Card(lines, buttons=reply.buttons, tone=Tone.ASKS)
        case ReadyToTrain():
            lines = (_head(reply.title), Line(ready_line(reply)), *_small(reply.notes))
            return Card(lines, buttons=reply.buttons, tone=Tone.ASKS)
        case DraftClosed():
            return Card((_head(reply.title), Line(reply.reason)))
        case _:
            assert_never(reply)


def _findings(reply: FindingsToReview) -> Card:
    heading, how = findings_lines(reply)
    lines = (
        _head(reply.title),
        Line(heading),
        Line(how),
        *_plain(reply.set_findings),
        *_small((*reply.not_assessed, *reply.notes)),
    )
    return Card(lines, buttons=reply.buttons, tone=Tone.ASKS)


def _flagged(reply: FlaggedPhoto) -> Card:
    heading = Line(f"photo {reply.number} of {reply.photo_count}", Style.STRONG)
    choices = "   ".join(f"{choice.emoji} {choice.meaning}" for choice in reply.choices)
    lines = (
        heading,
        *_plain(reply.findings),
        *((Line(reply.decision, Style.STRONG),) if reply.decision else ()),
        # A decision can still change, but is no longer what is asked for.
        *((Line(choices, Style.SMALL if reply.decision else Style.PLAIN),) if choices else ()),
    )
    tone = Tone.CALM if reply.decision else Tone.ASKS
    return Card(lines, (reply.picture,), choices=reply.choices, tone=tone)


def _consent(reply: ConsentNeeded) -> Card:
    boxes = tuple(
        Line(f"{'☑' if statement.is_ticked else '☐'} {number}  {statement.text}", button=statement.button)
        for number, statement in enumerate(reply.statements, start=1)
    )
    lines = (_head(reply.title), *map(Line, reply.guidelines.splitlines()), *boxes)
    return Card(lines, buttons=reply.buttons, tone=Tone.ASKS)


def _head(title: DraftTitle) -> Line:
    return Line(title_line(title), Style.STRONG)


def _plain(texts: tuple[str, ...]) -> tuple[Line, ...]:
    return tuple(map(Line, texts))


def _small(texts: tuple[str, ...]) -> tuple[Line, ...]:
    return tuple(Line(text, Style.SMALL) for text in texts)
