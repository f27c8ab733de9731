"""The durable thread: a journal file in which every line is a post in its newest state.

The last line about a number wins, so one kind of line serves posts, edits, reactions and clearing alike.
"""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from bot.console.timeline import Body, PersonReaction, Post, Timeline
from bot.frontend import FrontendUnavailable, MessageGone

log = logging.getLogger(__name__)

_POST = TypeAdapter(Post)


class ConsoleThread(Timeline):
    """The platform behind the console. Every change is in the file before anybody sees it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._by_nonce: dict[str, int] = {}
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._read()

    def _read(self) -> None:
        if not self._path.exists():
            return
        lines = self._path.read_bytes().splitlines()
        for line in lines:
            try:
                self.apply(_POST.validate_json(line))
            except ValidationError:
                # A process died in the middle of a write; nobody was told that this line was there.
                log.warning("action=console_line_skipped bytes=%d", len(line))
        if len(lines) != len(self._by_revision):
            self._compact()

    def _compact(self) -> None:
        """Write only the newest states, whole lines all of them."""
        fresh = self._path.with_suffix(".new")
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.writelines(_POST.dump_json(post) + b"\n" for post in self.everything())
        fresh.replace(self._path)

    def apply(self, post: Post) -> None:
        """Take a post in its newest state."""
        super().apply(post)
        if post.nonce:
            self._by_nonce[post.nonce] = post.number

    def _write(self, post: Post) -> Post:
        """Add a line, whole or not at all, then show it."""
        try:
            self._append(_POST.dump_json(post) + b"\n")
        except OSError as error:
            raise FrontendUnavailable(f"The console's thread cannot be written: {error}.") from error
        self.apply(post)
        return post

    def _append(self, line: bytes) -> None:
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            size = os.fstat(file).st_size
            if os.write(file, line) != len(line):
                os.ftruncate(file, size)
                raise OSError("the disk took only a part of a line")
        finally:
            os.close(file)

    def with_nonce(self, nonce: str) -> Post | None:
        """Return the post that was made under this nonce and is still there."""
        number = self._by_nonce.get(nonce)
        return None if number is None else self.get(number)

    def post(self, author: str, body: Body, *, nonce: str) -> Post:
        """Add a post, or return the one that was already made under this nonce.

        Raises:
            FrontendUnavailable: The journal cannot be written.
        """
        earlier = self.with_nonce(nonce)
        if earlier is not None:
            return earlier
        number = max(self._by_revision, default=0) + 1
        return self._write(Post(number, self.revision + 1, author, body, nonce))

    def edit(self, number: int, body: Body) -> Post:
        """Replace what a post of the bot says; reactions stay.

        Raises:
            MessageGone: It was cleared, or never was.
        """
        post = self.get(number)
        if post is None or not post.is_ours:
            raise MessageGone(f"message {number}")
        if post.body == body:
            return post
        return self._write(replace(post, revision=self.revision + 1, body=body))

    def react(self, number: int, person: str, emoji: str, *, is_withdrawn: bool) -> None:
        """Put somebody's emoji on a post, or take it off; doing so twice changes nothing."""
        post = self.get(number)
        if post is None:
            return
        reaction = PersonReaction(emoji, person)
        others = tuple(other for other in post.reactions if other != reaction)
        reactions = others if is_withdrawn else (*others, reaction)
        if reactions != post.reactions:
            self._write(replace(post, revision=self.revision + 1, reactions=reactions))

    def clear(self, number: int) -> None:
        """Take a post out of the thread, with all that it said."""
        post = self.get(number)
        if post is not None:
            self._by_nonce.pop(post.nonce, None)
            gone = Post(post.number, self.revision + 1, post.author, Body(lines=()), is_cleared=True)
            self._write(gone)

    def ask(self, person: str, line: str, *, event_id: str) -> None:
        """Show what somebody typed, once for each event."""
        self.post(person, Body(lines=tuple(line.splitlines())), nonce=f"typed:{event_id}")

    def picture_paths(self) -> set[str]:
        """Return the path of every picture that a post shows."""
        return {picture.path for post in self.posts for picture in post.body.pictures}


def thread_path(data_dir: Path) -> Path:
    """Return where the console's one thread lies."""
    return data_dir / "console" / "main.jsonl"
