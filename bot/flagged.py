"""The message of one flagged photo: what could be better, what can be decided, and what will be trained."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from bot.about_the_set import is_about
from bot.cards import show
from bot.context import Context
from bot.replies import FlaggedPhoto, Picture, ReactionChoice
from bot.requests import ThreadAddress
from core import approvals, drafts
from core.blob_references import delete_unreferenced
from core.feedback.checks import MAX_FINDINGS_PER_PHOTO
from core.feedback.fixes import Fix, is_square
from core.feedback.previews import as_trained, with_crop
from core.permissions import permissions_of
from core.rules.kinds import ModelKind
from core.rules.wording import counted
from core.store.records import Choice, DraftPhotoRecord, DraftRecord, DraftState, PhotoRecord
from core.workspace import Workspace

NOT_USED = "Not used: this ended without a training."
THE_FRAME = "The frame shows the square that would be trained."
_SCISSORS = {
    Fix.PAD: "pad with white instead",
    Fix.CROP: "crop around the {noun}",
    Fix.TRIM: "cut the bars off",
    Fix.UPSCALE: "enlarge it",
}
_FIXED = {
    Fix.PAD: "Kept, padded with white so that nothing is cut.",
    Fix.CROP: "Kept, cropped around the {noun}.",
    Fix.TRIM: "Kept, without the bars.",
    Fix.UPSCALE: "Kept, enlarged. That adds pixels, not detail, so a larger original is still better.",
}
_VERBS = {Choice.KEEP: "keep", Choice.FIX: "fix", Choice.REMOVE: "remove"}


@dataclass(frozen=True)
class _Flagged:
    """A photo with what decides how it is shown."""

    draft: DraftRecord
    photo: DraftPhotoRecord
    stored: PhotoRecord
    offered: Fix | None
    is_undecided: bool

    @property
    def is_square(self) -> bool:
        """Whether a crop takes nothing away."""
        return is_square(self.stored.width_px, self.stored.height_px)


async def show_flagged(
    context: Context,
    workspace: Workspace,
    draft: DraftRecord,
    photo: DraftPhotoRecord,
    *,
    is_over: bool = False,
) -> None:
    """Post a flagged photo as its own message, or bring it up to date.

    Args:
        is_over: The review has ended, so there is nothing to decide about it any more.
    """
    is_closed = draft.state is DraftState.CLOSED
    is_over = is_over or is_closed
    findings = [row for row in await drafts.findings_of(draft) if is_about(row, photo)]
    offered = (await drafts.offered_fixes(draft)).get(photo.id)
    stored = await workspace.photo(photo.photo_id)
    it = _Flagged(draft, photo, stored, offered, is_undecided=photo.choice is None and not is_over)
    frame = (THE_FRAME,) if it.is_undecided and not it.is_square else ()
    reply = FlaggedPhoto(
        draft_id=draft.id,
        number=photo.position + 1,
        photo_count=len(await drafts.photos(draft)),
        picture=await _picture(context, workspace, it),
        findings=(*(f"{row.why} {row.fix}" for row in findings[:MAX_FINDINGS_PER_PHOTO]), *frame),
        choices=() if is_over else _choices(draft, offered),
        decision=NOT_USED
        if is_closed
        else _left_alone(offered)
        if is_over
        else await _decision(draft, photo, offered),
    )
    thread = ThreadAddress(draft.platform, draft.thread)
    message = await show(context, thread, photo.message, reply, nonce=f"p{photo.id[:24]}")
    await DraftPhotoRecord.filter(id=photo.id).update(message=message)


async def _picture(context: Context, workspace: Workspace, it: _Flagged) -> Picture:
    """Return the photo with its crop while it is undecided, then what will be trained; a removed one as it came."""
    photo, stored, alt = it.photo, it.stored, f"photo {it.photo.position + 1}"
    is_changed = not it.is_square or photo.choice is Choice.FIX
    if photo.choice is Choice.REMOVE or not is_changed:
        return Picture(stored.blob_key, stored.filename, alt)
    data = await context.blobs.get(stored.blob_key)
    loop = asyncio.get_running_loop()
    if it.is_undecided:
        made = await loop.run_in_executor(context.photo_processes, with_crop, data)
        alt = f"{alt}, with the square that would be trained"
    else:
        how = drafts.treatment(it.draft, photo, it.offered)
        made = await loop.run_in_executor(context.photo_processes, as_trained, data, how)
        alt = f"{alt}, as it will be trained"
    return Picture(await _keep_preview(context, workspace, photo, made), stored.filename, alt)


async def _keep_preview(
    context: Context, workspace: Workspace, photo: DraftPhotoRecord, preview: bytes
) -> str:
    """Store what the message shows, in place of what it showed before."""
    key = await context.blobs.put(workspace.id, preview, ".jpg")
    if key != photo.preview_key:
        await DraftPhotoRecord.filter(id=photo.id).update(preview_key=key)
        await delete_unreferenced(workspace.id, context.blobs, [photo.preview_key])
        photo.preview_key = key
    return key


async def forget_previews(context: Context, workspace: Workspace, draft: DraftRecord) -> None:
    """Erase the pictures that were made for a draft's messages; what was posted keeps them."""
    await delete_unreferenced(workspace.id, context.blobs, await drafts.forget_previews(draft))


def _choices(draft: DraftRecord, offered: Fix | None) -> tuple[ReactionChoice, ...]:
    remove = ReactionChoice("❌", "remove")
    if offered is None:
        return (ReactionChoice("✅", "keep"), remove)
    keep = ReactionChoice("✅", "keep the crop" if offered is Fix.PAD else "keep")
    return (keep, ReactionChoice("✂️", _SCISSORS[offered].format(noun=_noun(draft))), remove)


async def _decision(draft: DraftRecord, photo: DraftPhotoRecord, offered: Fix | None) -> str:
    """Say what was decided, or how far the votes have come where one is not enough."""
    if photo.choice is Choice.REMOVE:
        return "Removed."
    if photo.choice is Choice.FIX and offered is not None:
        return _FIXED[offered].format(noun=_noun(draft))
    if photo.choice is not None:
        return "Kept, cropped as shown." if offered is Fix.PAD else "Kept."
    people = await approvals.standing(photo)
    if not people:
        return ""
    quorum = (await permissions_of(draft.workspace_id)).quorum
    said = ", ".join(f"{count} to {_VERBS[choice]}" for choice, count in people.items())
    return f"{counted(quorum, 'vote')} decide; so far {said}."


def _left_alone(offered: Fix | None) -> str:
    how = "Padded with white so that nothing is cut" if offered is Fix.PAD else "Kept"
    return f"{how}; the review ended before anybody decided."


def _noun(draft: DraftRecord) -> str:
    return "subject" if ModelKind(draft.kind) is ModelKind.STYLE else draft.class_noun or "subject"
