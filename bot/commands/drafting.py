"""What `/train` and `/edit` share: a draft's way from its photos to a queued job.

    analyze → (review) → person asked, consent → captions → ready → start

Each step takes the draft one state on and brings its card up to date. `reviewing` shows the flagged photos, and
`approve` holds the reactions.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence

from bot import cards
from bot.commands import reviewing
from bot.commands.feedback import look_at_photos
from bot.commands.launch import launch
from bot.commands.looking import find_sight, is_awaited
from bot.context import Context
from bot.flagged import forget_previews
from bot.frontend import AttachmentGone, FrontendUnavailable, ThreadRefused
from bot.replies import Notice, Refusal, Reply
from bot.requests import (
    AddPhotosRequest,
    Attachment,
    CaptionsRequest,
    LookedRequest,
    Requester,
    ThreadAddress,
)
from core import approvals, consent, drafts, intake
from core.errors import NotFound, Refused
from core.feedback.decode import DecodeLimits, Unreadable
from core.permissions import permissions_of
from core.queue import looks
from core.rules.captions import check_caption, draft_captions
from core.rules.kinds import ModelKind
from core.rules.wording import counted
from core.store.records import DraftPhotoRecord, DraftRecord, DraftState, PhotoRecord
from core.workspace import Workspace

log = logging.getLogger(__name__)

NO_OPEN_DRAFT = "Nothing is being put together here. Start with /train or /edit."
HOW_TO_ADD = "Send the photos into this thread, and I look at all of them again."
HOW_TO_CAPTION = "Send me a photo's number and what it should say, and I write that down."
OVER = "That is settled by now; the card above shows where things stand."


async def take_all(
    context: Context, workspace: Workspace, attachments: Sequence[Attachment], uploader_id: str
) -> tuple[list[PhotoRecord], tuple[str, ...]]:
    """Pass every attachment through intake; return the photos, and a sentence for each that is none."""
    photos: list[PhotoRecord] = []
    sentences: list[str] = []
    frontend = context.frontends[workspace.platform]
    for attachment in attachments:
        try:
            # One byte more is enough for the gate to see that it is too large.
            data = await frontend.read(attachment, DecodeLimits().max_bytes + 1)
        except AttachmentGone as gone:
            sentences.append(str(gone))
            continue
        taken = await intake.take(workspace, context.blobs, data, attachment.filename, uploader_id)
        if isinstance(taken, Unreadable):
            sentences.append(taken.sentence)
        elif taken.id not in {photo.id for photo in photos}:
            photos.append(taken)
    return photos, tuple(sentences)


async def open_thread(
    context: Context, workspace: Workspace, requester: Requester, title: str, request_id: str
) -> ThreadAddress | Refusal:
    """Return the thread in which a draft goes on, the same one however often it is asked for."""
    rules = await permissions_of(workspace.id)
    try:
        return await context.frontends[workspace.platform].open_thread(
            requester,
            title,
            nonce=f"t{request_id[:24]}",
            is_private=rules.has_private_threads,
            guests=sorted(rules.approvers),
        )
    except ThreadRefused as refused:
        return Refusal((str(refused),))


async def analyze(
    context: Context,
    workspace: Workspace,
    draft: DraftRecord,
    notes: Sequence[str] = (),
    *,
    may_wait: bool = True,
) -> None:
    """Look at the draft's photos, then ask about the flagged ones or move on.

    Where a worker is asked to look as well, this ends here, and `after_look` goes on.
    """
    if draft.state is not DraftState.ANALYZING:
        await drafts.advance(draft, DraftState.ANALYZING)
    notes = await drafts.keep_notes(draft, notes)
    await cards.show_draft(context, workspace, draft, notes)
    sight = await find_sight(context, workspace, draft, may_wait=may_wait)
    if sight is None:
        return
    await look_at_photos(context, workspace, draft, sight)
    await drafts.forget_notes(draft)
    if not approvals.undecided(await drafts.photos(draft)):
        await after_review(context, workspace, draft, notes)
        return
    await drafts.advance(draft, DraftState.REVIEW)
    await show_review(context, workspace, draft, notes)


async def after_look(context: Context, request: LookedRequest) -> None:
    """Go on with a draft that waited for a worker's look, whatever came of it; done twice, it changes nothing."""
    workspace = await context.workspace_of(request.requester)
    try:
        draft = await workspace.draft(request.draft_id)
    except NotFound:
        return
    if draft.state is DraftState.ANALYZING and not await looks.open_looks(draft.id):
        await analyze(context, workspace, draft, may_wait=False)


async def show_review(
    context: Context, workspace: Workspace, draft: DraftRecord, notes: Sequence[str] = ()
) -> None:
    """Show a review as it stands, or move on when everything is decided."""
    if not await reviewing.show_all(context, workspace, draft, notes):
        await after_review(context, workspace, draft, notes)


async def go_on_with_review(context: Context, workspace: Workspace, draft: DraftRecord) -> None:
    """After a decision: show what is to be decided next, or move on when everything is decided."""
    if not await reviewing.show_next(context, workspace, draft):
        await after_review(context, workspace, draft)


