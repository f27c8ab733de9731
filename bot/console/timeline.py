"""What a thread holds at a moment: posts by number. The bot and every client keep one, in step by revision."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import TypeVar

from bot.replies import Button, ReactionChoice

BOT_NAME = "Likeness"
"""The author of what the bot says; no person can take this name."""

Found = TypeVar("Found")


@dataclass(frozen=True)
class PictureFile:
    """A picture that a person can open. `path` is empty when its bytes are no longer in the store."""

    path: str
    alt: str
    width_px: int = 0
    height_px: int = 0


@dataclass(frozen=True)
class Body:
    """What a post says. A live one is about to change, such as a progress bar."""

    lines: tuple[str, ...]
    pictures: tuple[PictureFile, ...] = ()
    buttons: tuple[Button, ...] = ()
    choices: tuple[ReactionChoice, ...] = ()
    mention: str = ""
    is_live: bool = False


@dataclass(frozen=True)
class PersonReaction:
    """An emoji that somebody put on a post."""

    emoji: str
    person: str


@dataclass(frozen=True)
class Post:
    """One message, as it is now. `number` stays; `revision` grows with every change anywhere in the thread."""

    number: int
    revision: int
    author: str
    body: Body
    nonce: str = ""
    reactions: tuple[PersonReaction, ...] = ()
    is_cleared: bool = False

    @property
    def is_ours(self) -> bool:
        """Whether the bot wrote it."""
        return self.author == BOT_NAME

    @property
    def text(self) -> str:
        """All its lines."""
        return "\n".join(self.body.lines)


class Timeline:
    """Posts in memory, and a way to wait for a change of them."""

    def __init__(self) -> None:
        self._by_revision: dict[int, Post] = {}
        """By number, the latest change last: a post that changes moves to the end."""
        self._waiting: list[asyncio.Future[None]] = []
        self.revision = 0

    @property
    def posts(self) -> list[Post]:
        """Every post that was not cleared, in the order of the thread."""
        return sorted(
            (post for post in self._by_revision.values() if not post.is_cleared), key=lambda post: post.number
        )

    def everything(self) -> list[Post]:
        """Every post, cleared ones too, the one that changed last at the end."""
        return list(self._by_revision.values())

    def get(self, number: int) -> Post | None:
        """Return a post that is still there."""
        post = self._by_revision.get(number)
        return None if post is None or post.is_cleared else post

    def apply(self, post: Post) -> None:
        """Take a post in its newest state."""
        self._by_revision.pop(post.number, None)
        self._by_revision[post.number] = post
        self.revision = max(self.revision, post.revision)
        self._wake()

    def reset(self) -> None:
        """Forget everything: the thread began anew."""
        self._by_revision.clear()
        self.revision = 0
        self._wake()

    def since(self, revision: int) -> list[Post]:
        """Return what changed after that revision, oldest change first; each post once, as it is now."""
        changed = []
        for post in reversed(self._by_revision.values()):
            if post.revision <= revision:
                break
            changed.append(post)
        return changed[::-1]

    async def changes(self, revision: int) -> AsyncIterator[Post]:
        """Yield posts as they change, without end. Who reads slowly misses states, never the latest one."""
        while True:
            for post in self.since(revision):
                revision = post.revision
                yield post
            if not self.since(revision):
                await self.changed()
                revision = min(revision, self.revision)  # lower after a reset

    async def changed(self) -> None:
        """Return at the next change."""
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        await waiting

    def _wake(self) -> None:
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)
        self._waiting.clear()

    async def wait_for(self, condition: Callable[[Timeline], Found], timeout_seconds: float = 60.0) -> Found:
        """Return what `condition` finds, as soon as it finds something.

        Raises:
            TimeoutError: It found nothing in time; the message shows the end of the thread.
        """
        try:
            async with asyncio.timeout(timeout_seconds):
                while not (found := condition(self)):
                    await self.changed()
                return found
        except TimeoutError:
            last = "\n".join(f"{post.number} {post.author}: {post.text}" for post in self.posts[-8:])
            raise TimeoutError(
                f"Waited {timeout_seconds:g} s; the thread ends with:\n{last or '(nothing)'}"
            ) from None

    def find(self, text: str) -> Post | None:
        """Return the latest post of the bot that has this text in it."""
        ours = (post for post in reversed(self.posts) if post.is_ours and text in post.text)
        return next(ours, None)
