"""Somebody installs the app in a browser: over our page, Slack's question, and back."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator

import aiohttp
import pytest
from yarl import URL

from bot.slack.app_definition import SCOPES
from bot.slack.installing import Installing
from core.settings import Settings
from core.store.records import InstallationRecord, InstallStateRecord
from tests.bot.slack.installed import ManyWorkspaces, answered, many_workspaces, settings_for_one
from tests.conftest import MovableClock
from tests.fakes.slack import RESET_AFTER_STORING, RESET_BEFORE, FakeSlack, Workspace, refusal, server_error
from tests.fakes.slack.faults import Fault
from tests.fakes.store import store_outage


@pytest.fixture
async def stand(
    fake_slack: FakeSlack, settings: Settings, clock: MovableClock, database: None
) -> AsyncIterator[ManyWorkspaces]:
    async with many_workspaces(fake_slack, settings, clock) as served:
        yield served


class Browser:
    """A browser that stops where a test wants to."""

    def __init__(self, stand: ManyWorkspaces, session: aiohttp.ClientSession) -> None:
        self.stand = stand
        self.session = session

    async def question(self) -> URL:
        """Follow our page to Slack's address, without going there."""
        async with self.session.get(self.stand.install_address, allow_redirects=False) as answer:
            assert answer.status == 302
            return URL(answer.headers["Location"], encoded=True)

    async def allow(self, question: URL, workspace: Workspace, *, is_allowed: bool = True) -> URL:
        """Answer Slack's question, and return where Slack sends the browser."""
        async with self.session.get(question) as answer:
            match = re.search(r'name="key" value="([^"]+)"', await answer.text())
            assert match is not None
        user = self.stand.admin(workspace).user
        return URL(self.stand.fake.oauth.answer(match[1], user, is_allowed=is_allowed), encoded=True)

    async def open(self, address: URL) -> tuple[int, str]:
        async with self.session.get(address) as answer:
            return answer.status, await answer.text()


@pytest.fixture
async def browser(stand: ManyWorkspaces) -> AsyncIterator[Browser]:
    async with new_session(stand) as session:
        yield Browser(stand, session)


def new_session(stand: ManyWorkspaces) -> aiohttp.ClientSession:
    origin = URL(stand.settings.slack_public_url)
    return aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True, treat_as_secure_origin=origin))


async def test_an_admin_installs_the_app_and_is_told_what_to_do_next(stand: ManyWorkspaces):
    north = stand.workspace()
    page = await stand.install(north)
    assert page.status == 200
    assert "Likeness is in North" in page.text and "/invite @likeness" in page.text
    assert f"slack://app?team={north.id}&amp;id={stand.fake.app_id}" in page.text
    assert north.installed.scopes == set(SCOPES)
    found = await stand.installations.find(north.id)
    assert found is not None
    assert found.bot_token == north.installed.token
    assert (found.name, found.bot_user_id) == ("North", north.installed.bot.id)
    assert found.bot_id == north.installed.bot_id
    assert found.bot_token not in repr(found)


async def test_the_token_lies_encrypted_and_the_word_only_as_a_digest(
    stand: ManyWorkspaces, browser: Browser
):
    north = stand.workspace()
    await stand.install(north)
    row = await stand.row(north)
    assert row.token and north.installed.token not in str(dict(row))
    question = await browser.question()
    [state] = await InstallStateRecord.all()
    assert question.query["state"] not in state.digest


async def test_who_declines_is_told_that_nothing_changed(stand: ManyWorkspaces):
    north = stand.workspace()
    page = await stand.install(north, allow=False)
    assert page.status == 200 and "nothing has changed" in page.text and "Begin again" in page.text
    assert north.installation is None and await InstallationRecord.all().count() == 0


