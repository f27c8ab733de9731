"""What a restart, a repeat or an outage must not lose."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import cast

import pytest

from bot.commands import drafting
from bot.frontend import FrontendUnavailable
from bot.inbox import Inbox, from_payload, to_payload
from bot.replies import (
    CaptionsToReview,
    FindingsToReview,
    FlaggedPhoto,
    ModelList,
    Refusal,
)
from bot.requests import (
    Attachment,
    ImagineRequest,
    JobsRequest,
    ModelsRequest,
    Reaction,
    Request,
    TrainRequest,
)
from core.errors import StoreUnavailable
from core.rules.kinds import ModelKind
from core.rules.plans import Plans
from core.store.records import DraftRecord, DraftState, InboxRecord, JobRecord
from tests.bot.conftest import Chat, PhotoMaker
from tests.fakes.store import store_outage


async def run_until_answered(chat: Chat, inbox: Inbox, count: int) -> None:
    """Run the inbox until that many requests were answered."""
    runner = asyncio.create_task(inbox.run())
    async with asyncio.timeout(30):
        while await InboxRecord.filter(handled_at__isnull=False).count() < count:
            await asyncio.wait([runner], timeout=0.02)
    runner.cancel()
    await asyncio.gather(runner, return_exceptions=True)


async def test_a_request_that_was_written_down_is_answered_after_a_restart(chat: Chat) -> None:
    await Inbox(chat.context).accept(ModelsRequest(chat.person()), "e1")
    assert not chat.frontend.messages
    await run_until_answered(chat, Inbox(chat.context), 1)
    chat.card(ModelList)


async def test_a_repeated_event_is_answered_once(chat: Chat) -> None:
    inbox = Inbox(chat.context)
    for _ in range(3):
        await inbox.accept(ImagineRequest(chat.person(), "a mug"), "e1")
    await run_until_answered(chat, inbox, 1)
    assert await JobRecord.all().count() == 1


async def test_an_answered_request_keeps_no_words(chat: Chat) -> None:
    inbox = Inbox(chat.context)
    await inbox.accept(ImagineRequest(chat.person(), "a secret prototype"), "e1")
    await run_until_answered(chat, inbox, 1)
    assert (await InboxRecord.get()).payload == ""


async def test_a_bug_costs_one_answer_and_says_where_to_look(
    chat: Chat, caplog: pytest.LogCaptureFixture
) -> None:
    chat.context = replace(chat.context, plans=cast(Plans, None))
    inbox = Inbox(chat.context)
    await inbox.accept(ImagineRequest(chat.person(), "a secret prototype"), "e1")
    await run_until_answered(chat, inbox, 1)
    row = await InboxRecord.get()
    said = chat.card(Refusal).reasons[0]
    assert "nothing was charged" in said
    assert row.id[:8] in said
    assert row.id in caplog.text
    assert "secret prototype" not in caplog.text


def test_every_kind_of_request_survives_the_trip_through_a_row(chat: Chat, photo: PhotoMaker) -> None:
    person, path = chat.person(), photo(1)
    requests: list[Request] = [
        TrainRequest(person, ModelKind.PRODUCT, "Mug", (Attachment("a.jpg", str(path)),), class_noun="mug"),
        ModelsRequest(person),
        JobsRequest(person),
        Reaction(person, "7", "✂️", is_withdrawn=True),
        ImagineRequest(person, "@mug: on ☀", seed=3),
    ]
    assert [from_payload(to_payload(request)) for request in requests] == requests


async def test_a_request_that_cannot_be_written_down_is_not_acknowledged(chat: Chat) -> None:
    inbox = Inbox(chat.context)
    with store_outage(), pytest.raises(StoreUnavailable):
        await inbox.accept(ModelsRequest(chat.person()), "e1")
    await inbox.accept(ModelsRequest(chat.person()), "e1")
    await run_until_answered(chat, inbox, 1)
    chat.card(ModelList)


async def test_an_outage_in_the_middle_of_an_answer_delays_it_and_repeats_nothing(
    chat: Chat, caplog: pytest.LogCaptureFixture
) -> None:
    inbox = Inbox(chat.context, retry_seconds=0.01)
    chat.frontend.answers_after = answer = asyncio.Event()
    await inbox.accept(ImagineRequest(chat.person(), "a mug"), "e1")
    runner = asyncio.create_task(inbox.run())
    await chat.frontend.has_stored.wait()  # the job is queued and its card stands, but is not noted yet
    with store_outage():
        answer.set()
        while "answer_postponed" not in caplog.text:
            await asyncio.wait([runner], timeout=0.01)
    runner.cancel()
    await asyncio.gather(runner, return_exceptions=True)
    await run_until_answered(chat, Inbox(chat.context), 1)
    assert await JobRecord.all().count() == 1
    assert len(chat.frontend.messages) == 1


async def test_an_answer_that_could_not_be_marked_is_given_once(
    chat: Chat, caplog: pytest.LogCaptureFixture
) -> None:
    inbox = Inbox(chat.context, retry_seconds=0.01)
    chat.frontend.answers_after = answer = asyncio.Event()
    await inbox.accept(ModelsRequest(chat.person()), "e1")
    runner = asyncio.create_task(inbox.run())
    await chat.frontend.has_stored.wait()
    with store_outage():
        answer.set()
        while "store_unavailable what=inbox" not in caplog.text:
            await asyncio.wait([runner], timeout=0.01)
    while not await InboxRecord.filter(handled_at__isnull=False).exists():
        await asyncio.wait([runner], timeout=0.01)
    runner.cancel()
    await asyncio.gather(runner, return_exceptions=True)
    assert len(chat.frontend.messages) == 1
    assert list(chat.frontend.asked.values()) == [1]


async def test_what_another_bots_platform_left_unanswered_is_answered_when_this_one_takes_it_over(
    chat: Chat,
) -> None:
    await Inbox(chat.context).accept(ModelsRequest(chat.person()), "e1")
    inbox = Inbox(chat.context, platforms=tuple)
    runner = asyncio.create_task(inbox.run())
    await inbox.adopt("elsewhere")
    assert not chat.frontend.messages, "somebody else answers it"
    for _ in range(2):
        await inbox.adopt("memory")
    while not await InboxRecord.filter(handled_at__isnull=False).exists():
        await asyncio.wait([runner], timeout=0.01)
    runner.cancel()
    await asyncio.gather(runner, return_exceptions=True)
    chat.card(ModelList)
    assert list(chat.frontend.asked.values()) == [1]


async def test_an_interrupted_analysis_goes_on(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train(photo(1))
    await DraftRecord.all().update(state=DraftState.ANALYZING)
    await drafting.resume(chat.context, "memory")
    chat.card(CaptionsToReview)


async def test_flagged_photos_that_were_not_shown_before_the_end_are_shown_after_it(
    chat: Chat, photo: PhotoMaker
) -> None:
    chat.frontend.fails_after = 2  # the card, its change, and then the line is cut
    with pytest.raises(FrontendUnavailable):
        await chat.train(photo(1), photo(2, blur=8))
    assert not chat.frontend.of_type(FlaggedPhoto)
    chat.frontend.fails_after = None
    await drafting.resume(chat.context, "memory")
    assert chat.card(FlaggedPhoto).number == 2
    assert chat.card(FindingsToReview).flagged == 1


async def test_requests_are_only_written_down_until_their_platform_is_adopted(chat: Chat) -> None:
    inbox = Inbox(chat.context, platforms=tuple)
    runner = asyncio.create_task(inbox.run())
    await inbox.accept(ModelsRequest(chat.person()), "e1")
    await asyncio.wait([runner], timeout=0.01)
    assert not chat.frontend.messages

    await inbox.adopt("memory")
    await inbox.accept(ModelsRequest(chat.person()), "e2")
    while await InboxRecord.filter(handled_at__isnull=False).count() < 2:
        await asyncio.wait([runner], timeout=0.01)
    runner.cancel()
    await asyncio.gather(runner, return_exceptions=True)
    assert list(chat.frontend.asked.values()) == [1, 1]


async def test_a_draft_whose_platform_was_away_is_gone_on_with_when_it_is_back(
    chat: Chat, photo: PhotoMaker
) -> None:
    await chat.train(photo(1))
    await DraftRecord.all().update(state=DraftState.ANALYZING)
    chat.frontend.is_down = True
    left = await drafting.resume(chat.context, "memory")
    assert len(left) == 1
    chat.frontend.is_down = False
    assert await drafting.resume(chat.context, "memory", left) == []
    chat.card(CaptionsToReview)
