"""What a person sits at: the thread above, a prompt below; plain lines where there is no terminal."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TextIO

from prompt_toolkit import PromptSession
from prompt_toolkit.application import run_in_terminal
from prompt_toolkit.formatted_text import FormattedText, StyleAndTextTuples
from prompt_toolkit.input import Input
from prompt_toolkit.output import Output
from prompt_toolkit.renderer import print_formatted_text
from prompt_toolkit.styles import Style

from bot.console.client import ConsoleClient
from bot.console.completion import ConsoleCompleter
from bot.console.inline_pictures import detect, escape_sequence
from bot.console.text import INDENT, body_lines, changed_lines, heading, is_small_step, post_text
from bot.console.timeline import Post, Timeline

HISTORY_SHOWN = 20
"""Messages of an older thread that are shown when somebody attaches."""
QUIET_SECONDS = 1.0
"""Input from a pipe is over: the thread has to be silent for this long, with nothing on its way."""
WELCOME = "Type /help for what can be said here, Ctrl-D to leave."
STYLE = Style.from_dict(
    {"who": "bold", "person": "bold ansicyan", "dim": "ansibrightblack", "button": "ansigreen"}
)


async def attach(data_dir: Path, person: str, *, connect_seconds: float = 60.0) -> None:
    """Attach this process's terminal, or its pipes, to the bot of that data folder, until the person leaves.

    Raises:
        NoBot: None answers.
    """
    async with ConsoleClient(data_dir, person, connect_seconds=connect_seconds) as client:
        if sys.stdin.isatty() and sys.stdout.isatty():
            await InteractiveTerminal(client, person).run()
        else:
            await PlainTerminal(client, sys.stdin, sys.stdout).run()


def history_start(timeline: Timeline) -> int:
    """Return the number before the first message that is shown to somebody who attaches."""
    return max((post.number for post in timeline.posts), default=0) - HISTORY_SHOWN


class PlainTerminal:
    """Commands from a pipe or a file, the thread as lines."""

    def __init__(self, client: ConsoleClient, commands: TextIO, out: TextIO) -> None:
        self._client = client
        self._commands = commands
        self._out = out
        self._printed: dict[int, Post] = {}

    async def run(self) -> None:
        """Say each line in turn; return when the input is over and the thread is quiet."""
        printing = asyncio.create_task(self.follow())
        try:
            async for line in _lines_of(self._commands):
                if not line.strip():
                    continue
                answer = await self._client.say(line)
                self._write("\n".join(answer.lines))
            await self._until_quiet()
        finally:
            printing.cancel()
            await asyncio.gather(printing, return_exceptions=True)

    async def _until_quiet(self) -> None:
        while True:
            try:
                async with asyncio.timeout(QUIET_SECONDS):
                    await self._client.timeline.changed()
            except TimeoutError:
                if not any(post.body.is_live for post in self._client.messages):
                    return

    async def follow(self) -> None:
        """Print what changes in the thread, without end."""
        start = history_start(self._client.timeline)
        async for post in self._client.changes():
            if post.number > start and not post.is_cleared:
                self._show(post)

    def _show(self, post: Post) -> None:
        earlier = self._printed.get(post.number)
        if earlier is None:
            self._write(post_text(post))
        elif is_small_step(post, earlier):
            return
        else:
            changed = changed_lines(post, earlier)
            self._write("\n".join((f"{heading(post)} (changed)", *(f"{INDENT} {line}" for line in changed))))
        self._printed[post.number] = post

    def _write(self, text: str) -> None:
        if text:
            print(text, file=self._out, flush=True)


async def _lines_of(commands: TextIO) -> AsyncIterator[str]:
    """Yield lines as they come. A thread reads them, since a file or a blocked pipe has nothing to await."""
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str | None] = asyncio.Queue()

    def read() -> None:
        # The loop may be closed by the time a line comes: then nobody wants it any more.
        with contextlib.suppress(RuntimeError):
            for line in commands:
                loop.call_soon_threadsafe(lines.put_nowait, line)
            loop.call_soon_threadsafe(lines.put_nowait, None)

    # A daemon: a read that never returns must not keep the process.
    threading.Thread(target=read, daemon=True, name="console-input").start()
    while (line := await lines.get()) is not None:
        yield line


class InteractiveTerminal:
    """A prompt with the cards that are on their way right above it; what is settled scrolls up as text."""

    def __init__(
        self, client: ConsoleClient, person: str, input: Input | None = None, output: Output | None = None
    ) -> None:
        self._client = client
        self._person = person
        self._pictures = detect(os.environ)
        self._printed: dict[int, Post] = {}
        self._session: PromptSession[str] = PromptSession(
            message=self._prompt,
            completer=ConsoleCompleter(client.timeline),
            complete_while_typing=False,
            # The thread shows what was typed; the prompt's own copy would be a second one.
            erase_when_done=True,
            style=STYLE,
            input=input,
            output=output,
        )

    async def run(self) -> None:
        """Let the person type until they leave."""
        await self._print([("class:dim", f"{WELCOME}\n")])
        following = asyncio.create_task(self._follow())
        try:
            while True:
                line = (await self._session.prompt_async(handle_sigint=False)).strip()
                if line in ("/quit", "/exit"):
                    return
                if line:
                    await self._say(line)
        except (EOFError, KeyboardInterrupt):
            return
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)

    async def _say(self, line: str) -> None:
        answer = await self._client.say(line)
        if answer.lines:
            said = "\n".join(f"{INDENT} {text}" for text in answer.lines)
            await self._print([("class:dim", f"{INDENT} {line}\n"), ("", f"{said}\n")])

    async def _follow(self) -> None:
        start = history_start(self._client.timeline)
        async for post in self._client.changes():
            if post.number > start and not post.is_cleared and not post.body.is_live:
                await self._show(post)
            self._session.app.invalidate()

    async def _show(self, post: Post) -> None:
        """Print a settled post, or what is new about it."""
        earlier = self._printed.get(post.number)
        self._printed[post.number] = post
        if earlier is None:
            await self._print(styled(post, body_lines(post)), post)
        elif changed := changed_lines(post, earlier):
            new_pictures = post if post.body.pictures != earlier.body.pictures else None
            await self._print(styled(post, changed), new_pictures)

    async def _print(self, text: StyleAndTextTuples, with_pictures: Post | None = None) -> None:
        """Write above the prompt."""

        def write() -> None:
            output = self._session.output
            print_formatted_text(output, FormattedText(text), STYLE)
            if self._pictures and with_pictures is not None:
                for picture in with_pictures.body.pictures:
                    output.write_raw(escape_sequence(picture, self._pictures))
            output.flush()

        if self._session.app.is_running:
            await run_in_terminal(write)
        else:
            write()

    def _prompt(self) -> StyleAndTextTuples:
        """Return the cards that are on their way, each redrawn in place, and the prompt below them."""
        start = history_start(self._client.timeline)
        live: StyleAndTextTuples = []
        for post in self._client.messages:
            if post.body.is_live and post.number > start:
                live += styled(post, body_lines(post))
        return [*live, ("class:person", f"{self._person} › ")]


def styled(post: Post, lines: list[str]) -> StyleAndTextTuples:
    """Return a post in colours."""
    if not post.is_ours:
        first, *more = lines or [""]
        rest = "".join(f"{INDENT} {line}\n" for line in more)
        return [("class:person", heading(post)), ("", f"  {first}\n{rest}")]
    text: StyleAndTextTuples = [("class:who", f"{heading(post)}\n")]
    for line in lines:
        style = "class:button" if line.startswith("[") else "class:dim" if line.startswith("picture:") else ""
        text.append((style, f"{INDENT} {line}\n"))
    return text
