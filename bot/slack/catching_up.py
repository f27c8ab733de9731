"""Reactions that nobody told us of: those that were put on and taken off while no process was up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from bot.frontend import Accept, FrontendUnavailable
from bot.reconcile import PhotoInReview
from bot.requests import Reaction, Requester, ThreadAddress
from bot.slack.addresses import place_of, read_message_name
from bot.slack.emoji import emoji_of
from bot.slack.web import Payload, Refusal, Web
from core.approvals import EMOJI, choice_of
from core.patience import patiently
from core.store.records import Choice

log = logging.getLogger(__name__)

RETRY_SECONDS = 5.0
InReview = Callable[[], Awaitable[Sequence[PhotoInReview]]]
Whose = Callable[[str, str, ThreadAddress], Awaitable[Requester]]
"""Tells who somebody is, with the groups that may make an approver of them: workspace, user, thread."""


class CatchingUp:
    """Compares what stands under the photos in review with what is written down, and accepts the differences."""

    def __init__(
        self,
        web: Web,
        in_review: InReview,
        whose: Whose,
        *,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._web = web
        self._in_review = in_review
        self._whose = whose
        self._wait = wait

    async def run(self, accept: Accept) -> None:
        """Look at every photo once; while Slack cannot be reached, wait."""
        for photo in await patiently(self._in_review, "photos in review"):
            while True:
                try:
                    await self._look_at(photo, accept)
                    break
                except FrontendUnavailable:
                    await self._wait(RETRY_SECONDS)

    async def _look_at(self, photo: PhotoInReview, accept: Accept) -> None:
        named = read_message_name(photo.message)
        if named is None:
            return
        workspace = place_of(photo.thread).workspace
        try:
            message = await self._web.reacted(workspace, *named)
        except Refusal as refusal:
            # Gone, or closed to us: what is written down stays.
            log.info("action=votes_not_read code=%s", refusal.code)
            return
        now = _votes_on(message, photo.choices)
        for vote in sorted(photo.standing - now):
            await self._tell(photo, workspace, *vote, accept, is_withdrawn=True)
        for vote in sorted(now - photo.standing):
            await self._tell(photo, workspace, *vote, accept, is_withdrawn=False)

    async def _tell(
        self,
        photo: PhotoInReview,
        workspace: str,
        user_id: str,
        choice: Choice,
        accept: Accept,
        *,
        is_withdrawn: bool,
    ) -> None:
        requester = await self._whose(workspace, user_id, photo.thread)
        if not photo.may_vote(user_id, requester.roles, is_admin=requester.is_admin):
            return  # they were told when they reacted, if we were there
        if await self._is_bot(workspace, user_id):
            return
        emoji = next(emoji for emoji, meant in EMOJI.items() if meant is choice)
        votes = photo.votes[user_id, choice]
        key = _found_key(photo.message, user_id, choice.value, is_withdrawn=is_withdrawn, votes=votes)
        request = Reaction(requester, photo.message, emoji, is_withdrawn=is_withdrawn)
        await patiently(lambda: accept(request, key), "a missed reaction")
        log.info("action=reaction_caught_up is_withdrawn=%s", is_withdrawn)

    async def _is_bot(self, workspace: str, user_id: str) -> bool:
        try:
            return bool((await self._web.user(workspace, user_id)).get("is_bot"))
        except Refusal as refusal:
            log.info("action=person_not_found code=%s", refusal.code)
            return False


def _votes_on(message: Payload, choices: frozenset[Choice]) -> set[tuple[str, Choice]]:
    """Return who chose what on a message of ours, ourselves left out: we put on what there is to choose."""
    found: set[tuple[str, Choice]] = set()
    for reaction in message.get("reactions") or ():
        choice = choice_of(emoji_of(str(reaction["name"])))
        if choice is not None and choice in choices:
            found |= {(str(user), choice) for user in reaction["users"] if user != message.get("user")}
    return found


def _found_key(message: str, user_id: str, choice: str, *, is_withdrawn: bool, votes: int) -> str:
    """Return the id of a reaction that was found under a message, and that nobody had told us of.

    Its event may still come, under its own id. Then it is counted once all the same: a vote that stands is not
    counted again, and one that was taken back is not there to be taken back.

    Args:
        message: As `message_name` names it.
        user_id: Who reacted.
        choice: What was chosen.
        is_withdrawn: Whether it was taken off.
        votes: How often that person has ever chosen this: so that each difference has an id of its own.
    """
    verb = "remove" if is_withdrawn else "add"
    return f"reaction:{message}:{user_id}:{choice}:{verb}:{votes}"
