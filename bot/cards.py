"""The card of a draft or a job: one message, edited in place, that always shows where things stand."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from bot.about_the_set import about_the_set, draft_button
from bot.context import Context
from bot.frontend import MAX_NONCE_LENGTH, MessageGone
from bot.replies import (
    Analyzing,
    Button,
    CaptionsToReview,
    ConsentNeeded,
    ConsentStatement,
    DraftClosed,
    DraftTitle,
    FindingsToReview,
    JobQueued,
    JobRunning,
    JobTitle,
    PersonQuestion,
    PhotosNeeded,
    Picture,
    ReadyToTrain,
    Reply,
)
from bot.requests import MessageRef, ThreadAddress
from bot.wording import about_prompt, photo_count
from core import approvals, consent, drafts
from core.queue import workers
from core.queue.estimates import minutes_to_train, wait_of
from core.queue.specs import GenerateSpec, TrainSpec, from_json
from core.rules.captions import CAPTION_ADVICE
from core.rules.kinds import ModelKind
from core.rules.presets import preset_name, training_preset
from core.rules.wording import number
from core.store.records import (
    DraftRecord,
    DraftState,
    JobKind,
    JobRecord,
    JobStatus,
)
from core.workspace import Workspace

ERASED = "This ended meanwhile, and its photos are erased. Start again with /train."


async def title_of(draft: DraftRecord) -> DraftTitle:
    """Return the first line of a draft's card."""
    kept = await drafts.kept_photos(draft)
    return DraftTitle(
        draft.id,
        draft.display_name,
        draft.handle,
        ModelKind(draft.kind),
        len(kept),
        is_edit=draft.model_id is not None,
        requester_id=draft.requester_id,
    )


async def show_draft(
    context: Context, workspace: Workspace, draft: DraftRecord, notes: Sequence[str] = ()
) -> None:
    """Bring the draft's card up to date, posting it the first time.

    A sweep, or another process, may close the draft while this is on its way: its last words are shown once more.
    """
    reply = await _draft_reply(context, workspace, draft, tuple(notes))
    if reply is None:
        return
    thread = ThreadAddress(draft.platform, draft.thread)
    message = await show(context, thread, draft.card_message, reply, nonce=f"d{draft.id[:24]}")
    if message != draft.card_message:
        draft.card_message = message
        await DraftRecord.filter(id=draft.id).update(card_message=message)
    if draft.state is not DraftState.CLOSED:
        await _show_if_over(context, workspace, draft)


async def _show_if_over(context: Context, workspace: Workspace, draft: DraftRecord) -> None:
    now = await DraftRecord.get_or_none(id=draft.id)
    if now is None:
        thread = ThreadAddress(draft.platform, draft.thread)
        over = DraftClosed(await title_of(draft), ERASED)
        await show(context, thread, draft.card_message, over, nonce=f"d{draft.id[:24]}")
    elif now.state is DraftState.CLOSED and now.close_reason:  # else whoever closes it has yet to show it
        await show_draft(context, workspace, now)


async def show(
    context: Context, thread: ThreadAddress, message: str | None, reply: Reply, *, nonce: str
) -> str:
    """Edit the message to this reply, or post it where there is none (any more); return its id."""
    frontend = context.frontends[thread.platform]
    if message is not None:
        try:
            await frontend.edit(MessageRef(thread, message), reply)
            return message
        except MessageGone:
            nonce = _successor(nonce, message)
    return (await frontend.post(thread, reply, nonce=nonce)).message


def _successor(nonce: str, message: str) -> str:
    """Name the message that takes the place of one that was deleted: each has one successor, whoever posts it."""
    return f"x{hashlib.sha256(f'{nonce} {message}'.encode()).hexdigest()[: MAX_NONCE_LENGTH - 1]}"


async def _draft_reply(
    context: Context, workspace: Workspace, draft: DraftRecord, notes: tuple[str, ...]
) -> Reply | None:
    title = await title_of(draft)
    cancel = draft_button(draft, "Cancel", "cancel")
    match draft.state:
        case DraftState.COLLECTING:
            return _photos_needed(context, workspace, draft, title, notes)
        case DraftState.ANALYZING:
            return Analyzing(title, done=0, total=title.photo_count, notes=notes, buttons=(cancel,))
        case DraftState.REVIEW:
            return await _review_reply(draft, title, notes)
        case DraftState.CONSENT:
            return _consent_reply(draft, title)
        case DraftState.CAPTIONS:
            captions = tuple(photo.caption for photo in await drafts.kept_photos(draft))
            change = draft_button(draft, "Edit captions", "captions")
            accept = draft_button(draft, "Looks right", "accept")
            return CaptionsToReview(title, captions, CAPTION_ADVICE[title.kind], (change, accept, cancel))
        case DraftState.READY:
            return await _ready_reply(context, workspace, draft, title, notes)
        case DraftState.CLOSED if draft.close_reason not in ("trained", "not trained"):
            return DraftClosed(title, draft.close_reason)
        case _:
            return None  # the job's card has taken over


def _photos_needed(
    context: Context, workspace: Workspace, draft: DraftRecord, title: DraftTitle, notes: tuple[str, ...]
) -> PhotosNeeded:
    count = title.photo_count
    refused = context.plans.require_image_count(workspace.plan, title.kind, count, is_kept=True)
    return PhotosNeeded(
        title,
        reasons=refused.reasons if refused else (),
        notes=notes,
        buttons=(draft_button(draft, "Add photos", "add"), draft_button(draft, "Cancel", "cancel")),
    )


