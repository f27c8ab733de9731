"""A chat platform in memory: keeps what was posted, and can be told to fail."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from bot.frontend import (
    MAX_NONCE_LENGTH,
    Accept,
    AttachmentGone,
    FrontendUnavailable,
    MessageGone,
    ThreadRefused,
)
from bot.replies import Reply
from bot.requests import Attachment, MessageRef, Requester, ThreadAddress

T = TypeVar("T")


@dataclass
class MemoryFrontend:
    """Holds to the port's contract, and lets a test read the thread and break the line."""

    platform: str = "memory"
    connection: str | None = None
    messages: dict[str, Reply] = field(default_factory=dict)
    nonces: dict[str, str] = field(default_factory=dict)
    threads: dict[str, ThreadAddress] = field(default_factory=dict)
    is_down: bool = False
    fails_after: int | None = None
    """Messages and changes that still come through before the line is cut."""
    fails_after_storing: bool = False
    """The platform stores the next post, and the answer is lost on the way back."""
    refuses_threads: str = ""
    """What is said where no thread may be opened."""
    answers_after: asyncio.Event | None = None
    """The platform stores the next post, says so by `has_stored`, and answers when this is set."""
    has_stored: asyncio.Event = field(default_factory=asyncio.Event)
    before_next_edit: Callable[[], Awaitable[None]] | None = None
    """Happens while the next change is on its way."""
    breaks_on: set[str] = field(default_factory=set)
    """Nonces whose posts meet a bug."""
    asked: Counter[str] = field(default_factory=Counter)
    """How often each nonce was asked for, and each message changed."""

    async def run(self, accept: Accept) -> None:
        """Nothing comes in by itself here."""
        await asyncio.Event().wait()

    async def read(self, attachment: Attachment, max_bytes: int) -> bytes:
        """Read a file of this machine."""
        try:
            return Path(attachment.address).read_bytes()[:max_bytes]
        except OSError as error:
            raise AttachmentGone(f"{attachment.filename} is gone. Attach it again.") from error

    async def open_thread(
        self,
        requester: Requester,
        title: str,
        *,
        nonce: str,
        is_private: bool = False,
        guests: Collection[str] = (),
    ) -> ThreadAddress:
        """Open a thread once per nonce where the test wants threads, else stay where the request came from."""
        if self.refuses_threads:
            raise ThreadRefused(self.refuses_threads)
        return self.threads.setdefault(nonce, requester.thread)

    async def answer(self, requester: Requester, reply: Reply | None, *, nonce: str) -> None:
        """Answer in the thread."""
        if reply is not None:
            await self.post(requester.thread, reply, nonce=nonce)

    async def post(self, thread: ThreadAddress, reply: Reply, *, nonce: str) -> MessageRef:
        """Post once per nonce."""
        assert len(nonce) <= MAX_NONCE_LENGTH
        self.asked[nonce] += 1
        self._check_line()
        if nonce in self.breaks_on:
            raise KeyError("a secret prototype")
        if nonce not in self.nonces:
            message = f"m{len(self.nonces) + 1}"
            self.nonces[nonce] = message
            self.messages[message] = reply
        if self.fails_after_storing:
            self.fails_after_storing = False
            raise FrontendUnavailable("connection reset")
        if self.answers_after is not None:
            answer, self.answers_after = self.answers_after, None
            self.has_stored.set()
            await answer.wait()
        return MessageRef(thread, self.nonces[nonce])

    async def edit(self, message: MessageRef, reply: Reply) -> None:
        """Replace what is there."""
        self._check_line()
        if self.before_next_edit is not None:
            happens, self.before_next_edit = self.before_next_edit, None
            await happens()
        self.asked[message.message] += 1
        if message.message not in self.messages:
            raise MessageGone(message.message)
        self.messages[message.message] = reply

    def _check_line(self) -> None:
        if self.is_down or self.fails_after == 0:
            raise FrontendUnavailable("no line")
        if self.fails_after is not None:
            self.fails_after -= 1

    def of_type(self, kind: type[T]) -> list[T]:
        """Return the messages that say this kind of thing now."""
        return [reply for reply in self.messages.values() if isinstance(reply, kind)]
