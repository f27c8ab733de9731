"""What replies have in common that decides how a platform treats them."""

from __future__ import annotations

from bot.replies import (
    Analyzing,
    CaptionsToReview,
    ConsentNeeded,
    DraftClosed,
    FindingsToReview,
    JobCancelled,
    JobDone,
    JobFailed,
    JobQueued,
    JobRunning,
    PersonQuestion,
    PhotosNeeded,
    ReadyToTrain,
    Reply,
)

PROGRESS = (Analyzing, JobQueued, JobRunning)
"""What is soon replaced by something newer, so that one edit more or less is nothing."""
QUIET = (*PROGRESS, JobDone)
"""What calls nobody, wherever it goes: it asks for nothing, or the news beside it calls them."""
STATUS = (
    *QUIET,
    CaptionsToReview,
    ConsentNeeded,
    DraftClosed,
    FindingsToReview,
    JobCancelled,
    JobFailed,
    PersonQuestion,
    PhotosNeeded,
    ReadyToTrain,
)
"""Where a draft or a job stands: what a card says that is edited in place."""


def requester_of(reply: Reply) -> str:
    """Return the id of the person whom a reply is for, where it says so."""
    own = getattr(reply, "requester_id", "")
    return str(own or getattr(getattr(reply, "title", None), "requester_id", ""))
