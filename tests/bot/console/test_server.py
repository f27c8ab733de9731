"""People on a socket: several at once, through restarts, and with things that do not belong there."""

from __future__ import annotations

import asyncio
import socket
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from bot.console.client import ConsoleClient, NoBot
from bot.console.frontend import Console
from bot.console.wire import socket_path
from bot.replies import ImagesReady, JobTitle, Notice, Picture
from bot.requests import ImagineRequest, Request, ThreadAddress
from core.errors import ConfigurationError
from core.settings import Settings
from core.store.blobs import Blobs

MAIN = ThreadAddress("console", "main")


class Bot:
    """A console, and a bot that answers whatever is asked with a sentence."""

    def __init__(self, data_dir: Path) -> None:
        settings = Settings(data_dir=data_dir, _env_file=None)
        self.blobs = Blobs(settings.resolved_storage_dir)
        self.console = Console(settings, self.blobs)
        self.requests: list[Request] = []
        self.is_broken = False

    async def accept(self, request: Request, event_id: str) -> None:
        if self.is_broken:
            raise RuntimeError("the database is gone")
        self.requests.append(request)
        await self.console.post(MAIN, Notice("I heard you."), nonce=event_id[:25])

    @classmethod
    @asynccontextmanager
    async def running(cls, data_dir: Path) -> AsyncIterator[Bot]:
        bot = cls(data_dir)
        serving = asyncio.create_task(bot.console.run(bot.accept))
        try:
            yield bot
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Bot]:
    async with Bot.running(tmp_path) as bot:
        yield bot


async def test_the_question_stands_before_the_answer_for_everybody(bot: Bot, tmp_path: Path) -> None:
    async with ConsoleClient(tmp_path, "mia") as mia, ConsoleClient(tmp_path, "ada") as ada:
        assert (await mia.say("/imagine a mug")).is_accepted
        await ada.wait_for(lambda thread: thread.find("I heard you."), 10)

        assert [(post.author, post.text) for post in ada.messages] == [
            ("mia", "/imagine a mug"),
            ("Likeness", "I heard you."),
        ]


async def test_who_asks_is_who_typed(bot: Bot, tmp_path: Path) -> None:
    async with ConsoleClient(tmp_path, "mia") as mia:
        await mia.say("/imagine a mug")
        await mia.say("/imagine a hat", as_="ada")

    assert [request.requester.user_id for request in bot.requests] == ["mia", "ada"]


async def test_a_refusal_is_for_its_author_alone(bot: Bot, tmp_path: Path) -> None:
    async with ConsoleClient(tmp_path, "mia") as mia:
        answer = await mia.say("/trian")

        assert not answer.is_accepted
        assert answer.lines == ("There is no /trian. Did you mean /train?",)
        assert mia.messages == []
        assert bot.requests == []


async def test_help_is_for_its_author_alone(bot: Bot, tmp_path: Path) -> None:
    async with ConsoleClient(tmp_path, "mia") as mia:
        answer = await mia.say("/help imagine")

        assert answer.is_accepted
        assert answer.lines[0] == "/imagine PROMPT"
        assert mia.messages == []


@pytest.mark.parametrize("name", ["Likeness", "likeness", "two words", "x" * 33, "\x1b[2J"])
async def test_a_name_is_a_name_and_not_the_bots(name: str, bot: Bot, tmp_path: Path) -> None:
    async with ConsoleClient(tmp_path) as client:
        answer = await client.say("/jobs", as_=name)

    assert not answer.is_accepted
    assert "--as" in answer.lines[0]
    assert bot.requests == []


async def test_a_client_catches_up_after_a_restart_and_types_meanwhile(tmp_path: Path) -> None:
    async with Bot.running(tmp_path) as first:
        client = ConsoleClient(tmp_path, "mia")
        await client.__aenter__()
        await first.console.post(MAIN, Notice("Before."), nonce="n1")
    try:
        # Nobody listens now; what is typed waits, and what is posted is found later.
        saying = asyncio.create_task(client.say("/imagine a mug"))
        async with Bot.running(tmp_path) as second:
            await second.console.post(MAIN, Notice("After."), nonce="n2")
            assert (await saying).is_accepted
            await client.wait_for(lambda thread: thread.find("I heard you."), 10)

            assert len(second.requests) == 1
            assert {post.text for post in client.messages} == {
                "Before.",
                "After.",
                "/imagine a mug",
                "I heard you.",
            }
    finally:
        await client.__aexit__(None, None, None)


