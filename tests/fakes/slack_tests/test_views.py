"""Forms in their order: triggers that end, stacks, changes, answers to a form that was sent."""

import pytest
from slack_sdk.errors import SlackApiError


def plain(text):
    return {"type": "plain_text", "text": text}


def form(title="Form", callback_id="form", **more):
    field = {
        "type": "input",
        "block_id": "name",
        "label": plain("Name"),
        "element": {"type": "plain_text_input", "action_id": "name"},
    }
    view = {"type": "modal", "callback_id": callback_id, "title": plain(title), "submit": plain("Send")}
    return {**view, "blocks": [field], **more}


@pytest.fixture
async def ask(fake_slack, app, over_http):
    """Send `/form`, whose listener keeps the trigger and opens nothing."""

    @app.command("/form")
    async def keep(ack):
        await ack()

    await over_http(app)
    ada, studio = fake_slack.person("ada"), fake_slack.channel("studio")

    async def send():
        return await ada.slash(studio, "/form")

    return send


async def error_of(awaitable):
    with pytest.raises(SlackApiError) as caught:
        await awaitable
    return caught.value.response["error"]


async def test_a_trigger_works_once_and_for_three_seconds(fake_slack, client, ask):
    first, second = await ask(), await ask()
    await client.views_open(trigger_id=first.trigger_id, view=form())
    assert (
        await error_of(client.views_open(trigger_id=first.trigger_id, view=form())) == "exchanged_trigger_id"
    )
    fake_slack.clock.advance(seconds=3.1)
    assert (
        await error_of(client.views_open(trigger_id=second.trigger_id, view=form())) == "expired_trigger_id"
    )


async def test_a_form_is_changed_only_as_long_as_it_is_open_and_as_it_was_seen(fake_slack, client, ask):
    asked = await ask()
    await client.views_open(trigger_id=asked.trigger_id, view=form())
    view = asked.view
    seen = view.hash
    await client.views_update(view_id=view.id, hash=seen, view=form("Other"))
    assert view.title == "Other"
    assert await error_of(client.views_update(view_id=view.id, hash=seen, view=form())) == "hash_conflict"
    await fake_slack.person("ada").close(view)
    assert await error_of(client.views_update(view_id=view.id, view=form())) == "not_found"


async def test_a_fourth_form_does_not_fit(fake_slack, app, client, ask):
    fake_slack.expect_complaint("push_limit_reached")
    failed = []

    @app.view("form")
    async def sent(ack, body, view):
        await ack(response_action="push", view=form(f"{view['title']['text']}+"))

    asked = await ask()
    await client.views_open(trigger_id=asked.trigger_id, view=form())
    ada = fake_slack.person("ada")
    for _ in range(3):
        await ada.submit(ada.view, {"Name": "x"})
    assert ada.view.title == "Form++" and not failed
    await ada.close(ada.view)
    assert ada.view.title == "Form+"


async def test_a_sent_form_can_become_another_or_clear_all(fake_slack, app, client, ask):
    @app.view("form")
    async def sent(ack, view):
        await ack(response_action="update", view=form("Done", "last"))

    @app.view("last")
    async def last(ack):
        await ack(response_action="clear")

    asked = await ask()
    await client.views_open(trigger_id=asked.trigger_id, view=form())
    ada = fake_slack.person("ada")
    sent_form = await ada.submit(ada.view, {"Name": "x"})
    assert sent_form.view is asked.view and ada.view.title == "Done"
    await ada.submit(ada.view, {"Name": "y"})
    assert ada.view is None


async def test_errors_must_name_fields_of_the_form(fake_slack, app, client, ask):
    fake_slack.expect_complaint("no field of the form")

    @app.view("form")
    async def sent(ack):
        await ack(response_action="errors", errors={"nowhere": "Wrong."})

    asked = await ask()
    await client.views_open(trigger_id=asked.trigger_id, view=form())
    ada = fake_slack.person("ada")
    await ada.submit(ada.view, {"Name": "x"})
    assert ada.view.errors == {}


async def test_a_form_closed_in_the_middle_stays_closed(fake_slack, app, client, ask):
    asked = await ask()
    await client.views_open(trigger_id=asked.trigger_id, view=form())
    ada = fake_slack.person("ada")
    await ada.close(asked.view)
    with pytest.raises(AssertionError, match="closed"):
        await ada.submit(asked.view, {"Name": "x"})


