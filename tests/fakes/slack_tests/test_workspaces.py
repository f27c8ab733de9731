"""Several workspaces: installing by OAuth, and nothing crosses; guests of a shared channel."""

import pytest
from slack_bolt.async_app import AsyncApp
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.oauth.installation_store import FileInstallationStore
from slack_sdk.oauth.state_store import FileOAuthStateStore
from slack_sdk.web.async_client import AsyncWebClient

SCOPES = ["chat:write", "commands", "reactions:read"]


@pytest.fixture
def many(fake_slack, tmp_path):
    """An app for many workspaces."""
    settings = AsyncOAuthSettings(
        client_id=fake_slack.client_id,
        client_secret=fake_slack.client_secret,
        scopes=SCOPES,
        authorization_url=fake_slack.authorize_address,
        installation_store=FileInstallationStore(base_dir=str(tmp_path / "installations")),
        state_store=FileOAuthStateStore(expiration_seconds=600, base_dir=str(tmp_path / "states")),
    )
    client = AsyncWebClient(base_url=fake_slack.api_address, retry_handlers=[])
    return AsyncApp(client=client, signing_secret=fake_slack.signing_secret, oauth_settings=settings)


async def test_two_workspaces_install_and_see_nothing_of_each_other(fake_slack, many, over_http):
    @many.command("/hello")
    async def hello(ack, client, command, context):
        await ack()
        await client.chat_postMessage(channel=command["channel_id"], text=f"Hello {context.team_id}")

    served = await over_http(many)
    fake_slack.app.redirect_urls = [f"{served.address}/slack/oauth_redirect"]
    spaces = [fake_slack.add_workspace(name) for name in ("North", "South")]
    for space in spaces:
        page = await fake_slack.person("ada", space).install(f"{served.address}/slack/install")
        assert page.status == 200 and f"slack://app?team={space.id}" in page.text
    north, south = (space.installed for space in spaces)
    assert north.token != south.token and north.scopes == south.scopes == set(SCOPES)

    for space in spaces:
        place = fake_slack.channel("studio", space)
        await fake_slack.person("ada", space).slash(place, "/hello")
        await fake_slack.until(lambda place=place: fake_slack.messages(place))
        assert [each.text() for each in fake_slack.messages(place)] == [f"Hello {space.id}"]
    assert {each.token for each in fake_slack.requests if each.method == "chat.postMessage"} == {
        north.token,
        south.token,
    }


async def test_who_declines_is_sent_back_without_a_code(fake_slack, many, over_http):
    served = await over_http(many)
    fake_slack.app.redirect_urls = [f"{served.address}/slack/oauth_redirect"]
    space = fake_slack.add_workspace("North")
    page = await fake_slack.person("ada", space).install(f"{served.address}/slack/install", allow=False)
    assert space.installation is None and "access_denied" in page.text


async def test_an_app_cannot_ask_for_what_it_has_not_declared(fake_slack, many, over_http):
    fake_slack.expect_complaint("invalid_scope: commands")
    served = await over_http(many)
    fake_slack.app.redirect_urls = [f"{served.address}/slack/oauth_redirect"]
    fake_slack.app.scopes.remove("commands")
    page = await fake_slack.person("ada", fake_slack.add_workspace("North")).install(
        f"{served.address}/slack/install"
    )
    assert page.status == 400


async def test_a_code_is_good_once_and_for_ten_minutes(fake_slack, client):
    fake_slack.app.redirect_urls = ["https://bot.example/back"]
    space = fake_slack.add_workspace("North")
    ada = fake_slack.person("ada", space)

    def code():
        fake_slack.oauth._asked["key"] = {
            "scope": "chat:write",
            "state": "s",
            "redirect_uri": "https://bot.example/back",
        }
        return fake_slack.oauth.answer("key", ada.user, is_allowed=True).partition("code=")[2]

    async def exchange(given):
        answer = await client.oauth_v2_access(
            client_id=fake_slack.client_id,
            client_secret=fake_slack.client_secret,
            code=given,
            redirect_uri="https://bot.example/back",
        )
        return answer["access_token"]

    first, second = code(), code()
    assert await exchange(first) == space.installed.token
    with pytest.raises(Exception, match="code_already_used"):
        await exchange(first)
    fake_slack.clock.advance(minutes=11)
    with pytest.raises(Exception, match="invalid_code"):
        await exchange(second)


async def test_a_new_installation_after_the_app_was_thrown_out_has_a_new_bot(fake_slack):
    before = fake_slack.workspace.installed
    await fake_slack.faults.uninstall()
    after = fake_slack.install(fake_slack.workspace)
    assert after.token != before.token and after.bot is not before.bot
    assert fake_slack.world.installation(before.token) is before


async def test_a_guest_of_a_shared_channel_is_known_as_one(fake_slack, app, client, connect):
    heard = []

    @app.event("app_mention")
    async def mentioned(event, body):
        heard.append((event, body))

    @app.event("message")
    async def ignored(): ...

    await connect(app)
    studio = fake_slack.channel("studio")
    guest = fake_slack.guest("gus", studio)
    await guest.mention(studio, "hello")
    await fake_slack.until(lambda: heard)
    event, body = heard[0]
    assert event["user_team"] == guest.user.workspace.id != fake_slack.workspace.id == body["team_id"]
    assert body["is_ext_shared_channel"]
    assert (await client.users_info(user=guest.id))["user"]["is_stranger"]
