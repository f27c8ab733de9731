"""The connection: lines that end, forged requests, tokens that are taken away. Nothing is lost, or heard twice."""

from __future__ import annotations

import asyncio
import logging
import socket
from contextlib import ExitStack

import aiohttp
import pytest
from aiohttp import web
from pydantic import SecretStr

from bot.requests import ImagineRequest, JobsRequest
from bot.slack.hearing import NOT_INSTALLED, SOMETHING_BROKE
from bot.slack.listening import (
    FIRST_PAUSE_SECONDS,
    LONGEST_PAUSE_SECONDS,
    NOTHING_SET,
    SOCKET_MODE_IS_OFF,
    WRONG_APP_TOKEN,
    WRONG_SIGNING_SECRET,
)
from core.logs import QUIET
from core.settings import Settings
from tests.bot.slack.conftest import Inbound, is_private_reply, slack_settings
from tests.fakes.slack import RESET_BEFORE, FakeSlack, rate_limited, server_error


async def test_slack_finds_the_address_that_it_was_given(over_http: Inbound):
    assert await over_http.fake.verify_url()


async def test_what_somebody_else_signed_is_not_heard(over_http: Inbound):
    mia = over_http.person()
    over_http.fake.faults.wrong_signature("/imagine")
    forged = await mia.slash(over_http.studio, "/imagine", "a mug", await_answer=False)
    await over_http.fake.until(lambda: forged.is_failed)
    over_http.fake.faults.stale_signature("/imagine")
    replayed = await mia.slash(over_http.studio, "/imagine", "a mug", await_answer=False)
    await over_http.fake.until(lambda: replayed.is_failed)
    assert over_http.acceptor.requests == []
    await mia.slash(over_http.studio, "/imagine", "a cup")
    assert over_http.only(ImagineRequest).prompt == "a cup"


async def test_a_signing_secret_that_never_fits_is_a_sentence_for_the_operator(over_http: Inbound):
    right, mia = over_http.settings, over_http.person()
    wrong = {"slack_signing_secret": SecretStr("mistyped")}
    over_http.settings = right.model_copy(update=wrong)
    await over_http.start()
    refused = await mia.slash(over_http.studio, "/imagine", "a mug", await_answer=False)
    await over_http.fake.until(lambda: refused.is_failed)
    assert over_http.listener.problem == WRONG_SIGNING_SECRET

    over_http.settings = right
    await over_http.start()
    await mia.slash(over_http.studio, "/imagine", "a mug")
    over_http.fake.faults.wrong_signature("/imagine")
    forged = await mia.slash(over_http.studio, "/imagine", "a cup", await_answer=False)
    await over_http.fake.until(lambda: forged.is_failed)
    assert over_http.listener.problem == "", "Slack's fit, so this was somebody else's"


async def test_a_body_that_is_none_is_refused_without_a_fuss(over_http: Inbound):
    address = f"{over_http.listener.address}/slack/events"
    async with aiohttp.ClientSession() as session:
        for body in ("", "{", "payload=%7B", "payload=[]", "{}", "[" * 100_000, "\x00", b"\xff"):
            async with session.post(address, data=body) as response:
                assert response.status in (400, 401)
    assert over_http.acceptor.requests == [] and over_http.listener.is_up


async def test_when_slack_refreshes_a_line_nothing_that_is_under_way_is_lost(over_sockets: Inbound):
    fake, mia = over_sockets.fake, over_sockets.person()
    over_sockets.acceptor.may_return.clear()
    asked = await mia.slash(over_sockets.studio, "/imagine", "a mug", await_answer=False)
    await fake.until(lambda: over_sockets.acceptor.calls.qsize() == 1)
    [old] = fake.sockets.lines
    await fake.faults.refresh_sockets()
    await fake.until(lambda: fake.sockets.opened == 2)
    over_sockets.acceptor.may_return.set()
    await fake.until(lambda: asked.is_acknowledged)
    await fake.until(lambda: old not in fake.sockets.lines)
    await mia.slash(over_sockets.studio, "/imagine", "a cup")
    assert [request.prompt for request in await over_sockets.arrived(ImagineRequest, 2)] == ["a mug", "a cup"]
    assert over_sockets.waits == [], "the next line stood before the old one was closed"


