"""The Web API: reads a request, holds it against the types, lets its method answer, checks the answer."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.fakes.slack import (
    api_account,
    api_chat,
    api_conversations,
    api_files,
    api_people,
    api_reactions,
    api_views,
)
from tests.fakes.slack.calls import METHODS, Call
from tests.fakes.slack.errors import Malformed, Refusal, malformed
from tests.fakes.slack.faults import Fault
from tests.fakes.slack.scopes import METHOD_SCOPES
from tests.fakes.slack.state import Installation

if TYPE_CHECKING:
    from tests.fakes.slack.fake import FakeSlack

PLAYED = (api_account, api_chat, api_conversations, api_files, api_people, api_reactions, api_views)
"""The modules whose methods are in the table because they were imported."""
WITHOUT_TOKEN = ("oauth.v2.access", "api.test")
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Request:
    """A request that came in, for tests that count or read them."""

    method: str
    args: dict[str, Any]
    token: str
    status: int
    """0 where the line was cut before an answer."""
    answer: dict[str, Any]
    at_seconds: float
    """On the fake's clock."""


class _TooFast(Exception):
    def __init__(self, seconds: int) -> None:
        super().__init__()
        self.seconds = seconds


class WebApi:
    """Answers what comes in under /api/."""

    def __init__(self, fake: FakeSlack) -> None:
        self._fake = fake

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one request, or not, as the faults will have it."""
        name = request.match_info["method"]
        args, token, problem = await self._read(request, name)
        fault = self._fake.faults.take(name)
        body: dict[str, Any] = {}
        status, headers = 200, {}
        if fault is None or fault.is_stored:
            try:
                body = self._carry_out(name, args, token, problem)
            except _TooFast as too_fast:
                body, status = {"ok": False, "error": "ratelimited"}, 429
                headers = {"Retry-After": str(too_fast.seconds)}
        self._note(name, args, token, fault, status, body)
        if fault is not None:
            return await self._fake.faults.fail(request, fault)
        holder = self._fake.world.installation(token)
        if holder is not None:
            headers["X-OAuth-Scopes"] = ",".join(sorted(holder.scopes))
        return web.json_response(body, status=status, headers=headers)

    async def _read(self, request: web.Request, name: str) -> tuple[dict[str, Any], str, str]:
        """Merge the query with the body: the SDK sends many arguments in the address."""
        specification, problem = self._fake.specification, ""
        args = specification.read(name, dict(request.query), is_text=True)
        if request.can_read_body and request.content_type == "application/json":
            try:
                sent = json.loads(await request.read() or b"{}")
            except ValueError:
                sent, problem = {}, "invalid_json"
            if not isinstance(sent, dict):
                sent, problem = {}, "json_not_object"
            args |= specification.read(name, sent, is_text=False)
        elif request.can_read_body:
            form = {key: value for key, value in (await request.post()).items() if isinstance(value, str)}
            args |= specification.read(name, form, is_text=True)
            if request.content_type not in (FORM, "multipart/form-data") and await request.read():
                problem = "invalid_post_type"
        token = str(args.pop("token", ""))
        bearer = request.headers.get("Authorization", "")
        if bearer.startswith("Basic "):
            user, _, password = base64.b64decode(bearer[6:]).decode().partition(":")
            args = {"client_id": user, "client_secret": password, **args}
        return args, bearer.removeprefix("Bearer ") if bearer.startswith("Bearer ") else token, problem

    def _carry_out(self, name: str, args: dict[str, Any], token: str, problem: str) -> dict[str, Any]:
        try:
            holder = self._holder(name, token)
            if name not in METHODS:
                raise Malformed("unknown_method")
            if problem:
                raise Malformed(problem)
            call = Call(self._fake, name, args, token, holder)
            if holder is not None and name in METHOD_SCOPES:
                call.need(METHOD_SCOPES[name])
            self._check_arguments(call)
            self._keep_pace(call)
            body = {"ok": True, **METHODS[name](call)}
        except Refusal as refusal:
            if isinstance(refusal, Malformed):
                self._fake.complain(name, str(refusal))
            body = refusal.body()
        for flaw in self._fake.specification.flaws_in_answer(name, body):
            self._fake.complain(f"answer to {name}", flaw)
        return body

    def _holder(self, name: str, token: str) -> Installation | None:
        if name in WITHOUT_TOKEN:
            return None
        if not token:
            raise Refusal("not_authed")
        if token == self._fake.app_token:
            if name not in ("apps.connections.open", "auth.test"):
                raise Malformed("not_allowed_token_type")
            return None
        holder = self._fake.world.installation(token)
        if holder is None:
            raise Refusal("invalid_auth")
        if not holder.is_active:
            raise Refusal(holder.state.value)
        if name == "apps.connections.open":
            raise Malformed("not_allowed_token_type")
        return holder

    def _check_arguments(self, call: Call) -> None:
        flaws = list(self._fake.specification.flaws_in_arguments(call.method, call.args))
        for flaw in flaws:
            if flaw.is_unknown_key:
                self._fake.complain(call.method, str(flaw))
        refused = [flaw for flaw in flaws if not flaw.is_unknown_key]
        if any(flaw.path[0] == "metadata" for flaw in refused):
            raise malformed("invalid_metadata_format", refused)
        if refused:
            raise malformed("invalid_arguments", refused)

    def _keep_pace(self, call: Call) -> None:
        if call.holder is None:
            return
        channel = str(call.args.get("channel", ""))
        wait = self._fake.pace.take(call.method, call.holder.workspace.id, channel)
        if wait is not None:
            raise _TooFast(wait)

    def _note(
        self,
        name: str,
        args: dict[str, Any],
        token: str,
        fault: Fault | None,
        status: int,
        body: dict[str, Any],
    ) -> None:
        if fault is not None:
            status = fault.status
            body = fault.body or {}
        noted = Request(name, args, token, status, body, self._fake.clock.monotonic())
        self._fake.requests.append(noted)
        self._fake.changed()
