"""Reactions on flagged photos: keep, fix or remove."""

from __future__ import annotations

from bot.commands.drafting import go_on_with_review
from bot.context import Context
from bot.flagged import show_flagged
from bot.replies import Notice, Reply
from bot.requests import Reaction
from core import approvals, drafts
from core.permissions import permissions_of
from core.store.records import Choice, DraftPhotoRecord, DraftRecord
from core.workspace import Workspace

NOT_YOURS = "Only the person who started this decides about its photos, or an approver."
NOTHING_TO_FIX = "There is nothing that I could fix on this photo. ✅ keeps it, ❌ removes it."
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
    person, rules = request.requester, await permissions_of(workspace.id)
    if not approvals.may_vote(draft, rules, person.user_id, person.roles, is_admin=person.is_admin):
        return Notice(NOT_YOURS)
    if choice is Choice.FIX and photo.id not in await drafts.offered_fixes(draft):
        return Notice(NOTHING_TO_FIX)
    change = approvals.withdraw if request.is_withdrawn else approvals.vote
    if not await change(draft, photo, person.user_id, choice, rules):
        return Notice(SETTLED)
    await show_flagged(context, workspace, draft, photo)
    await go_on_with_review(context, workspace, draft)
    return None


async def _photo_under(
    workspace: Workspace, request: Reaction
) -> tuple[DraftRecord, DraftPhotoRecord] | None:
    """Find the photo that the message shows, in this workspace.

    Not by the thread: where that was gone, the message had to be posted beside it.
    """
    for photo in await DraftPhotoRecord.filter(message=request.message):
        draft = await DraftRecord.get_or_none(id=photo.draft_id, workspace_id=workspace.id)
        if draft is not None:
            return draft, photo
    return None
