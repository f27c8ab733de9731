"""Reactions that were put on or taken off while nobody told us are counted when the bot is back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest

from bot.reconcile import PhotoInReview
from bot.replies import FlaggedPhoto
from bot.requests import MessageRef, Reaction
from core.permissions import Permissions
from core.store.records import Choice, DraftRecord
from tests.contracts.discord_harness import DiscordHarness
from tests.contracts.reply_examples import DRAFT, KEEP, REMOVE
from tests.fakes.discord import server_error

READ_MESSAGE = "/channels/{channel_id}/messages/{message_id}"


async def photo_of(stand: DiscordHarness) -> MessageRef:
    """A flagged photo of Mia's in the channel."""
    reply = FlaggedPhoto(DRAFT, 3, 4, stand.picture, ("Blurry.",), (KEEP, REMOVE), "")
    return await stand.frontend.post(stand.thread, reply, nonce="p1")


def in_review(
    stand: DiscordHarness,
    message: MessageRef,
    standing: Iterable[tuple[int, Choice]] = (),
    rules: Permissions | None = None,
) -> PhotoInReview:
    """The photo as the rows know it."""
    votes = [(str(user_id), choice) for user_id, choice in standing]
    return PhotoInReview(
        workspace=str(stand.fake.guild.id),
        thread=stand.thread,
        message=message.message,
        standing=frozenset(votes),
        votes=Counter(votes),
        choices=frozenset((Choice.KEEP, Choice.REMOVE)),
        draft=DraftRecord(id=DRAFT, requester_id=str(stand.mia.id)),
        rules=rules or Permissions(),
    )


async def told(stand: DiscordHarness, count: int = 1) -> list[Reaction]:
    await stand.fake.until(lambda: len(stand.acceptor.by_event) >= count)
    found = [request for request in stand.acceptor.requests if isinstance(request, Reaction)]
    assert len(found) == count
    return found


async def sign(stand: DiscordHarness) -> PhotoInReview:
    """Another photo that Mia reacted to: when that is told, those before it have been looked at."""
    reply = FlaggedPhoto(DRAFT, 4, 4, stand.picture, ("Blurry.",), (KEEP, REMOVE), "")
    message = await stand.frontend.post(stand.thread, reply, nonce="sign")
    await stand.react(message, "❌")
    return in_review(stand, message)


async def test_a_reaction_put_while_the_bot_was_down_counts_when_it_is_back(stand: DiscordHarness) -> None:
    message = await photo_of(stand)
    await stand.stop()
    await stand.mia.react(stand.message(message), "❌")
    stand.in_review = [in_review(stand, message)]
    await stand.start()

    [reaction] = await told(stand)
    assert (reaction.message, reaction.emoji, reaction.is_withdrawn) == (message.message, "❌", False)
    assert reaction.requester.user_id == str(stand.mia.id)
    assert reaction.requester.thread == stand.thread
    assert reaction.requester.workspace == str(stand.fake.guild.id)


async def test_a_reaction_taken_off_meanwhile_is_taken_back(stand: DiscordHarness) -> None:
    message = await photo_of(stand)
    stand.in_review = [in_review(stand, message, [(stand.mia.id, Choice.KEEP)])]
    await stand.restart()

    [reaction] = await told(stand)
    assert (reaction.emoji, reaction.is_withdrawn) == ("✅", True)


async def test_what_is_written_down_already_is_not_told_again(stand: DiscordHarness) -> None:
    message = await photo_of(stand)
    await stand.react(message, "✅")
    last = await sign(stand)
    stand.acceptor.by_event.clear()
    stand.in_review = [in_review(stand, message, [(stand.mia.id, Choice.KEEP)]), last]
    await stand.restart()

    [reaction] = await told(stand)
    assert reaction.message == last.message


async def test_a_session_that_ended_loses_no_reaction(stand: DiscordHarness, quick_retries) -> None:
    message = await photo_of(stand)
    stand.in_review = [in_review(stand, message)]
    await stand.fake.faults.drop_connection(lose=("MESSAGE_REACTION_ADD",))
    await stand.mia.react(stand.message(message), "✅")
    for session in list(stand.fake.gateway.sessions.values()):
        stand.fake.gateway.forget(session)  # so that it cannot be resumed

    [reaction] = await told(stand)
    assert reaction.emoji == "✅"


async def test_the_same_miss_is_told_once_however_often_the_bot_starts(stand: DiscordHarness) -> None:
    message, last = await photo_of(stand), await sign(stand)
    stand.acceptor.by_event.clear()
    await stand.stop()
    await stand.mia.react(stand.message(message), "❌")
    stand.in_review = [in_review(stand, message)]
    await stand.start()
    await told(stand)
    stand.in_review = [in_review(stand, message), last]
    await stand.restart()

    assert [each.message for each in await told(stand, 2)] == [message.message, last.message]


async def test_passers_by_are_passed_by_and_approvers_are_not(stand: DiscordHarness) -> None:
    role = stand.fake.role("approver")
    kim, lee = stand.fake.person("kim"), stand.fake.person("lee", roles=[role])
    message = await photo_of(stand)
    await stand.stop()
    for person in (kim, lee):
        await person.react(stand.message(message), "❌")
    stand.in_review = [in_review(stand, message, rules=Permissions(approvers=frozenset((str(role.id),))))]
    await stand.start()

    [reaction] = await told(stand)
    assert reaction.requester.user_id == str(lee.id)
    assert str(role.id) in reaction.requester.roles


async def test_an_emoji_without_a_meaning_there_is_passed_over(stand: DiscordHarness) -> None:
    message, last = await photo_of(stand), await sign(stand)
    stand.acceptor.by_event.clear()
    await stand.stop()
    for emoji in ("🎉", "✂️"):
        await stand.mia.react(stand.message(message), emoji)
    stand.in_review = [in_review(stand, message), last]
    await stand.start()

    [reaction] = await told(stand)
    assert reaction.message == last.message


@pytest.mark.parametrize("times", [1, 3])
async def test_where_discord_cannot_be_reached_it_is_asked_again(stand: DiscordHarness, times: int) -> None:
    message = await photo_of(stand)
    await stand.stop()
    await stand.mia.react(stand.message(message), "❌")
    stand.in_review = [in_review(stand, message)]
    stand.fake.faults.next("GET", READ_MESSAGE, server_error(503), times=times)
    await stand.start()

    assert len(await told(stand)) == 1


async def test_a_photo_that_is_gone_keeps_what_was_decided(stand: DiscordHarness) -> None:
    gone = await photo_of(stand)
    reply = FlaggedPhoto(DRAFT, 4, 4, stand.picture, ("Blurry.",), (KEEP, REMOVE), "")
    there = await stand.frontend.post(stand.thread, reply, nonce="p2")
    await stand.stop()
    await stand.delete(gone)
    await stand.mia.react(stand.message(there), "❌")
    stand.in_review = [in_review(stand, gone, [(stand.mia.id, Choice.KEEP)]), in_review(stand, there)]
    await stand.start()

    [reaction] = await told(stand)
    assert reaction.message == there.message
