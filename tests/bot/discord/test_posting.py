"""One message for each nonce, whatever happens on the line; and a place for it, whatever happens to its thread."""

from __future__ import annotations

import asyncio
import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from bot.discord import limits
from bot.discord.addresses import message_name, thread_address
from bot.discord.posting import IN_CHANNEL, IN_PRIVATE
from bot.frontend import FrontendUnavailable, MessageGone
from bot.replies import (
    FlaggedPhoto,
    ImagesReady,
    JobDone,
    JobQueued,
    JobRunning,
    JobTitle,
    ModelReady,
    Notice,
    Picture,
)
from bot.requests import MessageRef
from tests.contracts.discord_harness import DiscordHarness
from tests.contracts.reply_examples import CANCEL, DRAFT, FIX, JOB, KEEP, REMOVE
from tests.fakes.discord import (
    RESET_AFTER_STORING,
    RESET_BEFORE,
    TIMEOUT,
    Channel,
    rate_limited,
    refusal,
    server_error,
)

POST, PATCH = "/channels/{channel_id}/messages", "/channels/{channel_id}/messages/{message_id}"
HELD_BACK_SECONDS = 0.2


def title(stand: DiscordHarness) -> JobTitle:
    return JobTitle(JOB, "Summer Shoes → @summer-shoes · product · 4 photos", str(stand.mia.id))


def ready(stand: DiscordHarness) -> ModelReady:
    sheet = stand.picture
    return ModelReady(
        title(stand), str(stand.mia.id), "shoes", 1, 0.9, sheet, "/imagine @shoes", "If so.", (CANCEL,)
    )


def running(stand: DiscordHarness, fraction: float, preview: Picture | None = None) -> JobRunning:
    return JobRunning(title(stand), "Training", fraction, 2.0, preview, (CANCEL,))


async def thread_of(stand: DiscordHarness) -> tuple[Channel, MessageRef]:
    """A thread of the bot's with a card in it."""
    await stand.imagine("a red mug", "event-1")
    requester = stand.acceptor.requests[0].requester
    address = await stand.frontend.open_thread(requester, "Summer Shoes", nonce="t1")
    card = await stand.frontend.post(address, Notice("The card."), nonce="j1")
    [thread] = stand.fake.threads(stand.studio)
    return thread, card


def address_of(thread: Channel):
    assert thread.parent is not None
    return thread_address(thread.id, thread.parent.id)


# One message


@pytest.mark.parametrize(
    "fault",
    [
        rate_limited(),
        rate_limited(is_global=True),
        server_error(500),
        server_error(502),
        server_error(503),
        RESET_BEFORE,
        RESET_AFTER_STORING,
    ],
    ids=["429", "429 for all", "500", "502", "503", "reset before", "reset after storing"],
)
async def test_one_fault_costs_nobody_anything(
    stand: DiscordHarness, quick_retries: list[float], fault
) -> None:
    stand.fake.faults.next("POST", POST, fault)
    message = await stand.frontend.post(stand.thread, ready(stand), nonce="n1")

    [seen] = await stand.seen()
    assert seen.message == message.message
    assert "@shoes is ready" in seen.text


@pytest.mark.parametrize("fault", [server_error(503), RESET_BEFORE])
async def test_when_it_goes_on_the_post_is_left_for_later_and_then_made_once(
    stand: DiscordHarness, fault
) -> None:
    stand.fake.faults.next("POST", POST, fault, times=2)
    with pytest.raises(FrontendUnavailable):
        await stand.frontend.post(stand.thread, Notice("Here."), nonce="n1")
    await stand.frontend.post(stand.thread, Notice("Here."), nonce="n1")

    assert len(await stand.seen()) == 1


async def test_an_answer_that_never_comes_is_not_waited_for_for_ever(stand: DiscordHarness) -> None:
    await stand.stop()
    stand.request_patience_seconds = HELD_BACK_SECONDS
    await stand.start()
    stand.fake.faults.next("POST", POST, TIMEOUT, times=2)
    with pytest.raises(FrontendUnavailable):
        await stand.frontend.post(stand.thread, Notice("Here."), nonce="n1")
    stand.fake.faults.release()


async def test_a_bot_killed_between_the_post_and_its_note_finds_the_message_next_week(
    stand: DiscordHarness, clock
) -> None:
    once = await stand.frontend.post(stand.thread, ready(stand), nonce="n1")
    await stand.stop()
    clock.advance(days=7)  # Discord's own nonce is long forgotten
    for number in range(60):
        await stand.mia.say(stand.studio, f"chatter {number}")
    await stand.start()

    assert await stand.frontend.post(stand.thread, ready(stand), nonce="n1") == once
    assert len(await stand.seen()) == 1


