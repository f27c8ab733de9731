"""A `/train` or `/edit` on its way to a job: a state machine that survives restarts.

    collecting → analyzing → review → consent → captions → ready → queued → closed

Steps may be left out (nothing flagged, nobody real), new photos lead back to analyzing, and a draft can
close from anywhere. Every step is a compare-and-set on the row, so that two processes take it once.
"""

from __future__ import annotations

from core.errors import InvalidTransition
from core.store.database import transaction
from core.store.records import Choice, DraftPhotoRecord, DraftRecord, DraftState, FindingRecord, VoteRecord

S = DraftState
_STEPS: dict[DraftState, frozenset[DraftState]] = {
    S.COLLECTING: frozenset({S.ANALYZING, S.CLOSED}),
    S.ANALYZING: frozenset({S.REVIEW, S.CONSENT, S.CAPTIONS, S.COLLECTING, S.CLOSED}),
    S.REVIEW: frozenset({S.ANALYZING, S.COLLECTING, S.CONSENT, S.CAPTIONS, S.CLOSED}),
    S.CONSENT: frozenset({S.ANALYZING, S.CAPTIONS, S.CLOSED}),
    S.CAPTIONS: frozenset({S.ANALYZING, S.READY, S.CLOSED}),
    S.READY: frozenset({S.ANALYZING, S.CAPTIONS, S.QUEUED, S.CLOSED}),
    S.QUEUED: frozenset({S.CLOSED}),
    S.CLOSED: frozenset(),
}


async def advance(draft: DraftRecord, to: DraftState) -> None:
    """Take a step.

    Raises:
        InvalidTransition: The draft does not stand where this step begins (or no longer does).
    """
    if to not in _STEPS[draft.state]:
        raise InvalidTransition(f"draft {draft.id}: {draft.state.value} → {to.value}")
    changes: dict[str, object] = {"state": to}
    if to is DraftState.CLOSED:
        changes["live_handle"] = None
    if await DraftRecord.filter(id=draft.id, state=draft.state).update(**changes) == 0:
        raise InvalidTransition(f"draft {draft.id}: no longer {draft.state.value}")
    draft.state = to


async def close(draft: DraftRecord, reason: str) -> bool:
    """End the draft without a training; False when it had ended, or was queued, before."""
    if DraftState.CLOSED not in _STEPS[draft.state] or draft.state is DraftState.QUEUED:
        return False
    await advance(draft, DraftState.CLOSED)
    await DraftRecord.filter(id=draft.id).update(close_reason=reason)
    draft.close_reason = reason
    return True


async def photos(draft: DraftRecord) -> list[DraftPhotoRecord]:
    """Return the draft's photos in order, the removed ones too."""
    return await DraftPhotoRecord.filter(draft_id=draft.id).order_by("position")


async def kept_photos(draft: DraftRecord) -> list[DraftPhotoRecord]:
    """Return the photos that will be trained on."""
    return [photo for photo in await photos(draft) if photo.choice is not Choice.REMOVE]


async def add_photo(
    draft: DraftRecord, photo_id: str, *, is_new: bool = True, caption: str = ""
) -> DraftPhotoRecord:
    """Add a photo at the end; one that is there already is returned as it is."""
    existing = await DraftPhotoRecord.get_or_none(draft_id=draft.id, photo_id=photo_id)
    if existing is not None:
        return existing
    last = await DraftPhotoRecord.filter(draft_id=draft.id).order_by("-position").first()
    return await DraftPhotoRecord.create(
        draft_id=draft.id,
        photo_id=photo_id,
        position=0 if last is None else last.position + 1,
        is_new=is_new,
        caption=caption,
    )


async def record_findings(draft: DraftRecord, findings: list[FindingRecord], flagged: set[str]) -> None:
    """Replace what feedback said. A photo that is flagged no more loses its flag, not its decision."""
    async with transaction():
        await FindingRecord.filter(draft_id=draft.id).delete()
        for finding in findings:
            await finding.save(force_create=True)
        for photo in await photos(draft):
            await DraftPhotoRecord.filter(id=photo.id).update(is_flagged=photo.id in flagged)


async def findings_of(draft: DraftRecord) -> list[FindingRecord]:
    """Return what feedback said, most harmful first."""
    return await FindingRecord.filter(draft_id=draft.id).order_by("rank")


async def erase(draft: DraftRecord) -> None:
    """Remove the draft and everything that hangs on it."""
    photo_ids = [photo.id for photo in await photos(draft)]
    await VoteRecord.filter(draft_photo_id__in=photo_ids).delete()
    await FindingRecord.filter(draft_id=draft.id).delete()
    await DraftPhotoRecord.filter(draft_id=draft.id).delete()
    await DraftRecord.filter(id=draft.id).delete()
