"""A new piece of work gets a thread, the same one however often it is asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.frontend import FrontendUnavailable, ThreadRefused
from bot.replies import Notice
from bot.requests import Requester
from tests.contracts.discord_harness import DiscordHarness
from tests.fakes.discord import RESET_AFTER_STORING, RESET_BEFORE, server_error

PUBLIC = "/channels/{channel_id}/messages/{message_id}/threads"
PRIVATE = "/channels/{channel_id}/threads"


async def asking(stand: DiscordHarness) -> Requester:
    """Mia, as she asked in the channel."""
    if not stand.acceptor.requests:
        await stand.imagine("a red mug", "event-1")
    return stand.acceptor.requests[0].requester


async def test_a_thread_hangs_on_a_message_that_says_whose_it_is(stand: DiscordHarness) -> None:
    requester = await asking(stand)
    address = await stand.frontend.open_thread(requester, "Summer *Shoes*", nonce="t1")
    card = await stand.frontend.post(address, Notice("The card."), nonce="n1")

    [thread] = stand.fake.threads(stand.studio)
    assert thread.name == "Summer *Shoes*"
    assert "mia" in thread.members
    assert stand.message(card).channel is thread
    [starter] = stand.own(stand.studio)
    assert starter.thread is thread
    assert starter.pinged == set()
    assert stand.mia.mention in starter.text()


async def test_the_same_work_has_one_thread_also_after_a_restart(stand: DiscordHarness, clock) -> None:
    requester = await asking(stand)
    once = await stand.frontend.open_thread(requester, "Shoes", nonce="t1")
    again = await stand.frontend.open_thread(requester, "Shoes", nonce="t1")
    clock.advance(minutes=30)
    await stand.restart()

    assert await stand.frontend.open_thread(requester, "Shoes", nonce="t1") == once == again
    assert len(stand.fake.threads(stand.studio)) == 1
    assert len(stand.own(stand.studio)) == 1


async def test_other_work_of_the_same_name_has_a_thread_of_its_own(stand: DiscordHarness) -> None:
    requester = await asking(stand)
    first = await stand.frontend.open_thread(requester, "Shoes", nonce="t1")

    assert await stand.frontend.open_thread(requester, "Shoes", nonce="t2") != first


@pytest.mark.parametrize("fault", [server_error(503), RESET_BEFORE, RESET_AFTER_STORING])
async def test_a_lost_answer_makes_no_second_thread(stand: DiscordHarness, fault) -> None:
    requester = await asking(stand)
    stand.fake.faults.next("POST", PUBLIC, fault)
    await stand.frontend.open_thread(requester, "Shoes", nonce="t1")

    assert len(stand.fake.threads(stand.studio)) == 1


async def test_in_a_thread_the_work_stays_there(stand: DiscordHarness) -> None:
    requester = await asking(stand)
    address = await stand.frontend.open_thread(requester, "Shoes", nonce="t1")
    inside = replace(requester, thread=address)

    assert await stand.frontend.open_thread(inside, "Hat", nonce="t2") == address


async def test_in_direct_messages_the_work_stays_there(stand: DiscordHarness) -> None:
    await stand.fake.until(stand.fake.commands)
    await stand.mia.slash(stand.mia.direct_channel(), "models")
    requester = stand.acceptor.requests[0].requester

    assert await stand.frontend.open_thread(requester, "Shoes", nonce="t1") == requester.thread


async def test_where_threads_are_not_allowed_the_work_stays_in_the_channel(stand: DiscordHarness) -> None:
    requester = await asking(stand)
    await stand.fake.faults.revoke("create_public_threads")

    assert await stand.frontend.open_thread(requester, "Shoes", nonce="t1") == requester.thread


async def test_an_endless_title_is_cut(stand: DiscordHarness) -> None:
    requester = await asking(stand)
    await stand.frontend.open_thread(requester, "Shoes\n" * 60, nonce="t1")

    [thread] = stand.fake.threads(stand.studio)
    assert len(thread.name) == 100


# Private threads


async def test_a_private_thread_is_for_the_person_who_asked(stand: DiscordHarness) -> None:
    requester, kim = await asking(stand), stand.fake.person("kim")
    address = await stand.frontend.open_thread(requester, "Shoes", nonce="t1", is_private=True)
    await stand.frontend.post(address, Notice("The card."), nonce="n1")

    [thread] = stand.fake.threads(stand.studio)
    assert thread.is_private
    assert thread.members == {"mia", "Likeness"}
    assert stand.mia.sees(thread) and not kim.sees(thread)
    assert stand.own(stand.studio) == []


async def test_approvers_are_let_into_a_private_thread(stand: DiscordHarness) -> None:
    requester, kim, lee = await asking(stand), stand.fake.person("kim"), stand.fake.person("lee")
    editors, gone = stand.fake.role("editors"), str(requester.user_id)[::-1]
    guests = [str(kim.id), str(editors.id), gone]
    address = await stand.frontend.open_thread(requester, "Shoes", nonce="t1", is_private=True, guests=guests)
    await stand.frontend.post(address, Notice("The card."), nonce="n1")

    [thread] = stand.fake.threads(stand.studio)
    assert thread.members == {"mia", "kim", "Likeness"}
    assert kim.sees(thread) and not lee.sees(thread)


async def test_the_same_private_work_has_one_thread_also_after_a_restart(stand: DiscordHarness) -> None:
    requester = await asking(stand)
    once = await stand.frontend.open_thread(requester, "Shoes", nonce="t1", is_private=True)
    await stand.restart()

    assert await stand.frontend.open_thread(requester, "Shoes", nonce="t1", is_private=True) == once
    assert await stand.frontend.open_thread(requester, "Shoes", nonce="t2", is_private=True) != once


@pytest.mark.parametrize("fault", [server_error(503), RESET_BEFORE, RESET_AFTER_STORING])
async def test_a_private_thread_whose_making_was_cut_off_is_found_again(stand: DiscordHarness, fault) -> None:
    requester = await asking(stand)
    stand.fake.faults.next("POST", PRIVATE, fault)
    with pytest.raises(FrontendUnavailable):
        await stand.frontend.open_thread(requester, "Shoes", nonce="t1", is_private=True)
    await stand.restart()
    await stand.frontend.open_thread(requester, "Shoes", nonce="t1", is_private=True)

    [thread] = stand.fake.threads(stand.studio)
    assert "mia" in thread.members


async def test_what_should_be_private_never_becomes_public(stand: DiscordHarness) -> None:
    requester = await asking(stand)
    await stand.fake.faults.revoke("create_private_threads")

    with pytest.raises(ThreadRefused, match="Create Private Threads"):
        await stand.frontend.open_thread(requester, "Secret Shoes", nonce="t1", is_private=True)
    assert stand.own(stand.studio) == []
    assert stand.fake.threads(stand.studio) == []
