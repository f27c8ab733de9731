"""Reactions that nobody told us of: those that were put on and taken off while we were not listening."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence, Set
from typing import Protocol

from bot.frontend import Accept, FrontendUnavailable
from bot.reconcile import PhotoInReview
from bot.requests import Reaction, Requester
from core.approvals import EMOJI
from core.patience import patiently
from core.store.records import Choice

log = logging.getLogger(__name__)

RETRY_SECONDS = 5.0
InReview = Callable[[], Awaitable[Sequence[PhotoInReview]]]
Vote = tuple[str, Choice]
"""Who chose what."""


class Ballots(Protocol):
    """What a platform can say of the reactions under our messages."""

    async def votes(self, photo: PhotoInReview) -> Set[Vote] | None:
        """Return who chose what under a photo now; None where its message is gone, or closed to us.

        Raises:
            FrontendUnavailable: The platform cannot be asked now.
        """
        ...

    async def voter(self, photo: PhotoInReview, user_id: str) -> Requester | None:
        """Return who that is, with the roles that may make an approver of them; None for a bot.

        Raises:
            FrontendUnavailable: The platform cannot be asked now.
        """
        ...


class CatchingUp:
    """Compares what stands under the photos in review with what is written down, and accepts the differences."""

    def __init__(
        self,
        in_review: InReview,
        ballots: Ballots,
        *,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._in_review = in_review
        self._ballots = ballots
        self._wait = wait

    async def run(self, accept: Accept, is_over: Callable[[], bool] = lambda: False) -> None:
        """Look at every photo once; while the platform cannot be asked, wait, until it is over."""
        for photo in await patiently(self._in_review, "photos in review"):
            while not is_over():
                try:
                    await self._look_at(photo, accept)
                    break
                except FrontendUnavailable:
                    await self._wait(RETRY_SECONDS)

    async def _look_at(self, photo: PhotoInReview, accept: Accept) -> None:
        now = await self._ballots.votes(photo)
        if now is None:
            return  # what is written down stays
        for vote in sorted(photo.standing - now):
            await self._tell(photo, vote, accept, is_withdrawn=True)
        for vote in sorted(now - photo.standing):
            await self._tell(photo, vote, accept, is_withdrawn=False)

    async def _tell(self, photo: PhotoInReview, vote: Vote, accept: Accept, *, is_withdrawn: bool) -> None:
        user_id, choice = vote
        voter = await self._ballots.voter(photo, user_id)
        if voter is None or not photo.may_vote(user_id, voter.roles, is_admin=voter.is_admin):
            return  # they were told when they reacted, if we were there
        emoji = next(emoji for emoji, meant in EMOJI.items() if meant is choice)
        request = Reaction(voter, photo.message, emoji, is_withdrawn=is_withdrawn)
        key = found_key(photo, vote, is_withdrawn=is_withdrawn)
        await patiently(lambda: accept(request, key), "a missed reaction")
        log.info("action=reaction_caught_up is_withdrawn=%s", is_withdrawn)


def found_key(photo: PhotoInReview, vote: Vote, *, is_withdrawn: bool) -> str:
    """Return the id of a reaction that was found under a photo, and that nobody had told us of.

    Its event may still come, under its own id. Then it is counted once all the same: a vote that stands is not
    counted again, and one that was taken back is not there to be taken back. How often that person ever chose
    this is in the id, so that each difference has one of its own.
    """
    user_id, choice = vote
    verb = "remove" if is_withdrawn else "add"
    return f"reaction:{photo.message}:{user_id}:{choice.value}:{verb}:{photo.votes[vote]}"
