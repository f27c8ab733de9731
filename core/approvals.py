"""Reactions decide: the votes on a flagged photo, and what they come to.

The person who asked decides; so may an admin. Votes are kept as a log, the withdrawn ones too.
"""

from __future__ import annotations

from core.store.records import Choice, DraftPhotoRecord, DraftRecord, DraftState, VoteRecord

EMOJI = {"✅": Choice.KEEP, "✂️": Choice.FIX, "❌": Choice.REMOVE}
"""The emoji that the bot seeds, and what each decides."""


def choice_of(emoji: str) -> Choice | None:
    """Return what an emoji means; the scissors may come with or without their variation selector."""
    plain = {key.rstrip("\ufe0f"): choice for key, choice in EMOJI.items()}
    return plain.get(emoji.rstrip("\ufe0f"))


def may_decide(draft: DraftRecord, user_id: str, *, is_admin: bool) -> bool:
    """Tell whether a person's reaction counts on this draft."""
    return is_admin or user_id == draft.requester_id


async def vote(draft: DraftRecord, photo: DraftPhotoRecord, user_id: str, choice: Choice) -> bool:
    """Count a reaction; False when the review is over and nothing changes any more."""
    if draft.state is not DraftState.REVIEW:
        return False
    await VoteRecord.create(draft_photo_id=photo.id, user_id=user_id, choice=choice)
    await _tally(photo)
    return True


async def withdraw(draft: DraftRecord, photo: DraftPhotoRecord, user_id: str, choice: Choice) -> bool:
    """Take a reaction back; an earlier one that still stands counts again."""
    if draft.state is not DraftState.REVIEW:
        return False
    await VoteRecord.filter(draft_photo_id=photo.id, user_id=user_id, choice=choice).update(is_withdrawn=True)
    await _tally(photo)
    return True


async def undecided(photos: list[DraftPhotoRecord]) -> list[DraftPhotoRecord]:
    """Return the flagged photos that wait for a decision."""
    return [photo for photo in photos if photo.is_flagged and photo.choice is None]


async def _tally(photo: DraftPhotoRecord) -> None:
    standing = VoteRecord.filter(draft_photo_id=photo.id, is_withdrawn=False)
    latest = await standing.order_by("-created_at").first()
    photo.choice = latest.choice if latest else None
    await DraftPhotoRecord.filter(id=photo.id).update(choice=photo.choice)
