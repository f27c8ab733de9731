"""What a platform may have missed to tell: the votes on photos in review, as they are written down.

A reaction that waits in the inbox is written down as well: it counts with the votes.

A front-end compares them with what stands under its messages now, and hands on the differences as reactions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bot.inbox import unanswered
from bot.requests import Reaction, ThreadAddress
from core import approvals, drafts
from core.permissions import Permissions, permissions_of
from core.store.records import (
    Choice,
    DraftPhotoRecord,
    DraftRecord,
    DraftState,
    VoteRecord,
    WorkspaceRecord,
)


@dataclass(frozen=True)
class PhotoInReview:
    """A flagged photo whose decision can still change.

    Attributes:
        workspace: As the platform names it.
        standing: Who chose what, and took nothing back.
        votes: How often each ever chose it, so that each difference has a name of its own.
        choices: What can be chosen.
    """

    workspace: str
    thread: ThreadAddress
    message: str
    standing: frozenset[tuple[str, Choice]]
    votes: Counter[tuple[str, Choice]]
    choices: frozenset[Choice]
    draft: DraftRecord
    rules: Permissions

    def may_vote(self, user_id: str, roles: Iterable[str], *, is_admin: bool) -> bool:
        """Tell whether a person's reaction counts."""
        return approvals.may_vote(self.draft, self.rules, user_id, roles, is_admin=is_admin)


async def photos_in_review(platform: str) -> Sequence[PhotoInReview]:
    """Return every flagged photo of a platform's open reviews that has its message."""
    found: list[PhotoInReview] = []
    # First, so that what is answered meanwhile is seen twice and not never.
    waiting = [each for each in await unanswered(platform) if isinstance(each, Reaction)]
    for draft in await DraftRecord.filter(platform=platform, state=DraftState.REVIEW):
        workspace = await WorkspaceRecord.get(id=draft.workspace_id)
        rules = await permissions_of(draft.workspace_id)
        offered = await drafts.offered_fixes(draft)
        for photo in await drafts.photos(draft):
            if photo.is_flagged and photo.message is not None:
                as_voted = await _in_review(
                    photo, photo.message, draft, workspace, rules, photo.id in offered
                )
                found.append(_with_waiting(as_voted, waiting))
    return found


def _with_waiting(photo: PhotoInReview, waiting: Iterable[Reaction]) -> PhotoInReview:
    """Return the photo with the votes as they will be when the inbox is empty."""
    standing, votes = set(photo.standing), photo.votes.copy()
    for reaction in waiting:
        choice = approvals.choice_of(reaction.emoji)
        if reaction.message != photo.message or choice is None:
            continue
        vote = (reaction.requester.user_id, choice)
        if reaction.is_withdrawn:
            standing.discard(vote)
        else:
            standing.add(vote)
            votes[vote] += 1
    return replace(photo, standing=frozenset(standing), votes=votes)


async def _in_review(
    photo: DraftPhotoRecord,
    message: str,
    draft: DraftRecord,
    workspace: WorkspaceRecord,
    rules: Permissions,
    has_fix: bool,
) -> PhotoInReview:
    votes = await VoteRecord.filter(draft_photo_id=photo.id)
    return PhotoInReview(
        workspace=workspace.external_id,
        thread=ThreadAddress(draft.platform, draft.thread),
        message=message,
        standing=frozenset((vote.user_id, vote.choice) for vote in votes if not vote.is_withdrawn),
        votes=Counter((vote.user_id, vote.choice) for vote in votes),
        choices=frozenset(Choice) if has_fix else frozenset((Choice.KEEP, Choice.REMOVE)),
        draft=draft,
        rules=rules,
    )
