"""The Web API: tokens, scopes, channels, threads, metadata, errors by their real names."""

import pytest
from slack_sdk.errors import SlackApiError

from tests.fakes.slack import RESET_AFTER_STORING, RESET_BEFORE, rate_limited, refusal, server_error
from tests.fakes.slack.calls import METHODS
from tests.fakes.slack_tests.conftest import client_for


async def error_of(awaitable):
    with pytest.raises(SlackApiError) as caught:
        await awaitable
    return caught.value.response["error"]


async def test_a_token_says_whose_it_is_and_what_it_may(fake_slack, client, installation):
    said = await client.auth_test()
    assert (said["team"], said["user_id"], said["bot_id"]) == (
        "Atelier",
        installation.bot.id,
        installation.bot_id,
    )
    assert set(said.headers["x-oauth-scopes"].split(",")) == installation.scopes
    assert await error_of(client_for(fake_slack, "xoxb-nobody").auth_test()) == "invalid_auth"


async def test_a_missing_scope_is_named(fake_slack, client):
    fake_slack.faults.take_scope("chat:write")
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=fake_slack.channel("studio").id, text="hi")
    said = caught.value.response
    assert (said["error"], said["needed"]) == ("missing_scope", "chat:write")
    assert "reactions:write" in said["provided"].split(",")


async def test_where_the_bot_is_not_it_cannot_post(fake_slack, client):
    fake_slack.faults.take_scope("chat:write.public")
    other, secret = (
        fake_slack.channel("other", has_bot=False),
        fake_slack.channel("s", is_private=True, has_bot=False),
    )
    studio = fake_slack.channel("studio")
    assert await error_of(client.chat_postMessage(channel=other.id, text="hi")) == "not_in_channel"
    assert await error_of(client.chat_postMessage(channel=secret.id, text="hi")) == "channel_not_found"
    fake_slack.faults.restrict(studio)
    assert await error_of(client.chat_postMessage(channel=studio.id, text="hi")) == "restricted_action"
    fake_slack.faults.archive(studio)
    assert await error_of(client.chat_postMessage(channel=studio.id, text="hi")) == "is_archived"
    await client.conversations_join(channel=other.id)
    await client.chat_postMessage(channel=other.id, text="hi")


async def test_a_thread_is_read_with_its_metadata_only_when_asked(fake_slack, client):
    studio = fake_slack.channel("studio")
    noted = {"event_type": "likeness_job", "event_payload": {"job": "7"}}
    parent = await client.chat_postMessage(channel=studio.id, text="parent")
    await client.chat_postMessage(channel=studio.id, text="reply", thread_ts=parent["ts"], metadata=noted)

    with_it = await client.conversations_replies(
        channel=studio.id, ts=parent["ts"], include_all_metadata=True
    )
    without = await client.conversations_replies(channel=studio.id, ts=parent["ts"])
    assert [each.get("metadata") for each in with_it["messages"]] == [None, noted]
    assert [each.get("metadata") for each in without["messages"]] == [None, None]
    assert with_it["messages"][0]["reply_count"] == 1
    history = await client.conversations_history(channel=studio.id)
    assert [each["text"] for each in history["messages"]] == ["parent"]
    assert (
        await error_of(client.conversations_replies(channel=studio.id, ts="1.000001")) == "thread_not_found"
    )


async def test_long_threads_come_in_pages(fake_slack, client):
    studio = fake_slack.channel("studio")
    parent = await client.chat_postMessage(channel=studio.id, text="0")
    for number in range(1, 5):
        await client.chat_postMessage(channel=studio.id, text=str(number), thread_ts=parent["ts"])
    texts, cursor = [], None
    while cursor != "":
        page = await client.conversations_replies(channel=studio.id, ts=parent["ts"], limit=2, cursor=cursor)
        texts += [each["text"] for each in page["messages"]]
        cursor = page.get("response_metadata", {}).get("next_cursor", "")
    assert texts == ["0", "1", "2", "3", "4"]


async def test_an_update_keeps_what_it_leaves_out(fake_slack, client):
    studio = fake_slack.channel("studio")
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "card"}}]
    noted = {"event_type": "job", "event_payload": {"job": "7"}}
    posted = await client.chat_postMessage(channel=studio.id, text="one", blocks=blocks, metadata=noted)
    await client.chat_update(channel=studio.id, ts=posted["ts"], text="two")
    message = fake_slack.messages(studio)[0]
    assert (message.notification, message.text(), message.metadata) == ("two", "card", noted)
    await client.chat_update(channel=studio.id, ts=posted["ts"], text="three", blocks=[])
    assert message.text() == "three"


