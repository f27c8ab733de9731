"""What goes wrong on demand: lost answers, limits, cut lines, tokens and scopes that are taken away."""

from __future__ import annotations

import asyncio
import enum
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.fakes.slack import events
from tests.fakes.slack.state import Channel, TokenState, Workspace

if TYPE_CHECKING:
    from tests.fakes.slack.fake import FakeSlack


class Trouble(enum.Enum):
    """How a request goes wrong."""

    ANSWER = "an answer that is none"
    RESET_BEFORE = "the line is cut before anything happened"
    RESET_AFTER_STORING = "what was asked is done, and the line is cut before the answer"
    TIMEOUT = "no answer comes"


@dataclass(frozen=True)
class Fault:
    """What happens to a request instead of its answer."""

    trouble: Trouble
    status: int = 0
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def is_stored(self) -> bool:
        """Whether what was asked is done all the same."""
        return self.trouble is Trouble.RESET_AFTER_STORING


RESET_BEFORE = Fault(Trouble.RESET_BEFORE)
RESET_AFTER_STORING = Fault(Trouble.RESET_AFTER_STORING)
TIMEOUT = Fault(Trouble.TIMEOUT)


def rate_limited(retry_after_seconds: int = 1) -> Fault:
    """Return a 429 with the whole seconds to wait, as Slack tells them."""
    headers = {"Retry-After": str(retry_after_seconds)}
    return Fault(Trouble.ANSWER, 429, {"ok": False, "error": "ratelimited"}, headers)


def server_error(status: int = 500) -> Fault:
    """Return an answer of a Slack that is unwell: not even JSON."""
    return Fault(Trouble.ANSWER, status, None)


def refusal(error: str, **more: Any) -> Fault:
    """Return any refusal by Slack's own name."""
    return Fault(Trouble.ANSWER, 200, {"ok": False, "error": error, **more})


@dataclass
class _Planned:
    method: str
    fault: Fault
    times: int


class Faults:
    """What a test breaks."""

    def __init__(self, fake: FakeSlack) -> None:
        self._fake = fake
        self._planned: list[_Planned] = []
        self._release = asyncio.Event()
        self._duplicates: Counter[str] = Counter()
        self._retries: Counter[str] = Counter()
        self._losses: Counter[str] = Counter()
        self._signatures: list[tuple[str, str]] = []
        self.keeps_files_unfinished = False

    # Requests of the app

    def next(self, method: str, answer: Fault, times: int = 1) -> None:
        """Let the next requests go wrong.

        Args:
            method: of the Web API, or `upload`, `download` or `response_url`; `*` is any method.
            answer: one of this module's.
            times: how many requests it befalls.
        """
        self._planned.append(_Planned(method, answer, times))

    @property
    def is_all_met(self) -> bool:
        """Whether every planned fault has happened."""
        return not self._planned

    def take(self, method: str) -> Fault | None:
        """Return what befalls this request, once."""
        for planned in self._planned:
            if planned.method == method or (planned.method == "*" and "." in method):
                planned.times -= 1
                if planned.times == 0:
                    self._planned.remove(planned)
                return planned.fault
        return None

    async def fail(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        """Give a fault for an answer."""
        if fault.trouble is Trouble.TIMEOUT:
            await self._release.wait()
        if fault.trouble is not Trouble.ANSWER:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        if fault.body is None:
            page = "<html><body>Something is wrong at our end.</body></html>"
            return web.Response(
                status=fault.status, text=page, content_type="text/html", headers=fault.headers
            )
        return web.Response(
            status=fault.status,
            body=json.dumps(fault.body),
            content_type="application/json",
            headers=fault.headers,
        )

    def release(self) -> None:
        """End the waiting of requests that met `TIMEOUT`: their lines are cut."""
        self._release.set()

    # What the app is told

    def duplicate_event(self, name: str) -> None:
        """Tell of the next event of this name twice, with the same `event_id`."""
        self._duplicates[name] += 1

    def retry_event(self, name: str) -> None:
        """Tell of the next event of this name again after it was acknowledged, as if that had been lost."""
        self._retries[name] += 1

    def lose_event(self, name: str) -> None:
        """Never tell of the next event of this name."""
        self._losses[name] += 1

    def takes_duplicate(self, name: str) -> bool:
        """Tell whether this one is told twice."""
        return _counted_down(self._duplicates, name)

    def takes_retry(self, name: str) -> bool:
        """Tell whether this one is told again."""
        return _counted_down(self._retries, name)

    def takes_loss(self, name: str) -> bool:
        """Tell whether this one is lost."""
        return _counted_down(self._losses, name)

    def wrong_signature(self, name: str = "*") -> None:
        """Sign the next request of this name to the app with another secret."""
        self._signatures.append((name, "wrong"))

    def stale_signature(self, name: str = "*") -> None:
        """Sign the next request of this name to the app as one of ten minutes ago."""
        self._signatures.append((name, "stale"))

    def take_signature_fault(self, name: str) -> str:
        """Return what is wrong with this one."""
        for planned in self._signatures:
            if planned[0] in ("*", name):
                self._signatures.remove(planned)
                return planned[1]
        return ""

    # Socket Mode

    async def refresh_sockets(self) -> None:
        """Ask the app to come back over other lines, then close these."""
        for line in list(self._fake.sockets.lines):
            await line.ask_to_leave("refresh_requested")

    async def warn_sockets(self) -> None:
        """Say that the lines end soon."""
        for line in list(self._fake.sockets.lines):
            await line.ask_to_leave("warning")

    async def disable_socket_mode(self) -> None:
        """Let somebody switch Socket Mode off in the app's settings."""
        for line in list(self._fake.sockets.lines):
            await line.ask_to_leave("link_disabled")
            await line.close()

    async def close_sockets(self, *, in_good_order: bool = False) -> None:
        """Cut the lines, or close them."""
        gone = list(self._fake.sockets.lines)
        for line in gone:
            if in_good_order:
                await line.close()
            else:
                line.cut()
        await self._fake.until(lambda: not any(line in self._fake.sockets.lines for line in gone))

    def refuse_next_socket(self, times: int = 1) -> None:
        """Answer the next handshakes with a 503."""
        self._fake.sockets.refuse_next(times)

    # The world

    async def revoke_token(self, workspace: Workspace | None = None) -> None:
        """Let an admin revoke the bot's token."""
        installation = (workspace or self._fake.workspace).installed
        installation.state = TokenState.REVOKED
        events.tokens_revoked(self._fake, installation)
        self._fake.changed()

    async def uninstall(self, workspace: Workspace | None = None) -> None:
        """Let an admin throw the app out."""
        self._fake.uninstall(workspace or self._fake.workspace)

    def take_scope(self, scope: str, workspace: Workspace | None = None) -> None:
        """Take a scope from the bot's token."""
        (workspace or self._fake.workspace).installed.scopes.discard(scope)

    def give_scope(self, scope: str, workspace: Workspace | None = None) -> None:
        """Give it (back)."""
        (workspace or self._fake.workspace).installed.scopes.add(scope)

    def never_accessible(self) -> None:
        """Let files that are uploaded stay unfinished for good."""
        self.keeps_files_unfinished = True

    def archive(self, channel: Channel) -> None:
        """Let somebody archive a channel."""
        channel.is_archived = True

    def restrict(self, channel: Channel, *, is_restricted: bool = True) -> None:
        """Let an admin keep the bot from posting in a channel, or let it again."""
        channel.is_restricted = is_restricted


def _counted_down(counter: Counter[str], name: str) -> bool:
    if counter[name] <= 0:
        return False
    counter[name] -= 1
    return True
