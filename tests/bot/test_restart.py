"""What a restart, a repeat or the passing of time must not lose."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest

from bot.commands import drafting
from bot.frontend import FrontendUnavailable
from bot.housekeeping import expire, return_stalled, run_if_due
from bot.inbox import Inbox, from_payload, to_payload
from bot.replies import (
    CaptionsToReview,
    DraftClosed,
    FindingsToReview,
    FlaggedPhoto,
    ModelList,
    Notice,
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
from core.rules.kinds import ModelKind
from core.rules.plans import Plans
from core.store.records import DraftRecord, DraftState, InboxRecord, JobRecord, PhotoRecord
from tests.bot.conftest import Chat, PhotoMaker


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
        TrainRequest(person, ModelKind.PRODUCT, "Mug", (Attachment("a.jpg", path),), class_noun="mug"),
        ModelsRequest(person),
        JobsRequest(person),
        Reaction(person, "7", "✂️", is_withdrawn=True),
        ImagineRequest(person, "@mug: on ☀", seed=3),
    ]
    assert [from_payload(to_payload(request)) for request in requests] == requests


async def test_an_interrupted_analysis_goes_on(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train(photo(1))
    await DraftRecord.all().update(state=DraftState.ANALYZING)
    await drafting.resume(chat.context)
    chat.card(CaptionsToReview)


async def test_flagged_photos_that_were_not_shown_before_the_end_are_shown_after_it(
    chat: Chat, photo: PhotoMaker
) -> None:
    chat.frontend.fails_after = 2  # the card, its change, and then the line is cut
    with pytest.raises(FrontendUnavailable):
        await chat.train(photo(1), photo(2, blur=8))
    assert not chat.frontend.of_type(FlaggedPhoto)
    chat.frontend.fails_after = None
    await drafting.resume(chat.context)
    assert chat.card(FlaggedPhoto).number == 2
    assert chat.card(FindingsToReview).flagged == 1


async def test_a_draft_nobody_came_back_to_is_closed_and_its_photos_erased(
    chat: Chat, photo: PhotoMaker
) -> None:
    await chat.train(photo(1))
    long_ago = chat.context.clock() - timedelta(hours=25)
    await DraftRecord.all().update(updated_at=long_ago)
    await expire(chat.context)
    assert "for a day" in chat.card(DraftClosed).reason
    assert await PhotoRecord.all().count() == 0
    assert isinstance(await chat.ask_button(f"draft:{'0' * 32}:start"), Notice)


async def test_a_fresh_draft_is_left_alone(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train(photo(1))
    await DraftRecord.all().update(updated_at=chat.context.clock())
    await expire(chat.context)
    chat.card(CaptionsToReview)


async def test_two_processes_run_a_due_sweep_once(chat: Chat) -> None:
    runs: list[str] = []

    async def sweep(_: object) -> None:
        runs.append("ran")

    for _ in range(2):
        await run_if_due(chat.context, "stalled", 5.0, sweep)
    assert len(runs) == 1
    chat.context.clock.advance(seconds=5)  # type: ignore[attr-defined]
    await asyncio.gather(*(run_if_due(chat.context, "stalled", 5.0, sweep) for _ in range(2)))
    assert len(runs) == 2


async def test_a_dead_workers_job_is_queued_again(chat: Chat) -> None:
    await chat.ask(ImagineRequest(chat.person(), "a mug"))
    await chat.claim()
    chat.context.clock.advance(seconds=31)  # type: ignore[attr-defined]
    await return_stalled(chat.context)
    assert (await chat.claim()).attempt == 2