async def test_what_is_not_the_bots_it_cannot_change(fake_slack, client):
    fake_slack.expect_complaint("cant_update_message")
    fake_slack.expect_complaint("msg_too_long")
    studio = fake_slack.channel("studio")
    hers = await fake_slack.person("ada").say(studio, "mine")
    assert (
        await error_of(client.chat_update(channel=studio.id, ts=hers.ts, text="x")) == "cant_update_message"
    )
    assert (
        await error_of(client.chat_update(channel=studio.id, ts="1.000001", text="x")) == "message_not_found"
    )
    posted = await client.chat_postMessage(channel=studio.id, text="x" * 4001)
    assert (
        await error_of(client.chat_update(channel=studio.id, ts=posted["ts"], text="x" * 4001))
        == "msg_too_long"
    )
    await client.chat_delete(channel=studio.id, ts=posted["ts"])
    assert await error_of(client.chat_delete(channel=studio.id, ts=posted["ts"])) == "message_not_found"


async def test_reactions_are_put_once_and_read(fake_slack, client):
    studio = fake_slack.channel("studio")
    ts = (await client.chat_postMessage(channel=studio.id, text="hi"))["ts"]
    await client.reactions_add(channel=studio.id, timestamp=ts, name="eyes")
    assert (
        await error_of(client.reactions_add(channel=studio.id, timestamp=ts, name="eyes"))
        == "already_reacted"
    )
    await fake_slack.person("ada").react(fake_slack.message_with("hi"), "eyes")
    said = await client.reactions_get(channel=studio.id, timestamp=ts, full=True)
    assert [(each["name"], each["count"]) for each in said["message"]["reactions"]] == [("eyes", 2)]
    await client.reactions_remove(channel=studio.id, timestamp=ts, name="eyes")
    assert (
        await error_of(client.reactions_remove(channel=studio.id, timestamp=ts, name="eyes")) == "no_reaction"
    )


async def test_people_and_groups_are_looked_up(fake_slack, client):
    ada, bob = fake_slack.person("ada", is_admin=True), fake_slack.person("bob")
    group = fake_slack.user_group("approvers", [ada])
    assert (await client.users_info(user=ada.id))["user"]["is_admin"]
    assert {each["name"] for each in (await client.users_list())["members"]} >= {"ada", "bob", "likeness"}
    groups = (await client.usergroups_list(include_users=True))["usergroups"]
    assert [(each["handle"], each["users"]) for each in groups] == [("approvers", [ada.id])]
    assert (await client.usergroups_users_list(usergroup=group.id))["users"] == [ada.id]
    opened = await client.conversations_open(users=bob.id)
    await client.chat_postMessage(channel=opened["channel"]["id"], text="psst")
    assert [each.text() for each in fake_slack.messages(bob.direct_channel())] == ["psst"]
    studio = fake_slack.channel("studio")
    assert bob.id in (await client.conversations_members(channel=studio.id))["members"]
    assert (await client.conversations_info(channel=studio.id))["channel"]["is_member"]
    mine = (await client.users_conversations(types="public_channel,private_channel"))["channels"]
    assert [each["name"] for each in mine] == ["studio"]
    link = await client.chat_getPermalink(
        channel=opened["channel"]["id"], message_ts=fake_slack.message_with("psst").ts
    )
    assert link["permalink"].startswith("https://atelier.slack.com/archives/D")


async def test_who_is_mentioned_is_pinged(fake_slack, client):
    ada, studio = fake_slack.person("ada"), fake_slack.channel("studio")
    group = fake_slack.user_group("approvers", [ada])
    await client.chat_postMessage(channel=studio.id, text=f"{ada.user.mention} {group.mention} <!here>")
    assert fake_slack.messages(studio)[0].pinged == {"ada", "@approvers", "@here"}


async def test_only_some_see_an_ephemeral_message(fake_slack, client):
    ada, bob, studio = fake_slack.person("ada"), fake_slack.person("bob"), fake_slack.channel("studio")
    await client.chat_postEphemeral(channel=studio.id, user=ada.id, text="between us")
    assert [each.text() for each in fake_slack.messages(studio, to=ada)] == ["between us"]
    assert fake_slack.messages(studio, to=bob) == fake_slack.messages(studio) == []


async def test_wrong_arguments_are_complaints(fake_slack, client):
    for part in (
        "missing required field: channel",
        "no argument 'colour'",
        "unknown_method",
        "thread_ts names a reply",
    ):
        fake_slack.expect_complaint(part)
    studio = fake_slack.channel("studio")
    assert await error_of(client.api_call("chat.postMessage", json={"text": "x"})) == "invalid_arguments"
    await client.api_call("chat.postMessage", json={"channel": studio.id, "text": "x", "colour": "red"})
    assert await error_of(client.api_call("chat.shout", json={})) == "unknown_method"
    parent = await client.chat_postMessage(channel=studio.id, text="parent")
    reply = await client.chat_postMessage(channel=studio.id, text="reply", thread_ts=parent["ts"])
    await client.chat_postMessage(channel=studio.id, text="deeper", thread_ts=reply["ts"])
    assert fake_slack.message_with("deeper").thread is fake_slack.message_with("parent")


async def test_form_bodies_and_queries_say_the_same_as_json(fake_slack, client):
    studio = fake_slack.channel("studio")
    await client.api_call(
        "chat.postMessage", params={"channel": studio.id, "text": "query", "unfurl_links": "false"}
    )
    blocks = '[{"type": "divider"}]'
    await client.api_call("chat.postMessage", data={"channel": studio.id, "text": "form", "blocks": blocks})
    assert [each.notification for each in fake_slack.messages(studio)] == ["query", "form"]


