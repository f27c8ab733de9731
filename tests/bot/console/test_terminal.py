"""The console as a person sees it: in a terminal, and in a pipe."""

from __future__ import annotations

import asyncio
import base64
import io
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.data_structures import Size
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output.vt100 import Vt100_Output

from bot.console.client import ConsoleClient
from bot.console.completion import ConsoleCompleter
from bot.console.frontend import Console
from bot.console.inline_pictures import Protocol, detect, escape_sequence
from bot.console.terminal import InteractiveTerminal, PlainTerminal
from bot.console.timeline import BOT_NAME, Body, PictureFile, Post, Timeline
from bot.replies import Button, JobRunning, JobTitle, Notice
from bot.requests import Request, ThreadAddress
from core.settings import Settings
from core.store.blobs import Blobs

MAIN = ThreadAddress("console", "main")
TITLE = JobTitle("j", "@rex · at sea · 1 picture, 1 credit")


class Screen(io.StringIO):
    """What the terminal was sent, and a way to wait for words on it."""

    def __init__(self) -> None:
        super().__init__()
        self._written = asyncio.Event()

    def write(self, text: str) -> int:
        count = super().write(text)
        self._written.set()
        return count

    def words(self) -> str:
        """The text without colours and cursor moves."""
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", self.getvalue())

    async def shows(self, text: str) -> None:
        async with asyncio.timeout(20):
            while text not in self.words():
                self._written.clear()
                await self._written.wait()


@pytest.fixture
async def console(tmp_path: Path) -> AsyncIterator[Console]:
    settings = Settings(data_dir=tmp_path, _env_file=None)
    console = Console(settings, Blobs(settings.resolved_storage_dir))

    async def accept(request: Request, event_id: str) -> None:
        await console.post(MAIN, Notice("I heard you."), nonce=event_id[:25])

    serving = asyncio.create_task(console.run(accept))
    yield console
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


async def test_a_pipe_gets_the_thread_as_lines(console: Console, tmp_path: Path) -> None:
    out = io.StringIO()
    async with ConsoleClient(tmp_path, "mia") as client:
        await PlainTerminal(client, io.StringIO("/imagine a mug\n\n/trian\n"), out).run()

    assert "mia  /imagine a mug" in out.getvalue()
    assert "Likeness\n     I heard you." in out.getvalue()
    assert "Did you mean /train?" in out.getvalue()


async def test_a_pipe_waits_for_what_is_on_its_way(console: Console, tmp_path: Path) -> None:
    running = await console.post(MAIN, JobRunning(TITLE, "Painting", 0.1, 2.0, None, ()), nonce="n1")
    out = Screen()
    async with ConsoleClient(tmp_path, "mia") as client:
        terminal = asyncio.create_task(PlainTerminal(client, io.StringIO(""), out).run())
        await out.shows("Painting ▮▯")
        await console.edit(running, JobRunning(TITLE, "Painting", 0.13, 1.5, None, ()))
        await console.edit(running, JobRunning(TITLE, "Painting", 0.5, 1.0, None, ()))
        await out.shows("50 %")
        assert not terminal.done()

        await console.edit(running, Notice("Here they are."))
        await terminal
    assert "(changed)\n     Here they are." in out.getvalue()
    assert "13 %" not in out.getvalue()


async def test_a_terminal_shows_the_thread_and_keeps_a_running_card_by_the_prompt(
    console: Console, tmp_path: Path
) -> None:
    await console.post(MAIN, Notice("From yesterday."), nonce="n0")
    screen = Screen()
    output = Vt100_Output(screen, lambda: Size(rows=40, columns=100), term="xterm")
    with create_pipe_input() as keys:
        async with ConsoleClient(tmp_path, "mia") as client:
            terminal = asyncio.create_task(InteractiveTerminal(client, "mia", keys, output).run())
            await screen.shows("From yesterday.")
            await screen.shows("mia ›")
            keys.send_text("/imagine a mug\r")
            await screen.shows("I heard you.")
            keys.send_text("/trian\r")
            await screen.shows("Did you mean /train?")

            running = await console.post(MAIN, JobRunning(TITLE, "Painting", 0.5, 2.0, None, ()), nonce="n1")
            await screen.shows("Painting ▮▮▮▮▯▯▯▯ 50 %")
            await console.edit(running, Notice("Here they are."))
            await screen.shows("Here they are.")

            keys.send_text("\x04")
            await terminal


def test_tab_offers_what_can_stand_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "front view.jpg").touch()
    (tmp_path / "notes.txt").touch()
    monkeypatch.chdir(tmp_path)
    timeline = Timeline()
    timeline.apply(Post(1, 1, BOT_NAME, Body(("@summer-shoes is ready",), buttons=(Button("Start", "x"),))))

    def offers(text: str) -> list[str]:
        completer = ConsoleCompleter(timeline)
        return [offer.text for offer in completer.get_completions(Document(text), CompleteEvent())]

    assert offers("/tr") == ["/train"]
    assert offers("/train pro") == ["product "]
    assert offers("/train product na") == ["name: "]
    assert offers("/train product name: Rex photos: fr") == ["front\\ view.jpg"]
    assert offers("/press St") == ["Start"]
    assert offers("/imagine @sum") == ["@summer-shoes"]
    assert offers("/nothing x") == []


def test_pictures_are_drawn_only_where_the_terminal_can(tmp_path: Path) -> None:
    assert detect({"TERM": "xterm-kitty"}) is Protocol.KITTY
    assert detect({"TERM_PROGRAM": "iTerm.app"}) is Protocol.ITERM2
    assert detect({"TERM": "xterm-256color"}) is None
    assert detect({"TERM": "tmux-256color", "KITTY_WINDOW_ID": "1"}) is None


@pytest.mark.parametrize("protocol", Protocol)
def test_a_drawn_picture_arrives_whole_and_small(protocol: Protocol, tmp_path: Path) -> None:
    Image.effect_noise((900, 600), 80).convert("RGB").save(tmp_path / "1.jpg")
    sequence = escape_sequence(PictureFile(str(tmp_path / "1.jpg"), "", 900, 600), protocol)

    if protocol is Protocol.KITTY:
        chunks = re.findall(r"\x1b_G[^;]*;([^\x1b]*)\x1b\\", sequence)
        assert max(map(len, chunks)) <= 4096
    else:
        chunks = re.findall(r":([^:]*)\x07", sequence)
    with Image.open(io.BytesIO(base64.b64decode("".join(chunks)))) as image:
        assert (image.format, image.size) == ("PNG", (320, 213))


def test_a_picture_that_is_gone_draws_nothing() -> None:
    assert escape_sequence(PictureFile("", "a test sheet"), Protocol.KITTY) == ""