async def test_a_fault_of_the_bot_is_one_sentence_and_the_next_line_works(bot: Bot, tmp_path: Path) -> None:
    async with ConsoleClient(tmp_path) as client:
        bot.is_broken = True
        answer = await client.say("/imagine a mug")
        assert not answer.is_accepted
        assert "Try again" in answer.lines[0]

        bot.is_broken = False
        assert (await client.say("/imagine a mug")).is_accepted


async def test_garbage_costs_its_own_connection_only(bot: Bot, tmp_path: Path) -> None:
    async with ConsoleClient(tmp_path) as client:
        for garbage in (
            b"{}\n",
            b"\xff\xfe\n",
            b'{"type": "hello", "since": 0}\n' * 2,
            b"x" * (1 << 21) + b"\n",
        ):
            reader, writer = await asyncio.open_unix_connection(str(socket_path(tmp_path)))
            writer.write(garbage)
            try:
                while await reader.read(1 << 16):
                    pass  # until the server hangs up
            except ConnectionError:
                pass
            writer.close()

        assert (await client.say("/jobs")).is_accepted


async def test_only_this_user_may_connect(bot: Bot, tmp_path: Path) -> None:
    async with ConsoleClient(tmp_path):
        assert stat.S_IMODE(socket_path(tmp_path).stat().st_mode) == 0o600


async def test_a_second_bot_on_the_same_folder_is_refused(bot: Bot, tmp_path: Path) -> None:
    async with ConsoleClient(tmp_path) as client:
        with pytest.raises(ConfigurationError, match="running"):
            await Bot(tmp_path).console.run(bot.accept)

        assert (await client.say("/jobs")).is_accepted


async def test_the_socket_of_a_bot_that_was_killed_is_replaced(tmp_path: Path) -> None:
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(socket_path(tmp_path)))
    dead.close()

    async with Bot.running(tmp_path), ConsoleClient(tmp_path) as client:
        assert (await client.say("/jobs")).is_accepted


async def test_without_a_bot_it_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(NoBot, match="likeness run"):
        async with ConsoleClient(tmp_path, connect_seconds=0.01):
            pass


def test_a_folder_too_long_for_a_socket_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="LIKENESS_DATA_DIR"):
        ConsoleClient(tmp_path / ("x" * 120))


async def test_relative_files_start_where_the_client_stands(bot: Bot, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a.jpg").touch()
    async with ConsoleClient(tmp_path) as client:
        assert (await client.say("/add a.jpg", folder=tmp_path / "mine")).is_accepted


async def test_pictures_lie_as_files_until_their_message_is_cleared(bot: Bot, tmp_path: Path) -> None:
    image = BytesIO()
    Image.new("RGB", (32, 24), "teal").save(image, "PNG")
    picture = Picture(await bot.blobs.put("w", image.getvalue(), ".png"), "../1.png", "picture 1")
    made = ImagesReady(JobTitle("j", "@rex · at sea"), "mia", (picture,), "seed 1", (), ())
    message = await bot.console.post(MAIN, made, nonce="n1")
    async with ConsoleClient(tmp_path) as client:
        [post] = client.messages
        shown = post.body.pictures[0]
        folder = tmp_path / "console" / "pictures"
        assert contents(folder) == {shown.path: image.getvalue()}
        assert (shown.width_px, shown.height_px) == (32, 24)

        await client.say(f"/clear {message.message}")
        assert contents(folder) == {}


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.iterdir()}


async def test_an_ending_is_told_even_when_its_picture_was_erased(bot: Bot, tmp_path: Path) -> None:
    gone = ImagesReady(
        JobTitle("j", "@rex · at sea"),
        "mia",
        (Picture("w/none.png", "1.png", "picture 1"),),
        "seed 1",
        (),
        (),
    )
    await bot.console.post(MAIN, gone, nonce="n1")
    async with ConsoleClient(tmp_path) as client:
        [post] = client.messages
        assert "@rex · at sea" in post.text
        assert post.body.pictures[0].path == ""


async def test_a_request_keeps_its_words(bot: Bot, tmp_path: Path) -> None:
    async with ConsoleClient(tmp_path) as client:
        await client.say("/imagine  ein Fahrrad für Ada 🚲 ")

    [request] = bot.requests
    assert isinstance(request, ImagineRequest)
    assert request.prompt == "ein Fahrrad für Ada 🚲"
