"""The bot's side of the console: people attach to its socket, read the thread and type."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import socket
from pathlib import Path

from bot.console.pictures import Pictures
from bot.console.requests import Asked, ClearPost, Typed, parse
from bot.console.thread import ConsoleThread
from bot.console.timeline import BOT_NAME
from bot.console.wire import (
    MAX_LINE_BYTES,
    Answer,
    Changed,
    Garbled,
    Hello,
    Say,
    Welcome,
    encode,
    from_client,
)
from bot.frontend import Accept
from bot.replies import Notice, Refusal
from bot.requests import ButtonPress, Reaction, Requester, ThreadAddress
from core.errors import ConfigurationError, StoreUnavailable

log = logging.getLogger(__name__)

PLATFORM = "console"
THREAD = ThreadAddress(PLATFORM, "main")
WORKSPACE = "local"
NOT_TAKEN = "I could not write that down, so nothing happens. Try again in a moment; the bot's log says why."


class ConsoleServer:
    """Serves one thread on one socket."""

    def __init__(self, thread: ConsoleThread, path: Path, accept: Accept, pictures: Pictures) -> None:
        self._thread = thread
        self._pictures = pictures
        self._path = path
        self._accept = accept
        self._attached: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        """Listen until cancelled.

        Raises:
            ConfigurationError: Another bot listens there.
        """
        listening = _listen(self._path)
        server = await asyncio.start_unix_server(self._attach, sock=listening, limit=MAX_LINE_BYTES)
        try:
            await asyncio.Event().wait()
        finally:
            self._path.unlink(missing_ok=True)
            server.close()
            for task in self._attached:
                task.cancel()
            await asyncio.gather(*self._attached, return_exceptions=True)

    async def _attach(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client until either side hangs up."""
        task = asyncio.ensure_future(self._converse(reader, writer))
        self._attached.add(task)
        task.add_done_callback(self._attached.discard)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        telling: asyncio.Task[None] | None = None
        try:
            while line := await reader.readline():
                match from_client(line):
                    case Hello() as hello if telling is None:
                        telling = asyncio.create_task(self._tell(writer, hello.since))
                    case Hello():
                        raise Garbled
                    case Say() as say:
                        writer.write(encode(await self._answer(say)))
                        await writer.drain()
        except (
            ConnectionError,
            Garbled,
            ValueError,
        ) as error:  # ValueError: the line is longer than any of ours
            log.info("action=console_client_dropped reason=%s", type(error).__name__)
        finally:
            # Closed before anything is awaited: a second cancellation may come in here.
            writer.close()
            if telling is not None:
                telling.cancel()
                await asyncio.gather(telling, return_exceptions=True)
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _tell(self, writer: asyncio.StreamWriter, since: int) -> None:
        """Send what the client has not seen, then every change."""
        writer.write(encode(Welcome(self._thread.revision)))
        # A client that is ahead of us knew a thread that was erased since.
        known = since if since <= self._thread.revision else 0
        with contextlib.suppress(ConnectionError):
            async for post in self._thread.changes(known):
                writer.write(encode(Changed(post)))
                await writer.drain()

    async def _answer(self, say: Say) -> Answer:
        """Take in what somebody typed. The console's error boundary: a bug costs one line, not the socket."""
        problem = _name_problem(say.person)
        if problem:
            return Answer(say.event_id, False, (problem,))
        requester = Requester(PLATFORM, WORKSPACE, say.person, say.person, THREAD)
        try:
            asked = parse(Typed(say.line, requester, Path(say.folder), self._thread))
            return await self._take(asked, say)
        except StoreUnavailable:
            log.warning("action=console_line_not_taken event=%s", say.event_id)
            return Answer(say.event_id, False, (NOT_TAKEN,))
        except Exception:
            log.exception("action=console_line_failed event=%s", say.event_id)
            return Answer(say.event_id, False, (NOT_TAKEN,))

    async def _take(self, asked: Asked, say: Say) -> Answer:
        """Show what was asked in the thread, and have it accepted before saying so."""
        match asked:
            case Refusal():
                return Answer(say.event_id, False, asked.reasons)
            case Notice():
                return Answer(say.event_id, True, tuple(asked.text.splitlines()))
            case ClearPost():
                shown = self._thread.picture_paths()
                self._thread.clear(asked.number)
                self._pictures.forget(shown - self._thread.picture_paths())
            case ButtonPress():
                await self._accept(asked, say.event_id)
            case Reaction():
                # Shown only once it counts: a repeat after a crash finds the reaction as it was.
                await self._accept(asked, say.event_id)
                self._thread.react(
                    int(asked.message), say.person, asked.emoji, is_withdrawn=asked.is_withdrawn
                )
            case _:
                # Shown first, so that the thread reads in order: the question, then the answer.
                self._thread.ask(say.person, say.line.strip(), event_id=say.event_id)
                await self._accept(asked, say.event_id)
        return Answer(say.event_id, True)


def _name_problem(name: str) -> str:
    if name.casefold() == BOT_NAME.casefold():
        return f"{BOT_NAME} is my name. Attach under another one with --as."
    if not re.fullmatch(r"[\w.-]{1,32}", name):
        return "A name here is 1 to 32 letters, digits, dots, hyphens or underscores. Attach with --as NAME."
    return ""


def _listen(path: Path) -> socket.socket:
    """Bind the socket for this user's eyes only; what a dead bot left behind is replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        if _is_served(path):
            raise ConfigurationError(
                f"A bot is running on {path.parent} already. Attach to it with likeness console, "
                "or give this one a LIKENESS_DATA_DIR of its own."
            )
        path.unlink()
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # Set before the socket exists: after chmod there would have been a moment for others to connect.
    earlier = os.umask(0o177)
    try:
        listening.bind(str(path))
    finally:
        os.umask(earlier)
    return listening


def _is_served(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
        try:
            caller.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        return True
