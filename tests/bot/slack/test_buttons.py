"""Buttons and reactions: they come back with what they carried, from where they stand."""

from __future__ import annotations

import pytest

from bot.doors import PeopleInCharge
from bot.requests import ButtonPress, Reaction
from bot.slack.addresses import Place, ReplyToken, message_name
from bot.slack.clients import Clients
from bot.slack.hearing import STORE_IS_AWAY
from tests.bot.slack.conftest import Inbound


async def test_a_press_goes_on_in_the_thread_that_its_card_heads(inbound: Inbound):
    card = await inbound.card(("Start", "draft:7:start"))
    mia = inbound.person()
    pressed = await mia.press(card, "Start")
    request = inbound.only(ButtonPress)
    assert request.action == "draft:7:start"
    assert request.requester.thread == Place(inbound.team, inbound.studio.id, card.ts).address
    assert request.requester.reply_token == ReplyToken(pressed.response_url, is_thread_begun=False).written()
    assert pressed.acked_within == 0


async def test_a_press_inside_a_thread_stays_there_however_old_the_card(over_http: Inbound):
    mia = over_http.person()
    first = await mia.say(over_http.studio, "let us train")
    card = await over_http.card(("Start", "draft:7:start"), thread=first)
    await over_http.start()
    await mia.press(card, "Start")
    thread = over_http.only(ButtonPress).requester.thread
    assert thread == Place(over_http.team, over_http.studio.id, first.ts).address


async def test_a_press_under_what_one_person_sees_belongs_to_the_channel(over_http: Inbound):
    mia = over_http.person()
    client = await Clients(over_http.tokens, over_http.fake.api_address).of(over_http.team)
    button = {
        "type": "button",
        "action_id": "likeness:0",
        "text": {"type": "plain_text", "text": "Next"},
        "value": "models:1:",
    }
    await client.chat_postEphemeral(
        channel=over_http.studio.id,
        user=mia.id,
        text="Models",
        blocks=[{"type": "actions", "elements": [button]}],
    )
    [message] = [each for each in over_http.studio.messages.values() if each.is_ephemeral]
    await mia.press(message, "Next")
    request = over_http.only(ButtonPress)
    assert request.action == "models:1:"
    assert request.requester.thread == Place(over_http.team, over_http.studio.id).address


async def test_a_press_that_is_told_twice_is_one(over_sockets: Inbound):
    card = await over_sockets.card(("Start", "draft:7:start"))
    over_sockets.fake.faults.duplicate_event("block_actions")
    await over_sockets.person().press(card, "Start")
    await over_sockets.fake.until(lambda: over_sockets.acceptor.calls.qsize() == 2)
    assert over_sockets.only(ButtonPress).action == "draft:7:start"


async def test_a_press_that_cannot_be_written_down_is_said_to_be_lost(inbound: Inbound):
    card = await inbound.card(("Start", "draft:7:start"))
    inbound.is_store_down = True
    mia = inbound.person()
    pressed = await mia.press(card, "Start")
    reply = await pressed.replied()
    assert STORE_IS_AWAY in reply.text() and reply.only_for is mia.user
    assert card.text() == "A card", "the card stays as it is"


async def test_a_button_of_another_app_is_only_acknowledged(over_http: Inbound):
    client = await Clients(over_http.tokens, over_http.fake.api_address).of(over_http.team)
    button = {"type": "button", "action_id": "poll", "text": {"type": "plain_text", "text": "Vote"}}
    blocks = [{"type": "actions", "elements": [button]}]
    answer = await client.chat_postMessage(channel=over_http.studio.id, text="?", blocks=blocks)
    pressed = await over_http.person().press(over_http.studio.messages[str(answer["ts"])], "Vote")
    assert pressed.is_acknowledged and over_http.acceptor.requests == []


@pytest.mark.parametrize(("name", "emoji"), [("white_check_mark", "✅"), ("x", "❌"), ("scissors", "✂️")])
async def test_a_reaction_is_a_vote(over_http: Inbound, name: str, emoji: str):
    card = await over_http.card()
    mia = over_http.person()
    await mia.react(card, name)
    [vote] = await over_http.arrived(Reaction)
    assert vote.emoji.rstrip("\ufe0f") == emoji.rstrip("\ufe0f")
    assert vote.message == message_name(over_http.studio.id, card.ts)
    assert (vote.requester.user_id, vote.is_withdrawn, vote.is_bot) == (mia.id, False, False)


async def test_a_vote_belongs_to_the_thread_of_its_photo_which_slack_does_not_tell(over_http: Inbound):
    first = await over_http.card()
    photo = await over_http.card(thread=first)
    thread = Place(over_http.team, over_http.studio.id, first.ts).address
    over_http.things.photo_threads[message_name(over_http.studio.id, photo.ts)] = thread.thread
    await over_http.person().react(photo, "x")
    [vote] = await over_http.arrived(Reaction)
    assert vote.requester.thread == thread


async def test_a_vote_is_taken_back(inbound: Inbound):
    card = await inbound.card()
    mia = inbound.person()
    await mia.react(card, "x")
    await mia.unreact(card, "x")
    put_on, taken_off = await inbound.arrived(Reaction, 2)
    assert (put_on.is_withdrawn, taken_off.is_withdrawn) == (False, True)


async def test_approvers_may_be_a_user_group(over_http: Inbound):
    card = await over_http.card()
    mia = over_http.person()
    group = over_http.fake.user_group("approvers", [mia])
    over_http.things.rules = PeopleInCharge(1, (group.id,), (), has_private_threads=False)
    await mia.react(card, "x")
    [vote] = await over_http.arrived(Reaction)
    assert vote.requester.roles == (group.id,)


async def test_reactions_that_decide_nothing_are_passed_over(over_http: Inbound):
    mia = over_http.person()
    card, other = await over_http.card(), await mia.say(over_http.studio, "nice")
    await mia.react(card, "tada")
    await mia.react(other, "white_check_mark")
    client = await Clients(over_http.tokens, over_http.fake.api_address).of(over_http.team)
    await client.reactions_add(channel=over_http.studio.id, timestamp=card.ts, name="white_check_mark")
    await over_http.all_told("reaction_added")
    assert over_http.acceptor.requests == []


async def test_a_reaction_that_comes_late_does_not_undo_a_newer_one(over_http: Inbound):
    card = await over_http.card()
    mia = over_http.person()
    over_http.is_store_down = True
    await mia.react(card, "x")
    [told] = over_http.fake.told("reaction_added")
    await over_http.fake.until(lambda: told.retry_at is not None and len(told.attempts) == 2)
    over_http.is_store_down = False
    await mia.unreact(card, "x")
    await over_http.arrived(Reaction)
    over_http.fake.clock.advance(minutes=1)
    await over_http.fake.until(lambda: told.is_acknowledged)
    assert over_http.only(Reaction).is_withdrawn
