"""People ask: commands, mentions, shortcuts, buttons, lists, Home, over both transports."""

import pytest

from tests.fakes.slack import File
from tests.fakes.slack_tests.pictures import picture


def button(label, action_id, **more):
    return {"type": "button", "text": {"type": "plain_text", "text": label}, "action_id": action_id, **more}


def card(text, *buttons):
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]
    return {
        "text": text,
        "blocks": blocks + ([{"type": "actions", "elements": list(buttons)}] if buttons else []),
    }


async def test_a_command_is_answered_to_the_one_who_asked(fake_slack, app, connect):
    @app.command("/train")
    async def train(ack, respond, command):
        await ack(f"Training {command['text']}.")
        await respond("It takes a while.")

    await connect(app)
    ada, bob, studio = fake_slack.person("ada"), fake_slack.person("bob"), fake_slack.channel("studio")
    asked = await ada.slash(studio, "/train", "product Boots")
    await fake_slack.until(lambda: len(asked.replies) == 2)

    assert asked.acked_within == 0
    said = ["It takes a while.", "Training product Boots."]
    assert sorted(asked.text().splitlines()) == said
    assert sorted(each.text() for each in fake_slack.messages(studio, to=ada)) == said
    assert fake_slack.messages(studio, to=bob) == []


async def test_a_mention_with_files_comes_with_the_files(fake_slack, app, connect):
    heard = []

    @app.event("app_mention")
    async def mentioned(event, say):
        heard.append(event)
        await say(text="I see them.", thread_ts=event["ts"])

    @app.event("message")
    async def ignored(): ...

    @app.event("file_shared")
    async def also_ignored(): ...

    await connect(app)
    ada, studio = fake_slack.person("ada"), fake_slack.channel("studio")
    message = await ada.mention(
        studio, "train product boots", files=[File("a.png", picture()), File("b.png", picture())]
    )
    await fake_slack.until(lambda: message.replies)

    assert heard[0]["text"].endswith("train product boots")
    assert [each["name"] for each in heard[0]["files"]] == ["a.png", "b.png"]
    assert message.replies[0].text() == "I see them."
    assert [each.filename for each in message.images()] == ["a.png", "b.png"]
    told = ["file_shared", "message", "app_mention"]
    await fake_slack.until(
        lambda: all(each.is_acknowledged for name in told for each in fake_slack.told(name))
    )


async def test_a_shortcut_opens_a_form_that_is_sent_with_files(fake_slack, app, connect):
    received = []

    @app.shortcut("train_from_these")
    async def open_form(ack, shortcut, client):
        await ack()
        view = {
            "type": "modal",
            "callback_id": "train",
            "private_metadata": shortcut["message"]["ts"],
            "title": {"type": "plain_text", "text": "Train"},
            "submit": {"type": "plain_text", "text": "Start"},
            "blocks": [
                {
                    "type": "input",
                    "block_id": "name",
                    "label": {"type": "plain_text", "text": "Name"},
                    "element": {"type": "plain_text_input", "action_id": "name"},
                },
                {
                    "type": "input",
                    "block_id": "photos",
                    "label": {"type": "plain_text", "text": "Photos"},
                    "element": {"type": "file_input", "action_id": "photos", "max_files": 10},
                },
            ],
        }
        await client.views_open(trigger_id=shortcut["trigger_id"], view=view)

    @app.view("train")
    async def sent(ack, view):
        received.append(view["state"]["values"])
        if not view["state"]["values"]["name"]["name"]["value"].isalpha():
            await ack(response_action="errors", errors={"name": "Use letters only."})
        else:
            await ack()

    @app.event("message")
    async def ignored(): ...

    await connect(app)
    ada, studio = fake_slack.person("ada"), fake_slack.channel("studio")
    message = await ada.say(studio, "look at these")
    asked = await ada.shortcut(message, "train_from_these")
    form = await asked.opened()

    with pytest.raises(AssertionError, match="'Photos' must be filled in"):
        await ada.submit(form, {"Name": "boots"})
    with pytest.raises(AssertionError, match="takes 10 files"):
        await ada.submit(form, {"Photos": [File(f"{number}.png", b"1") for number in range(11)]})
    refused = await ada.submit(form, {"Name": "boots 2", "Photos": [File("a.png", picture())]})
    assert refused.errors == {"Name": "Use letters only."} and form.is_open and ada.view is form

    await ada.submit(form, {"Name": "boots"})
    assert not form.is_open and ada.view is None
    assert form.private_metadata == message.ts
    assert [each["name"] for each in received[-1]["photos"]["photos"]["files"]] == ["a.png"]


