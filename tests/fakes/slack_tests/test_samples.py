"""Whether what the fake sends looks like what Slack sends: each kind is held against its official sample."""

import copy

import pytest

from tests.fakes.slack import File
from tests.fakes.slack.sample_lists import ADDED, HAND_WRITTEN, OPTIONAL, UNLIKE
from tests.fakes.slack.samples import (
    EVENT_SAMPLES,
    INTERACTION_SAMPLES,
    differences,
    flaws_in_payload,
    name_of,
    sample_for,
)
from tests.fakes.slack_tests.conftest import client_for
from tests.fakes.slack_tests.pictures import picture


def plain(text):
    return {"type": "plain_text", "text": text}


async def everything(fake, app, connect):
    """Let everything happen that the app is told of."""
    client = client_for(fake)

    @app.middleware
    async def take(ack, body, client):
        if body.get("type") == "block_suggestion":
            return await ack(options=[{"text": plain("One"), "value": "1"}])
        if "command" in body or body.get("type") == "shortcut":
            await client.views_open(trigger_id=body["trigger_id"], view=form)
        if body.get("event", {}).get("type") == "app_home_opened":
            await client.views_publish(
                user_id=body["event"]["user"],
                view={"type": "home", "blocks": [{"type": "actions", "elements": elements}]},
            )
        return await ack()

    field = {
        "type": "input",
        "label": plain("Photos"),
        "element": {"type": "file_input", "action_id": "photos"},
    }
    form = {
        "type": "modal",
        "title": plain("Form"),
        "submit": plain("Go"),
        "notify_on_close": True,
        "blocks": [field],
    }
    elements = [
        {"type": "button", "text": plain("Go"), "action_id": "go", "value": "1", "style": "primary"},
        {
            "type": "external_select",
            "action_id": "which",
            "min_query_length": 0,
            "placeholder": plain("Which"),
        },
        {"type": "checkboxes", "action_id": "boxes", "options": [{"text": plain("A"), "value": "a"}]},
    ]
    await connect(app)
    ada, studio = fake.person("ada"), fake.channel("studio")
    ada.direct_channel()
    message = await ada.mention(studio, "look", files=[File("a.png", picture())])
    await ada.mention(message, "in the thread")
    await ada.say(studio, "plain")
    await ada.edit(fake.message_with("plain"), "edited")
    await ada.delete(fake.message_with("edited"))
    noted = {"event_type": "job", "event_payload": {"job": "7"}}
    card = await client.chat_postMessage(
        channel=studio.id,
        text="card",
        blocks=[{"type": "actions", "elements": elements}],
        metadata=noted,
        thread_ts=message.ts,
    )
    posted = studio.messages[card["ts"]]
    await ada.react(posted, "eyes")
    await ada.press(posted, "Go")
    await ada.select(posted, "boxes", ["A"])
    await ada.select(posted, "Which", "One")
    await ada.unreact(posted, "eyes")
    await client.chat_update(channel=studio.id, ts=posted.ts, text="card", metadata=noted)
    await ada.shortcut(message, "shortcut")
    await ada.shortcut(posted, "shortcut")
    view = await (await ada.slash(studio, "/train", "x")).opened()
    await ada.submit(view, {"Photos": [File("b.png", picture())]})
    await ada.close(await (await ada.global_shortcut("shortcut")).opened())
    home = await ada.open_home()
    await ada.press(home, "Go")
    await ada.suggest(home, "which", "o")
    uploaded = await client.files_upload_v2(channel=studio.id, filename="c.png", content=picture())
    await client.files_info(file=uploaded["file"]["id"])
    await client.files_info(file=uploaded["file"]["id"])
    await client.conversations_replies(channel=studio.id, ts=message.ts, include_all_metadata=True)
    await client.conversations_history(channel=studio.id, include_all_metadata=True)
    await client.reactions_get(channel=studio.id, timestamp=posted.ts)
    await client.files_delete(file=uploaded["file"]["id"])
    guest = fake.guest("gus", studio)
    await guest.mention(studio, "hello")
    await fake.until(lambda: all(each.is_over or each.retry_at for each in fake.deliveries))
    await fake.faults.uninstall()


async def test_every_kind_of_payload_is_like_its_sample(fake_slack, app, connect):
    await everything(fake_slack, app, connect)
    sent = {name_of(each.kind.value, each.payload) for each in fake_slack.deliveries}
    assert sent == {*EVENT_SAMPLES, *INTERACTION_SAMPLES, *HAND_WRITTEN, "command"}
    # That each is like its sample the fixture sees to: a difference is a complaint.
    assert [
        str(each) for each in fake_slack.complaints if "payload" in each.where or "answer" in each.where
    ] == []


async def test_a_key_too_many_too_few_or_of_another_type_is_found(fake_slack, app, over_http):
    await everything(fake_slack, app, over_http)
    for delivery in fake_slack.deliveries:
        name = name_of(delivery.kind.value, delivery.payload)
        if sample_for(name) is None:
            continue

        def found(payload, delivery=delivery):
            return list(flaws_in_payload(fake_slack.specification, delivery.kind.value, payload))

        assert found(delivery.payload) == []
        assert found({**delivery.payload, "colour": "red"}) == [
            f"{name}.colour is not in the official sample"
        ]
        without = {key: value for key, value in delivery.payload.items() if key != "token"}
        assert found(without) == [f"{name} lacks 'token'"]
        assert found({**delivery.payload, "token": 7}) == [
            f"{name}.token is int, and str in the official sample"
        ]
        if "event" in delivery.payload:
            changed = copy.deepcopy(delivery.payload)
            changed["event"]["colour"] = "red"
            assert found(changed) == [f"{name}.event.colour is not in the official sample"]


@pytest.mark.parametrize("listed", [ADDED, OPTIONAL, UNLIKE], ids=["added", "optional", "unlike"])
def test_every_exception_has_its_reason(listed):
    assert all(reason for reason in listed.values())


def test_lists_are_compared_item_by_item():
    assert list(differences({"a": [{"b": 1}, {"b": "x", "c": 1}]}, {"a": [{"b": 1}]}, "p")) == [
        "p.a.b is str, and int in the official sample",
        "p.a.c is not in the official sample",
    ]
