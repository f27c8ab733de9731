"""A person's browser: the pages of an installation, with the cookies that belong to them."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp
from yarl import URL

if TYPE_CHECKING:
    from tests.fakes.slack.fake import FakeSlack
    from tests.fakes.slack.state import User

_KEY = re.compile(r'name="key" value="([^"]+)"')


@dataclass(frozen=True)
class Page:
    """What a browser shows at last."""

    status: int
    text: str


async def install(fake: FakeSlack, user: User, address: str, *, is_allowed: bool) -> Page:
    """Follow an installation from the app's page to its end."""
    origin = URL(address).origin()
    # The app's cookies are for https only: here its pages come over http, and count as secure.
    jar = aiohttp.CookieJar(unsafe=True, treat_as_secure_origin=origin)
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        page, authorize = await _first_page(fake, session, address)
        if not authorize:
            return page
        async with session.get(URL(authorize, encoded=True)) as response:
            text = await response.text()
            match = _KEY.search(text)
            if match is None:
                return Page(response.status, text)
        target = fake.oauth.answer(match[1], user, is_allowed=is_allowed)
        async with session.get(URL(target, encoded=True), allow_redirects=False) as response:
            return Page(response.status, await response.text())


async def _first_page(fake: FakeSlack, session: aiohttp.ClientSession, address: str) -> tuple[Page, str]:
    """Return the app's page, and the link in it to Slack's: empty where there is none."""
    async with session.get(address, allow_redirects=False) as response:
        page = Page(response.status, await response.text())
        if response.status in (301, 302, 303, 307):
            return page, response.headers["Location"]
        links = [html.unescape(each) for each in re.findall(r'href="([^"]+)"', page.text)]
        return page, next((each for each in links if each.startswith(fake.authorize_address)), "")
