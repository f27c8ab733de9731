"""Who reacted with what under our messages, asked of Slack: it tells nobody who is not up."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Set

from bot.catching_up import Vote
from bot.reconcile import PhotoInReview
from bot.requests import Requester, ThreadAddress
from bot.slack.addresses import place_of, read_message_name
from bot.slack.emoji import emoji_of
from bot.slack.web import Payload, Refusal, Web
from core.approvals import choice_of
from core.store.records import Choice

log = logging.getLogger(__name__)

Whose = Callable[[str, str, ThreadAddress], Awaitable[Requester]]
"""Tells who somebody is, with the groups that may make an approver of them: workspace, user, thread."""


class SlackBallots:
    """Implements `bot.catching_up.Ballots`."""

    def __init__(self, web: Web, whose: Whose) -> None:
        self._web = web
        self._whose = whose

    async def votes(self, photo: PhotoInReview) -> Set[Vote] | None:
        """Return who chose what under a photo now; None where its message is gone, or closed to us.

        Raises:
            FrontendUnavailable: Slack cannot be asked now.
        """
        named = read_message_name(photo.message)
        if named is None:
            return None
        try:
            message = await self._web.reacted(place_of(photo.thread).workspace, *named)
        except Refusal as refusal:
            log.info("action=votes_not_read code=%s", refusal.code)
            return None
        return _votes_on(message, photo.choices)

    async def voter(self, photo: PhotoInReview, user_id: str) -> Requester | None:
        """Return who that is, with the groups that may make an approver of them; None for a bot.

        Raises:
            FrontendUnavailable: Slack cannot be asked now.
        """
        workspace = place_of(photo.thread).workspace
        if await self._is_bot(workspace, user_id):
            return None
        return await self._whose(workspace, user_id, photo.thread)

    async def _is_bot(self, workspace: str, user_id: str) -> bool:
        try:
            return bool((await self._web.user(workspace, user_id)).get("is_bot"))
        except Refusal as refusal:
            log.info("action=person_not_found code=%s", refusal.code)
            return False


def _votes_on(message: Payload, choices: frozenset[Choice]) -> set[Vote]:
    """Return who chose what on a message of ours, ourselves left out: we put on what there is to choose."""
    found: set[Vote] = set()
    for reaction in message.get("reactions") or ():
        choice = choice_of(emoji_of(str(reaction["name"])))
        if choice is not None and choice in choices:
            found |= {(str(user), choice) for user in reaction["users"] if user != message.get("user")}
    return found
