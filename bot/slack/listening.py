"""Listens to Slack, over Socket Mode or HTTP, one life after the other, until it is cancelled."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Sequence

import aiohttp
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError

from bot.doors import FullDoors
from bot.frontend import Accept
from bot.http_site import HttpSite
from bot.slack.clients import Clients
from bot.slack.commanding import Commands
from bot.slack.configuration import command_prefix
from bot.slack.conversing import Conversing
from bot.slack.hearing import Hearing, OnGone
from bot.slack.home import Home
from bot.slack.opening import Opening
from bot.slack.pace import Pace
from bot.slack.people import People
from bot.slack.saying import Saying
from bot.slack.sockets import LineEnded, Sockets, is_refused_for_good
from bot.slack.wording import Wording
from core.settings import Settings

log = logging.getLogger(__name__)

EVENTS_PATH = "/slack/events"
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 300.0
SOUND_LIFE_SECONDS = 300.0
"""After a life of this length the pauses begin anew."""
MAX_BODY_BYTES = 1024 * 1024
"""What Slack sends at once; a form with forty captions is a tenth of it."""

APPS = "https://api.slack.com/apps"
WRONG_APP_TOKEN = (
    "Slack does not know the token in LIKENESS_SLACK_APP_TOKEN. Make one with the scope connections:write on the page "
    f"Basic Information of your app at {APPS}, and start the bot anew."
)
SOCKET_MODE_IS_OFF = (
    "Socket Mode is off for this app. Switch it on, on the page Socket Mode of your app at "
    f"{APPS}, and it connects by itself."
)
WRONG_SIGNING_SECRET = (
    "Requests come whose signature does not fit LIKENESS_SLACK_SIGNING_SECRET. If they are Slack's, copy the signing "
    f"secret again from the page Basic Information of your app at {APPS}, and start the bot anew."
)
ADDRESS_TAKEN = (
    "Nothing can listen at {address}: {reason}. Choose another LIKENESS_SLACK_LISTEN, and start the bot anew."
)
NOTHING_SET = (
    "Slack can reach this bot neither way. Set LIKENESS_SLACK_APP_TOKEN for Socket Mode, "
    "or LIKENESS_SLACK_SIGNING_SECRET for HTTP."
)


class Listener:
    """What comes from Slack."""

    def __init__(
        self,
        settings: Settings,
        clients: Clients,
        doors: FullDoors,
        accept: Accept,
        on_gone: OnGone,
        *,
        routes: Sequence[web.RouteDef] = (),
        after_coming_up: Callable[[], Awaitable[None]] | None = None,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
        pace: Pace | None = None,
    ) -> None:
        """Prepare; nothing is asked of Slack before `run`.

        Args:
            settings: With the tokens.
            clients: For forms, names and sentences.
            doors: What forms and the Home tab ask.
            accept: Writes a request down.
            on_gone: Called with a workspace that the app was taken out of.
            routes: More that the HTTP server answers, such as installing.
            after_coming_up: Runs beside each life from its beginning: what happened before it may not be told.
            wait: Passes seconds; a test has its own.
            monotonic: Tells them.
            jitter: Between 0 and 1.
            pace: What else is asked of Slack keeps to it, too.
        """
        self._settings = settings
        self._clients = clients
        self._routes = routes
        self._after_coming_up = after_coming_up
        self._beside: asyncio.Task[None] | None = None
        self._wait = wait
        self._monotonic = monotonic
        self._jitter = jitter
        self.people = people = People(clients, doors, monotonic, pace)
        opening = Opening(doors, settings.bases, people.named_groups)
        prefix = command_prefix(settings)
        commands = Commands(doors, people, opening, prefix)
        self._saying = Saying(clients)
        self._hearing = Hearing(
            clients,
            commands,
            Conversing(doors, people, commands, prefix),
            Home(clients, doors, Wording(prefix)),
            self._saying,
            accept,
            on_gone,
            wait=wait,
        )
        self._app = self._build()
        self._sockets = Sockets(
            clients, settings.slack_app_token.get_secret_value(), self._app.async_dispatch
        )
        self._is_serving = False
        self._is_trusted = False
        """Whether any request had Slack's signature: then one without is somebody else's."""
        self._pause_seconds = FIRST_PAUSE_SECONDS
        self.problem = ""
        """What keeps Slack from reaching the bot and only its operator can mend, as a sentence."""
        self.lives = 0
        self.address = ""
        """Where the HTTP server listens, once it does."""

    @property
    def _uses_sockets(self) -> bool:
        return bool(self._settings.slack_app_token.get_secret_value())

    @property
    def _signing_secret(self) -> str:
        return self._settings.slack_signing_secret.get_secret_value()

    @property
    def is_up(self) -> bool:
        """Whether Slack can tell us something now."""
        return self._sockets.is_up if self._uses_sockets else self._is_serving

    def _build(self) -> AsyncApp:
        """Return the app: bolt checks signatures and reads bodies; one listener hears everything."""
        quiet = logging.getLogger(f"{__name__}.bolt")
        quiet.setLevel(logging.CRITICAL)  # its lines hold what people wrote
        app = AsyncApp(
            logger=quiet,
            name="likeness",
            client=self._clients.make(),
            signing_secret=self._signing_secret,
            authorize=_authorize,
            process_before_response=True,
            # Asking Slack who we are costs a request; an event says it itself.
            ignoring_self_events_enabled=False,
        )
        app.middleware(self._hear)
        return app

    async def _hear(self, req: AsyncBoltRequest) -> BoltResponse:
        return await self._hearing.hear(req)

    async def run(self) -> None:
        """Listen, and listen again, until cancelled."""
        try:
            while True:
                began = self._monotonic()
                fault = await self._live()
                if self._monotonic() - began >= SOUND_LIFE_SECONDS:
                    self._pause_seconds = FIRST_PAUSE_SECONDS
                problem = problem_of(fault)
                if problem:
                    self._pause_seconds = LONGEST_PAUSE_SECONDS
                else:
                    name = type(fault).__name__
                    log.warning("action=slack_life_ended fault=%s pause=%.1f", name, self._pause_seconds)
                self._note(problem)
                await self._wait(self._pause_seconds * (0.5 + self._jitter() / 2))
                self._pause_seconds = min(2 * self._pause_seconds, LONGEST_PAUSE_SECONDS)
        finally:
            await self._saying.close()

    def _note(self, problem: str) -> None:
        """Keep what is wrong, and tell it once."""
        if problem and problem != self.problem:
            log.error("action=slack_refused problem=%s", problem)
        self.problem = problem

    async def _live(self) -> Exception:
        """Serve until it ends, and return what ended it."""
        self.lives += 1
        runner: web.AppRunner | None = None
        try:
            if not self._uses_sockets and not self._signing_secret:
                raise Unusable(NOTHING_SET)
            if self._routes or not self._uses_sockets:
                runner = await self._serve()
            if self._uses_sockets:
                await self._sockets.run(self._came_up)
            self._came_up()
            await asyncio.Event().wait()
            raise AssertionError("waits for ever")
        except _EXPECTED as fault:
            return fault
        except Exception as fault:
            log.exception("action=slack_life_broke")
            return fault
        finally:
            self._is_serving = False
            await self._end_beside()
            if runner is not None:
                await runner.cleanup()

    def _came_up(self) -> None:
        if self.problem:  # its long pauses end with it
            self._pause_seconds = FIRST_PAUSE_SECONDS
        self.problem = ""
        if self._beside is None and self._after_coming_up is not None:
            self._beside = asyncio.ensure_future(self._after_coming_up())
            self._beside.add_done_callback(_note_fault)

    async def _end_beside(self) -> None:
        if self._beside is not None:
            self._beside.cancel()
            await asyncio.gather(self._beside, return_exceptions=True)
            self._beside = None

    async def _serve(self) -> web.AppRunner:
        """Answer HTTP: Slack's requests where there is no socket, and what else was given."""
        application = web.Application(client_max_size=MAX_BODY_BYTES)
        application.add_routes(self._routes)
        if not self._uses_sockets:
            application.router.add_post(EVENTS_PATH, self._answer)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=2)
        await runner.setup()
        wanted = self._settings.slack_listen
        host, _, port = wanted.rpartition(":")
        try:
            site = HttpSite(runner, host.strip("[]") or None, int(port))
            await site.start()
        except (OSError, ValueError, OverflowError) as fault:
            await runner.cleanup()
            reason = getattr(fault, "strerror", None) or "it is no address with a port"
            raise Unusable(ADDRESS_TAKEN.format(address=wanted, reason=reason)) from fault
        self.address = site.name
        self._is_serving = True
        return runner

    async def _answer(self, request: web.Request) -> web.Response:
        try:
            asked = await to_bolt_request(request)
        except _UNREADABLE:  # bolt reads before it looks who signed: anybody may have sent this
            return web.Response(status=400)
        answer = await self._app.async_dispatch(asked)
        if answer.status != 401:
            self._is_trusted, self.problem = True, ""
        elif not self._is_trusted:
            self._note(WRONG_SIGNING_SECRET)
        return await to_aiohttp_response(answer)


def _note_fault(beside: asyncio.Future[None]) -> None:
    if not beside.cancelled() and (fault := beside.exception()) is not None:
        log.error("action=catching_up_failed", exc_info=fault)


class Unusable(Exception):
    """The settings cannot work; the message is a sentence for the operator."""


_EXPECTED = (Unusable, LineEnded, SlackApiError, aiohttp.ClientError, OSError, TimeoutError)


_UNREADABLE = (ValueError, TypeError, AttributeError, RecursionError)
"""What bolt raises for a body that is no JSON, or not what Slack sends."""


async def _authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
    """Let every signed request in: whether the app is installed there is found out where it matters."""
    return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id)


def problem_of(fault: Exception) -> str:
    """Return the sentence for what only the operator can mend; empty for what passes by itself."""
    if isinstance(fault, Unusable):
        return str(fault)
    if is_refused_for_good(fault):
        return WRONG_APP_TOKEN
    if isinstance(fault, LineEnded) and "link_disabled" in str(fault):
        return SOCKET_MODE_IS_OFF
    return ""
