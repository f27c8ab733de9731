"""One connection to the gateway: hello, heartbeats, who the bot says it is, and why it may be cut off.

Source: discord-api-docs, Gateway; Opcodes and Status Codes, Gateway Close Event Codes.
"""

from __future__ import annotations

import asyncio
import enum
import json
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

from tests.fakes.discord.gateway import PRIVILEGED, Session

if TYPE_CHECKING:
    from tests.fakes.discord.fake import FakeDiscord

HEARTBEAT_MILLISECONDS = 41_250
MAX_EVENTS_A_MINUTE = 120  # discord-api-docs, Gateway, Rate Limiting
MAX_EVENT_BYTES = 4096  # discord-api-docs, Gateway, Sending Events
UNKNOWN_OPCODE, DECODE_ERROR, NOT_AUTHENTICATED, AUTHENTICATION_FAILED = 4001, 4002, 4003, 4004
ALREADY_AUTHENTICATED, RATE_LIMITED, INVALID_SHARD, INVALID_INTENTS, DISALLOWED_INTENTS = (
    4005,
    4008,
    4010,
    4013,
    4014,
)
_KNOWN_INTENTS = (1 << 26) - 1


class Op(enum.IntEnum):
    """What an event on the line is for."""

    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    PRESENCE = 3
    VOICE_STATE = 4
    RESUME = 6
    RECONNECT = 7
    REQUEST_MEMBERS = 8
    INVALID_SESSION = 9
    HELLO = 10
    HEARTBEAT_ACK = 11