async def test_a_warning_is_taken_as_a_reason_to_move(over_sockets: Inbound):
    fake = over_sockets.fake
    await fake.faults.warn_sockets()
    await fake.until(lambda: fake.sockets.opened == 2 and len(fake.sockets.lines) == 1)
    await over_sockets.person().slash(over_sockets.studio, "/imagine", "a mug")
    assert over_sockets.only(ImagineRequest).prompt == "a mug"
    assert over_sockets.listener.lives == 1


async def test_a_line_that_is_cut_is_begun_anew_and_what_was_told_is_told_again(over_sockets: Inbound):
    fake, mia = over_sockets.fake, over_sockets.person()
    over_sockets.acceptor.may_return.clear()
    await mia.mention(over_sockets.studio, "@ada at sea")
    await fake.until(lambda: over_sockets.acceptor.calls.qsize() == 1)
    over_sockets.may_pass.clear()
    await fake.faults.close_sockets()
    over_sockets.acceptor.may_return.set()
    await fake.until(lambda: over_sockets.waits == [FIRST_PAUSE_SECONDS])
    assert not over_sockets.listener.is_up
    over_sockets.may_pass.set()
    await fake.until(lambda: over_sockets.listener.is_up)
    fake.clock.advance(minutes=1)
    [told] = fake.told("app_mention")
    await fake.until(lambda: told.is_acknowledged)
    assert over_sockets.only(ImagineRequest).prompt == "@ada at sea"
    assert over_sockets.acceptor.calls.qsize() == 2


async def test_a_line_that_is_closed_in_good_order_is_begun_anew(over_sockets: Inbound):
    fake = over_sockets.fake
    await fake.faults.close_sockets(in_good_order=True)
    await fake.until(lambda: over_sockets.listener.lives == 2 and over_sockets.listener.is_up)
    await over_sockets.person().slash(over_sockets.studio, "/imagine", "a mug")
    assert over_sockets.only(ImagineRequest).prompt == "a mug"


async def test_pauses_grow_while_slack_is_not_to_be_had(over_sockets: Inbound):
    fake = over_sockets.fake
    await over_sockets.stop()
    fake.faults.refuse_next_socket(2)
    fake.faults.next("apps.connections.open", server_error())
    fake.faults.next("apps.connections.open", RESET_BEFORE)
    await over_sockets.begin()
    await fake.until(lambda: over_sockets.listener.is_up)
    assert over_sockets.waits == [1.0, 2.0, 4.0, 8.0]
    assert over_sockets.listener.problem == ""


async def test_slack_may_ask_to_wait_before_it_gives_out_a_line(over_sockets: Inbound):
    await over_sockets.stop()
    over_sockets.fake.faults.next("apps.connections.open", rate_limited(0))
    await over_sockets.start()
    assert over_sockets.listener.lives == 1


async def test_a_wrong_token_is_one_sentence_for_the_operator_and_no_secret_in_the_log(
    over_sockets: Inbound, caplog: pytest.LogCaptureFixture
):
    await over_sockets.stop()
    right = over_sockets.settings
    wrong = "xapp-1-A0-0-mistyped"
    over_sockets.settings = right.model_copy(update={"slack_app_token": SecretStr(wrong)})
    with caplog.at_level(logging.INFO):
        await over_sockets.begin()
        await over_sockets.fake.until(lambda: len(over_sockets.waits) >= 3)
    assert over_sockets.listener.problem == WRONG_APP_TOKEN
    assert not over_sockets.listener.is_up
    said = [record for record in caplog.records if WRONG_APP_TOKEN in record.getMessage()]
    assert len(said) == 1, "once, however often it is tried"
    assert wrong not in caplog.text
    assert over_sockets.waits[1] == LONGEST_PAUSE_SECONDS


