"""One message for each nonce, whatever happens on the line; and a place for it, whatever happens to its thread."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.frontend import FrontendUnavailable, MessageGone
from bot.replies import JobDone, Notice
from bot.slack.addresses import Place
from bot.slack.posting import IN_PRIVATE
from core.store.blobs import Blobs
from tests.bot.slack.outbound import POST, UPDATE, Outbound
from tests.fakes.slack import (
    RESET_AFTER_STORING,
    RESET_BEFORE,
    TIMEOUT,
    FakeSlack,
    rate_limited,
    refusal,
    server_error,
)

LOOK, OPEN = "conversations.history", "conversations.open"
HELD_BACK_SECONDS = 0.2


@pytest.fixture
async def slack(fake_slack: FakeSlack, blobs: Blobs) -> AsyncIterator[Outbound]:
    async with Outbound.open(fake_slack, blobs) as outbound:
        yield outbound


# One message


@pytest.mark.parametrize(
    "fault",
    [
        rate_limited(7),
        server_error(500),
        server_error(503),
        refusal("internal_error"),
        RESET_BEFORE,
        RESET_AFTER_STORING,
    ],
    ids=["429", "500", "503", "internal error", "reset before", "reset after storing"],
)
async def test_one_fault_costs_nobody_anything(slack: Outbound, fault) -> None:
    slack.fake.faults.next(POST, fault)
    thread = await slack.thread()
    ref = await slack.post(slack.ready(), "n1", thread)

    [card, _] = slack.seen(thread)
    assert card is slack.message(ref)
    assert "@shoes is ready" in card.text()


async def test_slack_is_left_alone_for_as_long_as_it_asks(slack: Outbound) -> None:
    slack.fake.faults.next(POST, rate_limited(7))
    await slack.post("Here.", "n1")

    assert 7 in slack.waits
    assert len(slack.seen()) == 1


async def test_who_asks_for_a_long_wait_is_asked_again_later(slack: Outbound) -> None:
    slack.fake.faults.next(POST, rate_limited(600))
    with pytest.raises(FrontendUnavailable):
        await slack.post("Here.", "n1")
    await slack.post("Here.", "n1")

    assert slack.waits == [pytest.approx(1.1)]  # the pace in the channel, and no more
    assert len(slack.seen()) == 1


@pytest.mark.parametrize("fault", [server_error(503), RESET_BEFORE, RESET_AFTER_STORING])
async def test_when_it_goes_on_the_post_is_left_for_later_and_then_made_once(slack: Outbound, fault) -> None:
    slack.fake.faults.next(POST, RESET_BEFORE)
    slack.fake.faults.next(POST, fault)
    with pytest.raises(FrontendUnavailable):
        await slack.post("Here.", "n1")
    await slack.post("Here.", "n1")

    assert len(slack.seen()) == 1


async def test_an_answer_that_never_comes_is_not_waited_for_for_ever(slack: Outbound) -> None:
    slack.patience_seconds = HELD_BACK_SECONDS
    slack.restart()
    slack.fake.faults.next(POST, TIMEOUT, times=2)
    with pytest.raises(FrontendUnavailable):
        await slack.post("Here.", "n1")
    slack.fake.faults.release()


@pytest.mark.parametrize("is_in_thread", [False, True], ids=["in the channel", "in a thread"])
async def test_a_bot_killed_between_the_post_and_its_note_finds_the_message_next_week(
    slack: Outbound, clock, is_in_thread: bool
) -> None:
    thread = await slack.thread() if is_in_thread else slack.channel
    once = await slack.post(slack.ready(), "n1", thread)
    for number in range(60):
        await slack.mia.say(slack.studio, f"chatter {number}")
    clock.advance(days=7)
    slack.restart()

    assert await slack.post(slack.ready(), "n1", thread) == once
    assert len([each for each in slack.seen(thread) if "is ready" in each.text()]) == 1


async def test_two_who_post_the_same_at_once_post_one_message(slack: Outbound) -> None:
    posts = [slack.post(slack.flagged(), "same") for _ in range(3)]

    assert len(set(await asyncio.gather(*posts))) == 1
    assert len(slack.seen()) == 1


async def test_a_post_that_nobody_waits_for_any_more_is_found_when_it_is_asked_for_again(
    slack: Outbound,
) -> None:
    waiting = asyncio.create_task(slack.post("Here.", "n1"))
    await slack.fake.until(slack.seen)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await slack.post("Here.", "n1")

    assert len(slack.seen()) == 1


async def test_an_edited_message_is_still_found_after_a_restart(slack: Outbound) -> None:
    once = await slack.post("First.", "n1")
    slack.restart()
    await slack.posting.edit(once, Notice("Second."))
    slack.restart()

    assert await slack.post("First.", "n1") == once
    assert [each.text() for each in slack.seen()] == ["Second."]


async def test_a_channel_is_looked_at_once(slack: Outbound) -> None:
    for number in range(5):
        await slack.post("Here.", f"n{number}")

    assert slack.fake.count(LOOK) == 1


async def test_what_another_process_posted_in_our_name_is_found(slack: Outbound) -> None:
    await slack.post("Before.", "n0")
    ours = slack.posting, slack.messages
    slack.restart()
    theirs = await slack.post("Here.", "n1")
    slack.pass_time(61)
    posting, messages = ours
    messages.forget()

    assert await posting.post(slack.channel, Notice("Here."), nonce="n1") == theirs
    assert len(slack.seen()) == 2


async def test_where_history_is_closed_to_us_posting_still_works(slack: Outbound) -> None:
    slack.fake.faults.take_scope("channels:history")
    await slack.post("Here.", "n1")
    await slack.post("Here.", "n1")

    assert len(slack.seen()) == 1


async def test_into_a_public_channel_the_bot_writes_without_being_in_it(slack: Outbound) -> None:
    other = slack.fake.channel("other", has_bot=False)
    await slack.post("Here.", "n1", slack.address(other))

    assert [each.text() for each in slack.seen(slack.address(other))] == ["Here."]


async def test_a_token_that_was_taken_back_stops_posting(slack: Outbound) -> None:
    await slack.fake.faults.revoke_token()
    with pytest.raises(FrontendUnavailable):
        await slack.post(slack.ready(), "n1")

    assert slack.fake.count(OPEN) == 0


async def test_a_workspace_that_threw_the_app_out_is_left_alone(slack: Outbound) -> None:
    await slack.fake.faults.uninstall()
    with pytest.raises(FrontendUnavailable):
        await slack.post(slack.ready(), "n1")

    assert slack.fake.requests == [] or slack.fake.count(OPEN) == 0


async def test_without_the_scope_to_write_it_is_left_for_later(slack: Outbound) -> None:
    slack.fake.faults.take_scope("chat:write")
    with pytest.raises(FrontendUnavailable, match="chat:write"):
        await slack.post("Here.", "n1")
    slack.fake.faults.give_scope("chat:write")
    await slack.post("Here.", "n1")

    assert len(slack.seen()) == 1


async def test_each_workspace_is_spoken_to_with_its_own_token(slack: Outbound) -> None:
    other = slack.fake.add_workspace("Other", is_installed=True)
    place = Place(other.id, slack.fake.channel("studio", other).id).address
    await slack.post("Here.", "n1", place)
    await slack.post("Here.", "n1")

    tokens = [each.token for each in slack.fake.requests if each.method == POST]
    assert tokens == [other.installed.token, slack.fake.bot_token]


# Whom a message calls


async def test_only_the_person_who_asked_is_called(slack: Outbound) -> None:
    slack.fake.person("kim")
    group = slack.fake.user_group("everyone")
    reply = replace(slack.ready(), handle="everyone", advice=f"<!here> <!channel> {group.mention} @here")
    ref = await slack.post(reply, "n1", await slack.thread())

    assert slack.message(ref).pinged == {"mia"}


async def test_a_name_that_looks_like_a_mention_calls_nobody(slack: Outbound) -> None:
    kim = slack.fake.person("kim")
    ref = await slack.post(f"I made <@{kim.id}> & <!everyone>.", "n1")

    assert slack.message(ref).pinged == set()
    assert f"&lt;@{kim.id}&gt; &amp; &lt;!everyone&gt;" in slack.message(ref).text()


# Editing


async def test_a_running_card_keeps_its_pace(slack: Outbound) -> None:
    ref = await slack.post(slack.running(0.0), "n1")
    for percent in range(1, 60):
        slack.pass_time(0.1)
        await slack.posting.edit(ref, slack.running(percent / 100))

    assert slack.fake.count(UPDATE) == 1
    assert "30 %" in slack.message(ref).text()


async def test_many_running_cards_leave_room_for_an_ending(slack: Outbound) -> None:
    cards = [await slack.post(slack.running(0.0), f"n{number}") for number in range(10)]
    before = len(slack.waits)
    for percent in range(1, 10):
        slack.pass_time(3.1)
        for ref in cards:
            await slack.posting.edit(ref, slack.running(percent / 100))
    await slack.posting.edit(cards[0], JobDone(slack.title(), "Ready."))

    assert len(slack.waits) == before  # nobody had to wait
    assert "Ready." in slack.message(cards[0]).text()


@pytest.mark.parametrize("fault", [server_error(500), RESET_BEFORE, RESET_AFTER_STORING])
async def test_an_edit_that_was_cut_off_is_made_again(slack: Outbound, fault) -> None:
    ref = await slack.post("First.", "n1")
    slack.fake.faults.next(UPDATE, fault)
    await slack.posting.edit(ref, Notice("Second."))

    assert [each.text() for each in slack.seen()] == ["Second."]


async def test_a_message_that_somebody_deleted_is_told_as_gone(slack: Outbound) -> None:
    ref = await slack.post("First.", "n1")
    boss = slack.fake.person("boss", is_admin=True)
    await boss.delete(slack.message(ref))
    with pytest.raises(MessageGone):
        await slack.posting.edit(ref, Notice("Second."))
    await slack.post("Second.", "n2")

    assert [each.text() for each in slack.seen()] == ["Second."]


async def test_a_message_that_may_no_longer_be_changed_makes_way(slack: Outbound) -> None:
    ref = await slack.post("First.", "n1")
    slack.fake.faults.next(UPDATE, refusal("edit_window_closed"))
    with pytest.raises(MessageGone):
        await slack.posting.edit(ref, Notice("Second."))

    assert slack.seen() == []


async def test_what_never_was_a_message_is_gone(slack: Outbound) -> None:
    ref = await slack.post("First.", "n1")
    with pytest.raises(MessageGone):
        await slack.posting.edit(replace(ref, message="nonsense"), Notice("Second."))


# Where a message goes


async def test_from_an_archived_channel_it_comes_to_its_person(slack: Outbound) -> None:
    slack.fake.faults.archive(slack.studio)
    ref = await slack.post(slack.ready(), "n1")

    [card] = slack.told_mia()
    assert card is slack.message(ref)
    assert "@shoes is ready" in card.text() and IN_PRIVATE in card.text()
    assert card.pinged == {"mia"}


@pytest.mark.parametrize("how", ["gone", "restricted", "left"])
async def test_where_the_channel_takes_nothing_it_comes_to_its_person_once(slack: Outbound, how: str) -> None:
    place = slack.address(slack.fake.channel("secret", is_private=True, has_bot=how != "gone"))
    if how == "restricted":
        slack.fake.faults.restrict(slack.fake.channel("secret"))
    if how == "left":
        slack.fake.leave(slack.fake.channel("secret"), slack.fake.workspace.installed.bot)
    once = await slack.post(slack.ready(), "n1", place)
    assert await slack.post(slack.ready(), "n1", place) == once
    slack.restart()
    assert await slack.post(slack.ready(), "n1", place) == once

    assert len(slack.told_mia()) == 1


async def test_what_came_to_a_person_is_edited_there(slack: Outbound) -> None:
    slack.fake.faults.archive(slack.studio)
    ref = await slack.post(slack.queued(), "n1")
    await slack.posting.edit(ref, JobDone(slack.title(), "Ready."))

    [card] = slack.told_mia()
    assert "Ready." in card.text() and IN_PRIVATE in card.text()


async def test_a_card_in_a_channel_that_was_archived_meanwhile_is_gone_and_goes_elsewhere(
    slack: Outbound,
) -> None:
    ref = await slack.post(slack.queued(), "n1")
    slack.fake.faults.archive(slack.studio)
    with pytest.raises(MessageGone):
        await slack.posting.edit(ref, JobDone(slack.title(), "Ready."))
    await slack.post(JobDone(slack.title(), "Ready."), "n2")

    [card] = slack.told_mia()
    assert "Ready." in card.text()


async def test_in_a_thread_whose_beginning_was_deleted_nothing_is_lost(slack: Outbound) -> None:
    begun = await slack.mia.say(slack.studio, "Look at these shoes.")
    await slack.mia.delete(begun)
    await slack.post(slack.ready(), "n1", slack.address(slack.studio, begun))

    assert len(slack.told_mia()) == 1


async def test_what_is_for_nobody_alone_waits(slack: Outbound) -> None:
    slack.fake.faults.archive(slack.studio)
    with pytest.raises(FrontendUnavailable):
        await slack.post("Here.", "n1")


async def test_a_place_that_refused_us_is_not_asked_at_once_again(slack: Outbound) -> None:
    slack.fake.faults.archive(slack.studio)
    for number in range(5):
        await slack.post(slack.queued(), f"n{number}")
    posts = [each for each in slack.fake.requests if each.method == POST]

    assert len([each for each in posts if each.args["channel"] == slack.studio.id]) == 1
