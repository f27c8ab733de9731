"""Deadlines, retries with numbers, sockets that end in mid-flow, signatures."""

import asyncio

import aiohttp
import pytest
from slack_bolt.response import BoltResponse

from tests.fakes.slack_tests.conftest import client_for


@pytest.fixture
def reactions(app):
    """Note each reaction that is heard, with its event's id."""
    heard = []

    @app.event("reaction_added")
    async def added(event, body):
        heard.append((event["reaction"], body["event_id"]))

    return heard


async def a_message(fake):
    channel = fake.channel("studio")
    await client_for(fake).chat_postMessage(channel=channel.id, text="Approve?")
    return fake.message_with("Approve?")


async def test_a_late_acknowledgement_is_none(fake_slack, app, connect):
    let_go = asyncio.Event()

    @app.command("/train")
    async def train(ack):
        await let_go.wait()
        await ack("Too late.")

    await connect(app)
    ada, studio = fake_slack.person("ada"), fake_slack.channel("studio")
    asked = await ada.slash(studio, "/train", "x", await_answer=False)
    fake_slack.clock.advance(seconds=3)
    assert not asked.is_failed
    fake_slack.clock.advance(seconds=0.5)
    await fake_slack.until(lambda: asked.is_failed)
    let_go.set()
    await asyncio.wait_for(fake_slack.next_change(), 1)
    assert not asked.is_acknowledged and asked.replies == []


async def test_an_event_that_nobody_took_is_told_again_with_a_number(fake_slack, app, connect):
    seen = []
    is_ill = True

    @app.middleware
    async def look(req, next):
        if req.body["event"]["type"] == "reaction_added":
            seen.append((req.body["event_id"], req.headers.get("x-slack-retry-num")))
        return BoltResponse(status=500) if is_ill else await next()

    @app.event("reaction_added")
    async def added(): ...

    message = await a_message(fake_slack)
    await connect(app)
    await fake_slack.person("ada").react(message, "eyes")
    over_http = fake_slack.http.is_used
    if not over_http:
        # Over a socket there is no status: what is not acknowledged in time counts as lost.
        await fake_slack.until(lambda: len(seen) == 1)
        fake_slack.clock.advance(seconds=4)
    await fake_slack.until(lambda: len(seen) == 2)
    if not over_http:
        fake_slack.clock.advance(seconds=4)
    await fake_slack.until(lambda: fake_slack.told("reaction_added")[0].retry_at is not None)
    is_ill = False
    fake_slack.clock.advance(minutes=1)
    await fake_slack.until(lambda: len(seen) == 3)

    [told] = fake_slack.told("reaction_added")
    await fake_slack.until(lambda: told.is_acknowledged)
    assert [attempt.number for attempt in told.attempts] == [0, 1, 2]
    assert {event_id for event_id, *_ in seen} == {told.payload["event_id"]}
    if over_http:
        assert [number for _, number in seen] == [None, ["1"], ["2"]]
        assert told.attempts[1].reason == "http_error"


async def test_an_event_may_come_twice_with_the_same_id(fake_slack, app, connect, reactions):
    message = await a_message(fake_slack)
    await connect(app)
    fake_slack.faults.duplicate_event("reaction_added")
    fake_slack.faults.retry_event("reaction_added")
    await fake_slack.person("ada").react(message, "eyes")
    await fake_slack.until(lambda: len(reactions) == 3)
    assert len(set(reactions)) == 1


async def test_an_event_may_be_lost_for_good(fake_slack, app, connect, reactions):
    message = await a_message(fake_slack)
    await connect(app)
    fake_slack.faults.lose_event("reaction_added")
    ada = fake_slack.person("ada")
    await ada.react(message, "eyes")
    await ada.react(message, "tada")
    await fake_slack.until(lambda: reactions)
    assert [name for name, _ in reactions] == ["tada"]


async def test_what_was_under_way_when_a_socket_was_cut_is_told_again(fake_slack, app, over_sockets):
    arrived, let_go, heard = asyncio.Event(), asyncio.Event(), []

    @app.middleware
    async def slow(next):
        arrived.set()
        await let_go.wait()
        await next()

    @app.event("reaction_added")
    async def added(event):
        heard.append(event["reaction"])

    message = await a_message(fake_slack)
    await over_sockets(app)
    await fake_slack.person("ada").react(message, "eyes")
    await arrived.wait()
    await fake_slack.faults.close_sockets()
    let_go.set()
    await fake_slack.until(lambda: fake_slack.sockets.opened == 2 and fake_slack.sockets.is_connected)
    fake_slack.clock.advance(minutes=1)
    await fake_slack.until(lambda: fake_slack.told("reaction_added")[0].is_acknowledged)
    await fake_slack.until(lambda: len(heard) >= 2)
    assert set(heard) == {"eyes"}


async def test_a_refresh_loses_nothing(fake_slack, app, over_sockets, reactions):
    message = await a_message(fake_slack)
    await over_sockets(app)
    await fake_slack.faults.refresh_sockets()
    await fake_slack.person("ada").react(message, "eyes")
    await fake_slack.until(lambda: fake_slack.sockets.is_connected)
    fake_slack.clock.advance(minutes=1)
    await fake_slack.until(lambda: reactions)
    assert fake_slack.sockets.opened == 2
    assert len(reactions) == 1


async def test_a_refused_handshake_is_tried_again(fake_slack, app, over_sockets, reactions):
    message = await a_message(fake_slack)
    await over_sockets(app)
    fake_slack.faults.refuse_next_socket()
    await fake_slack.faults.close_sockets()
    await fake_slack.until(lambda: fake_slack.sockets.is_connected)
    await fake_slack.person("ada").react(message, "eyes")
    await fake_slack.until(lambda: reactions)


