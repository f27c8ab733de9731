"""Answering what was asked: response addresses that end, and what acknowledgements may say."""

import aiohttp
import pytest


@pytest.fixture
async def asked(fake_slack, app, over_http):
    """A command that was acknowledged, and nothing said."""

    @app.command("/train")
    async def train(ack):
        await ack()

    await over_http(app)
    return await fake_slack.person("ada").slash(fake_slack.channel("studio"), "/train")


async def answer(asked, **said):
    async with aiohttp.ClientSession() as session, session.post(asked.response_url, json=said) as response:
        return response.status, await response.text()


async def test_five_answers_and_no_more(fake_slack, asked):
    for number in range(5):
        assert await answer(asked, text=str(number)) == (200, "ok")
    status, text = await answer(asked, text="6")
    assert status == 404 and "used_url" in text
    assert asked.text() == "0\n1\n2\n3\n4"


async def test_half_an_hour_and_no_longer(fake_slack, asked):
    fake_slack.clock.advance(minutes=30)
    assert (await answer(asked, text="in time"))[0] == 200
    fake_slack.clock.advance(seconds=1)
    status, text = await answer(asked, text="late")
    assert status == 404 and "expired_url" in text


async def test_all_may_see_an_answer(fake_slack, asked):
    await answer(asked, text="for all", response_type="in_channel")
    assert [each.text() for each in fake_slack.messages(asked.channel)] == ["for all"]


async def test_wrong_answers_are_complaints(fake_slack, asked):
    fake_slack.expect_complaint("unknown key 'colour'")
    fake_slack.expect_complaint("no_text")
    fake_slack.expect_complaint("no JSON sent")
    await answer(asked, text="x", colour="red")
    assert (await answer(asked))[0] == 404
    async with aiohttp.ClientSession() as session, session.post(asked.response_url, data="hello") as response:
        assert response.status == 404


async def test_a_press_takes_no_answer(fake_slack, app, client, over_http):
    fake_slack.expect_complaint("takes no answer")

    @app.action("go")
    async def go(ack):
        await ack("Thanks.")

    await over_http(app)
    ada, studio = fake_slack.person("ada"), fake_slack.channel("studio")
    press = {"type": "button", "text": {"type": "plain_text", "text": "Go"}, "action_id": "go"}
    await client.chat_postMessage(
        channel=studio.id, text="x", blocks=[{"type": "actions", "elements": [press]}]
    )
    await ada.press(fake_slack.messages(studio)[0], "Go")


async def test_a_press_can_be_answered_by_changing_or_taking_away_its_message(
    fake_slack, app, client, over_http
):
    @app.action("go")
    async def go(ack):
        await ack()

    await over_http(app)
    ada, studio = fake_slack.person("ada"), fake_slack.channel("studio")
    press = {"type": "button", "text": {"type": "plain_text", "text": "Go"}, "action_id": "go"}
    await client.chat_postMessage(
        channel=studio.id, text="x", blocks=[{"type": "actions", "elements": [press]}]
    )
    message = fake_slack.messages(studio)[0]
    pressed = await ada.press(message, "Go")
    await answer(pressed, text="changed", replace_original=True)
    assert message.is_edited and message.notification == "changed"
    await answer(pressed, delete_original=True)
    assert message.is_deleted and fake_slack.messages(studio) == []