async def test_a_way_back_that_was_not_begun_in_this_browser(stand: ManyWorkspaces, browser: Browser):
    """Whoever is sent a finished address by an intruder installs nothing into the intruder's workspace."""
    north = stand.workspace()
    back = await browser.allow(await browser.question(), north)
    async with new_session(stand) as session:
        status, text = await Browser(stand, session).open(back)
        assert status == 400 and "another browser" in text
    async with new_session(stand) as session:
        other = Browser(stand, session)
        await other.question()
        assert (await other.open(back))[0] == 400
    assert stand.fake.count("oauth.v2.access") == 0
    status, text = await browser.open(back)  # the browser that it belongs to still gets there
    assert status == 200


async def test_a_way_back_is_good_once(stand: ManyWorkspaces, browser: Browser):
    north = stand.workspace()
    question = await browser.question()
    jar = list(browser.session.cookie_jar)
    back = await browser.allow(question, north)
    assert (await browser.open(back))[0] == 200
    assert not list(browser.session.cookie_jar)
    # Also not for who kept the cookie.
    browser.session.cookie_jar.update_cookies({cookie.key: cookie for cookie in jar}, URL(back).origin())
    assert (await browser.open(back))[0] == 400
    assert stand.fake.count("oauth.v2.access") == 1


async def test_of_two_ways_back_at_once_one_arrives(stand: ManyWorkspaces, browser: Browser):
    back = await browser.allow(await browser.question(), stand.workspace())
    arrived = await asyncio.gather(browser.open(back), browser.open(back))
    assert sorted(status for status, _ in arrived) == [200, 400]
    assert stand.fake.count("oauth.v2.access") == 1


async def test_a_way_back_after_ten_minutes(stand: ManyWorkspaces, browser: Browser):
    back = await browser.allow(await browser.question(), stand.workspace())
    stand.clock.advance(seconds=601)
    status, text = await browser.open(back)
    assert status == 400 and "ten minutes ago" in text
    assert await InstallationRecord.all().count() == 0


async def test_an_address_that_somebody_made_up(stand: ManyWorkspaces, browser: Browser):
    for query in ("", "?code=1.2", "?state=x&code=1.2", "?state=%F0%9F%91%9F&code=1"):
        status, text = await browser.open(URL(stand.redirect_address + query))
        assert status == 400 and "Begin again" in text


async def test_a_code_that_slack_knows_no_more(stand: ManyWorkspaces, browser: Browser):
    back = await browser.allow(await browser.question(), stand.workspace())
    stand.fake.faults.next("oauth.v2.access", refusal("invalid_code"))
    status, text = await browser.open(back)
    assert status == 400 and "too old" in text


@pytest.mark.parametrize("fault", [RESET_BEFORE, RESET_AFTER_STORING, server_error()])
async def test_a_slack_that_does_not_answer(stand: ManyWorkspaces, browser: Browser, fault: Fault):
    north = stand.workspace()
    back = await browser.allow(await browser.question(), north)
    stand.fake.faults.next("oauth.v2.access", fault)
    status, text = await browser.open(back)
    assert status == 502 and "try again in a minute" in text
    assert (await stand.install(north)).status == 200
    assert await stand.installations.bot_token(north.id) == north.installed.token


async def test_a_token_that_cannot_be_tried_out_is_not_kept(stand: ManyWorkspaces, browser: Browser):
    north = stand.workspace()
    back = await browser.allow(await browser.question(), north)
    stand.fake.faults.next("auth.test", RESET_BEFORE)
    assert (await browser.open(back))[0] == 502
    assert await stand.installations.bot_token(north.id) is None


async def test_a_secret_that_slack_refuses_is_the_operators_to_mend(
    stand: ManyWorkspaces, browser: Browser, caplog: pytest.LogCaptureFixture
):
    back = await browser.allow(await browser.question(), stand.workspace())
    stand.fake.faults.next("oauth.v2.access", refusal("bad_client_secret"))
    status, text = await browser.open(back)
    assert status == 502 and "Whoever runs Likeness" in text and "bad_client_secret" not in text
    assert "error=bad_client_secret" in caplog.text