class Connection:
    """A bot's line to the gateway."""

    def __init__(self, fake: FakeDiscord, request: web.Request) -> None:
        self._fake = fake
        self._request = request
        self._socket = web.WebSocketResponse(max_msg_size=1 << 20)
        self._outgoing: asyncio.Queue[Callable[[], Any]] = asyncio.Queue()
        self._compressor = zlib.compressobj() if request.query.get("compress") == "zlib-stream" else None
        self._is_closing = False
        self.session: Session | None = None
        self.heartbeats = 0
        self.received: list[float] = []

    @property
    def resume_address(self) -> str:
        """Where the bot should come back to."""
        return self._fake.gateway_address

    async def run(self) -> web.WebSocketResponse:
        """Talk until either side ends it."""
        await self._socket.prepare(self._request)
        self._check_address()
        self._fake.gateway.connections.append(self)
        sender = asyncio.create_task(self._send_all(), name="fake-discord-gateway-sender")
        self.send({"op": Op.HELLO, "d": {"heartbeat_interval": HEARTBEAT_MILLISECONDS}, "s": None, "t": None})
        try:
            async for message in self._socket:
                if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                    self._hear(message.data)
                self._fake.changed()
        finally:
            if not self._is_closing:
                sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)
            self._left()
        return self._socket

    def send(self, event: dict[str, Any]) -> None:
        """Put an event on the line, after all that were put there before."""
        self.send_raw(json.dumps(event))

    def send_raw(self, text: str) -> None:
        """Put a text on the line, whatever it is."""
        if self._compressor is None:
            self._outgoing.put_nowait(lambda: self._socket.send_str(text))
        else:
            packed = self._compressor.compress(text.encode()) + self._compressor.flush(zlib.Z_SYNC_FLUSH)
            self._outgoing.put_nowait(lambda: self._socket.send_bytes(packed))

    def close(self, code: int, reason: str = "") -> None:
        """End the connection with a code, after what is on the line."""
        self._is_closing = True
        self._outgoing.put_nowait(lambda: self._socket.close(code=code, message=reason.encode(), drain=False))

    def cut(self) -> None:
        """End the connection without a word."""
        if self.session is not None:
            self.session.connection = None
        if self._request.transport is not None:
            self._request.transport.abort()

    async def _send_all(self) -> None:
        while not self._socket.closed:
            send = await self._outgoing.get()
            try:
                await send()
            except (ConnectionError, RuntimeError):
                return  # the bot has hung up; what it missed is in its session

    def _left(self) -> None:
        self._fake.gateway.connections.remove(self)
        if self.session is not None and self.session.connection is self:
            self.session.connection = None
            # A bot that closes with 1000 or 1001 has ended its session: Gateway, Disconnecting.
            if not self._is_closing and self._socket.close_code in (1000, 1001):
                self._fake.gateway.forget(self.session)
        self._fake.changed()

    def _check_address(self) -> None:
        query = self._request.query
        if query.get("v") != "10" or query.get("encoding") != "json":
            self._fake.complain("gateway", f"asked for version {query.get('v')} in {query.get('encoding')}")

    def _refuse(self, code: int, reason: str) -> None:
        self._fake.complain("gateway", f"{code}: {reason}")
        self.close(code, reason)

    def _hear(self, data: str | bytes) -> None:
        try:
            event = json.loads(data)
            code, body = event["op"], event.get("d")
        except (ValueError, TypeError, KeyError):
            return self._refuse(DECODE_ERROR, "sent something that is no event")
        if len(data) > MAX_EVENT_BYTES:
            return self._refuse(DECODE_ERROR, "sent an event that is too long")
        now = asyncio.get_running_loop().time()
        self.received = [moment for moment in self.received if now - moment < 60] + [now]
        if len(self.received) > MAX_EVENTS_A_MINUTE:
            return self._refuse(RATE_LIMITED, "sent more than 120 events in a minute")
        return self._handle(code, body)

    def _handle(self, code: int, body: Any) -> None:
        match code:
            case Op.HEARTBEAT:
                self.heartbeats += 1
                self.send({"op": Op.HEARTBEAT_ACK, "d": None, "s": None, "t": None})
            case Op.IDENTIFY | Op.RESUME if self.session is not None:
                self._refuse(ALREADY_AUTHENTICATED, "said who it is twice")
            case Op.IDENTIFY:
                self._identify(body)
            case Op.RESUME:
                self._resume(body)
            case Op.PRESENCE | Op.VOICE_STATE | Op.REQUEST_MEMBERS if self.session is None:
                self._refuse(NOT_AUTHENTICATED, "sent an event before it said who it is")
            case Op.PRESENCE | Op.VOICE_STATE:
                pass
            case Op.REQUEST_MEMBERS:
                self._fake.complain("gateway", "asks for members, which this fake does not play")
            case _:
                self._refuse(UNKNOWN_OPCODE, f"sent opcode {code}")

    def _identify(self, body: Any) -> None:
        for key in ("token", "properties", "intents"):
            if key not in body:
                return self._refuse(DECODE_ERROR, f"IDENTIFY has no {key}")
        intents, shard = body["intents"], tuple(body.get("shard", (0, 1)))
        granted = sum(PRIVILEGED[name] for name in self._fake.portal_intents)
        refused = self._fake.faults.identify_refusal()
        if refused is not None:
            return self.close(refused)
        if body["token"] != self._fake.bot_token:
            return self.close(AUTHENTICATION_FAILED, "Authentication failed.")
        if intents & ~_KNOWN_INTENTS:
            return self._refuse(INVALID_INTENTS, "asks for intents that there are not")
        if intents & sum(PRIVILEGED.values()) & ~granted:
            return self.close(DISALLOWED_INTENTS, "Disallowed intent(s).")
        if len(shard) != 2 or not 0 <= shard[0] < shard[1]:
            return self._refuse(INVALID_SHARD, f"there is no shard {shard}")
        self.session = self._fake.gateway.begin(self, intents, (shard[0], shard[1]))
        return None

    def _resume(self, body: Any) -> None:
        if body.get("token") != self._fake.bot_token:
            return self.close(AUTHENTICATION_FAILED, "Authentication failed.")
        self.session = self._fake.gateway.resume(self, body["session_id"], body["seq"])
        if self.session is None:
            self.send({"op": Op.INVALID_SESSION, "d": False, "s": None, "t": None})
        return None