async def test_an_edited_message_is_still_found_after_a_restart(stand: DiscordHarness, clock) -> None:
    once = await stand.frontend.post(stand.thread, Notice("First."), nonce="n1")
    await stand.restart()
    await stand.frontend.edit(once, Notice("Second."))
    clock.advance(minutes=30)
    await stand.restart()

    assert await stand.frontend.post(stand.thread, Notice("First."), nonce="n1") == once
    assert [seen.text for seen in await stand.seen()] == ["Second."]


async def test_a_channel_is_looked_at_once(stand: DiscordHarness) -> None:
    for number in range(5):
        await stand.frontend.post(stand.thread, Notice("Here."), nonce=f"n{number}")

    assert stand.fake.count("GET", POST) == 1


async def test_where_history_is_closed_to_us_posting_still_works(stand: DiscordHarness) -> None:
    await stand.fake.faults.revoke("read_message_history", stand.studio)
    await stand.frontend.post(stand.thread, Notice("Here."), nonce="n1")
    await stand.frontend.post(stand.thread, Notice("Here."), nonce="n1")

    assert len(await stand.seen()) == 1


async def test_before_the_bot_is_up_a_post_waits_for_later(stand: DiscordHarness) -> None:
    await stand.stop()
    stand.prepare()
    stand.frontend._line._login_patience_seconds = 0.01
    with pytest.raises(FrontendUnavailable):
        await stand.frontend.post(stand.thread, Notice("Here."), nonce="n1")


# Whom a message calls


async def test_only_the_person_who_asked_is_called(stand: DiscordHarness) -> None:
    reply = replace(ready(stand), handle="everyone", advice="@everyone @here <@1> **now**")
    message = await stand.frontend.post(stand.thread, reply, nonce="n1")

    assert stand.message(message).pinged == {"mia"}


async def test_a_name_that_looks_like_a_mention_calls_nobody(stand: DiscordHarness) -> None:
    kim = stand.fake.person("kim")
    message = await stand.frontend.post(stand.thread, Notice(f"I made {kim.mention} @everyone."), nonce="n1")

    assert stand.message(message).pinged == set()
    assert "\\<@" in stand.message(message).text()


# Editing


async def test_a_running_card_keeps_its_pace(stand: DiscordHarness, clock) -> None:
    message = await stand.frontend.post(stand.thread, running(stand, 0.0), nonce="n1")
    for percent in range(1, 60):
        clock.advance(seconds=0.1)
        await stand.frontend.edit(message, running(stand, percent / 100))

    assert stand.fake.count("PATCH", PATCH) == 2
    assert "40 %" in stand.message(message).text()


async def test_many_running_cards_take_turns(stand: DiscordHarness, clock) -> None:
    cards = [await stand.frontend.post(stand.thread, running(stand, 0.0), nonce=f"n{n}") for n in range(4)]
    for percent in range(1, 90):
        clock.advance(seconds=0.25)
        for card in cards:
            await stand.frontend.edit(card, running(stand, percent / 100))

    assert stand.fake.count("PATCH", PATCH) <= 23  # one a second
    assert all(" 0 %" not in stand.message(card).text() for card in cards)


async def test_an_ending_is_shown_at_once(stand: DiscordHarness) -> None:
    message = await stand.frontend.post(stand.thread, running(stand, 0.9), nonce="n1")
    await stand.frontend.edit(message, JobDone(title(stand), "Ready."))

    assert "Ready." in stand.message(message).text()


async def test_a_card_of_an_old_training_is_changed_now_and_then(stand: DiscordHarness, clock) -> None:
    message = await stand.frontend.post(stand.thread, running(stand, 0.0), nonce="n1")
    clock.advance(hours=2)
    for percent in range(60):
        clock.advance(seconds=1)
        await stand.frontend.edit(message, running(stand, percent / 100))

    assert stand.fake.count("PATCH", PATCH) == 4
    assert all(request.status == 200 for request in stand.fake.requests)


async def test_progress_that_discord_refuses_is_left_as_it_is(
    stand: DiscordHarness, quick_retries, clock
) -> None:
    message = await stand.frontend.post(stand.thread, running(stand, 0.0), nonce="n1")
    clock.advance(hours=2)
    stand.fake.faults.next("PATCH", PATCH, too_many_old_edits(), times=5)
    await stand.frontend.edit(message, running(stand, 0.5))

    assert " 0 %" in stand.message(message).text()


async def test_an_ending_that_discord_refuses_asks_for_a_new_message(
    stand: DiscordHarness, quick_retries, clock
) -> None:
    message = await stand.frontend.post(stand.thread, running(stand, 0.0), nonce="n1")
    clock.advance(hours=2)
    stand.fake.faults.next("PATCH", PATCH, too_many_old_edits(), times=5)
    with pytest.raises(MessageGone):
        await stand.frontend.edit(message, JobDone(title(stand), "Ready."))


