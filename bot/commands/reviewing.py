"""The review in the thread: the card, and the flagged photos page by page, the worst first."""

from __future__ import annotations

from collections.abc import Sequence

from bot import cards
from bot.context import Context
from bot.flagged import show_flagged
from core import approvals, drafts
from core.store.records import DraftRecord
from core.workspace import Workspace


async def show_all(
    context: Context, workspace: Workspace, draft: DraftRecord, notes: Sequence[str] = ()
) -> bool:
    """Show a review as it stands, every photo whose page has begun; False when nothing is left to decide."""
    waiting = approvals.undecided(await drafts.photos(draft))
    if not waiting:
        return False
    if not any(photo.is_shown for photo in waiting):
        await drafts.open_page(draft)
    await cards.show_draft(context, workspace, draft, notes)
    for photo in await drafts.by_harm(draft):
        if photo.is_shown:
            await show_flagged(context, workspace, draft, photo)
    return True


async def show_next(context: Context, workspace: Workspace, draft: DraftRecord) -> bool:
    """After a decision: count it on the card, and begin a page when the one before is decided; False at the end."""
    waiting = approvals.undecided(await drafts.photos(draft))
    if not waiting:
        return False
    if any(photo.is_shown for photo in waiting):
        await cards.show_draft(context, workspace, draft)
    else:
        await show_page(context, workspace, draft)
    return True


async def show_page(context: Context, workspace: Workspace, draft: DraftRecord) -> None:
    """Show the next of the flagged photos."""
    page = await drafts.open_page(draft)
    await cards.show_draft(context, workspace, draft)
    for photo in page:
        await show_flagged(context, workspace, draft, photo)


async def close(context: Context, workspace: Workspace, draft: DraftRecord) -> None:
    """Say under every photo that was shown that nothing comes of it: the draft ended without a training."""
    for photo in await drafts.photos(draft):
        if photo.message is not None:
            await show_flagged(context, workspace, draft, photo)


async def end(context: Context, workspace: Workspace, draft: DraftRecord) -> None:
    """Say under the photos that nobody decided what becomes of them."""
    for photo in approvals.undecided(await drafts.photos(draft)):
        if photo.message is not None:
            await show_flagged(context, workspace, draft, photo, is_over=True)