async def test_a_lost_answer_does_not_undo_the_post(fake_slack, client):
    studio = fake_slack.channel("studio")
    for fault in (RESET_BEFORE, RESET_AFTER_STORING):
        fake_slack.faults.next("chat.postMessage", fault)
        with pytest.raises(Exception, match=r"disconnected|reset|closed"):
            await client.chat_postMessage(channel=studio.id, text=fault.trouble.name)
    assert [each.text() for each in fake_slack.messages(studio)] == ["RESET_AFTER_STORING"]
    assert fake_slack.faults.is_all_met


async def test_limits_and_illness_come_on_demand(fake_slack, client):
    studio = fake_slack.channel("studio")
    fake_slack.faults.next("chat.postMessage", rate_limited(7))
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=studio.id, text="hi")
    assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (429, "7")
    fake_slack.faults.next("*", server_error(500))
    with pytest.raises(SlackApiError):
        await client.chat_postMessage(channel=studio.id, text="hi")
    fake_slack.faults.next("chat.postMessage", refusal("restricted_action"))
    assert await error_of(client.chat_postMessage(channel=studio.id, text="hi")) == "restricted_action"
    assert fake_slack.messages(studio) == [] and fake_slack.count("chat.postMessage") == 3


async def test_posts_are_paced_by_channel(fake_slack, client):
    studio, other = fake_slack.channel("studio"), fake_slack.channel("other")
    fake_slack.pace.enforced = True
    await client.chat_postMessage(channel=studio.id, text="one")
    await client.chat_postMessage(channel=other.id, text="one")
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=studio.id, text="two")
    assert caught.value.response.headers["Retry-After"] == "1"
    fake_slack.clock.advance(seconds=1)
    await client.chat_postMessage(channel=studio.id, text="two")
    [excess] = fake_slack.pace.excesses()
    assert (excess.method, excess.where, excess.limit) == ("chat.postMessage", studio.id, 1)


async def test_updates_are_paced_by_the_published_tier(fake_slack, client):
    studio = fake_slack.channel("studio")
    ts = (await client.chat_postMessage(channel=studio.id, text="0"))["ts"]
    for number in range(51):
        await client.chat_update(channel=studio.id, ts=ts, text=str(number))
    [excess] = fake_slack.pace.excesses()
    assert (excess.method, excess.count, excess.limit) == ("chat.update", 51, 50)


async def test_a_revoked_token_and_an_uninstalled_app_are_told_apart(fake_slack, app, over_http, client):
    heard = []

    @app.event("tokens_revoked")
    async def revoked(event):
        heard.append("tokens_revoked")

    @app.event("app_uninstalled")
    async def uninstalled():
        heard.append("app_uninstalled")

    await over_http(app)
    branch = fake_slack.add_workspace("Branch", is_installed=True)
    await fake_slack.faults.revoke_token(branch)
    assert await error_of(client_for(fake_slack, branch.installed.token).auth_test()) == "token_revoked"
    await fake_slack.until(lambda: heard == ["tokens_revoked"])
    studio = fake_slack.channel("studio")
    await fake_slack.faults.uninstall()
    assert await error_of(client.chat_postMessage(channel=studio.id, text="x")) == "account_inactive"
    await fake_slack.until(lambda: len(fake_slack.told("app_uninstalled")) == 1)


async def test_the_app_can_describe_itself_and_leave(fake_slack, client, installation):
    assert (await client.bots_info(bot=installation.bot_id))["bot"]["user_id"] == installation.bot.id
    assert (await client.team_info())["team"]["name"] == "Atelier"
    assert [each["id"] for each in (await client.conversations_list())["channels"]] == []
    assert (await client.auth_revoke(test=True))["revoked"] is False
    await client.apps_uninstall(client_id=fake_slack.client_id, client_secret=fake_slack.client_secret)
    assert await error_of(client.auth_test()) == "account_inactive"
    branch = fake_slack.add_workspace("Branch", is_installed=True)
    theirs = client_for(fake_slack, branch.installed.token)
    assert (await theirs.auth_revoke())["revoked"]
    assert await error_of(theirs.auth_test()) == "token_revoked"


async def test_a_socket_needs_the_apps_own_token(fake_slack, client):
    fake_slack.expect_complaint("not_allowed_token_type")
    opened = await client.apps_connections_open(app_token=fake_slack.app_token)
    assert opened["url"].startswith("ws://127.0.0.1:")
    assert (
        await error_of(client.apps_connections_open(app_token=fake_slack.bot_token))
        == "not_allowed_token_type"
    )
    assert (
        await error_of(client_for(fake_slack, fake_slack.app_token).users_list()) == "not_allowed_token_type"
    )


def test_every_method_that_is_played_has_its_arguments_and_its_tier(fake_slack):
    specification = fake_slack.specification
    assert [name for name in METHODS if not specification.knows(name)] == []
    assert [name for name in METHODS if name not in specification.tiers] == []
