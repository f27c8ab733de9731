"""A `/train` or `/edit` on its way to a job: a state machine that survives restarts.

    collecting → analyzing → review → consent → captions → ready → queued → closed

Steps may be left out (nothing flagged, nobody real), new photos lead back to analyzing, and a draft can
close from anywhere. Every step is a compare-and-set on the row, so that two processes take it once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from core.errors import InvalidTransition
from core.feedback.fixes import Fix
from core.rules.kinds import ModelKind
from core.rules.wording import one_line
from core.store.database import transaction
from core.store.records import Choice, DraftPhotoRecord, DraftRecord, DraftState, FindingRecord, VoteRecord

PHOTOS_A_PAGE = 8
"""Flagged photos that a thread is given to decide at a time; more would bury the card."""

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
    await DraftRecord.filter(id=draft.id).update(close_reason=reason, notes="")
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
    """Replace what feedback said. A photo that is flagged no more loses its flag, not its decision.

    A photo about which something new is said is decided anew: whoever kept it did not know that.
    """
    async with transaction():
        known = _keys_by_photo(await findings_of(draft))
        await FindingRecord.filter(draft_id=draft.id).delete()
        for finding in findings:
            await finding.save(force_create=True)
        said = _keys_by_photo(findings)
        for photo in await photos(draft):
            await DraftPhotoRecord.filter(id=photo.id).update(is_flagged=photo.id in flagged)
            if photo.choice is not None and said[photo.id] - known[photo.id]:
                await VoteRecord.filter(draft_photo_id=photo.id).update(is_withdrawn=True)
                await DraftPhotoRecord.filter(id=photo.id).update(choice=None, is_shown=False)


def _keys_by_photo(findings: list[FindingRecord]) -> dict[str, set[str]]:
    """Return the dismiss keys of the findings that each photo is decided for."""
    keys: dict[str, set[str]] = defaultdict(set)
    for finding in findings:
        if finding.draft_photo_id:
            keys[finding.draft_photo_id].add(finding.dismiss_key)
    return keys


async def by_harm(draft: DraftRecord) -> list[DraftPhotoRecord]:
    """Return the flagged photos, the one with the most harmful finding first."""
    flagged = {photo.id: photo for photo in await photos(draft) if photo.is_flagged}
    ranked = [finding.draft_photo_id for finding in await findings_of(draft)]
    return [flagged[photo_id] for photo_id in dict.fromkeys(ranked) if photo_id in flagged]


async def open_page(draft: DraftRecord) -> list[DraftPhotoRecord]:
    """Begin the next page of the review and return it: the worst of the photos that nobody was shown yet."""
    waiting = [photo for photo in await by_harm(draft) if photo.choice is None and not photo.is_shown]
    page = waiting[:PHOTOS_A_PAGE]
    await DraftPhotoRecord.filter(id__in=[photo.id for photo in page]).update(is_shown=True)
    return page


async def write_answer(draft: DraftRecord, question: str, answer: str) -> None:
    """Keep what the person answered about the photos, in place of what they said before."""
    draft.answers = ",".join(f"{key}={value}" for key, value in {**answers(draft), question: answer}.items())
    await DraftRecord.filter(id=draft.id).update(answers=draft.answers)


def answers(draft: DraftRecord) -> dict[str, str]:
    """Return what the person answered about the photos, by question."""
    return dict(answer.split("=", 1) for answer in draft.answers.split(",") if answer)


async def forget_answers(draft: DraftRecord) -> None:
    """Ask again: the photos are others now."""
    draft.answers = ""
    await DraftRecord.filter(id=draft.id).update(answers="")


async def keep_notes(draft: DraftRecord, notes: Sequence[str]) -> tuple[str, ...]:
    """Keep what is to be said until the photos were looked at; return it with what was kept before."""
    everything = tuple(dict.fromkeys((*notes_of(draft), *(one_line(note) for note in notes))))
    draft.notes = "\n".join(everything)
    if notes:
        await DraftRecord.filter(id=draft.id).update(notes=draft.notes)
    return everything


def notes_of(draft: DraftRecord) -> tuple[str, ...]:
    """Return what was kept to be said."""
    return tuple(draft.notes.splitlines())


async def forget_notes(draft: DraftRecord) -> None:
    """Forget what has been said."""
    if draft.notes:
        draft.notes = ""
        await DraftRecord.filter(id=draft.id).update(notes="")


async def forget_previews(draft: DraftRecord) -> list[str]:
    """Let go of the pictures that the review was shown with, and return the keys of their files."""
    keys = [photo.preview_key for photo in await photos(draft) if photo.preview_key]
    await DraftPhotoRecord.filter(draft_id=draft.id).update(preview_key=None)
    return keys


async def findings_of(draft: DraftRecord) -> list[FindingRecord]:
    """Return what feedback said, most harmful first."""
    return await FindingRecord.filter(draft_id=draft.id).order_by("rank")


async def offered_fixes(draft: DraftRecord) -> dict[str, Fix]:
    """Return the fix that feedback offers for a photo, by the photo's row; that of its most harmful finding."""
    found = [row for row in await findings_of(draft) if row.draft_photo_id and row.applicable_fix]
    return {str(row.draft_photo_id): Fix(row.applicable_fix) for row in reversed(found)}


def treatment(draft: DraftRecord, photo: DraftPhotoRecord, offered: Fix | None) -> Fix | None:
    """Return what `core.feedback.fixes.prepare_for_training` is to do with a photo, as it was decided.

    Nothing decided leaves it to the rule: cropped, or padded where the crop would cut. A style is always
    cropped, for bars of white would become part of it.
    """
    if photo.choice is Choice.FIX and offered is not None:
        return offered
    if ModelKind(draft.kind) is ModelKind.STYLE or (photo.choice is Choice.KEEP and offered is Fix.PAD):
        return Fix.CROP
    return None


async def erase(draft: DraftRecord) -> None:
    """Remove the draft and everything that hangs on it."""
    photo_ids = [photo.id for photo in await photos(draft)]
    await VoteRecord.filter(draft_photo_id__in=photo_ids).delete()
    await FindingRecord.filter(draft_id=draft.id).delete()
    await DraftPhotoRecord.filter(draft_id=draft.id).delete()
    await DraftRecord.filter(id=draft.id).delete()