async def _review_reply(draft: DraftRecord, title: DraftTitle, notes: tuple[str, ...]) -> FindingsToReview:
    photos = await drafts.photos(draft)
    flagged = [photo for photo in photos if photo.is_flagged]
    waiting = approvals.undecided(photos)
    unshown = [photo for photo in waiting if not photo.is_shown]
    about = await about_the_set(draft)
    more = (_more_to_come(len(waiting) - len(unshown), len(unshown)),) if unshown else ()
    buttons = [
        draft_button(draft, "Train anyway", "anyway"),
        draft_button(draft, "Add photos", "add"),
        draft_button(draft, "Cancel", "cancel"),
    ]
    if unshown:
        buttons.insert(0, draft_button(draft, "Next photos", "next"))
    return FindingsToReview(
        # What was looked at: a decision counts when the review is over, and until then can change.
        replace(title, photo_count=len(photos)),
        flagged=len(flagged),
        decided=len(flagged) - len(waiting),
        set_findings=(*more, *about.advice, *about.answered, *about.questions),
        not_assessed=about.not_assessed,
        notes=notes,
        buttons=(*about.buttons, *buttons),
    )


def _more_to_come(shown: int, unshown: int) -> str:
    those = "the one below is" if shown == 1 else f"the {number(shown)} below are"
    return f"The worst come first: when {those} decided, {number(unshown)} more {_follow(unshown)}."


def _follow(count: int) -> str:
    return "follows" if count == 1 else "follow"


def _consent_reply(draft: DraftRecord, title: DraftTitle) -> Reply:
    cancel = draft_button(draft, "Cancel", "cancel")
    if draft.is_real_person is None:
        real = draft_button(draft, "A real person", "person:real")
        invented = draft_button(draft, "Invented or an animal", "person:invented")
        return PersonQuestion(title, (real, invented, cancel))
    ticks = ticked(draft)
    statements = tuple(
        ConsentStatement(text, number in ticks, _tick_button(draft, number, is_ticked=number in ticks))
        for number, text in enumerate(consent.STATEMENTS, start=1)
    )
    agree = draft_button(draft, "I agree", "agree")
    return ConsentNeeded(title, consent.GUIDELINES, statements, (agree, cancel))


def _tick_button(draft: DraftRecord, number: int, *, is_ticked: bool) -> Button:
    return draft_button(draft, f"{'Untick' if is_ticked else 'Tick'} {number}", f"tick:{number}")


def ticked(draft: DraftRecord) -> set[int]:
    """Return the numbers of the consent statements that are ticked."""
    return {int(number) for number in draft.consent_ticks.split(",") if number}


async def _ready_reply(
    context: Context, workspace: Workspace, draft: DraftRecord, title: DraftTitle, notes: tuple[str, ...]
) -> ReadyToTrain:
    preset = training_preset(draft.base_model, title.kind, title.photo_count, preset_name(draft.preset))
    was_reviewed = any(photo.is_flagged for photo in await drafts.photos(draft))
    about = await about_the_set(draft)
    # Said once: on the review's card where there was a review, else before the start.
    said = () if was_reviewed else (*about.advice, *about.not_assessed)
    return ReadyToTrain(
        title,
        minutes=await minutes_to_train(draft.base_model, preset),
        credits=context.plans.price_of_training(title.kind),
        balance=await workspace.balance(),
        notes=(*notes, *said, *about.answered, *about.questions),
        buttons=(
            *about.buttons,
            draft_button(draft, "Start", "start"),
            draft_button(draft, "Cancel", "cancel"),
        ),
    )


async def job_title(job: JobRecord) -> JobTitle:
    """Return the first line of a job's card."""
    if job.kind is JobKind.TRAIN:
        spec = from_json(TrainSpec, job.spec)
        draft = await DraftRecord.get_or_none(id=job.draft_id) if job.draft_id else None
        name = draft.display_name if draft else spec.handle
        text = f"{name} → @{spec.handle} · {spec.kind.value} · {photo_count(len(spec.photos), spec.kind)}"
        return JobTitle(job.id, text, job.user_id)
    return JobTitle(job.id, about_prompt(from_json(GenerateSpec, job.spec), job.credits), job.user_id)


async def job_reply(context: Context, job: JobRecord) -> JobQueued | JobRunning | None:
    """Return the card of a job that has not ended."""
    title = await job_title(job)
    buttons = (Button("Cancel", f"job:{job.id}:cancel"),)
    if job.status is JobStatus.QUEUED:
        wait = await wait_of(job, context.clock())
        return JobQueued(
            title,
            ahead=wait.ahead,
            minutes=wait.minutes,
            is_worker_online=await workers.is_online(job.base_model, context.clock()),
            buttons=buttons,
        )
    if job.status is JobStatus.RUNNING:
        preview = (
            Picture(job.preview_key, f"preview-{job.id[:8]}.png", "preview") if job.preview_key else None
        )
        seconds = job.progress_seconds_left
        return JobRunning(
            title,
            verb="Training" if job.kind is JobKind.TRAIN else "Painting",
            fraction=job.progress_done / job.progress_total if job.progress_total else 0.0,
            minutes_left=None if seconds is None else seconds / 60,
            preview=preview,
            buttons=buttons,
        )
    return None


async def show_job(context: Context, job: JobRecord) -> None:
    """Bring the card of a job that has not ended up to date, posting it the first time."""
    reply = await job_reply(context, job)
    if reply is None:
        return
    thread = ThreadAddress(job.platform, job.thread)
    message = await show(context, thread, job.card_message, reply, nonce=f"j{job.id[:24]}")
    if message != job.card_message:
        await JobRecord.filter(id=job.id).update(card_message=message)
