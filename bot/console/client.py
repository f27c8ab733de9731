"""A person's side of the console, for the terminal, for scripts and for tests. It outlives restarts of the bot."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

from bot.console.timeline import Found, Post, Timeline
from bot.console.wire import (
    MAX_LINE_BYTES,
    Answer,
    Changed,
    Garbled,
    Hello,
    Say,
    Welcome,
    encode,
    from_server,
    socket_path,
)

FIRST_RETRY_SECONDS = 0.05
LONGEST_RETRY_SECONDS = 1.0


class NoBot(Exception):
    """No bot listens on this data folder."""


class ConsoleClient:
    """Attached to a bot with `async with`: reads the thread, types into it.

    A line that was typed while the bot was away is sent when it is back, under the same event id,
    so that it counts once however often it had to be sent.
    """

    def __init__(self, data_dir: Path, person: str = "you", *, connect_seconds: float = 60.0) -> None:
        """
        Args:
            connect_seconds: How long to wait for the bot at the start; later it is waited for without end.
        """
        self.timeline = Timeline()
        self._path = socket_path(data_dir)
        self._person = person
        self._connect_seconds = connect_seconds
        self._unanswered: dict[str, tuple[Say, asyncio.Future[Answer]]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._welcomed = asyncio.Event()
        self._reading: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._reading = asyncio.create_task(self._stay_attached())
        try:
            async with asyncio.timeout(self._connect_seconds):
                await self._welcomed.wait()
        except BaseException as error:
            await self._leave()
            if isinstance(error, TimeoutError):
                raise NoBot(f"No bot answers on {self._path.parent}. Start one with likeness run.") from None
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._leave()

    async def _leave(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)

    @property
    def messages(self) -> list[Post]:
        """Every message of the thread, as it is now."""
        return self.timeline.posts

    async def say(
        self, line: str, as_: str | None = None, *, event_id: str | None = None, folder: Path | None = None
    ) -> Answer:
        """Type a line and return the bot's acknowledgement of it.

        Args:
            as_: Who types, if not the one who attached.
            event_id: Repeats an earlier event; by default this is a new one.
            folder: Where relative file names start; the current folder by default.
        """
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        where = str(Path.cwd() if folder is None else folder)
        said = Say(event_id or uuid4().hex, line, as_ or self._person, where)
        self._unanswered[said.event_id] = (said, answered)
        if self._writer is not None and self._welcomed.is_set():
            self._writer.write(encode(said))
        try:
            return await answered
        finally:
            self._unanswered.pop(said.event_id, None)

    async def wait_for(self, condition: Callable[[Timeline], Found], timeout_seconds: float = 60.0) -> Found:
        """Return what `condition` finds in the thread, as soon as it finds something.

        Raises:
            TimeoutError: It found nothing in time; the message shows the end of the thread.
        """
        return await self.timeline.wait_for(condition, timeout_seconds)

    def changes(self, since: int = 0) -> AsyncIterator[Post]:
        """Yield every post in its newest state, then each that changes, without end."""
        return self.timeline.changes(since)

    async def _stay_attached(self) -> None:
        """Attach, read until the bot goes away, attach again."""
        delay_seconds = FIRST_RETRY_SECONDS
        while True:
            with contextlib.suppress(OSError, Garbled, asyncio.IncompleteReadError):
                await self._attach()
                delay_seconds = FIRST_RETRY_SECONDS
            await asyncio.sleep(delay_seconds)
            delay_seconds = min(delay_seconds * 2, LONGEST_RETRY_SECONDS)

    async def _attach(self) -> None:
        reader, writer = await asyncio.open_unix_connection(str(self._path), limit=MAX_LINE_BYTES)
        self._writer = writer
        try:
            writer.write(encode(Hello(self.timeline.revision)))
            behind: int | None = None
            while line := await reader.readline():
                match from_server(line):
                    case Welcome(revision=revision):
                        if revision < self.timeline.revision:
                            self.timeline.reset()
                        behind = revision
                    case Changed(post=post):
                        self.timeline.apply(post)
                    case Answer() as answer:
                        self._settle(answer)
                if behind is not None and self.timeline.revision >= behind and not self._welcomed.is_set():
                    self._caught_up(writer)
        finally:
            self._welcomed.clear()
            self._writer = None
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _caught_up(self, writer: asyncio.StreamWriter) -> None:
        """The thread is whole: send what was typed while the bot was away."""
        self._welcomed.set()
        for said, _ in self._unanswered.values():
            writer.write(encode(said))

    def _settle(self, answer: Answer) -> None:
        _, answered = self._unanswered.get(answer.event_id, (None, None))
        if answered is not None and not answered.done():
            answered.set_result(answer)