def too_many_old_edits():
    fault = refusal(429, 30046, "Maximum number of edits to messages older than 1 hour reached.")
    fault.body.update(retry_after=0.01, **{"global": False})
    return replace(fault, headers={"Via": "1.1 google"})


@pytest.mark.parametrize("fault", [server_error(503), RESET_BEFORE, RESET_AFTER_STORING])
async def test_an_edit_is_made_again_when_its_answer_is_lost(stand: DiscordHarness, fault) -> None:
    message = await stand.frontend.post(stand.thread, running(stand, 0.0), nonce="n1")
    stand.fake.faults.next("PATCH", PATCH, fault)
    await stand.frontend.edit(message, ready(stand))

    assert "is ready" in stand.message(message).text()
    assert len(stand.message(message).pictures()) == 1


async def test_the_same_preview_is_sent_once(stand: DiscordHarness, clock) -> None:
    message = await stand.frontend.post(stand.thread, running(stand, 0.1, stand.picture), nonce="n1")
    file = stand.message(message).files[0]
    clock.advance(seconds=10)
    await stand.frontend.edit(message, running(stand, 0.2, stand.picture))

    assert stand.message(message).files == [file]
    assert len(stand.message(message).pictures()) == 1


async def test_a_new_preview_takes_the_place_of_the_old(stand: DiscordHarness, clock) -> None:
    message = await stand.frontend.post(stand.thread, running(stand, 0.1, stand.picture), nonce="n1")
    newer = replace(stand.picture, blob_key=await stand.blobs.put("w", png(16), ".png"))
    clock.advance(seconds=10)
    await stand.frontend.edit(message, running(stand, 0.2, newer))

    [picture] = stand.message(message).pictures()
    assert picture.content == png(16)


async def test_pictures_replace_the_card_that_promised_them(stand: DiscordHarness) -> None:
    message = await stand.frontend.post(
        stand.thread, JobQueued(title(stand), 0, 1.0, True, (CANCEL,)), nonce="n1"
    )
    four = tuple(replace(stand.picture, filename=f"{n}.png") for n in range(4))
    await stand.frontend.edit(
        message, ImagesReady(title(stand), str(stand.mia.id), four, "seed 8112", (), ())
    )

    assert len(stand.message(message).pictures()) == 4
    assert stand.message(message).buttons() == []


def png(side_px: int) -> bytes:
    cells = np.random.default_rng(side_px).integers(0, 255, (side_px, side_px, 3), dtype=np.uint8)
    data = io.BytesIO()
    Image.fromarray(cells).save(data, "PNG")
    return data.getvalue()


async def test_a_picture_that_discord_finds_too_large_is_made_smaller(stand: DiscordHarness) -> None:
    stand.fake.faults.next("POST", POST, refusal(413, 40005, "Request entity too large"))
    message = await stand.frontend.post(stand.thread, ready(stand), nonce="n1")

    assert len(stand.message(message).pictures()) == 1


# Reactions


def flagged(stand: DiscordHarness, *choices) -> FlaggedPhoto:
    return FlaggedPhoto(DRAFT, 3, 4, stand.picture, ("Blurry.",), choices, "")


async def test_choices_that_are_none_any_more_are_taken_away(stand: DiscordHarness) -> None:
    message = await stand.frontend.post(stand.thread, flagged(stand, KEEP, FIX, REMOVE), nonce="n1")
    await stand.mia.react(stand.message(message), "❌")
    await stand.restart()
    await stand.frontend.edit(message, flagged(stand))

    assert stand.message(message).reactions == {"❌": ["mia"]}


async def test_reactions_that_were_not_put_are_put_when_the_post_is_tried_again(
    stand: DiscordHarness,
) -> None:
    put = "/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me"
    stand.fake.faults.next("PUT", put, server_error(503), times=2)
    for _ in range(2):
        with pytest.raises(FrontendUnavailable):
            await stand.frontend.post(stand.thread, flagged(stand, KEEP, REMOVE), nonce="n1")
    await stand.restart()
    message = await stand.frontend.post(stand.thread, flagged(stand, KEEP, REMOVE), nonce="n1")

    assert stand.message(message).reactions == {"✅": ["Likeness"], "❌": ["Likeness"]}
    assert len(await stand.seen()) == 1


async def test_without_the_permission_to_react_the_photo_is_shown_all_the_same(stand: DiscordHarness) -> None:
    await stand.fake.faults.revoke("add_reactions", stand.studio)
    message = await stand.frontend.post(stand.thread, flagged(stand, KEEP, REMOVE), nonce="n1")

    assert "✅ keep" in stand.message(message).text()


# Where a message goes