async def after_review(
    context: Context, workspace: Workspace, draft: DraftRecord, notes: Sequence[str] = ()
) -> None:
    """Every flagged photo is decided, or was overruled: check what is left and move on."""
    await reviewing.end(context, workspace, draft)
    kind = ModelKind(draft.kind)
    kept = await drafts.kept_photos(draft)
    refused = context.plans.require_image_count(workspace.plan, kind, len(kept))
    if refused is not None:
        await drafts.advance(draft, DraftState.COLLECTING)
        await cards.show_draft(context, workspace, draft, notes)
        return
    if kind is ModelKind.CHARACTER and not await _is_consent_settled(workspace, draft):
        await drafts.advance(draft, DraftState.CONSENT)
        await cards.show_draft(context, workspace, draft, notes)
        return
    await to_captions(context, workspace, draft)


async def _is_consent_settled(workspace: Workspace, draft: DraftRecord) -> bool:
    if draft.is_real_person is None:
        return False
    return not draft.is_real_person or await consent.covers(draft.id, await _hashes(workspace, draft))


async def _hashes(workspace: Workspace, draft: DraftRecord) -> list[str]:
    return [(await workspace.photo(photo.photo_id)).sha256 for photo in await drafts.kept_photos(draft)]


async def to_captions(context: Context, workspace: Workspace, draft: DraftRecord) -> None:
    """Draft a caption for every photo that has none, and show them."""
    kept = await drafts.kept_photos(draft)
    traits = [trait for trait in draft.traits.split(",") if trait]
    written = draft_captions(draft.handle, draft.class_noun, ModelKind(draft.kind), len(kept), traits)
    for photo, caption_text in zip(kept, written, strict=True):
        if not photo.caption:
            await DraftPhotoRecord.filter(id=photo.id).update(caption=caption_text)
    await drafts.advance(draft, DraftState.CAPTIONS)
    await cards.show_draft(context, workspace, draft)


async def add_photos(context: Context, request: AddPhotosRequest) -> Reply | None:
    """Take files that came into a thread whose draft is open, and look at everything again."""
    workspace = await context.workspace_of(request.requester)
    draft = await workspace.open_draft(request.requester.thread.thread)
    if draft is None:
        return Notice(NO_OPEN_DRAFT)
    if not approvals.may_decide(draft, request.requester.user_id, is_admin=request.requester.is_admin):
        return Notice("Only the person who started this can add photos to it.")
    photos, sentences = await take_all(context, workspace, request.attachments, request.requester.user_id)
    have = {photo.photo_id for photo in await drafts.kept_photos(draft)}
    total = len(have | {photo.id for photo in photos})
    kind = ModelKind(draft.kind)
    most = workspace.plan.images[kind].allowed[1]
    if total > most and (refused := context.plans.require_image_count(workspace.plan, kind, total)):
        await intake.discard_unused(workspace, context.blobs, photos)
        return Refusal(refused.reasons)
    if not photos:
        return Refusal(sentences or ("There is no photo in that message. Attach one and send it again.",))
    for photo in photos:
        await drafts.add_photo(draft, photo.id)
    await drafts.forget_answers(draft)  # who or what is on the photos may have changed
    await analyze(context, workspace, draft, sentences)
    return None


async def caption(context: Context, request: CaptionsRequest) -> Reply | None:
    """Change captions by photo number."""
    workspace = await context.workspace_of(request.requester)
    draft = await workspace.open_draft(request.requester.thread.thread)
    if draft is None or draft.state not in (DraftState.CAPTIONS, DraftState.READY):
        return Notice("There are no captions to change right now. They come after the photos are checked.")
    if not approvals.may_decide(draft, request.requester.user_id, is_admin=request.requester.is_admin):
        return Notice("Only the person who started this can change its captions.")
    kept = await drafts.kept_photos(draft)
    problems: list[str] = []
    for number, text in request.captions:
        checked = check_caption(text, draft.handle)
        if not 1 <= number <= len(kept):
            problems.append(f"There is no caption {number}: this has {counted(len(kept), 'photo')}.")
        elif isinstance(checked, Refused):
            problems.extend(checked.reasons)
        else:
            await DraftPhotoRecord.filter(id=kept[number - 1].id).update(caption=checked)
    if draft.state is DraftState.READY:
        await drafts.advance(draft, DraftState.CAPTIONS)
    await cards.show_draft(context, workspace, draft)
    return Refusal(tuple(problems)) if problems else None


