"""Socket Mode: one line to Slack at a time, and the next one before Slack closes it.

The SDK's own client is not used: where it cannot connect it goes on with an address that Slack has ended, it closes
the old line before the new one stands, its log shows addresses that let anybody in, and it keeps to itself that
Slack refused the token (slack_sdk 3.47, socket_mode/aiohttp).
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError

from bot.slack.clients import Clients
from bot.slack.payloads import RETRY_HEADER

log = logging.getLogger(__name__)

CONNECT_SECONDS = 20.0
HEARTBEAT_SECONDS = 10.0
"""How often a line is tried; it is given up when no answer comes within half of that."""
MAX_MESSAGE_BYTES = 16 * 1024 * 1024
CLOSING_SECONDS = 5.0
"""How long what was begun may take to be acknowledged once its line is to end."""
LEAVES_NOW = "refresh_requested"
"""docs.slack.dev, Using Socket Mode: reasons to disconnect are warning, refresh_requested and link_disabled."""

Dispatch = Callable[[AsyncBoltRequest], Awaitable[BoltResponse]]


class LineEnded(Exception):
    """The line is gone; the message says how."""


class Line:
    """One WebSocket. What comes over it is acknowledged over it."""

    def __init__(self, session: aiohttp.ClientSession, dispatch: Dispatch, proxy: str | None = None) -> None:
        self._session = session
        self._dispatch = dispatch
        self._proxy = proxy
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._answering: set[asyncio.Task[None]] = set()
        self.is_told_to_leave = asyncio.Event()

    async def connect(self, address: str) -> None:
        """Open the line, and wait until Slack says hello.

        Raises:
            LineEnded: It ended before that.
            aiohttp.ClientError, OSError, TimeoutError: It cannot be opened.
        """
        async with asyncio.timeout(CONNECT_SECONDS):
            self._socket = await self._session.ws_connect(
                address, heartbeat=HEARTBEAT_SECONDS, max_msg_size=MAX_MESSAGE_BYTES, proxy=self._proxy
            )
            greeting = await self._receive()
        if greeting.get("type") != "hello":
            raise LineEnded(f"{greeting.get('type')} {greeting.get('reason', '')}")

    async def run(self) -> None:
        """Hear until the line ends, which it says by raising.

        Raises:
            LineEnded: It did.
        """
        while True:
            said = await self._receive()
            if said.get("type") == "disconnect":
                reason = str(said.get("reason", ""))
                log.info("action=socket_told_to_leave reason=%s", reason)
                if reason not in ("warning", LEAVES_NOW):
                    raise LineEnded(reason)
                self.is_told_to_leave.set()
            elif "envelope_id" in said:
                task = asyncio.create_task(self._answer(said))
                self._answering.add(task)
                task.add_done_callback(self._answering.discard)

    async def close(self) -> None:
        """Finish what was begun, then hang up."""
        if self._answering:
            _, late = await asyncio.wait(self._answering, timeout=CLOSING_SECONDS)
            for task in late:
                task.cancel()
        if self._socket is not None:
            await self._socket.close()

    async def _receive(self) -> Mapping[str, Any]:
        assert self._socket is not None
        while True:
            message = await self._socket.receive()
            if message.type is aiohttp.WSMsgType.TEXT:
                try:
                    said = json.loads(message.data)
                except ValueError:
                    continue
                if isinstance(said, dict):
                    return said
            elif message.type is not aiohttp.WSMsgType.BINARY:
                raise LineEnded(message.type.name.lower())

    async def _answer(self, envelope: Mapping[str, Any]) -> None:
        retries = str(envelope.get("retry_attempt") or 0)
        request = AsyncBoltRequest(
            mode="socket_mode", body=envelope.get("payload") or {}, headers={RETRY_HEADER: retries}
        )
        response = await self._dispatch(request)
        if response.status != 200:
            return  # over a socket, silence means: tell me again
        answer: dict[str, Any] = {"envelope_id": envelope["envelope_id"]}
        if response.body.startswith("{"):
            answer["payload"] = json.loads(response.body)
        assert self._socket is not None
        try:
            await self._socket.send_str(json.dumps(answer))
        except (ConnectionError, aiohttp.ClientError):
            log.info("action=not_acknowledged")  # it is written down, and answered all the same


class Sockets:
    """Lines to Slack, one after the other."""

    def __init__(self, clients: Clients, app_token: str, dispatch: Dispatch) -> None:
        self._client = clients.make()
        self._app_token = app_token
        self._dispatch = dispatch
        self.is_up = False

    async def run(self, on_up: Callable[[], None]) -> None:
        """Listen until a line ends that nobody had announced, or no new one can be had.

        Args:
            on_up: Called when a line stands.

        Raises:
            LineEnded: It did.
            SlackApiError: Slack gives out no line.
            aiohttp.ClientError, OSError, TimeoutError: Slack cannot be reached.
        """
        async with aiohttp.ClientSession() as session:
            line = await self._new_line(session)
            running = asyncio.ensure_future(line.run())
            leaving: set[asyncio.Task[None]] = set()
            self.is_up = True
            try:
                while True:
                    on_up()
                    told = asyncio.ensure_future(line.is_told_to_leave.wait())
                    try:
                        await asyncio.wait({running, told}, return_when=asyncio.FIRST_COMPLETED)
                    finally:
                        told.cancel()
                    if running.done() and not line.is_told_to_leave.is_set():
                        running.result()
                    following = await self._new_line(session)
                    ending = asyncio.create_task(_end(line, running))
                    leaving.add(ending)
                    ending.add_done_callback(leaving.discard)
                    line, running = following, asyncio.ensure_future(following.run())
            finally:
                self.is_up = False
                await _end(line, running)
                await asyncio.gather(*leaving, return_exceptions=True)

    async def _new_line(self, session: aiohttp.ClientSession) -> Line:
        answer = await self._client.apps_connections_open(app_token=self._app_token)
        line = Line(session, self._dispatch, self._client.proxy)
        try:
            await line.connect(str(answer["url"]))
        except BaseException:
            await line.close()
            raise
        return line


async def _end(line: Line, running: asyncio.Future[None]) -> None:
    await line.close()
    running.cancel()
    await asyncio.wait({running})
    if not running.cancelled():
        running.exception()


def is_refused_for_good(fault: BaseException | None) -> bool:
    """Tell whether Slack said no to the token itself, which passes by nobody's waiting."""
    return isinstance(fault, SlackApiError) and fault.response.get("error") in _WRONG_TOKEN


_WRONG_TOKEN = frozenset(
    {
        "invalid_auth",
        "not_authed",
        "token_revoked",
        "token_expired",
        "account_inactive",
        "not_allowed_token_type",
    }
)