async def test_a_button_is_pressed_and_its_card_changes(fake_slack, app, client, connect):
    @app.action("go")
    async def go(ack, respond, body):
        await ack()
        await respond(**card("Started."), replace_original=True)

    await connect(app)
    ada, studio = fake_slack.person("ada"), fake_slack.channel("studio")
    await client.chat_postMessage(channel=studio.id, **card("Ready?", button("Start", "go", value="7")))
    message = fake_slack.message_with("Ready?")
    await ada.press(message, "Start")
    await fake_slack.until(lambda: message.is_edited)

    assert message.text() == "Started." and message.history == ["Ready?"]
    assert message.buttons() == []
    assert fake_slack.told("block_actions")[0].payload["actions"][0]["value"] == "7"


async def test_a_list_asks_the_app_for_its_options(fake_slack, app, client, connect):
    chosen = []

    @app.options("model")
    async def offer(ack, payload):
        names = [
            name for name in ("Boots", "Bottle", "Mug") if name.lower().startswith(payload["value"].lower())
        ]
        await ack(options=[{"text": {"type": "plain_text", "text": name}, "value": name} for name in names])

    @app.action("model")
    async def choose(ack, action):
        await ack()
        chosen.append(action["selected_option"]["value"])

    await connect(app)
    ada, studio = fake_slack.person("ada"), fake_slack.channel("studio")
    element = {
        "type": "external_select",
        "action_id": "model",
        "min_query_length": 0,
        "placeholder": {"type": "plain_text", "text": "Which model"},
    }
    blocks = [{"type": "actions", "elements": [element]}]
    await client.chat_postMessage(channel=studio.id, text="Which?", blocks=blocks)
    message = fake_slack.messages(studio)[-1]

    assert await ada.suggest(message, "model", "bo") == ["Boots", "Bottle"]
    await ada.select(message, "Which model", "Mug")
    await fake_slack.until(lambda: chosen)
    assert chosen == ["Mug"]
    with pytest.raises(AssertionError, match="cannot be chosen"):
        await ada.select(message, "Which model", "Teapot")


async def test_home_shows_what_the_app_published(fake_slack, app, connect):
    @app.event("app_home_opened")
    async def fill(event, client):
        blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": f"Hello <@{event['user']}>"}}]
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": blocks})

    await connect(app)
    ada = fake_slack.person("ada")
    home = await ada.open_home()
    assert home.text() == f"Hello {ada.user.mention}"


async def test_reactions_are_told_with_their_message(fake_slack, app, client, connect):
    heard = []

    @app.event("reaction_added")
    async def added(event):
        heard.append((event["type"], event["reaction"], event["item"]["ts"]))

    @app.event("reaction_removed")
    async def removed(event):
        heard.append((event["type"], event["reaction"], event["item"]["ts"]))

    await connect(app)
    ada, studio = fake_slack.person("ada"), fake_slack.channel("studio")
    await client.chat_postMessage(channel=studio.id, text="Approve?")
    message = fake_slack.message_with("Approve?")
    await ada.react(message, "white_check_mark")
    assert message.reactions == {"white_check_mark": ["ada"]}
    await ada.unreact(message, "white_check_mark")
    await fake_slack.until(lambda: len(heard) == 2)
    assert sorted(heard) == [
        ("reaction_added", "white_check_mark", message.ts),
        ("reaction_removed", "white_check_mark", message.ts),
    ]
    assert message.reactions == {}


async def test_a_closed_form_is_told_where_it_asked_for_it(fake_slack, app, connect):
    closed = []

    @app.shortcut("new")
    async def open_form(ack, shortcut, client):
        await ack()
        view = {
            "type": "modal",
            "callback_id": "train",
            "notify_on_close": True,
            "title": {"type": "plain_text", "text": "Train"},
            "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "Soon."}}],
        }
        await client.views_open(trigger_id=shortcut["trigger_id"], view=view)

    @app.view_closed("train")
    async def gone(ack, view):
        await ack()
        closed.append(view["id"])

    await connect(app)
    ada = fake_slack.person("ada")
    form = await (await ada.global_shortcut("new")).opened()
    await ada.close(form)
    await fake_slack.until(lambda: closed)
    assert closed == [form.id] and ada.view is None


async def test_clients_do_not_let_people_do_what_slack_does_not(fake_slack, app, client, connect):
    await connect(app)
    ada, studio = fake_slack.person("ada"), fake_slack.channel("studio")
    secret = fake_slack.channel("secret", is_private=True)
    bob = fake_slack.person("bob")
    await client.chat_postMessage(channel=studio.id, text="hello")
    message = fake_slack.message_with("hello")

    with pytest.raises(AssertionError, match="not supported in threads"):
        await ada.slash(message, "/train", "x")
    with pytest.raises(AssertionError, match="does not see #secret"):
        await bob.slash(secret, "/train", "x")
    fake_slack.app.commands = {"/train"}
    with pytest.raises(AssertionError, match="not a valid command"):
        await ada.slash(studio, "/imagine", "x")
    with pytest.raises(AssertionError, match="own messages"):
        await ada.edit(message, "no")
    with pytest.raises(AssertionError, match="no button 'Start'"):
        await ada.press(message, "Start")
