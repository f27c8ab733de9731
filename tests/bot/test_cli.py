"""The `likeness` command, as an operator types it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psutil
import pytest

from bot import cli
from core.clock import utc_now

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

    commands = (
        "run",
        "bot",
        "worker",
        "console",
        "migrate",
        "plan",
        "permissions",
        "doctor",
        "scrub",
        "redeliver",
        "demo",
    )
    for command in commands:
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


def rows(tmp_path: Path, statement: str, *values: object) -> list[tuple[object, ...]]:
    """Ask the installation's database, with none of our code in between."""
    with (
        contextlib.closing(sqlite3.connect(tmp_path / "data" / "likeness.sqlite3")) as connection,
        connection,
    ):
        return connection.execute(statement, values).fetchall()


def leave_a_dead_letter(tmp_path: Path) -> None:
    day = "2026-11-20 09:00:00+00:00"
    rows(
        tmp_path,
        "INSERT INTO outbox (id, dedupe_key, job_id, platform, attempts, next_attempt_at, failed_at, created_at) "
        "VALUES ('1', 'ending:1', '1', 'console', 100, ?, ?, ?)",
        day, day, day,
    )  # fmt: skip


def test_an_operator_settles_who_may_do_what(likeness: Likeness) -> None:
    assert "is for everybody" in likeness("permissions").out
    set_now = likeness("permissions", "--quorum", "2", "--approver", "lee", "--approver", "kim").out
    assert "the person who asked, and kim and lee; 2 people have to agree." in set_now
    assert "is for mia" in likeness("permissions", "--trainer", "mia").out
    assert "is for everybody" in likeness("permissions", "--trainer", "everybody").out
    assert "2 people have to agree" in likeness("permissions").out


def test_a_workspace_that_nobody_used_yet_is_one_sentence(likeness: Likeness) -> None:
    likeness("plan")
    unknown = likeness("plan", "basic", "--workspace", "discord:1")
    assert (unknown.code, unknown.out) == (2, "")
    assert "There is no workspace discord:1. There is console:" in unknown.err


def test_the_doctor_sends_a_new_installation_to_its_first_step(likeness: Likeness) -> None:
    done = likeness("doctor")

    assert done.code == 1
    assert "fail  database: There is no database at " in done.out
    assert "\n      → Start likeness run or likeness bot" in done.out
    assert done.out.endswith("\n1 thing needs doing.\n")


def test_the_doctor_finds_nothing_where_all_is_well(likeness: Likeness, tmp_path: Path) -> None:
    likeness("migrate")
    rows(
        tmp_path,
        "INSERT INTO worker (id, bases, lanes, memory_bytes, device, seen_at) VALUES (?, ?, ?, ?, ?, ?)",
        "gpu7-1-aa", "tiny=aa", "train.tiny,generate.tiny", 2**34, "CPU", utc_now().isoformat(" "),
    )  # fmt: skip
    done = likeness("doctor")

    assert (done.code, done.err) == (0, "")
    assert "ok    workers: gpu7-1-aa serves tiny" in done.out
    assert done.out.endswith("\nAll is well.\n")


def test_the_doctor_speaks_to_programs_too(likeness: Likeness, tmp_path: Path) -> None:
    likeness("migrate")
    leave_a_dead_letter(tmp_path)
    done = likeness("doctor", "--json")
    answer = json.loads(done.out)

    assert done.code == 1
    assert answer["is_well"] is False
    [letter] = [found for found in answer["findings"] if found["name"] == "outbox"]
    assert letter["status"] == "fail"
    assert "the oldest of 20 November" in letter["sentence"]
    assert "likeness redeliver" in letter["fix"]


def test_the_doctor_leaves_with_2_when_a_setting_cannot_work(
    likeness: Likeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    done = likeness("doctor")

    assert done.code == 2
    assert "fail  database: PostgreSQL cannot be reached at 127.0.0.1, port 1, database none" in done.out


def test_what_was_given_up_is_tried_again(likeness: Likeness, tmp_path: Path) -> None:
    assert likeness("redeliver").out == "No ending was given up.\n"

    leave_a_dead_letter(tmp_path)
    assert likeness("redeliver").out == "1 ending will be tried again by the bots that run.\n"
    assert rows(tmp_path, "SELECT failed_at, attempts FROM outbox") == [(None, 0)]
    assert likeness("redeliver").out == "No ending was given up.\n"


def test_a_scrub_deletes_orphans_that_are_old_enough(likeness: Likeness, tmp_path: Path) -> None:
    orphan = tmp_path / "data" / "blobs" / "w" / "orphan.png"
    orphan.parent.mkdir(parents=True)
    orphan.write_bytes(b"left behind")
    an_hour_ago = utc_now().timestamp() - 3600
    os.utime(orphan, (an_hour_ago, an_hour_ago))

    assert likeness("scrub", "--grace-hours", "2").out == "0 orphans deleted (0.0 MB), 0 missing.\n"
    told = likeness("scrub", "--grace-hours", "0.5", "--dry-run")
    assert (told.code, told.out.splitlines()[0]) == (0, "orphan  w/orphan.png")
    assert orphan.exists()
    done = likeness("scrub", "--grace-hours", "0.5")
    assert (done.code, done.out.splitlines()[0]) == (0, "deleted  w/orphan.png")
    assert not orphan.exists()


def test_a_scrub_names_what_is_missing(likeness: Likeness, tmp_path: Path) -> None:
    likeness("plan")  # brings the console's workspace and its demo model
    files = sorted((tmp_path / "data" / "blobs").rglob("*.safetensors"))
    files[0].unlink()
    done = likeness("scrub")

    assert done.code == 1
    assert "(weights of @flower-vase version 1)" in done.out
    assert "1 missing.\nPut missing files back from a backup" in done.out


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
