"""Block Kit: what Slack refuses is refused, with its place, and is a complaint."""

import pytest
from slack_sdk.errors import SlackApiError

PLAIN = "plain_text"


def plain(text):
    return {"type": PLAIN, "text": text}


def section(text="hi", **more):
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def press(**more):
    return {"type": "button", "text": plain("Go"), "action_id": "go", **more}


def actions(*elements, **more):
    return {"type": "actions", "elements": list(elements), **more}


def option(number=0, text="one"):
    return {"text": plain(text), "value": str(number)}


def select(options, **more):
    return {"type": "static_select", "action_id": "s", "options": options, **more}


def asked(element, **more):
    return {"type": "input", "label": plain("Label"), "element": {"action_id": "e", **element}, **more}


WRONG_IN_MESSAGES = {
    "unknown type": ([{"type": "carousel_of_dreams"}], "unsupported type: carousel_of_dreams"),
    "unknown element": ([actions({"type": "lever", "action_id": "a"})], "unsupported type: lever"),
    "unknown key": ([section(colour="red")], "no more properties allowed"),
    "markdown in a button": (
        [actions(press(text={"type": "mrkdwn", "text": "x"}))],
        "json-pointer:/blocks/0/elements/0",
    ),
    "51 blocks": ([{"type": "divider"}] * 51, "no more than 50 items"),
    "a long section": ([section("x" * 3001)], "less than 3001 characters [json-pointer:/blocks/0/text/text]"),
    "an empty section": ([section("")], "more than 0 characters"),
    "a section of nothing": ([{"type": "section"}], "missing required field"),
    "11 fields": ([{"type": "section", "fields": [plain("x")] * 11}], "no more than 10 items"),
    "a long header": ([{"type": "header", "text": plain("x" * 151)}], "less than 151 characters"),
    "26 buttons": ([actions(*(press(action_id=str(n)) for n in range(26)))], "no more than 25 items"),
    "no buttons": ([actions()], "at least 1 items"),
    "a long label": ([actions(press(text=plain("x" * 76)))], "less than 76 characters"),
    "a long value": ([actions(press(value="x" * 2001))], "less than 2001 characters"),
    "101 options": ([actions(select([option(n) for n in range(101)]))], "no more than 100 items"),
    "a long option": ([actions(select([option(1, "x" * 76)]))], "less than 76 characters"),
    "11 boxes": (
        [actions({"type": "checkboxes", "action_id": "c", "options": [option(n) for n in range(11)]})],
        "no more than 10 items",
    ),
    "no such initial option": (
        [actions(select([option(1)], initial_option=option(2)))],
        "one of the provided options",
    ),
    "one block_id twice": ([section(block_id="a"), section(block_id="a")], "block_id already exists"),
    "one action_id twice": ([actions(press(), press())], "action_id already exists"),
    "a file field in a message": ([asked({"type": "file_input"})], "unsupported type: file_input"),
    "a picture without words": (
        [{"type": "image", "image_url": "https://a.example/b.png"}],
        "missing required field",
    ),
    "a long context": ([{"type": "context", "elements": [plain("x")] * 11}], "no more than 10 items"),
    "a long confirmation": (
        [
            actions(
                press(
                    confirm={
                        "title": plain("x" * 101),
                        "text": plain("x"),
                        "confirm": plain("x"),
                        "deny": plain("x"),
                    }
                )
            )
        ],
        "less than 101 characters",
    ),
}


@pytest.mark.parametrize("name", WRONG_IN_MESSAGES)
async def test_a_message_with_this_is_refused(fake_slack, client, name):
    blocks, words = WRONG_IN_MESSAGES[name]
    fake_slack.expect_complaint(words)
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=fake_slack.channel("studio").id, text="x", blocks=blocks)
    said = caught.value.response
    assert said["error"] == "invalid_blocks"
    assert any(words in each for each in said["response_metadata"]["messages"])


async def test_a_message_at_the_limits_is_taken(fake_slack, client):
    blocks = [
        section("x" * 3000),
        {"type": "header", "text": plain("x" * 150)},
        actions(*(press(action_id=str(n), text=plain("x" * 75)) for n in range(25))),
        actions(select([option(n, "x" * 75) for n in range(60)], placeholder=plain("Which"))),
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "small"}]},
        *[{"type": "divider"}] * 45,
    ]
    await client.chat_postMessage(channel=fake_slack.channel("studio").id, text="x", blocks=blocks)
    message = fake_slack.messages(fake_slack.channel("studio"))[0]
    assert len(message.buttons()) == 25 and message.text().endswith("small")


async def test_blocks_need_words_for_those_who_do_not_see_them(fake_slack, client):
    fake_slack.expect_complaint("blocks without `text`")
    await client.api_call(
        "chat.postMessage", json={"channel": fake_slack.channel("studio").id, "blocks": [section()]}
    )


async def test_too_many_words_in_all_are_refused(fake_slack, client):
    fake_slack.expect_complaint("msg_blocks_too_long")
    with pytest.raises(SlackApiError, match="msg_blocks_too_long"):
        await client.chat_postMessage(
            channel=fake_slack.channel("studio").id, text="x", blocks=[section("x" * 2500) for _ in range(5)]
        )


WRONG_IN_FORMS = {
    "a long title": ({"title": plain("x" * 25)}, "less than 25 characters [json-pointer:/view/title/text]"),
    "101 blocks": ({"blocks": [{"type": "divider"}] * 101}, "no more than 100 items"),
    "11 files": ({"blocks": [asked({"type": "file_input", "max_files": 11})]}, "between 1 and 10"),
    "no files": ({"blocks": [asked({"type": "file_input", "max_files": 0})]}, "between 1 and 10"),
    "no way to send": ({"submit": None, "blocks": [asked({"type": "plain_text_input"})]}, "submit button"),
    "much metadata": ({"private_metadata": "x" * 3001}, "less than 3001 characters"),
    "a button for a field": ({"blocks": [asked(press())]}, "unsupported type: button"),
    "a home": ({"type": "home"}, "no more properties allowed"),
    "no title": ({"title": None}, "missing required field"),
}


@pytest.mark.parametrize("name", WRONG_IN_FORMS)
async def test_a_form_with_this_is_refused(fake_slack, app, over_http, name):
    change, words = WRONG_IN_FORMS[name]
    fake_slack.expect_complaint(words)
    said = []

    @app.command("/train")
    async def train(ack, client, command):
        await ack()
        view = {
            "type": "modal",
            "title": plain("Title"),
            "submit": plain("Go"),
            "blocks": [section()],
            **change,
        }
        view = {key: value for key, value in view.items() if value is not None}
        try:
            await client.views_open(trigger_id=command["trigger_id"], view=view)
        except SlackApiError as error:
            said.append(error.response["error"])

    await over_http(app)
    await fake_slack.person("ada").slash(fake_slack.channel("studio"), "/train")
    await fake_slack.until(lambda: said)
    assert said == ["invalid_arguments"]
