"""Installing by OAuth: from our address to Slack's question, back with a code, and the code becomes a token.

/slack/install ──► slack.com: allow? ──► /slack/oauth_redirect ──► a page that says what happened
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import aiohttp
from aiohttp import web
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.oauth import AuthorizeUrlGenerator

from bot.frontend import FrontendUnavailable
from bot.slack import install_states
from bot.slack.app_definition import INSTALL_PATH, REDIRECT_PATH, SCOPES, missing_scopes
from bot.slack.clients import make_client
from bot.slack.configuration import authorize_address, command_prefix, is_for_many, redirect_address
from bot.slack.identity import TokenRefused, error_of, identify
from bot.slack.installations import Installations
from bot.slack.pages import HEADERS, Link, page
from core.clock import Clock, utc_now
from core.errors import StoreUnavailable
from core.settings import Settings

log = logging.getLogger(__name__)

COOKIE = "__Host-likeness-install"
STALE_CODES = frozenset({"invalid_code", "code_already_used", "code_expired"})
"""The person waited too long, or came twice."""

NOT_DONE = "Likeness was not installed"


class _Stopped(Exception):
    """The installation ends here; `response` says why."""

    def __init__(self, response: web.Response) -> None:
        super().__init__()
        self.response = response


class Installing:
    """Answers the two addresses."""

    def __init__(self, settings: Settings, installations: Installations, clock: Clock = utc_now) -> None:
        self._settings = settings
        self._installations = installations
        self._clock = clock
        self._redirect = redirect_address(settings)
        self._again = Link("Begin again", settings.slack_public_url.rstrip("/") + INSTALL_PATH)

    def routes(self) -> Sequence[web.RouteDef]:
        """Return what the server has to answer: nothing where the settings hold the one workspace's token.

        The server must keep no access log of these: their addresses hold words that are secret for a while.
        """
        if not is_for_many(self._settings):
            return ()
        # No HEAD: a link's preview begins no installation.
        return (
            web.get(INSTALL_PATH, self.begin, allow_head=False),
            web.get(REDIRECT_PATH, self.finish, allow_head=False),
        )

    async def begin(self, request: web.Request) -> web.StreamResponse:
        """Send a browser to Slack's question."""
        try:
            state = await install_states.begin(self._clock)
        except StoreUnavailable:
            return self._store_away()
        generator = AuthorizeUrlGenerator(
            client_id=self._settings.slack_client_id,
            redirect_uri=self._redirect,
            scopes=list(SCOPES),
            authorization_url=authorize_address(self._settings),
        )
        answer = web.Response(status=302, headers={**HEADERS, "Location": generator.generate(state)})
        answer.set_cookie(
            COOKIE, state, max_age=install_states.STATE_SECONDS, path="/",
            secure=True, httponly=True, samesite="Lax",
        )  # fmt: skip
        return answer

    async def finish(self, request: web.Request) -> web.StreamResponse:
        """Take a browser back from Slack, and install the app where somebody allowed it."""
        try:
            answer = await self._finish(request)
        except _Stopped as stopped:
            answer = stopped.response
        except StoreUnavailable:
            answer = self._store_away()
        answer.del_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="Lax")
        return answer

    async def _finish(self, request: web.Request) -> web.Response:
        asked = request.query
        if not await install_states.take(
            asked.get("state", ""), request.cookies.get(COOKIE, ""), self._clock
        ):
            raise self._stop(
                "This page belongs to an installation that was begun in another browser, more than ten minutes ago, "
                "or that is done already."
            )
        if asked.get("error"):
            raise self._stop("You did not allow it, so nothing has changed.", status=200)
        answer = await self._exchange(asked.get("code", ""))
        token, team = str(answer.get("access_token") or ""), answer.get("team") or {}
        await self._refuse_unsupported(answer, token)
        try:
            identity = await identify(make_client(token, self._settings.slack_api_base))
        except TokenRefused as fault:
            raise self._operators(fault.error) from None
        except FrontendUnavailable:
            raise self._slack_away() from None
        if identity.workspace != team.get("id"):
            raise self._operators("another team than the token's")
        lacking = missing_scopes(identity.scopes)
        if lacking:
            log.warning(
                "action=slack_scopes_missing workspace=%s scopes=%s", identity.workspace, ",".join(lacking)
            )
        person = answer.get("authed_user") or {}
        await self._installations.keep(identity, token, by=str(person.get("id") or ""))
        train = f"/{command_prefix(self._settings)}train"
        return page(
            f"Likeness is in {identity.name}",
            f"Invite it to a channel with /invite @{identity.bot_name}, then type {train} there.",
            link=Link("Open Slack", f"slack://app?team={identity.workspace}&id={answer.get('app_id')}"),
        )

    async def _exchange(self, code: str) -> Any:
        """Exchange the code for a token."""
        try:
            return await make_client(None, self._settings.slack_api_base).oauth_v2_access(
                client_id=self._settings.slack_client_id,
                client_secret=self._settings.slack_client_secret.get_secret_value(),
                code=code,
                redirect_uri=self._redirect,
            )
        except SlackApiError as fault:
            error = error_of(fault)
            if error in STALE_CODES:
                raise self._stop("Slack's permission was too old, or was used before.") from None
            if not error:
                raise self._slack_away() from None
            raise self._operators(error) from None
        except (SlackClientError, aiohttp.ClientError, OSError, TimeoutError):
            raise self._slack_away() from None

    async def _refuse_unsupported(self, answer: Any, token: str) -> None:
        """Say no to what would not work, and hand the token back."""
        if answer.get("is_enterprise_install"):
            await self._revoke(token)
            raise self._stop(
                "It is installed in single workspaces, and this was for a whole organisation. Begin again, and choose "
                "one workspace at the top right of Slack's page."
            )
        if answer.get("expires_in"):
            await self._revoke(token)
            raise self._operators("token rotation is on")

    async def _revoke(self, token: str) -> None:
        try:
            await make_client(token, self._settings.slack_api_base).auth_revoke()
        except (SlackClientError, aiohttp.ClientError, OSError, TimeoutError) as fault:
            log.warning("action=slack_token_not_revoked fault=%s", type(fault).__name__)

    # What is said

    def _stop(self, sentence: str, status: int = 400) -> _Stopped:
        return _Stopped(page(NOT_DONE, sentence, link=self._again, status=status))

    def _operators(self, error: str) -> _Stopped:
        log.error("action=slack_install_refused error=%s", error)
        return _Stopped(
            page(
                NOT_DONE,
                "The app is not set up in the way that Slack expects. Whoever runs Likeness finds the reason in the "
                "bot's log.",
                status=502,
            )
        )

    def _slack_away(self) -> _Stopped:
        return self._stop("Slack did not answer. Nothing is lost: try again in a minute.", status=502)

    def _store_away(self) -> web.Response:
        sentence = "Likeness cannot write anything down just now. Try again in a minute."
        return page(NOT_DONE, sentence, link=self._again, status=503)
