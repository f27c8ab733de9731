"""What the person who asked is told, by the interaction while it lasts and in the thread after that."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from bot.frontend import FrontendUnavailable
from bot.replies import (
    Button,
    ModelCard,
    ModelList,
    ModelPhotos,
    Notice,
    Refusal,
)
from bot.requests import Requester
from core.logs import QUIET
from core.rules.kinds import ModelKind
from tests.contracts.discord_harness import DiscordHarness
from tests.contracts.reply_examples import START
from tests.contracts.test_frontend import READY
from tests.fakes.discord import RESET_AFTER_STORING, Interaction, rate_limited, refusal, server_error

ORIGINAL, FOLLOW_UP = (
    "/webhooks/{webhook_id}/{webhook_token}/messages/@original",
    "/webhooks/{webhook_id}/{webhook_token}",
)
NO = Refusal(("There is no model @sumer-shoes here. Nothing was charged.",))
REX = ModelCard("rex", "Rex", ModelKind.PRODUCT, "ready", 3, False, 0.6)


async def slash(stand: DiscordHarness) -> tuple[Interaction, Requester]:
    """Mia types a command, and it is written down."""
    await stand.imagine("a red mug", "event-1")
    [interaction] = stand.fake.interactions.values()
    [request] = stand.acceptor.requests
    return interaction, request.requester


async def press(
    stand: DiscordHarness, reply=READY, label: str = START.label
) -> tuple[Interaction, Requester]:
    """Mia presses a button of a card."""
    message = await stand.frontend.post(stand.thread, reply, nonce="card")
    interaction = await stand.mia.press(stand.message(message), label)
    [request] = stand.acceptor.requests
    return interaction, request.requester


async def test_a_command_is_answered_for_its_author_alone(stand: DiscordHarness) -> None:
    interaction, requester = await slash(stand)
    for _ in range(2):  # asked twice, as after a crash before it was noted
        await stand.frontend.answer(requester, NO, nonce="r1")

    reply = await interaction.replied()
    assert reply.is_ephemeral
    assert "Nothing was charged." in reply.text()
    assert interaction.followups == []
    assert await stand.seen() == []


async def test_where_a_card_answers_the_waiting_reply_goes_away(stand: DiscordHarness) -> None:
    interaction, requester = await slash(stand)
    for _ in range(2):
        await stand.frontend.answer(requester, None, nonce="r1")

    assert interaction.response is None
    assert await stand.seen() == []


async def test_photos_are_shown_to_their_owner_alone(stand: DiscordHarness) -> None:
    interaction, requester = await slash(stand)
    photos = ModelPhotos(
        "rex",
        (stand.picture,) * 3,
        ("a", "b", "c"),
        "Attach photos.",
        (Button("Add photos", "model:rex:add"),),
    )
    await stand.frontend.answer(requester, photos, nonce="r1")

    reply = await interaction.replied()
    assert len(reply.pictures()) == 3
    assert [button.label for button in reply.buttons()] == ["Add photos"]


async def test_pictures_that_discord_does_not_take_in_an_edit_come_as_a_new_reply(
    stand: DiscordHarness,
) -> None:
    interaction, requester = await slash(stand)
    stand.fake.faults.next("PATCH", ORIGINAL, refusal(400, 50035, "Invalid Form Body"))
    await stand.frontend.answer(requester, ModelPhotos("rex", (stand.picture,), ("a",), "How."), nonce="r1")

    [reply] = interaction.replies
    assert reply.is_ephemeral
    assert len(reply.pictures()) == 1


async def test_a_press_is_answered_beside_the_card(stand: DiscordHarness) -> None:
    interaction, requester = await press(stand)
    for _ in range(2):
        await stand.frontend.answer(requester, NO, nonce="r1")

    [said] = interaction.followups
    assert said.is_ephemeral
    assert "Nothing was charged." in said.text()
    [card] = await stand.seen()
    assert "Ready to train" in card.text


async def test_a_press_that_changes_the_card_says_nothing_more(stand: DiscordHarness) -> None:
    interaction, requester = await press(stand)
    await stand.frontend.answer(requester, None, nonce="r1")

    assert interaction.followups == []
    assert len(await stand.seen()) == 1


async def test_the_next_page_takes_the_place_of_the_list(stand: DiscordHarness) -> None:
    pages = (Button("Next", "models:1:"),)
    first = ModelList("", (REX,), 0, 2, 21, pages)
    interaction, requester = await press(stand, first, "Next")
    second = replace(first, models=(replace(REX, handle="zoe", display_name="Zoe"),), page=1, buttons=())
    await stand.frontend.answer(requester, second, nonce="r1")

    [seen] = await stand.seen()
    assert "@zoe" in seen.text and "@rex" not in seen.text
    assert interaction.followups == []


async def test_after_a_quarter_of_an_hour_the_answer_comes_into_the_thread(
    stand: DiscordHarness, clock
) -> None:
    _, requester = await slash(stand)
    clock.advance(minutes=16)
    for _ in range(2):
        await stand.frontend.answer(requester, NO, nonce="r1")

    [seen] = await stand.seen()
    assert "Nothing was charged." in seen.text
    assert stand.fake.count("PATCH", ORIGINAL) == 0
    [message] = stand.own(stand.studio)
    assert message.pinged == {"mia"}


@pytest.mark.parametrize(
    ("status", "code"), [(404, 10015), (401, 50027), (404, 10062)], ids=["webhook", "token", "interaction"]
)
async def test_a_token_that_discord_does_not_know_leads_into_the_thread(
    stand: DiscordHarness, status: int, code: int
) -> None:
    _, requester = await slash(stand)
    stand.fake.faults.next("PATCH", ORIGINAL, refusal(status, code, "Unknown"))
    await stand.frontend.answer(requester, NO, nonce="r1")

    assert len(await stand.seen()) == 1


async def test_a_reply_that_was_dismissed_is_not_repeated_in_public(stand: DiscordHarness) -> None:
    _, requester = await slash(stand)
    stand.fake.faults.next("PATCH", ORIGINAL, refusal(404, 10008, "Unknown Message"))
    await stand.frontend.answer(requester, NO, nonce="r1")

    assert await stand.seen() == []


async def test_nothing_is_said_late_where_a_card_has_answered(stand: DiscordHarness, clock) -> None:
    _, requester = await slash(stand)
    clock.advance(minutes=16)
    await stand.frontend.answer(requester, None, nonce="r1")

    assert await stand.seen() == []


async def test_an_answer_that_was_lost_on_its_way_is_given_again(stand: DiscordHarness) -> None:
    interaction, requester = await slash(stand)
    stand.fake.faults.next("PATCH", ORIGINAL, server_error(503))
    with pytest.raises(FrontendUnavailable):
        await stand.frontend.answer(requester, NO, nonce="r1")
    stand.fake.faults.next("PATCH", ORIGINAL, RESET_AFTER_STORING)
    with pytest.raises(FrontendUnavailable):
        await stand.frontend.answer(requester, NO, nonce="r1")
    await stand.frontend.answer(requester, NO, nonce="r1")

    assert len(interaction.replies) == 1
    assert await stand.seen() == []


async def test_what_answers_a_person_never_reaches_the_log(
    stand: DiscordHarness, caplog: pytest.LogCaptureFixture
) -> None:
    for name, least in (*QUIET.items(), ("", logging.DEBUG)):
        caplog.set_level(least, name)
    interaction, requester = await slash(stand)
    for fault in (rate_limited(), server_error(503)):
        stand.fake.faults.next("PATCH", ORIGINAL, fault)
    with pytest.raises(FrontendUnavailable):
        await stand.frontend.answer(requester, NO, nonce="r1")

    logging.getLogger("bot").debug("everything else is heard")
    assert "everything else is heard" in caplog.text
    assert interaction.token not in caplog.text
    assert stand.fake.bot_token not in caplog.text
    assert "red mug" not in caplog.text


async def test_an_answer_after_a_restart_still_reaches_its_author(stand: DiscordHarness) -> None:
    interaction, requester = await slash(stand)
    await stand.restart()
    await stand.frontend.answer(requester, Notice("Taken in."), nonce="r1")

    assert (await interaction.replied()).text() == "Taken in."


async def test_who_asked_without_an_interaction_is_answered_where_they_asked(stand: DiscordHarness) -> None:
    _, requester = await slash(stand)
    await stand.frontend.answer(replace(requester, reply_token=""), Notice("Taken in."), nonce="r1")

    [message] = stand.own(stand.studio)
    assert message.pinged == {"mia"}


async def test_in_direct_messages_everything_is_the_same(stand: DiscordHarness) -> None:
    channel = stand.mia.direct_channel()
    await stand.fake.until(stand.fake.commands)
    interaction = await stand.mia.slash(channel, "models")
    [request] = stand.acceptor.requests
    await stand.frontend.answer(request.requester, Notice("None yet."), nonce="r1")
    card = await stand.frontend.post(request.requester.thread, READY, nonce="n1")

    assert "None yet." in (await interaction.replied()).text()
    assert stand.message(card).channel is channel
