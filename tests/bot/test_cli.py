"""The `likeness` command, as an operator types it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psutil
import pytest

from bot import cli

ROOT = Path(__file__).parents[2]


def environment(tmp_path: Path) -> dict[str, str]:
    ours = {"LIKENESS_DATA_DIR": str(tmp_path / "data"), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return {name: value for name, value in os.environ.items() if not name.startswith("LIKENESS_")} | ours


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


class Likeness(Protocol):
    def __call__(self, *words: str) -> Done: ...


@pytest.fixture
def likeness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Likeness:
    """Type a command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    for name, value in environment(tmp_path).items():
        monkeypatch.setenv(name, value)

    def typed(*words: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["likeness", *words])
        with pytest.raises(SystemExit) as left:
            cli.main()
        said = capsys.readouterr()
        return Done(int(left.value.code or 0), said.out, said.err)

    return typed


def test_without_a_word_it_helps(likeness: Likeness) -> None:
    done = likeness()

    for command in ("run", "bot", "worker", "console", "migrate", "plan", "demo"):
        assert f"\n  {command} " in done.out + done.err


def test_it_knows_its_version(likeness: Likeness) -> None:
    assert likeness("--version").out.startswith("likeness ")


def test_a_misspelt_command_is_met_with_the_nearest(likeness: Likeness) -> None:
    done = likeness("consle")

    assert done.code == 2
    assert "Did you mean 'console'?" in done.err


@pytest.mark.parametrize("word", ["train", "trian", "/imagine"])
def test_a_word_of_the_thread_is_sent_there(likeness: Likeness, word: str) -> None:
    done = likeness(word)

    assert done.code == 2
    assert "is said in the thread" in done.err


def test_a_setting_that_cannot_work_is_one_sentence(
    likeness: Likeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIKENESS_LEASE_SECONDS", "-3")
    done = likeness("migrate")

    assert done.code == 2
    assert done.err.startswith("LIKENESS_LEASE_SECONDS: ")
    assert done.err.count("\n") == 1


def test_a_database_that_is_not_ours_is_one_sentence(
    likeness: Likeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://somewhere")
    done = likeness("migrate")

    assert done.code == 2
    assert done.err.startswith("DATABASE_URL starts with mysql://")
    assert done.err.count("\n") == 1


def test_a_console_without_a_bot_says_how_to_start_one(
    likeness: Likeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "CONSOLE_CONNECT_SECONDS", 0.01)
    done = likeness("console")

    assert done.code == 1
    assert "Start one with likeness run." in done.err
    assert done.err.count("\n") == 1


def test_the_plan_is_shown_and_set(likeness: Likeness) -> None:
    assert "on Pro. " in likeness("plan").out
    assert "on Basic now. " in likeness("plan", "BASIC").out
    assert "on Basic. Other plans: free, pro, enterprise." in likeness("plan").out

    unknown = likeness("plan", "gold")
    assert unknown.code == 2
    assert "free, basic, pro, enterprise" in unknown.err


@pytest.mark.parametrize(("command", "number"), [("bot", signal.SIGINT), ("run", signal.SIGTERM)])
def test_it_answers_a_console_and_leaves_nothing_running(
    command: str, number: signal.Signals, tmp_path: Path
) -> None:
    bot = subprocess.Popen(
        [sys.executable, "-m", "bot.cli", command],
        cwd=tmp_path,
        env=environment(tmp_path),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        talk = subprocess.run(
            [sys.executable, "-c", TALK], cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True,
            timeout=60, check=False,
        )  # fmt: skip
        # The worker of `run`, and the tracker of Python's own process pools.
        children = psutil.Process(bot.pid).children(recursive=True)
        bot.send_signal(number)
        _, log = bot.communicate(timeout=60)
        _, left = psutil.wait_procs(children, timeout=10)
    finally:
        bot.kill()
    assert "flower-vase" in talk.stdout, talk.stderr
    assert bot.returncode == 0, log
    assert left == []
    assert not (tmp_path / "data" / "console.sock").exists()


TALK = """
import asyncio
from bot.console.client import ConsoleClient
from core.settings import Settings

async def talk():
    async with ConsoleClient(Settings().data_dir, "mia", connect_seconds=40) as client:
        await client.say("/models")
        print((await client.wait_for(lambda thread: thread.find("flower-vase"), 20)).text)

asyncio.run(talk())
"""
