"""Buttons and lists, of any age."""

from __future__ import annotations

from bot.discord.addresses import ReplyToken, TokenKind
from bot.requests import ButtonPress
from tests.bot.discord.conftest import Inbound, is_private_reply
from tests.fakes.discord import Answer


async def test_a_button_is_written_down_and_heard(inbound: Inbound):
    card = await inbound.card(("Start", "draft:1:start"))
    pressed = await inbound.person().press(card, "Start")
    request = inbound.only(ButtonPress)
    assert request.action == "draft:1:start"
    assert request.requester.thread.thread == str(inbound.studio.id)
    assert ReplyToken.read(request.requester.reply_token) == ReplyToken(
        TokenKind.PRESS, pressed.id, pressed.token
    )
    assert pressed.acknowledgement is Answer.UPDATE_LATER
    assert pressed.response is None, "nothing new appears by being heard"


async def test_a_button_works_after_a_restart_and_next_week(inbound: Inbound):
    card = await inbound.card(("Start", "draft:1:start"))
    inbound.fake.clock.advance(days=7)
    await inbound.start()
    await inbound.person().press(card, "Start")
    assert inbound.only(ButtonPress).action == "draft:1:start"


async def test_a_button_in_a_thread_knows_its_channel(inbound: Inbound):
    ada = inbound.person()
    thread = await ada.start_thread(inbound.studio, "Mugs")
    card = await inbound.card(("Cancel", "job:1:cancel"), channel=thread)
    await ada.press(card, "Cancel")
    assert inbound.only(ButtonPress).requester.thread.thread == f"{inbound.studio.id}/{thread.id}"


async def test_a_press_that_cannot_be_written_down_is_said(inbound: Inbound):
    card = await inbound.card(("Start", "draft:1:start"))
    inbound.is_store_down = True
    pressed = await inbound.person().press(card, "Start")
    assert is_private_reply(pressed, "cannot write anything down right now")


async def test_an_acknowledgement_that_comes_too_late_loses_nothing(inbound: Inbound):
    card = await inbound.card(("Start", "draft:1:start"))
    inbound.acceptor.may_return.clear()
    pressed = await inbound.person().press(card, "Start", await_answer=False)
    await inbound.acceptor.calls.get()
    inbound.fake.clock.advance(seconds=4)
    inbound.acceptor.may_return.set()
    await inbound.arrived(ButtonPress)
    assert pressed.is_failed
