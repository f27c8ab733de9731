"""Installing the app: the page where a person allows it, the way back, and the exchange of the code for a token."""

from __future__ import annotations

import html
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from aiohttp import web

from tests.fakes.slack.errors import Malformed, Refusal
from tests.fakes.slack.state import User

if TYPE_CHECKING:
    from tests.fakes.slack.fake import FakeSlack

CODE_SECONDS = 600  # docs.slack.dev, Installing with OAuth: the code ends after ten minutes


@dataclass
class Code:
    """What an installation is exchanged for."""

    user: User
    scopes: set[str]
    redirect_uri: str
    made_at: float
    is_used: bool = False


class OAuth:
    """Plays slack.com/oauth/v2/authorize and oauth.v2.access."""

    def __init__(self, fake: FakeSlack) -> None:
        self._fake = fake
        self._codes: dict[str, Code] = {}
        self._asked: dict[str, dict[str, str]] = {}

    async def show(self, request: web.Request) -> web.StreamResponse:
        """Show the page where a person allows what the app asks for."""
        asked = dict(request.query)
        problem = self._problem(asked)
        if problem:
            self._fake.complain("oauth/v2/authorize", problem)
            return web.Response(status=400, text=problem)
        key = secrets.token_urlsafe(12)
        self._asked[key] = asked
        items = "".join(f"<li>{html.escape(each)}</li>" for each in sorted(_listed(asked["scope"])))
        page = (
            f"<html><body><h1>{html.escape(self._fake.app.name)} is requesting permission</h1><ul>{items}</ul>"
            f'<form method="post"><input type="hidden" name="key" value="{key}"></form></body></html>'
        )
        return web.Response(text=page, content_type="text/html")

    def _problem(self, asked: dict[str, str]) -> str:
        if asked.get("client_id") != self._fake.client_id:
            return "invalid_client_id"
        scopes = _listed(asked.get("scope", ""))
        if not scopes:
            return "no scope is asked for"
        beyond = scopes - self._fake.app.scopes
        if beyond:
            return f"invalid_scope: {', '.join(sorted(beyond))}"
        allowed = self._fake.app.redirect_urls
        target = asked.get("redirect_uri") or next(iter(allowed), "")
        if not target or not any(target.startswith(each) for each in allowed):
            return "bad_redirect_uri"
        if not asked.get("state"):
            return "no state: whoever comes back cannot be told from an intruder"
        return ""

    def answer(self, key: str, user: User, *, is_allowed: bool) -> str:
        """Let a person allow or refuse what a page asks for.

        Returns:
            The address that they are sent to.
        """
        asked = self._asked.pop(key)
        target = asked.get("redirect_uri") or self._fake.app.redirect_urls[0]
        said = {"state": asked["state"]}
        if is_allowed:
            code = f"{secrets.randbelow(10**10)}.{secrets.token_hex(16)}"
            now = self._fake.clock.monotonic()
            self._codes[code] = Code(user, _listed(asked["scope"]), asked.get("redirect_uri", ""), now)
            said["code"] = code
        else:
            said["error"] = "access_denied"
        return f"{target}?{urlencode(said)}"

    def exchange(self, args: dict[str, Any]) -> dict[str, Any]:
        """Install the app for who has a code, and give out the token."""
        if args.get("client_id") != self._fake.client_id:
            raise Malformed("invalid_client_id")
        if args.get("client_secret") != self._fake.client_secret:
            raise Malformed("bad_client_secret")
        code = self._codes.get(args.get("code", ""))
        if code is None or self._fake.clock.monotonic() - code.made_at > CODE_SECONDS:
            raise Refusal("invalid_code")
        if code.is_used:
            raise Refusal("code_already_used")
        if args.get("redirect_uri", "") != code.redirect_uri:
            raise Malformed("bad_redirect_uri")
        code.is_used = True
        workspace = code.user.workspace
        installation = self._fake.install(workspace, code.scopes, installer=code.user)
        return {
            "app_id": self._fake.app_id,
            "authed_user": {"id": code.user.id},
            "scope": ",".join(sorted(installation.scopes)),
            "token_type": "bot",
            "access_token": installation.token,
            "bot_user_id": installation.bot.id,
            "team": {"id": workspace.id, "name": workspace.name},
            "enterprise": None,
            "is_enterprise_install": False,
        }


def _listed(scopes: str) -> set[str]:
    return {each for each in scopes.replace(" ", ",").split(",") if each}
