"""What a platform's photos in review are, as a front-end that missed something needs them."""

from __future__ import annotations

import pytest

from bot.reconcile import photos_in_review
from bot.replies import FlaggedPhoto
from bot.requests import SettingsRequest
from core.store.records import Choice
from tests.bot.conftest import Chat, PhotoMaker

pytestmark = pytest.mark.database


async def in_review(chat: Chat, photo: PhotoMaker) -> list[str]:
    """Put a draft with two blurry photos into review; return their messages."""
    await chat.train(photo(1), photo(2, blur=12), photo(3, blur=12))
    return [message for message, reply in chat.frontend.messages.items() if isinstance(reply, FlaggedPhoto)]


async def test_every_flagged_photo_of_an_open_review_is_named(chat: Chat, photo: PhotoMaker) -> None:
    messages = await in_review(chat, photo)
    found = await photos_in_review("memory")

    assert messages
    assert sorted(each.message for each in found) == sorted(messages)
    assert {each.workspace for each in found} == {"team"}
    assert {each.thread for each in found} == {chat.person().thread}
    assert all(each.standing == frozenset() for each in found)
    assert await photos_in_review("elsewhere") == []


async def test_votes_stand_until_they_are_taken_back_and_are_counted_for_good(
    chat: Chat, photo: PhotoMaker
) -> None:
    await chat.ask(SettingsRequest(chat.person("boss", is_admin=True), quorum=2))
    message, *_ = await in_review(chat, photo)
    await chat.react("✅", message)
    await chat.react("✅", message, is_withdrawn=True)
    await chat.react("❌", message)
    [found] = [each for each in await photos_in_review("memory") if each.message == message]

    assert found.standing == {("ana", Choice.REMOVE)}
    assert found.votes == {("ana", Choice.KEEP): 1, ("ana", Choice.REMOVE): 1}


async def test_who_may_vote_is_as_the_workspace_settled_it(chat: Chat, photo: PhotoMaker) -> None:
    await chat.ask(SettingsRequest(chat.person("boss", is_admin=True), approvers=("brand",)))
    await in_review(chat, photo)
    found, *_ = await photos_in_review("memory")

    assert found.may_vote("ana", (), is_admin=False)
    assert found.may_vote("kim", ("brand",), is_admin=False)
    assert found.may_vote("kim", (), is_admin=True)
    assert not found.may_vote("kim", (), is_admin=False)


async def test_a_review_that_is_over_asks_nothing(chat: Chat, photo: PhotoMaker) -> None:
    await in_review(chat, photo)
    await chat.press("Train anyway")

    assert await photos_in_review("memory") == []
