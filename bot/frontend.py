"""The port that every chat platform fits: what the bot needs from Discord, Slack and the console alike."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import Protocol

from bot.replies import Reply
from bot.requests import Attachment, MessageRef, Request, Requester, ThreadAddress

MAX_NONCE_LENGTH = 25
"""Characters: Discord's limit for a message nonce, so it is everybody's here."""

Accept = Callable[[Request, str], Awaitable[None]]
"""Writes a request down (one insert) under the platform's own id of the event, so that a repeated event is
one request. When it returns, the request can be acknowledged: it will be answered, also after a restart."""


class MessageGone(Exception):
    """The message was deleted on the platform: post a new one."""


class FrontendUnavailable(Exception):
    """The platform cannot be reached, or asks to wait: try again later."""


class NotInstalled(FrontendUnavailable):
    """The bot was removed from that workspace: nothing can be said or read there until it is back."""


class AttachmentGone(Exception):
    """A file that came with a request cannot be read any more; the message is a sentence for its sender."""


class ThreadRefused(Exception):
    """No thread can be opened as it was asked for; the message is a sentence for the person who asked."""


class Frontend(Protocol):
    """A chat platform. Requests come in through the `accept` given to `run`; replies go out as the bot."""

    platform: str
    connection: str | None
    """The name of what only one process may hold at a time, or None where the platform itself sees to that."""

    async def run(self, accept: Accept) -> None:
        """Serve until cancelled: parse each event, `accept` it, acknowledge it."""
        ...

    async def read(self, attachment: Attachment, max_bytes: int) -> bytes:
        """Return a file that came with a request; of a larger one no more than the first `max_bytes`.

        Raises:
            AttachmentGone: It is not there any more.
            FrontendUnavailable: It cannot be read now.
        """
        ...

    async def open_thread(
        self,
        requester: Requester,
        title: str,
        *,
        nonce: str,
        is_private: bool = False,
        guests: Collection[str] = (),
    ) -> ThreadAddress:
        """Return the thread for a new piece of work; where a platform has none, the place of the request.

        Args:
            title: What the work is called.
            nonce: The same nonce is the same thread, also after a restart.
            is_private: Only the requester, the guests and those who are added may see it, where the platform can do
                that.
            guests: Who is let into a private one, as the platform names people and groups.

        Raises:
            ThreadRefused: It has to be private, and the platform does not let us.
            FrontendUnavailable: None can be opened now.
        """
        ...

    async def answer(self, requester: Requester, reply: Reply | None, *, nonce: str) -> None:
        """Answer a request once, for its author's eyes only where the platform can do that.

        Args:
            reply: None where the answer stands elsewhere, as a card that the command keeps up to date.
            nonce: As in `post`.

        Raises:
            FrontendUnavailable: Nothing can be said now.
        """
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
