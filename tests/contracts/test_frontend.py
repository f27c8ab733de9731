"""What every chat platform has to do, whatever it looks like."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import get_args

import pytest

from bot.frontend import MAX_NONCE_LENGTH, MessageGone
from bot.replies import FlaggedPhoto, Notice, ReadyToTrain, Reply
from bot.requests import ButtonPress, ImagineRequest, MessageRef, Reaction
from tests.contracts.discord_harness import DiscordHarness
from tests.contracts.harness import ConsoleHarness, Harness, Seen
from tests.contracts.reply_examples import DRAFT, KEEP, REMOVE, SHOES, START, Example, examples
from tests.contracts.slack_harness import SlackHarness

READY = ReadyToTrain(SHOES, 6.0, 10, 240, (), (START,))


@pytest.fixture(params=["console", "discord", "slack over a socket", "slack over HTTP"])
def opening(request: pytest.FixtureRequest, tmp_path: Path) -> AbstractAsyncContextManager[Harness]:
    if request.param == "console":
        return ConsoleHarness.open(tmp_path)
    if request.param == "discord":
        return DiscordHarness.open(tmp_path, request.getfixturevalue("fake_discord"))
    request.getfixturevalue("database")
    is_over_http = request.param.endswith("HTTP")
    return SlackHarness.open(tmp_path, request.getfixturevalue("fake_slack"), is_over_http=is_over_http)


@pytest.fixture
async def harness(opening: AbstractAsyncContextManager[Harness]) -> AsyncIterator[Harness]:
    async with opening as harness:
        yield harness


async def one_seen(harness: Harness, message: MessageRef) -> Seen:
    [seen] = [seen for seen in await harness.seen() if seen.message == message.message]
    return seen


async def test_a_post_is_there_to_read(harness: Harness) -> None:
    message = await harness.frontend.post(harness.thread, Notice("I took that in."), nonce="n1")

    assert "I took that in." in (await one_seen(harness, message)).text


async def test_the_same_nonce_is_one_message(harness: Harness) -> None:
    nonce = "n" * MAX_NONCE_LENGTH
    once = await harness.frontend.post(harness.thread, Notice("Only once."), nonce=nonce)
    again = await harness.frontend.post(harness.thread, Notice("Only once."), nonce=nonce)

    assert once == again
    assert [seen.message for seen in await harness.seen()] == [once.message]


async def test_the_same_nonce_is_one_message_when_both_are_on_their_way(harness: Harness) -> None:
    reply = FlaggedPhoto(DRAFT, 1, 4, harness.picture, ("Blurry.",), (KEEP,), "")
    posts = [harness.frontend.post(harness.thread, reply, nonce="same") for _ in range(2)]

    assert len(set(await asyncio.gather(*posts))) == 1
    assert len(await harness.seen()) == 1


async def test_the_same_nonce_is_one_message_after_a_restart(harness: Harness) -> None:
    once = await harness.frontend.post(harness.thread, Notice("Only once."), nonce="n1")
    await harness.restart()
    again = await harness.frontend.post(harness.thread, Notice("Only once."), nonce="n1")

    assert once == again
    assert len(await harness.seen()) == 1


async def test_an_edit_replaces_what_was_said(harness: Harness) -> None:
    message = await harness.frontend.post(harness.thread, READY, nonce="n1")
    await harness.frontend.edit(message, Notice("Cancelled."))

    seen = await one_seen(harness, message)
    assert "Cancelled." in seen.text
    assert "Ready to train" not in seen.text
    assert seen.labels == ()


async def test_an_edit_after_a_restart_finds_its_message(harness: Harness) -> None:
    message = await harness.frontend.post(harness.thread, READY, nonce="n1")
    await harness.restart()
    await harness.frontend.edit(message, Notice("Cancelled."))

    assert "Cancelled." in (await one_seen(harness, message)).text


async def test_a_deleted_message_cannot_be_edited_and_stays_away(harness: Harness) -> None:
    message = await harness.frontend.post(harness.thread, Notice("Soon gone."), nonce="n1")
    await harness.delete(message)

    with pytest.raises(MessageGone):
        await harness.frontend.edit(message, Notice("Back again."))
    assert await harness.seen() == []


async def test_a_message_that_never_was_cannot_be_edited(harness: Harness) -> None:
    with pytest.raises(MessageGone):
        await harness.frontend.edit(MessageRef(harness.thread, "4711"), Notice("Hello."))


def test_there_is_an_example_of_everything_that_can_be_said(tmp_path: Path) -> None:
    shown = {type(example.reply) for example in examples(picture=None)}  # type: ignore[arg-type]

    assert shown == set(get_args(Reply))


async def test_everything_that_can_be_said_can_be_read(harness: Harness) -> None:
    for number, example in enumerate(examples(harness.picture)):
        message = await harness.frontend.post(harness.thread, example.reply, nonce=f"n{number}")

        check(example, await one_seen(harness, message))


async def test_everything_that_can_be_said_can_replace_a_message(harness: Harness) -> None:
    message = await harness.frontend.post(harness.thread, Notice("First."), nonce="n")
    for example in examples(harness.picture):
        await harness.frontend.edit(message, example.reply)

        check(example, await one_seen(harness, message))


def check(example: Example, seen: Seen) -> None:
    missing = [words for words in example.says if words not in seen.text]
    assert not missing, f"{type(example.reply).__name__} does not show {missing}:\n{seen.text}"
    assert set(example.labels) <= set(seen.labels)
    assert seen.emojis == example.emojis
    assert seen.picture_count == example.picture_count


async def test_a_button_comes_back_with_its_action(harness: Harness) -> None:
    message = await harness.frontend.post(harness.thread, READY, nonce="n1")
    await harness.press(message, "Start")

    [press] = harness.acceptor.requests
    assert isinstance(press, ButtonPress)
    assert press.action == START.action
    assert press.requester.thread == harness.answers_to(message)


async def test_a_button_still_works_after_a_restart(harness: Harness) -> None:
    message = await harness.frontend.post(harness.thread, READY, nonce="n1")
    await harness.restart()
    await harness.press(message, "Start")

    [press] = harness.acceptor.requests
    assert isinstance(press, ButtonPress)
    assert press.action == START.action


async def test_a_reaction_comes_back_and_can_be_taken_off(harness: Harness) -> None:
    flagged = FlaggedPhoto(DRAFT, 3, 4, harness.picture, ("Blurry.",), (KEEP, REMOVE), "")
    message = await harness.frontend.post(harness.thread, flagged, nonce="n1")
    await harness.react(message, "❌")
    await harness.react(message, "❌", is_withdrawn=True)

    put, taken = harness.acceptor.requests
    assert isinstance(put, Reaction)
    assert isinstance(taken, Reaction)
    assert (put.message, put.emoji, put.is_withdrawn, put.is_bot) == (message.message, "❌", False, False)
    assert (taken.message, taken.emoji, taken.is_withdrawn) == (message.message, "❌", True)


async def test_a_request_is_accepted_before_it_is_acknowledged(harness: Harness) -> None:
    harness.acceptor.may_return.clear()
    asking = asyncio.create_task(harness.imagine("a red mug", "event-1"))
    await harness.acceptor.calls.get()
    await harness.round_trip()
    assert not asking.done()

    harness.acceptor.may_return.set()
    assert await asking
    [request] = harness.acceptor.requests
    assert isinstance(request, ImagineRequest)
    assert request.prompt == "a red mug"


async def test_an_event_that_comes_twice_is_one_request(harness: Harness) -> None:
    assert await harness.imagine("a red mug", "event-1")
    assert await harness.imagine("a red mug", "event-1")
    assert await harness.imagine("a red mug", "event-2")

    assert list(harness.acceptor.by_event) == ["event-1", "event-2"]


async def test_a_request_that_was_not_acknowledged_is_sent_again_after_a_restart(harness: Harness) -> None:
    harness.acceptor.may_return.clear()
    asking = asyncio.create_task(harness.imagine("a red mug", "event-1"))
    await harness.acceptor.calls.get()
    await harness.restart()
    harness.acceptor.may_return.set()

    assert await asking
    assert list(harness.acceptor.by_event) == ["event-1"]


async def test_a_thread_for_new_work_can_be_posted_to(harness: Harness) -> None:
    await harness.imagine("a red mug", "event-1")
    requester = harness.acceptor.requests[0].requester
    thread = await harness.frontend.open_thread(requester, "Summer Shoes", nonce="t1")
    message = await harness.frontend.post(thread, Notice("Here."), nonce="n1")

    assert "Here." in (await one_seen(harness, message)).text