async def press(context: Context, requester: Requester, draft_id: str, verb: str) -> Reply | None:
    """Answer a button of a draft's card."""
    workspace = await context.workspace_of(requester)
    try:
        draft = await workspace.draft(draft_id)
    except NotFound:
        return Notice("That draft is gone. Start again with /train.")
    name, _, argument = verb.partition(":")
    if not await _may_press(draft, requester, name):
        return Notice("Only the person who started this can press its buttons.")
    match name, draft.state:
        case "cancel", _:
            if not await drafts.close(draft, "Cancelled. Nothing was charged."):
                return Notice(OVER)
            await looks.drop_looks(context.jobs, draft.id)
            await cards.show_draft(context, workspace, draft)
            await reviewing.close(context, workspace, draft)
            await forget_previews(context, workspace, draft)
        case "add", state if state not in (DraftState.QUEUED, DraftState.CLOSED):
            return Notice(HOW_TO_ADD)
        case "captions", DraftState.CAPTIONS | DraftState.READY:
            return Notice(HOW_TO_CAPTION)
        case "anyway", DraftState.REVIEW:
            await after_review(context, workspace, draft)
        case "next", DraftState.REVIEW:
            await reviewing.show_page(context, workspace, draft)
        case "answer", DraftState.REVIEW | DraftState.READY:
            question, _, answer = argument.partition("=")
            await drafts.write_answer(draft, question, answer)
            await cards.show_draft(context, workspace, draft)
        case "person", DraftState.CONSENT:
            return await _say_who(context, workspace, draft, is_real=argument == "real")
        case "tick", DraftState.CONSENT:
            await _tick(context, workspace, draft, int(argument))
        case "agree", DraftState.CONSENT:
            return await _agree(context, workspace, draft, requester)
        case "accept", DraftState.CAPTIONS:
            await drafts.advance(draft, DraftState.READY)
            await cards.show_draft(context, workspace, draft)
        case "start", DraftState.READY:
            if refused := await launch(context, workspace, draft):
                return Refusal(refused.reasons)
            await forget_previews(context, workspace, draft)
        case _:
            return Notice(OVER)
    return None


async def _may_press(draft: DraftRecord, requester: Requester, name: str) -> bool:
    """Whoever decides about photos may see more of them, answer for them, and end the review."""
    if name in ("anyway", "next", "answer"):
        rules = await permissions_of(draft.workspace_id)
        return approvals.may_vote(
            draft, rules, requester.user_id, requester.roles, is_admin=requester.is_admin
        )
    return approvals.may_decide(draft, requester.user_id, is_admin=requester.is_admin)


async def _say_who(
    context: Context, workspace: Workspace, draft: DraftRecord, *, is_real: bool
) -> Reply | None:
    if is_real and (refused := context.plans.require_real_person(workspace.plan)):
        return Refusal(refused.reasons)
    draft.is_real_person = is_real
    await DraftRecord.filter(id=draft.id).update(is_real_person=is_real)
    if is_real:
        await cards.show_draft(context, workspace, draft)
    else:
        await to_captions(context, workspace, draft)
    return None


async def _tick(context: Context, workspace: Workspace, draft: DraftRecord, number: int) -> None:
    ticks = cards.ticked(draft) ^ {number}
    draft.consent_ticks = ",".join(str(tick) for tick in sorted(ticks))
    await DraftRecord.filter(id=draft.id).update(consent_ticks=draft.consent_ticks)
    await cards.show_draft(context, workspace, draft)


async def _agree(
    context: Context, workspace: Workspace, draft: DraftRecord, requester: Requester
) -> Reply | None:
    missing = len(consent.STATEMENTS) - len(cards.ticked(draft))
    if missing:
        return Notice(f"{counted(missing, 'statement')} still to tick. Then press I agree.")
    await consent.record(
        workspace_id=workspace.id,
        draft_id=draft.id,
        user_id=requester.user_id,
        image_sha256s=await _hashes(workspace, draft),
    )
    await to_captions(context, workspace, draft)
    return None


async def resume(context: Context, platform: str, only: Collection[str] | None = None) -> list[str]:
    """Go on with a platform's drafts that a stopped process left: look at their photos, or show what was not shown.

    Those that wait for a worker's look go on with its ending.

    Args:
        context: The bot's.
        platform: Whose drafts.
        only: The ids of those to go on with; None means all.

    Returns:
        The ids of those that the platform could not be told of.
    """
    left: list[str] = []
    unfinished = (
        DraftRecord.filter(platform=platform) if only is None else DraftRecord.filter(id__in=list(only))
    )
    for draft in await unfinished.exclude(
        state__in=[DraftState.COLLECTING, DraftState.QUEUED, DraftState.CLOSED]
    ):
        if draft.state is DraftState.ANALYZING and await is_awaited(draft):
            continue
        workspace = await context.workspace_of(await context.requester_of(draft))
        try:
            await go_on(context, workspace, draft)
        except FrontendUnavailable:
            log.warning("action=draft_not_resumed draft=%s", draft.id)
            left.append(draft.id)
    return left


async def go_on(context: Context, workspace: Workspace, draft: DraftRecord) -> None:
    """Do again what may not have been done to its end: what was shown already is only brought up to date."""
    match draft.state:
        case DraftState.ANALYZING if await is_awaited(draft):
            await cards.show_draft(context, workspace, draft, drafts.notes_of(draft))
        case DraftState.COLLECTING | DraftState.ANALYZING:
            await analyze(context, workspace, draft)
        case DraftState.REVIEW:
            await show_review(context, workspace, draft)
        case _:
            await cards.show_draft(context, workspace, draft)