async def test_a_whole_organisation_is_told_to_choose_a_workspace(stand: ManyWorkspaces, browser: Browser):
    north = stand.workspace()
    stand.fake.install(north, SCOPES)
    back = await browser.allow(await browser.question(), north)
    token, everything = north.installed.token, {"id": "E1", "name": "All"}
    answer = answered(access_token=token, is_enterprise_install=True, enterprise=everything, team=None)
    stand.fake.faults.next("oauth.v2.access", answer)
    status, text = await browser.open(back)
    assert status == 400 and "whole organisation" in text and "one workspace" in text
    assert not north.installed.is_active  # the token that nobody wants is handed back
    assert await InstallationRecord.all().count() == 0


async def test_tokens_that_expire_are_the_operators_to_mend(
    stand: ManyWorkspaces, browser: Browser, caplog: pytest.LogCaptureFixture
):
    north = stand.workspace()
    stand.fake.install(north, SCOPES)
    back = await browser.allow(await browser.question(), north)
    answer = answered(access_token=north.installed.token, expires_in=43200, team={"id": north.id})
    stand.fake.faults.next("oauth.v2.access", answer)
    assert (await browser.open(back))[0] == 502
    assert "token rotation is on" in caplog.text


async def test_a_store_that_is_away(stand: ManyWorkspaces, browser: Browser):
    with store_outage():
        async with browser.session.get(stand.install_address, allow_redirects=False) as answer:
            assert answer.status == 503 and "Try again in a minute" in await answer.text()
    back = await browser.allow(await browser.question(), stand.workspace())
    with store_outage():
        status, _ = await browser.open(back)
    assert status == 503


async def test_a_preview_of_the_link_begins_nothing(stand: ManyWorkspaces, browser: Browser):
    async with browser.session.head(stand.install_address) as answer:
        assert answer.status == 405
    assert await InstallStateRecord.all().count() == 0


async def test_the_pages_keep_to_themselves(stand: ManyWorkspaces, browser: Browser):
    async with browser.session.get(stand.install_address, allow_redirects=False) as answer:
        cookie = answer.headers["Set-Cookie"]
        assert answer.headers["Referrer-Policy"] == "no-referrer"
    for part in ("__Host-", "Secure", "HttpOnly", "SameSite=Lax", "Max-Age=600", "Path=/"):
        assert part in cookie
    async with browser.session.get(stand.redirect_address) as answer:
        assert answer.headers["Cache-Control"] == "no-store"


async def test_names_of_workspaces_are_text(stand: ManyWorkspaces):
    page = await stand.install(stand.workspace("<b>Bold</b>"))
    assert "&lt;b&gt;Bold" in page.text and "<b>" not in page.text


async def test_no_secret_reaches_a_log(
    stand: ManyWorkspaces, browser: Browser, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    north = stand.workspace()
    back = await browser.allow(await browser.question(), north)
    assert (await browser.open(back))[0] == 200
    client = await stand.clients.of(north.id)
    await client.auth_test()
    written = "\n".join(
        record.getMessage()
        for record in caplog.records
        if not record.name.startswith(("asyncio", "aiosqlite"))
    )
    for secret in (
        back.query["code"],
        back.query["state"],
        north.installed.token,
        stand.settings.slack_client_secret.get_secret_value(),
    ):
        assert secret not in written
    assert "action=slack_installed" in written


def test_where_the_settings_hold_the_token_nobody_can_install(
    stand: ManyWorkspaces, settings: Settings, fake_slack: FakeSlack
):
    own = settings_for_one(settings, fake_slack)
    assert Installing(own, stand.installations).routes() == ()
    assert [route.path for route in Installing(stand.settings, stand.installations).routes()] == [
        "/slack/install",
        "/slack/oauth_redirect",
    ]