async def test_all_kinds_of_fields_arrive(fake_slack, app, client, ask):
    received = {}

    @app.view("all")
    async def sent(ack, view):
        await ack()
        for block in view["state"]["values"].values():
            received.update(block)

    options = [{"text": plain(name), "value": name.lower()} for name in ("Red", "Blue")]
    kinds = {
        "static_select": {"options": options},
        "multi_static_select": {"options": options},
        "checkboxes": {"options": options},
        "radio_buttons": {"options": options, "initial_option": options[0]},
        "number_input": {"is_decimal_allowed": False},
        "datepicker": {},
        "users_select": {},
        "multi_users_select": {},
        "channels_select": {},
        "plain_text_input": {"multiline": True, "initial_value": "as it was"},
    }
    blocks = [
        {"type": "input", "label": plain(kind), "element": {"type": kind, "action_id": kind, **more}}
        for kind, more in kinds.items()
    ]
    asked = await ask()
    await client.views_open(trigger_id=asked.trigger_id, view=form(callback_id="all", blocks=blocks))
    ada, bob, studio = fake_slack.person("ada"), fake_slack.person("bob"), fake_slack.channel("studio")
    entered = {
        "static_select": "Red",
        "multi_static_select": ["Red", "blue"],
        "checkboxes": ["Blue"],
        "number_input": "3",
        "datepicker": "2026-11-21",
        "users_select": bob,
        "multi_users_select": [ada, bob],
        "channels_select": studio,
    }
    await ada.submit(ada.view, entered)
    assert received["static_select"]["selected_option"]["value"] == "red"
    assert [each["value"] for each in received["multi_static_select"]["selected_options"]] == ["red", "blue"]
    assert [each["value"] for each in received["checkboxes"]["selected_options"]] == ["blue"]
    assert received["radio_buttons"]["selected_option"]["value"] == "red"
    assert received["number_input"]["value"] == "3"
    assert received["datepicker"]["selected_date"] == "2026-11-21"
    assert received["users_select"]["selected_user"] == bob.id
    assert received["multi_users_select"]["selected_users"] == [ada.id, bob.id]
    assert received["channels_select"]["selected_channel"] == studio.id
    assert received["plain_text_input"]["value"] == "as it was"


async def test_home_needs_its_tab(fake_slack, client):
    fake_slack.app.has_home = False
    view = {"type": "home", "blocks": [{"type": "divider"}]}
    assert (
        await error_of(client.views_publish(user_id=fake_slack.person("ada").id, view=view)) == "not_enabled"
    )


async def test_a_button_in_a_form_can_lay_another_over_it(fake_slack, app, client, ask):
    @app.action("more")
    async def more(ack, body, client):
        await ack()
        await client.views_push(trigger_id=body["trigger_id"], view=form("Upper"))

    button = {"type": "button", "text": plain("More"), "action_id": "more"}
    asked = await ask()
    lower = form("Lower", blocks=[{"type": "actions", "elements": [button]}])
    await client.views_open(trigger_id=asked.trigger_id, view=lower)
    ada = fake_slack.person("ada")
    upper = await (await ada.press(ada.view, "More")).opened()
    assert ada.view is upper and upper.previous is asked.view
    with pytest.raises(AssertionError, match="another form lies over it"):
        await ada.submit(asked.view)
    await ada.close(upper)
    assert ada.view is asked.view


async def test_a_field_can_tell_the_app_at_once(fake_slack, app, client, ask):
    told = []

    @app.action("kind")
    async def chosen(ack, action, body, client):
        await ack()
        told.append(action["selected_option"]["value"])
        blocks = body["view"]["blocks"]
        await client.views_update(view_id=body["view"]["id"], view=form("Changed", blocks=blocks))

    options = [{"text": plain(name), "value": name.lower()} for name in ("Product", "Style")]
    element = {"type": "static_select", "action_id": "kind", "options": options}
    field = {
        "type": "input",
        "block_id": "kind",
        "label": plain("Kind"),
        "element": element,
        "dispatch_action": True,
    }
    asked = await ask()
    await client.views_open(trigger_id=asked.trigger_id, view=form(blocks=[field]))
    ada = fake_slack.person("ada")
    await ada.select(ada.view, "Kind", "Style")
    await fake_slack.until(lambda: ada.view.title == "Changed")
    assert told == ["style"]
    sent = await ada.submit(ada.view)
    state = sent.sent.payload["view"]["state"]["values"]["kind"]["kind"]
    assert state["selected_option"]["value"] == "style"
