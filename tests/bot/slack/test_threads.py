"""The thread of a new piece of work: one for each, headed by its card; a private one is with its person."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.frontend import FrontendUnavailable, ThreadRefused
from bot.requests import ThreadAddress
from bot.slack.addresses import place_of
from core.store.blobs import Blobs
from tests.bot.slack.outbound import POST, UPDATE, Outbound
from tests.fakes.slack import RESET_AFTER_STORING, RESET_BEFORE, FakeSlack, refusal


@pytest.fixture
async def slack(fake_slack: FakeSlack, blobs: Blobs) -> AsyncIterator[Outbound]:
    async with Outbound.open(fake_slack, blobs) as outbound:
        yield outbound


async def opened(slack: Outbound, nonce: str = "t1", *, is_private: bool = False) -> ThreadAddress:
    return await slack.threads.open(slack.requester(), "Summer Shoes", nonce, is_private=is_private)


async def test_a_thread_begins_with_what_it_is_about(slack: Outbound) -> None:
    thread = await opened(slack)

    [head] = slack.seen()
    assert thread == slack.address(slack.studio, head)
    assert "Summer Shoes" in head.text() and "asked by Mia" in head.text()
    assert head.pinged == set()


async def test_the_first_card_heads_the_thread_and_what_follows_stands_in_it(slack: Outbound) -> None:
    thread = await opened(slack)
    card = await slack.post(slack.draft_card(), "d1", thread)
    photo = await slack.post(slack.flagged(), "p1", thread)
    job = await slack.post(slack.queued(), "j1", thread)

    [head] = slack.seen()
    assert slack.message(card) is head and "Waiting for photos" in head.text() and head.button("Add photos")
    assert head.replies == [slack.message(photo), slack.message(job)]
    assert slack.fake.count(POST) == 3


async def test_the_card_at_the_head_says_who_asked_and_calls_nobody(slack: Outbound) -> None:
    thread = await opened(slack)
    card = await slack.post(slack.queued(), "j1", thread)
    [head] = slack.seen()
    assert f"asked by <@{slack.mia.id}>" in head.text()
    slack.restart()
    await slack.posting.edit(card, slack.running(0.5))
    assert f"asked by <@{slack.mia.id}>" in head.text()
    assert head.pinged == set()


async def test_a_card_in_the_channel_says_who_asked_from_its_first_edit_on(slack: Outbound) -> None:
    card = await slack.post(slack.queued(), "j1")
    await slack.posting.edit(card, slack.painted())

    [message] = slack.seen()
    assert f"asked by <@{slack.mia.id}>" in message.text() and message.pinged == set()
    assert [reply.pinged for reply in message.replies] == [{"mia"}]


async def test_in_the_thread_of_their_own_words_nobody_is_told_who_asked(slack: Outbound) -> None:
    asked = await slack.thread()
    card = await slack.post(slack.queued(), "j1", asked)
    assert "asked by" not in slack.message(card).text()
    alone = await opened(slack, "t2", is_private=True)
    card = await slack.post(slack.queued(), "j2", alone)
    assert "asked by" not in slack.message(card).text()


async def test_the_card_at_the_head_is_edited_like_any_other(slack: Outbound) -> None:
    thread = await opened(slack)
    card = await slack.post(slack.queued(), "j1", thread)
    slack.restart()
    await slack.posting.edit(card, slack.painted())

    [head] = slack.seen()
    assert head.button("Again") and len(head.images()) == 1
    assert [len(each.files) for each in head.replies] == [1]


async def test_a_photo_that_comes_first_leaves_the_head_to_the_card(slack: Outbound) -> None:
    thread = await opened(slack)
    photo = await slack.post(slack.flagged(), "p1", thread)
    card = await slack.post(slack.draft_card(), "d1", thread)

    [head] = slack.seen()
    assert slack.message(card) is head and head.replies == [slack.message(photo)]


async def test_the_same_work_has_one_thread_also_after_a_restart(slack: Outbound) -> None:
    once = await opened(slack)
    assert await opened(slack) == once
    slack.restart()
    assert await opened(slack) == once
    await slack.post(slack.draft_card(), "d1", once)
    slack.restart()
    assert await opened(slack) == once
    assert await opened(slack, "t2") != once

    assert len(slack.seen()) == 2


@pytest.mark.parametrize("fault", [RESET_BEFORE, RESET_AFTER_STORING])
async def test_one_fault_opens_one_thread(slack: Outbound, fault) -> None:
    slack.fake.faults.next(POST, fault)
    await opened(slack)

    assert len(slack.seen()) == 1


@pytest.mark.parametrize("fault", [RESET_BEFORE, RESET_AFTER_STORING])
async def test_a_bot_killed_while_its_card_takes_the_head_has_one_card(slack: Outbound, fault) -> None:
    thread = await opened(slack)
    slack.fake.faults.next(UPDATE, fault)
    slack.fake.faults.next(UPDATE, RESET_BEFORE)
    with pytest.raises(FrontendUnavailable):
        await slack.post(slack.draft_card(), "d1", thread)
    slack.restart()
    card = await slack.post(slack.draft_card(), "d1", thread)

    [head] = slack.seen()
    assert slack.message(card) is head and head.replies == []


async def test_where_the_head_cannot_be_changed_the_card_stands_below(slack: Outbound) -> None:
    thread = await opened(slack)
    slack.fake.faults.next(UPDATE, refusal("cant_update_message"))
    card = await slack.post(slack.draft_card(), "d1", thread)

    [head] = slack.seen()
    assert head.replies == [slack.message(card)]


async def test_in_a_thread_work_stays_in_it(slack: Outbound) -> None:
    thread = await slack.thread()
    requester = slack.requester(thread)

    assert await slack.threads.open(requester, "Summer Shoes", "t1", is_private=False) == thread
    assert slack.seen() == []


async def test_in_a_conversation_with_the_bot_work_has_a_thread_too(slack: Outbound) -> None:
    direct = slack.address(slack.mia.direct_channel())
    thread = await slack.threads.open(slack.requester(direct), "Summer Shoes", "t1", is_private=True)
    card = await slack.post(slack.draft_card(), "d1", thread)

    assert slack.told_mia() == [slack.message(card)]


async def test_in_a_channel_that_is_closed_what_follows_finds_its_way(slack: Outbound) -> None:
    slack.fake.faults.archive(slack.studio)
    thread = await opened(slack)
    await slack.post(slack.draft_card(), "d1", thread)

    assert thread == slack.channel
    assert len(slack.told_mia()) == 1


async def test_private_work_is_between_its_person_and_the_bot(slack: Outbound) -> None:
    thread = await opened(slack, is_private=True)
    await slack.post(slack.draft_card(), "d1", thread)

    [head] = slack.told_mia()
    assert place_of(thread).channel == slack.mia.direct_channel().id
    assert "Waiting for photos" in head.text()
    assert slack.seen() == []


async def test_private_work_is_private_also_where_it_was_asked_for_in_a_thread(slack: Outbound) -> None:
    requester = slack.requester(await slack.thread())
    thread = await slack.threads.open(requester, "Summer Shoes", "t1", is_private=True)

    assert place_of(thread).channel == slack.mia.direct_channel().id


async def test_where_nothing_can_be_private_nothing_is_begun(slack: Outbound) -> None:
    slack.fake.faults.take_scope("im:write")
    with pytest.raises(ThreadRefused, match="Ask an admin"):
        await opened(slack, is_private=True)

    assert slack.seen() == [] and slack.told_mia() == []