async def test_socket_mode_that_is_switched_off_is_a_sentence_until_it_is_on_again(over_sockets: Inbound):
    fake = over_sockets.fake
    over_sockets.may_pass.clear()
    await fake.faults.disable_socket_mode()
    await fake.until(lambda: over_sockets.listener.problem == SOCKET_MODE_IS_OFF)
    over_sockets.may_pass.set()
    await fake.until(lambda: over_sockets.listener.is_up)
    assert over_sockets.listener.problem == ""
    over_sockets.waits.clear()
    await fake.faults.close_sockets()
    await fake.until(lambda: over_sockets.waits)
    assert over_sockets.waits[0] <= 2 * FIRST_PAUSE_SECONDS, "the long pauses are over, too"


async def test_what_people_write_stays_out_of_the_log(inbound: Inbound, caplog: pytest.LogCaptureFixture):
    mia = inbound.person()
    with ExitStack() as levels:
        for name, least in QUIET.items():  # as every process sets them
            levels.enter_context(caplog.at_level(least, name))
        levels.enter_context(caplog.at_level(logging.DEBUG))
        await mia.slash(inbound.studio, "/imagine", "a secret recipe")
        form = await (await mia.slash(inbound.studio, "/train", "product secret recipe")).opened()
        await mia.close(form)
        await mia.mention(inbound.studio, "secret recipe")
        await inbound.whispered(mia, "I know /train")
        inbound.is_store_down = True
        await mia.slash(inbound.studio, "/imagine", "a secret recipe")
    said = "\n".join(record.getMessage() for record in caplog.records)
    assert "action=request_not_written" in said and "recipe" not in said
    assert inbound.fake.bot_token not in said and inbound.fake.app_token not in said
    assert "ticket=" not in said


@pytest.mark.parametrize("way", ["uninstall", "revoke_token"])
async def test_a_workspace_that_takes_the_app_out_is_let_go(inbound: Inbound, way: str):
    await getattr(inbound.fake.faults, way)()
    await inbound.fake.until(lambda: inbound.team in inbound.tokens.gone)
    await inbound.all_told("tokens_revoked")


async def test_leaving_is_told_again_while_it_cannot_be_written_down(over_http: Inbound):
    over_http.tokens.is_down = True
    await over_http.fake.faults.uninstall()
    [told] = over_http.fake.told("app_uninstalled")
    await over_http.fake.until(lambda: len(told.attempts) == 2 and told.retry_at is not None)
    over_http.tokens.is_down = False
    over_http.fake.clock.advance(minutes=1)
    await over_http.fake.until(lambda: told.is_acknowledged)
    assert over_http.team in over_http.tokens.gone


async def test_who_asks_where_the_app_is_unknown_is_told_so(inbound: Inbound):
    inbound.tokens.gone.append(inbound.team)
    mia = inbound.person()
    asked = await mia.slash(inbound.studio, "/imagine", "a mug")
    assert is_private_reply(asked, NOT_INSTALLED)
    asked = await mia.slash(inbound.studio, "/train")
    assert is_private_reply(asked, NOT_INSTALLED)
    assert inbound.acceptor.requests == []


async def test_a_token_that_cannot_be_had_now_loses_no_request(inbound: Inbound):
    inbound.tokens.is_unreachable = True
    await inbound.person().slash(inbound.studio, "/imagine", "a mug")
    assert inbound.only(ImagineRequest).prompt == "a mug"


async def test_two_workspaces_are_two(over_http: Inbound):
    fake = over_http.fake
    other = fake.add_workspace("Rival", is_installed=True)
    place = fake.channel("studio", other)
    spy = fake.person("mia", other)
    await spy.slash(place, "/imagine", "a mug")
    request = over_http.only(ImagineRequest)
    assert request.requester.workspace == other.id != over_http.team
    assert request.requester.thread.thread.startswith(f"{other.id}/")


