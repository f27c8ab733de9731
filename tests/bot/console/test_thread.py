"""The console's thread as a file: what is left of it after a crash, a full disk, or a long training."""

from __future__ import annotations

import asyncio
import resource
from pathlib import Path

import pytest

from bot.console.thread import ConsoleThread
from bot.console.timeline import BOT_NAME, Body, PersonReaction, Post
from bot.frontend import FrontendUnavailable, MessageGone
from bot.replies import Button


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "console" / "main.jsonl"


def say(thread: ConsoleThread, *lines: str, nonce: str) -> Post:
    return thread.post(BOT_NAME, Body(lines), nonce=nonce)


def test_a_new_process_reads_what_the_old_one_wrote(path: Path) -> None:
    thread = ConsoleThread(path)
    thread.ask("mia", "/jobs", event_id="e1")
    post = thread.post(BOT_NAME, Body(("Ready.",), buttons=(Button("Start", "draft:1:start"),)), nonce="n1")
    thread.edit(post.number, Body(("Training.",)))
    thread.react(post.number, "mia", "❌", is_withdrawn=False)

    assert ConsoleThread(path).posts == thread.posts
    assert [post.text for post in thread.posts] == ["/jobs", "Training."]
    assert thread.posts[1].reactions == (PersonReaction("❌", "mia"),)


def test_a_torn_last_line_costs_only_itself(path: Path) -> None:
    thread = ConsoleThread(path)
    say(thread, "First.", nonce="n1")
    say(thread, "Second.", nonce="n2")
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])

    after = ConsoleThread(path)
    say(after, "Third.", nonce="n3")

    assert [post.text for post in ConsoleThread(path).posts] == ["First.", "Third."]


def test_a_long_training_leaves_one_line(path: Path) -> None:
    thread = ConsoleThread(path)
    post = say(thread, "Training 0 %", nonce="n1")
    for percent in range(1, 101):
        thread.edit(post.number, Body((f"Training {percent} %",)))

    assert [post.text for post in ConsoleThread(path).posts] == ["Training 100 %"]
    assert len(path.read_bytes().splitlines()) == 1


def test_what_is_cleared_is_gone_from_the_file(path: Path) -> None:
    thread = ConsoleThread(path)
    post = say(thread, "A secret.", nonce="n1")
    thread.clear(post.number)

    assert ConsoleThread(path).posts == []
    assert b"secret" not in path.read_bytes()


def test_the_number_of_a_cleared_message_is_not_used_again(path: Path) -> None:
    thread = ConsoleThread(path)
    gone = say(thread, "First.", nonce="n1")
    thread.clear(gone.number)

    assert say(ConsoleThread(path), "Second.", nonce="n2").number == gone.number + 1


def test_a_disk_that_takes_half_a_line_is_said_and_loses_nothing(path: Path) -> None:
    thread = ConsoleThread(path)
    say(thread, "First.", nonce="n1")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 10, limits[1]))
    try:
        with pytest.raises(FrontendUnavailable):
            say(thread, "Second.", nonce="n2")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    say(thread, "Second.", nonce="n2")
    assert [post.text for post in ConsoleThread(path).posts] == ["First.", "Second."]


def test_what_a_person_typed_cannot_be_edited_by_the_bot(path: Path) -> None:
    thread = ConsoleThread(path)
    thread.ask("mia", "/jobs", event_id="e1")

    with pytest.raises(MessageGone):
        thread.edit(1, Body(("Not yours.",)))


async def test_who_follows_sees_each_change_and_never_an_old_state_last(path: Path) -> None:
    thread = ConsoleThread(path)
    say(thread, "Queued.", nonce="n1")
    changes = thread.changes(0)
    assert (await anext(changes)).text == "Queued."

    coming = asyncio.ensure_future(anext(changes))
    thread.edit(1, Body(("Training.",)))
    say(thread, "Something else.", nonce="n2")
    thread.edit(1, Body(("Done.",)))

    assert [(await coming).text, (await anext(changes)).text] == ["Something else.", "Done."]
