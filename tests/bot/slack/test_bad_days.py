"""Days on which much goes wrong at once: in the end everything stands there, once."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

import pytest

from bot.frontend import FrontendUnavailable
from bot.requests import MessageRef, ThreadAddress
from core.store.blobs import Blobs
from tests.bot.slack.outbound import POST, UPDATE, Outbound
from tests.fakes.slack import (
    RESET_AFTER_STORING,
    RESET_BEFORE,
    FakeSlack,
    rate_limited,
    refusal,
    server_error,
)

T = TypeVar("T")
METHODS = (
    POST,
    UPDATE,
    "conversations.history",
    "conversations.open",
    "conversations.replies",
    "files.completeUploadExternal",
    "files.getUploadURLExternal",
    "files.info",
    "reactions.add",
)
FAULTS = (
    RESET_AFTER_STORING,
    RESET_BEFORE,
    rate_limited(2),
    server_error(500),
    server_error(503),
    refusal("fatal_error"),
)
DAYS, WORKS_A_DAY, PATIENCE = 4, 3, 60


@pytest.fixture
async def slack(fake_slack: FakeSlack, blobs: Blobs) -> AsyncIterator[Outbound]:
    async with Outbound.open(fake_slack, blobs) as outbound:
        yield outbound


class BadDay:
    """Breaks something before every step, and now and then the bot itself."""

    def __init__(self, slack: Outbound, seed: int) -> None:
        self._slack = slack
        self._chance = random.Random(seed)

    async def insist(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Do it again and again, as the rest of the bot does."""
        for _ in range(PATIENCE):
            if self._chance.random() < 0.5:
                method = self._chance.choice((*METHODS, "upload"))
                # The file server knows no answers of the Web API.
                faults = FAULTS[:-1] if method == "upload" else FAULTS
                self._slack.fake.faults.next(method, self._chance.choice(faults))
            if self._chance.random() < 0.2:
                self._slack.restart()
            try:
                return await attempt()
            except FrontendUnavailable:
                self._slack.pass_time(5)
        raise AssertionError("it never worked")


@pytest.mark.parametrize("seed", range(DAYS))
async def test_what_goes_wrong_doubles_nothing_and_loses_nothing(slack: Outbound, seed: int) -> None:
    day = BadDay(slack, seed)
    for number in range(WORKS_A_DAY):
        await a_whole_training(slack, day, number)

    heads = slack.seen()
    assert len(heads) == WORKS_A_DAY
    for head in heads:
        assert "Waiting for photos" in head.text()
        photo, card, news, sheet, pictures = head.replies
        assert len(photo.images()) == 1 and list(photo.reactions) == ["white_check_mark", "x"]
        assert card.button("Again") and "is ready" in news.text()
        assert (len(sheet.files), len(pictures.files)) == (1, 1)
    assert slack.told_mia() == []


async def a_whole_training(slack: Outbound, day: BadDay, number: int) -> None:
    async def open_thread() -> ThreadAddress:
        return await slack.threads.open(slack.requester(), "Shoes", f"t{number}", is_private=False)

    thread = await day.insist(open_thread)
    await day.insist(lambda: slack.post(slack.draft_card(), f"d{number}", thread))
    await day.insist(lambda: slack.post(slack.flagged(), f"p{number}", thread))
    card: MessageRef = await day.insist(lambda: slack.post(slack.queued(), f"j{number}", thread))
    for percent in (10, 50):
        await day.insist(lambda percent=percent: slack.posting.edit(card, slack.running(percent / 100)))
    await day.insist(lambda: slack.post(slack.ready(), f"n{number}", thread))
    await day.insist(lambda: slack.posting.edit(card, slack.painted()))
