"""Reactions decide: the votes on a flagged photo, and what they come to.

The person who asked decides; so may an admin, and whom the workspace names. Of each person the latest reaction
counts that still stands. A choice is made when enough people agree on it: where several choices have enough,
the one with most people, and of equals the one that was picked last. Votes are kept as a log, the withdrawn
ones too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from core.permissions import Permissions, is_among
from core.store.database import transaction
from core.store.records import Choice, DraftPhotoRecord, DraftRecord, DraftState, VoteRecord

EMOJI = {"✅": Choice.KEEP, "✂️": Choice.FIX, "❌": Choice.REMOVE}
"""The emoji that the bot seeds, and what each decides."""


def choice_of(emoji: str) -> Choice | None:
    """Return what an emoji means; the scissors may come with or without their variation selector."""
    plain = {key.rstrip("\ufe0f"): choice for key, choice in EMOJI.items()}
    return plain.get(emoji.rstrip("\ufe0f"))


def may_decide(draft: DraftRecord, user_id: str, *, is_admin: bool) -> bool:
    """Tell whether a person may press the draft's buttons."""
    return is_admin or user_id == draft.requester_id


def may_vote(
    draft: DraftRecord, rules: Permissions, user_id: str, roles: Iterable[str], *, is_admin: bool
) -> bool:
    """Tell whether a person's reaction counts on this draft's photos."""
    return may_decide(draft, user_id, is_admin=is_admin) or is_among(rules.approvers, user_id, roles)


async def vote(
    draft: DraftRecord, photo: DraftPhotoRecord, user_id: str, choice: Choice, rules: Permissions
) -> bool:
    """Count a reaction; False when the review is over and nothing changes any more."""
    async with transaction():
        if not await _is_open(draft):
            return False
        own = VoteRecord.filter(draft_photo_id=photo.id, user_id=user_id, is_withdrawn=False)
        last = await own.order_by("-created_at").first()
        if last is None or last.choice is not choice:  # else it was counted, and its request comes once more
            await VoteRecord.create(draft_photo_id=photo.id, user_id=user_id, choice=choice)
        await _tally(photo, rules)
    return True


async def withdraw(
    draft: DraftRecord, photo: DraftPhotoRecord, user_id: str, choice: Choice, rules: Permissions
) -> bool:
    """Take a reaction back; an earlier one that still stands counts again."""
    async with transaction():
        if not await _is_open(draft):
            return False
        own = VoteRecord.filter(draft_photo_id=photo.id, user_id=user_id, choice=choice)
        await own.update(is_withdrawn=True)
        await _tally(photo, rules)
    return True


def undecided(photos: list[DraftPhotoRecord]) -> list[DraftPhotoRecord]:
    """Return the flagged photos that wait for a decision."""
    return [photo for photo in photos if photo.is_flagged and photo.choice is None]


async def standing(photo: DraftPhotoRecord) -> Counter[Choice]:
    """Count the people behind each choice, the choice that was picked last at the end."""
    votes = await VoteRecord.filter(draft_photo_id=photo.id, is_withdrawn=False).order_by("created_at")
    latest: dict[str, Choice] = {}
    for vote in votes:
        latest.pop(vote.user_id, None)  # so that the order is that of the votes that count
        latest[vote.user_id] = vote.choice
    people: Counter[Choice] = Counter()
    for choice in latest.values():
        people[choice] = people.pop(choice, 0) + 1
    return people


async def _is_open(draft: DraftRecord) -> bool:
    """Whether the draft is in review, which it stays until this transaction ends."""
    locked = await DraftRecord.filter(id=draft.id).select_for_update().get_or_none()
    return locked is not None and locked.state is DraftState.REVIEW


async def _tally(photo: DraftPhotoRecord, rules: Permissions) -> None:
    people = await standing(photo)
    enough = [choice for choice, count in people.items() if count >= rules.quorum]
    # The last of the largest: `max` returns the first, so it looks from the end.
    photo.choice = max(reversed(enough), key=people.__getitem__) if enough else None
    await DraftPhotoRecord.filter(id=photo.id).update(choice=photo.choice)
