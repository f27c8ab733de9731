"""Pictures: in the message where they are a part of it, as files in the thread where people keep them; each once."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from PIL import Image

from bot.frontend import FrontendUnavailable
from bot.replies import Picture
from bot.slack.pictures import as_shown
from core.store.blobs import Blobs
from tests.bot.slack.outbound import UPDATE, Outbound
from tests.fakes.slack import (
    RESET_AFTER_STORING,
    RESET_BEFORE,
    FakeSlack,
    Message,
    rate_limited,
    server_error,
)

ADDRESS, COMPLETE = "files.getUploadURLExternal", "files.completeUploadExternal"


@pytest.fixture
async def slack(fake_slack: FakeSlack, blobs: Blobs) -> AsyncIterator[Outbound]:
    async with Outbound.open(fake_slack, blobs) as outbound:
        yield outbound


def with_files(messages: list[Message]) -> list[Message]:
    return [message for message in messages if message.files]


# As files


async def test_a_test_sheet_is_one_file_under_its_card(slack: Outbound) -> None:
    thread = await slack.thread()
    ref = await slack.post(slack.ready(), "n1", thread)

    card, sheet = slack.seen(thread)
    assert card is slack.message(ref) and card.button("Try it") and not card.images()
    [file] = sheet.files
    assert (file.alt_text, file.title) == ("side view", "side view")
    assert file.content == await slack.blobs.get(slack.picture.blob_key)


async def test_pictures_in_place_of_a_card_come_as_one_message_that_calls_their_person(
    slack: Outbound,
) -> None:
    thread = await slack.thread()
    ref = await slack.post(slack.running(0.5), "n1", thread)
    two = (slack.picture, await slack.new_picture("two.png", colour="red"))
    await slack.posting.edit(ref, slack.painted(*two))

    card, pictures = slack.seen(thread)
    assert card.button("Again") and "seed 8112" in card.text()
    assert len(pictures.files) == 2
    assert pictures.pinged == {"mia"}  # an edit calls nobody


async def test_where_the_card_stands_in_the_channel_it_shows_its_pictures_too(slack: Outbound) -> None:
    ref = await slack.post(slack.running(0.5), "n1")
    await slack.posting.edit(ref, slack.painted())

    card = slack.message(ref)
    assert [image.filename for image in card.images()] == [card.replies[0].files[0].name]
    assert len(slack.seen()) == 1 and len(card.replies) == 1


async def test_a_model_that_is_ready_in_the_channel_itself_shows_its_sheet(slack: Outbound) -> None:
    ref = await slack.post(slack.ready(), "n1")

    card = slack.message(ref)
    assert len(card.images()) == 1 and len(with_files(card.replies)) == 1


@pytest.mark.parametrize("method", [ADDRESS, "upload", COMPLETE])
@pytest.mark.parametrize(
    "fault",
    [rate_limited(3), server_error(500), RESET_BEFORE, RESET_AFTER_STORING],
    ids=["429", "500", "reset before", "reset after storing"],
)
async def test_one_fault_on_the_way_leaves_one_message_of_files(slack: Outbound, method: str, fault) -> None:
    thread = await slack.thread()
    slack.fake.faults.next(method, fault)
    await slack.post(slack.ready(), "n1", thread)

    assert len(with_files(slack.seen(thread))) == 1
    assert len(slack.seen(thread)) == 2


@pytest.mark.parametrize("method", [ADDRESS, "upload", COMPLETE])
async def test_when_it_goes_on_the_files_come_later_and_once(slack: Outbound, method: str) -> None:
    thread = await slack.thread()
    slack.fake.faults.next(method, RESET_BEFORE, times=2)
    with pytest.raises(FrontendUnavailable):
        await slack.post(slack.ready(), "n1", thread)
    await slack.post(slack.ready(), "n1", thread)

    assert len(with_files(slack.seen(thread))) == 1
    assert len(slack.seen(thread)) == 2


@pytest.mark.parametrize("is_in_thread", [False, True], ids=["in the channel", "in a thread"])
async def test_a_bot_killed_after_the_files_does_not_send_them_again(
    slack: Outbound, is_in_thread: bool
) -> None:
    thread = await slack.thread() if is_in_thread else slack.channel
    ref = await slack.post(slack.running(0.5), "n1", thread)
    slack.fake.faults.next(UPDATE, RESET_BEFORE, times=2)
    with pytest.raises(FrontendUnavailable):
        await slack.posting.edit(ref, slack.painted())
    slack.restart()
    await slack.posting.edit(ref, slack.painted())

    card = slack.message(ref)
    assert card.button("Again")
    assert len(with_files(card.root.replies)) == 1
    assert len(card.images()) == (0 if is_in_thread else 1)


async def test_a_bot_killed_between_a_card_and_its_files_sends_them_when_it_is_back(slack: Outbound) -> None:
    slack.fake.faults.next(ADDRESS, RESET_BEFORE, times=2)
    with pytest.raises(FrontendUnavailable):
        await slack.post(slack.ready(), "n1")
    slack.restart()
    ref = await slack.post(slack.ready(), "n1")

    card = slack.message(ref)
    assert slack.seen() == [card]
    assert len(card.images()) == 1 and len(with_files(card.replies)) == 1


async def test_files_that_nobody_waits_for_any_more_are_found_when_they_are_asked_for_again(
    slack: Outbound,
) -> None:
    thread = await slack.thread()
    waiting = asyncio.create_task(slack.post(slack.ready(), "n1", thread))
    await slack.fake.until(lambda: with_files(slack.seen(thread)))
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await slack.post(slack.ready(), "n1", thread)

    assert len(slack.seen(thread)) == 2


async def test_without_the_scope_for_files_the_words_come_and_say_why(slack: Outbound) -> None:
    slack.fake.faults.take_scope("files:write")
    thread = await slack.thread()
    ref = await slack.post(slack.ready(), "n1", thread)

    assert "files:write" in slack.message(ref).text()
    assert slack.seen(thread) == [slack.message(ref)]


async def test_a_picture_that_was_erased_meanwhile_leaves_the_words(slack: Outbound) -> None:
    gone = Picture("w/00/gone.png", "gone.png", "gone")
    thread = await slack.thread()
    await slack.post(slack.painted(gone), "n1", thread)

    [card] = slack.seen(thread)
    assert "seed 8112" in card.text()


async def test_more_pictures_than_a_message_shows_are_counted(slack: Outbound) -> None:
    many = [await slack.new_picture(f"{number}.png", colour=f"#0000{number:02x}") for number in range(12)]
    thread = await slack.thread()
    ref = await slack.post(slack.painted(*many), "n1", thread)

    assert "The first 10 of 12 pictures are shown." in slack.message(ref).text()
    assert [len(each.files) for each in with_files(slack.seen(thread))] == [10]


async def test_in_a_channel_that_the_bot_is_not_in_the_card_shows_the_pictures_itself(
    slack: Outbound,
) -> None:
    other = slack.address(slack.fake.channel("other", has_bot=False))
    ref = await slack.post(slack.running(0.5), "n1", other)
    await slack.posting.edit(ref, slack.painted())
    slack.restart()
    await slack.posting.edit(ref, slack.painted())

    [card] = slack.seen(other)
    assert card.button("Again") and len(card.images()) == 1
    assert slack.told_mia() == []


# In the message itself


async def test_a_flagged_photo_is_in_its_message_with_its_choices(slack: Outbound) -> None:
    thread = await slack.thread()
    ref = await slack.post(slack.flagged(), "n1", thread)

    message = slack.message(ref)
    assert [image.content for image in message.images()] == [await slack.blobs.get(slack.picture.blob_key)]
    assert list(message.reactions) == ["white_check_mark", "x"]
    assert slack.seen(thread) == [message]


async def test_what_a_picture_shows_may_take_many_words(slack: Outbound) -> None:
    wordy = replace(slack.picture, alt="a shoe " * 500)
    thread = await slack.thread()
    ref = await slack.post(slack.flagged(wordy), "n1", thread)
    await slack.post(slack.painted(wordy), "n2", thread)

    assert slack.message(ref).images()[0].alt_text.startswith("a shoe")
    assert len(with_files(slack.seen(thread))) == 1


async def test_a_picture_is_shown_when_slack_is_done_with_it(slack: Outbound) -> None:
    slack.fake.polls_until_accessible = 3
    ref = await slack.post(slack.flagged(), "n1")

    assert len(slack.message(ref).images()) == 1
    assert slack.waits[:2] == [0.5, 1.0]


async def test_what_slack_is_never_done_with_is_left_out_and_said(slack: Outbound) -> None:
    slack.fake.faults.never_accessible()
    ref = await slack.post(slack.flagged(), "n1")

    assert slack.message(ref).images() == []
    assert "Slack does not show the picture now." in slack.message(ref).text()


async def test_a_preview_that_slack_is_not_done_with_keeps_nobody_waiting(slack: Outbound) -> None:
    ref = await slack.post(slack.running(0.1), "n1")
    slack.fake.faults.never_accessible()
    slack.pass_time(10)
    await slack.posting.edit(ref, slack.running(0.5, slack.picture))

    assert "50 %" in slack.message(ref).text()
    assert sum(slack.waits) < 2


async def test_without_the_scope_to_look_at_files_what_is_not_done_is_left_out(slack: Outbound) -> None:
    slack.fake.faults.take_scope("files:read")
    ref = await slack.post(slack.flagged(), "n1")

    assert "Slack does not show the picture now." in slack.message(ref).text()


async def test_a_picture_that_is_there_is_not_brought_again(slack: Outbound) -> None:
    ref = await slack.post(slack.flagged(), "n1")
    await slack.posting.edit(ref, slack.flagged(decision="Removed by you."))
    slack.restart()
    await slack.posting.edit(ref, slack.flagged(decision="Kept by you."))

    assert "Kept by you." in slack.message(ref).text() and len(slack.message(ref).images()) == 1
    assert slack.fake.count(ADDRESS) == 1


async def test_a_preview_changes_in_place_and_the_old_one_is_taken_away(slack: Outbound) -> None:
    ref = await slack.post(slack.running(0.1, slack.picture), "n1")
    newer = await slack.new_picture("two.png", colour="red")
    slack.pass_time(30)
    await slack.posting.edit(ref, slack.running(0.5, newer))

    [image] = slack.message(ref).images()
    assert image.content == await slack.blobs.get(newer.blob_key)
    assert [file.is_deleted for file in slack.fake.world.files.values()] == [True, False]


async def test_what_slack_cannot_show_is_made_into_what_it_can(slack: Outbound) -> None:
    photo = await slack.new_picture("photo.webp", kind="WEBP")
    ref = await slack.post(slack.flagged(photo), "n1")

    [image] = slack.message(ref).images()
    assert image.filename == "photo.png"
    assert image.content is not None and Image.open(io.BytesIO(image.content)).format == "PNG"


def test_what_is_too_large_becomes_a_smaller_jpeg() -> None:
    noise = Image.effect_noise((400, 400), 90).convert("RGBA")
    buffer = io.BytesIO()
    noise.save(buffer, "PNG")
    made = as_shown(buffer.getvalue(), 20_000)

    assert len(made) <= 20_000
    assert Image.open(io.BytesIO(made)).format == "JPEG"


# What people choose from


async def test_choices_that_are_none_any_more_are_taken_away(slack: Outbound) -> None:
    ref = await slack.post(slack.flagged(), "n1")
    slack.restart()
    decided = slack.flagged(decision="Removed by you.")
    await slack.posting.edit(ref, replace(decided, choices=()))

    assert slack.message(ref).reactions == {}


async def test_a_fault_between_the_choices_puts_each_on_once(slack: Outbound) -> None:
    slack.fake.faults.next("reactions.add", RESET_AFTER_STORING)
    with pytest.raises(FrontendUnavailable):
        await slack.post(slack.flagged(), "n1")
    slack.restart()
    ref = await slack.post(slack.flagged(), "n1")

    assert list(slack.message(ref).reactions) == ["white_check_mark", "x"]
    assert len(slack.seen()) == 1


async def test_without_the_scope_to_react_the_photo_is_there_all_the_same(slack: Outbound) -> None:
    slack.fake.faults.take_scope("reactions:write")
    ref = await slack.post(slack.flagged(), "n1")

    assert "✅ keep" in slack.message(ref).text()
