"""Reactions on flagged photos: keep, fix or remove."""

from __future__ import annotations

from bot import cards
from bot.commands.drafting import after_review
from bot.context import Context
from bot.replies import Notice, Reply
from bot.requests import Reaction
from core import approvals, drafts
from core.store.records import DraftPhotoRecord, DraftRecord
from core.workspace import Workspace

NOT_YOURS = "Only the person who started this decides about its photos."
SETTLED = "The review is over, so this photo stays as decided."


async def react(context: Context, request: Reaction) -> Reply | None:
    """Count a reaction on one of our review messages; anything else is none of our business."""
    choice = approvals.choice_of(request.emoji)
    if request.is_bot or choice is None:
        return None
    workspace = await context.workspace_of(request.requester)
    found = await _photo_under(workspace, request)
    if found is None:
        return None
    draft, photo = found
    if not approvals.may_decide(draft, request.requester.user_id, is_admin=request.requester.is_admin):
        return Notice(NOT_YOURS)
    change = approvals.withdraw if request.is_withdrawn else approvals.vote
    if not await change(draft, photo, request.requester.user_id, choice):
        return Notice(SETTLED)
    await cards.show_flagged(context, workspace, draft, photo)
    if await approvals.undecided(await drafts.photos(draft)):
        await cards.show_draft(context, workspace, draft)
    else:
        await after_review(context, workspace, draft)
    return None


async def _photo_under(
    workspace: Workspace, request: Reaction
) -> tuple[DraftRecord, DraftPhotoRecord] | None:
    """Find the photo that the message shows, in this workspace and thread."""
    thread = request.requester.thread.thread
    for photo in await DraftPhotoRecord.filter(message=request.message):
        draft = await DraftRecord.get_or_none(id=photo.draft_id, workspace_id=workspace.id, thread=thread)
        if draft is not None:
            return draft, photo
    return None
