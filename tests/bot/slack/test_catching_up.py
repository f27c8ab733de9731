"""Reactions that were put on or taken off while nobody told us are counted when the bot is back."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterable

import pytest

from bot.reconcile import PhotoInReview
from bot.requests import MessageRef, Reaction
from core.permissions import Permissions
from core.store.blobs import Blobs
from core.store.records import Choice, DraftRecord
from tests.bot.slack.outbound import Outbound
from tests.contracts.harness import Acceptor
from tests.contracts.reply_examples import DRAFT
from tests.fakes.slack import FakeSlack, server_error

KEPT, REMOVED = "white_check_mark", "x"


@pytest.fixture
async def slack(fake_slack: FakeSlack, blobs: Blobs) -> AsyncIterator[Outbound]:
    async with Outbound.open(fake_slack, blobs) as outbound:
        yield outbound


def in_review(
    slack: Outbound,
    message: MessageRef,
    standing: Iterable[tuple[str, Choice]] = (),
    rules: Permissions | None = None,
) -> PhotoInReview:
    """The photo as the rows know it."""
    votes = list(standing)
    return PhotoInReview(
        workspace=slack.workspace,
        thread=message.thread,
        message=message.message,
        standing=frozenset(votes),
        votes=Counter(votes),
        choices=frozenset((Choice.KEEP, Choice.REMOVE)),
        draft=DraftRecord(id=DRAFT, requester_id=slack.mia.id),
        rules=rules or Permissions(),
    )


async def caught_up(slack: Outbound, *photos: PhotoInReview) -> list[Reaction]:
    """Come up, and return what is accepted."""
    acceptor = Acceptor()
    slack.in_review = list(photos)
    slack.restart()
    await slack.catching_up.run(acceptor.accept)
    return [request for request in acceptor.requests if isinstance(request, Reaction)]


async def test_a_reaction_put_while_the_bot_was_down_counts_when_it_is_back(slack: Outbound) -> None:
    photo = await slack.post(slack.flagged(), "p1")
    await slack.mia.react(slack.message(photo), REMOVED)

    [reaction] = await caught_up(slack, in_review(slack, photo))
    assert (reaction.message, reaction.emoji, reaction.is_withdrawn) == (photo.message, "❌", False)
    assert reaction.requester.user_id == slack.mia.id
    assert (reaction.requester.thread, reaction.requester.workspace) == (slack.channel, slack.workspace)


async def test_a_reaction_taken_off_meanwhile_is_taken_back(slack: Outbound) -> None:
    photo = await slack.post(slack.flagged(), "p1")

    [reaction] = await caught_up(slack, in_review(slack, photo, [(slack.mia.id, Choice.KEEP)]))
    assert (reaction.emoji, reaction.is_withdrawn) == ("✅", True)


async def test_what_is_written_down_already_is_not_told_again(slack: Outbound) -> None:
    photo = await slack.post(slack.flagged(), "p1")
    await slack.mia.react(slack.message(photo), KEPT)

    assert await caught_up(slack, in_review(slack, photo, [(slack.mia.id, Choice.KEEP)])) == []


async def test_the_bots_own_choices_and_other_emoji_are_no_votes(slack: Outbound) -> None:
    photo = await slack.post(slack.flagged(), "p1")
    await slack.mia.react(slack.message(photo), "heart")
    await slack.mia.react(slack.message(photo), "scissors")  # there is nothing to apply

    assert await caught_up(slack, in_review(slack, photo)) == []


async def test_who_may_not_decide_is_not_heard(slack: Outbound) -> None:
    photo = await slack.post(slack.flagged(), "p1")
    kim, ada = slack.fake.person("kim"), slack.fake.person("ada")
    await kim.react(slack.message(photo), REMOVED)
    await ada.react(slack.message(photo), REMOVED)

    [reaction] = await caught_up(
        slack, in_review(slack, photo, rules=Permissions(approvers=frozenset((ada.id,))))
    )
    assert reaction.requester.user_id == ada.id


async def test_the_same_miss_is_told_under_the_same_name(slack: Outbound) -> None:
    photo = await slack.post(slack.flagged(), "p1")
    await slack.mia.react(slack.message(photo), REMOVED)
    acceptor = Acceptor()
    slack.in_review = [in_review(slack, photo)]
    await slack.catching_up.run(acceptor.accept)
    slack.restart()
    await slack.catching_up.run(acceptor.accept)

    assert len(acceptor.by_event) == 1


async def test_while_slack_is_unwell_it_is_waited_for(slack: Outbound) -> None:
    photo = await slack.post(slack.flagged(), "p1")
    await slack.mia.react(slack.message(photo), REMOVED)
    slack.fake.faults.next("reactions.get", server_error(503), times=3)

    assert len(await caught_up(slack, in_review(slack, photo))) == 1


async def test_a_photo_that_is_gone_does_not_keep_the_others(slack: Outbound) -> None:
    gone = await slack.post(slack.flagged(), "p1")
    photo = await slack.post(slack.flagged(), "p2")
    await slack.fake.person("boss", is_admin=True).delete(slack.message(gone))
    await slack.mia.react(slack.message(photo), REMOVED)

    [reaction] = await caught_up(
        slack, in_review(slack, gone, [(slack.mia.id, Choice.KEEP)]), in_review(slack, photo)
    )
    assert reaction.message == photo.message