async def test_two_sockets_share_what_is_told(fake_slack, app, over_sockets, reactions):
    message = await a_message(fake_slack)
    await over_sockets(app)
    await over_sockets(app)
    await fake_slack.until(lambda: len(fake_slack.sockets.lines) == 2)
    ada = fake_slack.person("ada")
    for emoji in ("one", "two", "three", "four"):
        await ada.react(message, emoji)
    await fake_slack.until(lambda: len(reactions) == 4)
    told = fake_slack.told("reaction_added")
    assert {each.attempts[0].line.number for each in told} == {1, 2}
    await fake_slack.until(lambda: all(each.is_acknowledged for each in told))


async def test_an_envelope_that_was_never_sent_cannot_be_acknowledged(fake_slack):
    fake_slack.expect_complaint("never sent")
    fake_slack.expect_complaint("used before")
    async with aiohttp.ClientSession() as session:
        address = fake_slack.sockets.new_address()
        async with session.ws_connect(address) as socket:
            assert (await socket.receive_json())["type"] == "hello"
            await socket.send_json({"envelope_id": "made-up"})
            await fake_slack.until(lambda: fake_slack.complaints)
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(address)


async def test_only_what_is_signed_now_and_rightly_is_heard(fake_slack, app, over_http, reactions):
    message = await a_message(fake_slack)
    await over_http(app)
    ada = fake_slack.person("ada")
    fake_slack.faults.wrong_signature("reaction_added")
    fake_slack.faults.stale_signature("reaction_added")
    await ada.react(message, "eyes")
    [told] = fake_slack.told("reaction_added")
    await fake_slack.until(lambda: len(told.attempts) == 2 and told.retry_at is not None)
    assert reactions == []
    fake_slack.clock.advance(minutes=1)
    await fake_slack.until(lambda: reactions)
    assert [attempt.reason for attempt in told.attempts] == ["", "http_error", "http_error"]


async def test_an_address_proves_itself_by_the_challenge(fake_slack, app, over_http):
    await over_http(app)
    assert await fake_slack.verify_url()
    fake_slack.faults.wrong_signature("url_verification")
    assert not await fake_slack.verify_url()


async def test_events_need_a_subscription_a_scope_and_a_seat_in_the_channel(
    fake_slack, app, connect, reactions
):
    message = await a_message(fake_slack)
    await connect(app)
    ada, installation = fake_slack.person("ada"), fake_slack.workspace.installed
    fake_slack.faults.take_scope("reactions:read")
    await ada.react(message, "one")
    fake_slack.faults.give_scope("reactions:read")
    fake_slack.app.events.remove("reaction_added")
    await ada.react(message, "two")
    fake_slack.app.events.add("reaction_added")
    fake_slack.leave(message.channel, installation.bot)
    await ada.react(message, "three")
    fake_slack.join(message.channel, installation.bot)
    await ada.react(message, "four")
    await fake_slack.until(lambda: reactions)
    assert [name for name, _ in reactions] == ["four"]


async def test_a_manifest_sets_what_there_is(fake_slack):
    fake_slack.app.configure(
        {
            "display_information": {"name": "Likeness"},
            "oauth_config": {"scopes": {"bot": ["chat:write", "commands"]}},
            "features": {"slash_commands": [{"command": "/train", "description": "Train", "usage_hint": ""}]},
            "settings": {
                "event_subscriptions": {"bot_events": ["app_mention"]},
                "interactivity": {"is_enabled": True},
            },
        }
    )
    fake_slack.deliver_to("http://127.0.0.1:9/nobody")
    ada, studio = fake_slack.person("ada"), fake_slack.channel("studio")
    with pytest.raises(AssertionError, match="not a valid command"):
        await ada.slash(studio, "/imagine")
    with pytest.raises(AssertionError, match="no message shortcut"):
        await ada.shortcut(await ada.say(studio, "hi"), "train")
    with pytest.raises(AssertionError, match="no Home tab"):
        await ada.open_home()
    assert fake_slack.told("message") == []
    asked = await ada.slash(studio, "/train")
    assert asked.is_failed


async def test_a_warned_app_comes_back_over_another_line_in_time(fake_slack, app, over_sockets, reactions):
    message = await a_message(fake_slack)
    await over_sockets(app)
    await fake_slack.faults.warn_sockets()
    await fake_slack.until(lambda: fake_slack.sockets.opened == 2 and len(fake_slack.sockets.lines) == 1)
    await fake_slack.person("ada").react(message, "eyes")
    await fake_slack.until(lambda: reactions)


async def test_without_a_line_commands_fail_and_events_wait(fake_slack, app, over_sockets, reactions):
    message = await a_message(fake_slack)
    ada = fake_slack.person("ada")
    asked = await ada.slash(message.channel, "/train")
    assert asked.is_failed
    await ada.react(message, "eyes")
    await over_sockets(app)
    fake_slack.clock.advance(minutes=1)
    await fake_slack.until(lambda: reactions)
    assert [each.reason for each in fake_slack.told("reaction_added")[0].attempts][1:] == [
        "connection_failed"
    ] * 2


async def test_after_five_minutes_an_event_is_given_up(fake_slack):
    message = await a_message(fake_slack)
    await fake_slack.person("ada").react(message, "eyes")
    [told] = fake_slack.told("reaction_added")
    for minutes in (0, 1, 5):
        fake_slack.clock.advance(minutes=minutes)
        await fake_slack.until(lambda: told.is_failed or told.retry_at > fake_slack.clock.monotonic())
    assert told.is_failed and len(told.attempts) == 4
