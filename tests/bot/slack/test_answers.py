"""Answers: for one person's eyes while Slack allows it, and somewhere where they find them after that."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

import pytest

from bot.frontend import FrontendUnavailable
from bot.replies import ModelCard, ModelList, ModelPhotos, Notice
from bot.requests import Requester, ThreadAddress
from bot.slack.addresses import ReplyToken
from core.logs import QUIET
from core.rules.kinds import ModelKind
from core.store.blobs import Blobs
from tests.bot.slack.outbound import Outbound
from tests.fakes.slack import RESET_BEFORE, FakeSlack, Interaction, Message, rate_limited, server_error

HERE = Notice("Here you are.")
SHOES = ModelCard("shoes", "Shoes", ModelKind.PRODUCT, "ready", 1, is_demo=False, likeness=None)


@pytest.fixture
async def slack(fake_slack: FakeSlack, blobs: Blobs) -> AsyncIterator[Outbound]:
    async with Outbound.open(fake_slack, blobs) as outbound:
        yield outbound


async def asked(slack: Outbound) -> Interaction:
    """A command of Mia's that nobody acknowledged: its address works all the same."""
    return await slack.mia.slash(slack.studio, "/models", await_answer=False)


async def pressed(slack: Outbound, message: Message) -> Interaction:
    return await slack.mia.press(message, message.buttons()[0].label, await_answer=False)


def asker(
    slack: Outbound, interaction: Interaction | None = None, thread: ThreadAddress | None = None
) -> Requester:
    return slack.requester(thread, interaction.response_url if interaction else "")


def for_mia(slack: Outbound) -> list[Message]:
    """What Mia alone sees in the channel."""
    return [each for each in slack.studio.messages.values() if each.only_for is slack.mia.user]


async def test_an_answer_is_for_whoever_asked(slack: Outbound) -> None:
    interaction = await asked(slack)
    await slack.answers.answer(asker(slack, interaction), HERE, nonce="a1")

    assert interaction.text() == "Here you are."
    assert [each.text() for each in for_mia(slack)] == ["Here you are."]
    assert slack.seen() == []


async def test_nothing_is_said_where_a_card_says_it(slack: Outbound) -> None:
    interaction = await asked(slack)
    await slack.answers.answer(asker(slack, interaction), None, nonce="a1")

    assert interaction.replies == [] and for_mia(slack) == []


async def test_the_same_answer_is_said_once(slack: Outbound) -> None:
    requester = asker(slack, await asked(slack))
    await slack.answers.answer(requester, HERE, nonce="a1")
    await slack.answers.answer(requester, HERE, nonce="a1")

    assert len(for_mia(slack)) == 1


async def test_after_half_an_hour_the_answer_still_comes(slack: Outbound, clock) -> None:
    interaction = await asked(slack)
    clock.advance(minutes=31)
    await slack.answers.answer(asker(slack, interaction), HERE, nonce="a1")

    assert interaction.replies == []
    assert [each.text() for each in for_mia(slack)] == ["Here you are."]


async def test_the_sixth_answer_still_comes(slack: Outbound) -> None:
    requester = asker(slack, await asked(slack))
    for number in range(6):
        await slack.answers.answer(requester, HERE, nonce=f"a{number}")

    assert len(for_mia(slack)) == 6


async def test_in_a_thread_the_answer_is_in_the_thread(slack: Outbound) -> None:
    thread = await slack.thread()
    card = slack.message(await slack.post(slack.queued(), "j1", thread))
    await slack.answers.answer(asker(slack, thread=thread), HERE, nonce="a1")
    await slack.answers.answer(asker(slack, await pressed(slack, card), thread), HERE, nonce="a2")

    assert len(for_mia(slack)) == 2
    assert {slack.address(slack.studio, each.thread) for each in for_mia(slack)} == {thread}


async def test_where_nothing_stands_in_the_thread_yet_the_answer_is_in_the_channel(slack: Outbound) -> None:
    thread = await slack.thread()
    token = ReplyToken(is_thread_begun=False).written()
    await slack.answers.answer(slack.requester(thread, token), HERE, nonce="a1")

    [answer] = for_mia(slack)
    assert answer.thread is None