async def test_a_deleted_thread_leads_to_its_channel(stand: DiscordHarness) -> None:
    thread, card = await thread_of(stand)
    address = address_of(thread)
    await stand.fake.faults.delete_thread(thread)

    with pytest.raises(MessageGone):
        await stand.frontend.edit(card, JobDone(title(stand), "Ready."))
    news = await stand.frontend.post(address, ready(stand), nonce="n1")
    again = await stand.frontend.post(address, ready(stand), nonce="n1")

    assert news == again
    message = stand.message(news)
    assert message.channel is stand.studio
    assert IN_CHANNEL in message.text()
    assert message.pinged == {"mia"}
    assert [button.label for button in message.buttons()] == ["Cancel"]


async def test_a_message_in_the_channel_is_edited_there(stand: DiscordHarness) -> None:
    thread, _ = await thread_of(stand)
    address = address_of(thread)
    await stand.fake.faults.delete_thread(thread)
    card = await stand.frontend.post(address, running(stand, 0.1), nonce="n1")
    await stand.restart()
    await stand.frontend.edit(card, JobDone(title(stand), "Ready."))

    assert "Ready." in stand.message(card).text()


async def test_a_thread_at_rest_is_opened_again(stand: DiscordHarness) -> None:
    thread, card = await thread_of(stand)
    await stand.fake.faults.archive(thread)
    await stand.frontend.edit(card, JobDone(title(stand), "Ready."))

    assert "Ready." in stand.message(card).text()
    await stand.fake.faults.archive(thread)
    news = await stand.frontend.post(address_of(thread), ready(stand), nonce="n1")
    assert stand.message(news).channel is thread


async def test_a_locked_thread_leads_to_its_channel(stand: DiscordHarness) -> None:
    thread, card = await thread_of(stand)
    await stand.fake.faults.archive(thread, is_locked=True)

    with pytest.raises(MessageGone):
        await stand.frontend.edit(card, JobDone(title(stand), "Ready."))
    news = await stand.frontend.post(address_of(thread), ready(stand), nonce="n1")
    assert stand.message(news).channel is stand.studio


async def test_where_the_bot_may_not_write_the_person_hears_it_directly(stand: DiscordHarness) -> None:
    thread, _ = await thread_of(stand)
    for name in ("send_messages", "send_messages_in_threads"):
        await stand.fake.faults.revoke(name)
    news = await stand.frontend.post(address_of(thread), ready(stand), nonce="n1")
    again = await stand.frontend.post(address_of(thread), ready(stand), nonce="n1")

    message = stand.message(news)
    assert again == news
    assert message.channel is stand.mia.direct_channel()
    assert IN_PRIVATE in message.text()
    assert message.buttons() == []
    await stand.frontend.edit(news, JobDone(title(stand), "Ready."))
    assert "Ready." in message.text()


async def test_what_can_go_nowhere_is_kept_for_later_and_asks_discord_seldom(
    stand: DiscordHarness, clock
) -> None:
    await stand.fake.faults.revoke("send_messages")
    stand.mia.user.takes_direct_messages = False
    for _ in range(10):
        with pytest.raises(FrontendUnavailable):
            await stand.frontend.post(stand.thread, ready(stand), nonce="n1")
    assert stand.fake.count("POST", POST) == 2  # the channel, and the conversation

    await stand.fake.faults.grant("send_messages")
    clock.advance(seconds=limits.REFUSED_REST_SECONDS + 1)
    await stand.frontend.post(stand.thread, ready(stand), nonce="n1")
    assert len(await stand.seen()) == 1


async def test_a_notice_for_nobody_in_particular_waits_for_its_channel(stand: DiscordHarness) -> None:
    await stand.fake.faults.revoke("send_messages")

    with pytest.raises(FrontendUnavailable):
        await stand.frontend.post(stand.thread, Notice("Here."), nonce="n1")


async def test_posts_into_different_channels_do_not_wait_for_each_other(stand: DiscordHarness) -> None:
    other = stand.fake.channel("other")
    stand.fake.faults.next("POST", f"/channels/{stand.studio.id}/messages", TIMEOUT)
    slow = asyncio.create_task(stand.frontend.post(stand.thread, Notice("Slow."), nonce="n1"))
    await stand.fake.until(lambda: stand.fake.faults.is_all_met)
    await stand.frontend.post(thread_address(other.id), Notice("Fast."), nonce="n2")

    assert not slow.done()
    stand.fake.faults.release()
    await slow
    assert len(await stand.seen()) == 1


async def test_a_message_that_is_none_of_ours_cannot_be_edited(stand: DiscordHarness) -> None:
    theirs = await stand.mia.say(stand.studio, "mine")

    with pytest.raises(MessageGone):
        await stand.frontend.edit(
            MessageRef(stand.thread, message_name(stand.studio.id, theirs.id)), Notice("No.")
        )
