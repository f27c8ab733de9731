"""The processes that open uploads: bounded, replaceable, and gone when the bot is."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from core.feedback import decoder
from core.feedback.decode import Decoded, Unreadable, decode, read_answer
from core.feedback.decoder import MEBIBYTE, Answer, DecodeLimits, Decoder
from core.feedback.refusals import Problem
from tests.core.feedback.hostile.bombs import endless_jpeg
from tests.core.feedback.hostile.drawing import png, saved, two_tone

REPOSITORY = Path(__file__).resolve().parents[3]
PATIENCE_SECONDS = 20
SOUND = saved(two_tone(), "PNG")


@pytest.fixture(autouse=True)
def _only_decoders_of_its_own() -> Iterator[None]:
    decoder.end_decoders()
    yield
    decoder.end_decoders()


def children() -> set[int]:
    """The decoders that this process has started and that still run; other tests may have left a pool's tracker."""
    return {child.pid for child in psutil.Process().children() if _is_decoder(child)}


def _is_decoder(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return "core.feedback.decode_process" in process.cmdline()  # a zombie has no command line
    return False


def answer(said: bytes = b"", exit_code: int = 0, *, timed_out: bool = False) -> Answer:
    return Answer(said, exit_code, timed_out, peak_memory_bytes=0, cpu_seconds=0.0, wall_seconds=0.0)


async def test_a_bad_file_takes_down_nothing_but_itself() -> None:
    """The same decoder serves before and after a file that its child died of."""
    greedy = png(7000, 7000, 8, 2, bytes((7000 * 3 + 1) * 7000))
    assert isinstance(await decode(SOUND, "sound.png"), Decoded)
    serving = children()
    little_memory = DecodeLimits(max_memory_bytes=160 * MEBIBYTE)
    assert "too much memory" in str(await decode(greedy, "greedy.png", limits=little_memory))
    assert "too long" in str(await decode(endless_jpeg(), "slow.jpg", limits=DecodeLimits(cpu_seconds=1)))
    assert isinstance(await decode(SOUND, "sound.png"), Decoded)
    assert children() == serving


async def test_a_decoder_that_was_killed_is_replaced() -> None:
    await decode(SOUND, "sound.png")
    (first,) = children()
    psutil.Process(first).kill()
    assert isinstance(await decode(SOUND, "sound.png"), Decoded)
    assert first not in children()


@pytest.mark.parametrize("interpreter", ["/bin/false", "/nowhere/python"])
async def test_a_file_is_not_blamed_for_decoders_that_cannot_start(
    interpreter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", interpreter)
    assert await decode(SOUND, "photo.png") == Unreadable(
        "I could not open photo.png just now, which is not the file's fault. Attach it again in a minute."
    )


async def test_somebody_who_stops_waiting_leaves_no_process_behind() -> None:
    waiting = asyncio.create_task(decode(endless_jpeg(), "slow.jpg"))
    await asyncio.wait({waiting}, timeout=0.2)
    begun = children()
    assert begun and not waiting.done()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert not begun & children()
    assert isinstance(await decode(SOUND, "sound.png"), Decoded)


async def test_many_uploads_share_few_processes() -> None:
    outcomes = await asyncio.gather(*(decode(SOUND, f"{number}.png") for number in range(12)))
    assert len({outcome.sha256 for outcome in outcomes if isinstance(outcome, Decoded)}) == 1
    assert len(children()) == decoder.DECODES_AT_ONCE


async def test_secrets_of_the_bot_are_not_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIKENESS_DISCORD_TOKEN", "secret")
    await decode(SOUND, "sound.png")
    (serving,) = children()
    environment = psutil.Process(serving).environ()
    assert "PATH" in environment and "LIKENESS_DISCORD_TOKEN" not in environment


def test_a_child_can_open_neither_files_nor_connections() -> None:
    attempts = """
import errno, json, socket, tempfile
from core.feedback.decode_process import limit_resources
limit_resources(memory_bytes=1 << 30, cpu_seconds=5)
refused = []
for attempt in (socket.socket, lambda: open("/etc/passwd"), lambda: tempfile.TemporaryFile(dir="/tmp")):
    try:
        attempt()
    except OSError as error:
        refused.append(error.errno in (errno.EMFILE, errno.ENOENT))
print(json.dumps(refused))
"""
    command = (sys.executable, "-c", attempts)
    ran = subprocess.run(command, cwd=REPOSITORY, capture_output=True, timeout=PATIENCE_SECONDS, check=True)
    assert json.loads(ran.stdout) == [True, True, True]


def test_decoders_end_with_a_bot_that_was_killed() -> None:
    bot = """
import asyncio, os, signal, sys
from core.feedback import decoder
from core.feedback.decode import decode
from tests.core.feedback.hostile.drawing import saved, two_tone
asyncio.run(decode(saved(two_tone(), "PNG"), "photo.png"))
print(decoder._idle[0].pid, flush=True)
sys.stdin.read(1)
os.kill(os.getpid(), signal.SIGKILL)
"""
    with subprocess.Popen(
        (sys.executable, "-c", bot), cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        serving = psutil.Process(int(process.stdout.readline()))
        process.communicate(b"\n", timeout=PATIENCE_SECONDS)
    gone, alive = psutil.wait_procs([serving], timeout=PATIENCE_SECONDS)
    assert gone and not alive


async def test_a_decoder_tells_what_a_file_cost() -> None:
    serving = Decoder()
    try:
        told = await serving.ask(saved(two_tone(2000, 2000), "PNG"), DecodeLimits())
    finally:
        serving.kill()
    assert (told.exit_code, told.timed_out) == (0, False)
    assert 2000 * 2000 * 3 < told.peak_memory_bytes < DecodeLimits().max_memory_bytes
    assert 0 < told.cpu_seconds < told.wall_seconds < PATIENCE_SECONDS


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        (answer(), Problem.DAMAGED),
        (answer(b"{}\n"), Problem.DAMAGED),
        (answer(b"[1]\nx"), Problem.DAMAGED),
        (answer(b"\xff\xfe\nx"), Problem.DAMAGED),
        (answer(b'{"problem": "none that we know"}\n'), Problem.DAMAGED),
        (
            answer(b'{"format": "PNG", "media_type": "text/html", "width_px": 1, "height_px": 1}\n<html>'),
            Problem.DAMAGED,
        ),
        (
            answer(b'{"format": "PNG", "media_type": "image/png", "width_px": 1, "height_px": 1}\n'),
            Problem.DAMAGED,
        ),
        (
            answer(b'{"format": "PNG", "media_type": "image/png", "width_px": "x", "height_px": 1}\n.'),
            Problem.DAMAGED,
        ),
        (
            answer(b'{"format": "PNG", "media_type": "image/png", "width_px": 1, "height_px": 1}\n<html>'),
            Problem.DAMAGED,
        ),
        (answer(b'{"problem": "animated"}\n'), Problem.ANIMATED),
        (answer(exit_code=1), Problem.DAMAGED),
        (answer(exit_code=-11), Problem.DAMAGED),
        (answer(exit_code=-6), Problem.MEMORY),
        (answer(exit_code=-9), Problem.MEMORY),
        (answer(exit_code=-9, timed_out=True), Problem.TIME),
    ],
)
def test_what_a_child_says_is_not_believed(told: Answer, problem: Problem) -> None:
    assert read_answer(told) is problem