async def test_in_a_conversation_with_the_bot_the_answer_stays(slack: Outbound) -> None:
    direct = slack.address(slack.mia.direct_channel())
    await slack.answers.answer(asker(slack, thread=direct), HERE, nonce="a1")
    slack.restart()
    await slack.answers.answer(asker(slack, thread=direct), HERE, nonce="a1")

    assert [each.text() for each in slack.told_mia()] == ["Here you are."]


async def test_where_the_channel_is_closed_the_answer_comes_to_the_person(slack: Outbound) -> None:
    slack.fake.faults.archive(slack.studio)
    await slack.answers.answer(asker(slack), HERE, nonce="a1")

    assert [each.text() for each in slack.told_mia()] == ["Here you are."]


async def test_a_page_takes_the_place_of_the_one_before(slack: Outbound) -> None:
    first = ModelList("", (SHOES,), 0, 2, 12, slack.draft_card().buttons)
    await slack.answers.answer(asker(slack, await asked(slack)), first, nonce="a1")
    [shown] = for_mia(slack)
    second = ModelList("", (SHOES,), 1, 2, 12, slack.draft_card().buttons)
    await slack.answers.answer(asker(slack, await pressed(slack, shown)), second, nonce="a2")

    assert for_mia(slack) == [shown]
    assert "page 2 of 2" in shown.text()


async def test_a_press_on_a_card_leaves_the_card_as_it_is(slack: Outbound) -> None:
    card = slack.message(await slack.post(slack.queued(), "j1"))
    before = card.text()
    await slack.answers.answer(asker(slack, await pressed(slack, card)), HERE, nonce="a1")

    assert card.text() == before
    assert len(for_mia(slack)) == 1


async def test_photos_of_a_model_are_for_one_persons_eyes_too(slack: Outbound) -> None:
    photos = ModelPhotos("shoes", (slack.picture,), ("side view",), "So.", ())
    await slack.answers.answer(asker(slack, await asked(slack)), photos, nonce="a1")

    [shown] = for_mia(slack)
    assert len(shown.images()) == 1
    assert slack.seen() == []


@pytest.mark.parametrize("fault", [server_error(500), RESET_BEFORE, rate_limited()])
async def test_an_answer_that_was_cut_off_is_left_for_later(slack: Outbound, fault) -> None:
    requester = asker(slack, await asked(slack))
    slack.fake.faults.next("response_url", fault)
    with pytest.raises(FrontendUnavailable):
        await slack.answers.answer(requester, HERE, nonce="a1")
    await slack.answers.answer(requester, HERE, nonce="a1")

    assert len(for_mia(slack)) == 1


async def test_an_address_that_is_not_slacks_is_sent_nothing(slack: Outbound) -> None:
    for address in ("http://127.0.0.1:1/response", "https://hooks.slack.com.example/x", "not an address"):
        await slack.answers.answer(slack.requester(None, address), HERE, nonce=address)

    assert len(for_mia(slack)) == 3


async def test_an_app_that_was_thrown_out_says_nothing(slack: Outbound) -> None:
    interaction = await asked(slack)
    await slack.fake.faults.uninstall()
    with pytest.raises(FrontendUnavailable):
        await slack.answers.answer(asker(slack, interaction), HERE, nonce="a1")


async def test_what_answers_a_person_never_reaches_the_log(
    slack: Outbound, caplog: pytest.LogCaptureFixture
) -> None:
    for name, least in (*QUIET.items(), ("", logging.DEBUG)):
        caplog.set_level(least, name)
    interaction = await asked(slack)
    slack.fake.faults.next("response_url", server_error(503))
    with pytest.raises(FrontendUnavailable):
        await slack.answers.answer(asker(slack, interaction), Notice("a red mug"), nonce="a1")
    slack.fake.faults.next("chat.postMessage", server_error(503))
    await slack.post("a red mug", "n1")

    logging.getLogger("bot").debug("everything else is heard")
    assert "everything else is heard" in caplog.text
    assert interaction.response_url not in caplog.text
    assert slack.fake.bot_token not in caplog.text
    assert "red mug" not in caplog.text
