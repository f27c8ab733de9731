"""Socket Mode: tickets, lines, envelopes, and lines that end."""

from __future__ import annotations

import asyncio
import json
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

from tests.fakes.slack.delivery import Attempt, Kind

if TYPE_CHECKING:
    from tests.fakes.slack.fake import FakeSlack

MAX_LINES = 10  # docs.slack.dev, Using Socket Mode: up to 10 open connections for each app
LINE_SECONDS = 3600


class Line:
    """One open WebSocket."""

    def __init__(self, fake: FakeSlack, socket: web.WebSocketResponse, request: web.Request) -> None:
        self._fake = fake
        self._socket = socket
        self._request = request
        self.number = 0
        self.is_leaving = False
        """Whether the app was asked to come back over another line."""

    async def run(self) -> None:
        """Greet, then read acknowledgements until the line ends."""
        self._fake.sockets.enter(self)
        await self._say(
            {
                "type": "hello",
                "num_connections": len(self._fake.sockets.lines),
                "debug_info": {
                    "host": "applink-1",
                    "build_number": 1,
                    "approximate_connection_time": LINE_SECONDS,
                },
                "connection_info": {"app_id": self._fake.app_id},
            }
        )
        try:
            async for message in self._socket:
                if message.type is WSMsgType.TEXT:
                    self._read(message.data)
        finally:
            self._fake.sockets.leave(self)

    def _read(self, text: str) -> None:
        try:
            said = json.loads(text)
            envelope_id = said["envelope_id"]
        except (ValueError, KeyError, TypeError):
            self._fake.complain("socket", f"what is no acknowledgement: {text[:80]}")
            return
        unknown = set(said) - {"envelope_id", "payload"}
        if unknown:
            self._fake.complain("socket", f"an acknowledgement with {sorted(unknown)}")
        self._fake.deliverer.acknowledge(envelope_id, said.get("payload"))

    def send(self, envelope: dict[str, Any]) -> None:
        """Send an envelope."""
        self._fake.keep(asyncio.create_task(self._say(envelope)))

    async def _say(self, said: dict[str, Any]) -> None:
        with suppress(ConnectionError):
            if not self._socket.closed:
                await self._socket.send_str(json.dumps(said))

    async def ask_to_leave(self, reason: str) -> None:
        """Say that the line ends soon (`warning`), or now (`refresh_requested`)."""
        self.is_leaving = reason != "warning"
        await self._say({"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-1"}})

    async def close(self) -> None:
        """Close the line in good order."""
        await self._socket.close()

    def cut(self) -> None:
        """Cut the line."""
        if self._request.transport is not None:
            self._request.transport.abort()


class Sockets:
    """The lines to the app."""

    def __init__(self, fake: FakeSlack) -> None:
        self._fake = fake
        self._tickets: set[str] = set()
        self.lines: list[Line] = []
        self.opened = 0
        """How many lines there have been."""
        self._to_refuse = 0
        self._turn = 0

    @property
    def is_connected(self) -> bool:
        """Whether the app listens."""
        return bool(self._usable)

    @property
    def _usable(self) -> list[Line]:
        return [line for line in self.lines if not line.is_leaving]

    def new_address(self) -> str:
        """Return an address that opens one line."""
        ticket = secrets.token_urlsafe(16)
        self._tickets.add(ticket)
        address = self._fake.address.replace("http", "ws", 1)
        return f"{address}/link/?ticket={ticket}&app_id={self._fake.app_id}"

    def refuse_next(self, times: int) -> None:
        """Answer the next handshakes with a 503."""
        self._to_refuse += times

    async def listen(self, request: web.Request) -> web.StreamResponse:
        """Open a line for who has a ticket."""
        if self._to_refuse:
            self._to_refuse -= 1
            return web.Response(status=503)
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            self._fake.complain("socket", "a ticket that was used before, or never given out")
            return web.Response(status=408)
        self._tickets.remove(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        line = Line(self._fake, socket, request)
        if len(self.lines) >= MAX_LINES:
            await line.ask_to_leave("too_many_websockets")
            await line.close()
        else:
            await line.run()
        return socket

    def enter(self, line: Line) -> None:
        """Count a line in."""
        self.opened += 1
        line.number = self.opened
        self.lines.append(line)
        self._fake.changed()

    def leave(self, line: Line) -> None:
        """Count it out; what went over it unacknowledged is tried again elsewhere."""
        if line in self.lines:
            self.lines.remove(line)
        self._fake.deliverer.fail_line(line)
        self._fake.changed()

    def send(self, attempt: Attempt) -> bool:
        """Send over one of the lines, each in its turn; tell whether there is one."""
        usable = self._usable
        if not usable:
            return False
        self._turn += 1
        attempt.line = usable[self._turn % len(usable)]
        delivery = attempt.delivery
        envelope: dict[str, Any] = {
            "envelope_id": attempt.envelope_id,
            "payload": delivery.payload,
            "type": delivery.kind.value.strip(),
            "accepts_response_payload": delivery.kind.takes_answer,
        }
        if delivery.kind is Kind.EVENT:
            envelope |= {"retry_attempt": attempt.number, "retry_reason": attempt.reason}
        attempt.line.send(envelope)
        return True