async def test_a_bug_costs_one_answer(
    over_http: Inbound, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    card = await over_http.card(("Start", "draft:7:start"))
    mia = over_http.person()
    with monkeypatch.context() as patch, caplog.at_level(logging.CRITICAL):
        patch.setattr(over_http.things, "in_charge", None)
        asked = await mia.slash(over_http.studio, "/jobs")
        assert is_private_reply(asked, SOMETHING_BROKE)
        pressed = await mia.press(card, "Start")
        assert SOMETHING_BROKE in (await pressed.replied()).text()
        await mia.mention(over_http.studio, "jobs")
        [told] = over_http.fake.told("app_mention")
        await over_http.fake.until(lambda: told.retry_at is not None)
    assert over_http.acceptor.requests == []
    over_http.fake.clock.advance(minutes=1)
    await over_http.fake.until(lambda: told.is_acknowledged)
    assert over_http.only(JobsRequest), "an event is told again, and by then the bug may have passed"
    await mia.press(card, "Start")
    assert len(over_http.acceptor.requests) == 2


async def test_many_people_ask_at_once(inbound: Inbound):
    people = [inbound.person(f"person-{number}") for number in range(40)]
    asked = [
        await each.slash(inbound.studio, "/imagine", f"mug {each.name}", await_answer=False)
        for each in people
    ]
    await inbound.fake.until(lambda: all(each.is_acknowledged for each in asked))
    prompts = {request.prompt for request in await inbound.arrived(ImagineRequest, 40)}
    assert prompts == {f"mug {each.name}" for each in people}


async def hello(request: web.Request) -> web.Response:
    return web.Response(text="install here")


@pytest.mark.parametrize("transport", ["http", "sockets"])
async def test_installing_is_answered_over_http_whatever_slack_speaks_over(
    fake_slack: FakeSlack, settings: Settings, transport: str
):
    inbound = Inbound(fake_slack, slack_settings(settings, fake_slack, transport))
    await inbound.begin(routes=[web.get("/slack/install", hello)])
    await fake_slack.until(lambda: inbound.listener.is_up and inbound.listener.address)
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{inbound.listener.address}/slack/install") as response:
            assert await response.text() == "install here"
        async with session.post(f"{inbound.listener.address}/slack/events", data="{}") as response:
            # Where Slack speaks over a socket, nobody else shall over HTTP.
            assert response.status == (401 if transport == "http" else 404)
    await inbound.stop()


async def test_an_address_that_is_taken_is_a_sentence_for_the_operator(
    fake_slack: FakeSlack, settings: Settings
):
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = f"127.0.0.1:{other.getsockname()[1]}"
        ready = slack_settings(settings, fake_slack, "http")
        inbound = Inbound(fake_slack, ready.model_copy(update={"slack_listen": taken}))
        await inbound.begin()
        await fake_slack.until(lambda: inbound.listener.problem)
    assert taken in inbound.listener.problem and "LIKENESS_SLACK_LISTEN" in inbound.listener.problem
    await inbound.stop()


async def test_without_either_way_in_that_is_said(fake_slack: FakeSlack, settings: Settings):
    inbound = Inbound(fake_slack, settings)
    await inbound.begin()
    await fake_slack.until(lambda: inbound.listener.problem == NOTHING_SET)
    assert not inbound.listener.is_up
    await inbound.stop()


async def test_stopping_leaves_nothing_behind(inbound: Inbound):
    mia = inbound.person()
    await mia.slash(inbound.studio, "/imagine", "a mug")
    await inbound.stop()
    assert not inbound.listener.is_up
    await inbound.fake.until(lambda: not inbound.fake.sockets.lines)
    running = [task.get_name() for task in asyncio.all_tasks() if "bot.slack" in repr(task)]
    assert running == []
