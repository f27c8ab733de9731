"""The port that every chat platform fits: what the bot needs from Discord, Slack and the console alike."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from bot.replies import Reply
from bot.requests import MessageRef, Request, Requester, ThreadAddress

MAX_NONCE_LENGTH = 25
"""Characters: Discord's limit for a message nonce, so it is everybody's here."""

Accept = Callable[[Request, str], Awaitable[None]]
"""Writes a request down (one insert) under the platform's own id of the event, so that a repeated event is
one request. When it returns, the request can be acknowledged: it will be answered, also after a restart."""


class MessageGone(Exception):
    """The message was deleted on the platform: post a new one."""


class FrontendUnavailable(Exception):
    """The platform cannot be reached, or asks to wait: try again later."""


class Frontend(Protocol):
    """A chat platform. Requests come in through the `accept` given to `run`; replies go out as the bot."""

    platform: str
    connection: str | None
    """The name of what only one process may hold at a time, or None where the platform itself sees to that."""

    async def run(self, accept: Accept) -> None:
        """Serve until cancelled: parse each event, `accept` it, acknowledge it."""
        ...

    async def open_thread(self, requester: Requester, title: str) -> ThreadAddress:
        """Return the thread for a new piece of work; where a platform has none, the place of the request."""
        ...

    async def post(self, thread: ThreadAddress, reply: Reply, *, nonce: str) -> MessageRef:
        """Post once: a message of ours with this nonce that is already there is returned, not repeated.

        Args:
            nonce: At most `MAX_NONCE_LENGTH` characters, unique to this message.

        Raises:
            FrontendUnavailable: Nothing can be posted now.
        """
        ...

    async def edit(self, message: MessageRef, reply: Reply) -> None:
        """Replace what the message says.

        Raises:
            MessageGone: Somebody deleted it.
            FrontendUnavailable: Nothing can be edited now.
        """
        ...
