"""The HTTP side: reads a request, holds it against the description, lets its route answer, checks the answer."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from aiohttp import BodyPartReader, web

from tests.fakes.discord import (
    rest_account,
    rest_channels,
    rest_commands,
    rest_interactions,
    rest_messages,
    rest_reactions,
    rest_threads,
)
from tests.fakes.discord.calls import ROUTES, Call, Reply
from tests.fakes.discord.errors import Malformed, Refusal, invalid_form, too_long, unauthorized, unknown_route
from tests.fakes.discord.faults import Fault, Trouble
from tests.fakes.discord.messages import File
from tests.fakes.discord.specification import Flaw

if TYPE_CHECKING:
    from tests.fakes.discord.fake import FakeDiscord

PLAYED = (
    rest_account,
    rest_channels,
    rest_commands,
    rest_interactions,
    rest_messages,
    rest_reactions,
    rest_threads,
)
"""The modules whose routes are in the table because they were imported."""
PREFIX = "/api/v10"
MAX_BODY_BYTES = 200 * 1024 * 1024
_WITHOUT_BOT_TOKEN = ("/webhooks/{webhook_id}/{webhook_token}", "/interactions/")
_FILE_KEY = re.compile(r"files\[(\d+)\]")


@dataclass(frozen=True)
class Request:
    """A request that came in, for tests that count or read them."""

    method: str
    template: str
    path: str
    query: dict[str, str]
    body: Any
    status: int
    """0 where the line was cut before an answer."""
    at_seconds: float
    """When it came, on the fake's clock."""


class Rest:
    """Answers what comes in under /api/v10."""

    def __init__(self, fake: FakeDiscord) -> None:
        self._fake = fake

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one request, or not, as the faults will have it."""
        path = "/" + "/".join(unquote(each) for each in request.rel_url.raw_path.split("/")[3:])
        found = self._fake.specification.find(request.method, request.rel_url.raw_path.removeprefix(PREFIX))
        template, values = found if found is not None else ("", {})
        values = {name: unquote(value) for name, value in values.items()}
        body, files, problem = await _read(request)
        fault = self._fake.faults.take(request.method, path, template)
        call = Call(self._fake, request.method, template, values, dict(request.query), body, files)
        reply = None
        if fault is None or fault.trouble is Trouble.RESET_AFTER_STORING:
            with _telling_of_bugs(self._fake, f"{request.method} {path}"):
                reply = self._carry_out(call, request, path, problem)
        status = self._note(call, path, reply, fault)
        if fault is not None:
            return await self._fail(request, fault)
        assert reply is not None
        return _response(reply, template or path, status)

    def _carry_out(self, call: Call, request: web.Request, path: str, problem: Malformed | None) -> Reply:
        try:
            self._check_bearer(call, request)
            if not call.template or (call.method, call.template) not in ROUTES:
                raise unknown_route()
            if problem is not None:
                raise problem
            self._check_form(call)
            reply = ROUTES[call.method, call.template](call)
        except Refusal as refusal:
            if isinstance(refusal, Malformed):
                self._fake.complain(f"{call.method} {call.template or path}", str(refusal))
            reply = Reply(refusal.status, refusal.body())
        if call.template and reply.status < 500:
            specification = self._fake.specification
            for flaw in specification.flaws_in_answer(call.method, call.template, reply.status, reply.body):
                self._fake.complain(f"answer to {call.method} {call.template}", f"{reply.status} {flaw}")
        return reply

    def _check_bearer(self, call: Call, request: web.Request) -> None:
        token = request.headers.get("Authorization")
        if token is None and call.template.startswith(_WITHOUT_BOT_TOKEN):
            return
        if token != f"Bot {self._fake.bot_token}":
            raise unauthorized()

    def _check_form(self, call: Call) -> None:
        specification, where = self._fake.specification, f"{call.method} {call.template}"
        flaws = [
            *specification.flaws_in_path(call.method, call.template, call.values),
            *specification.flaws_in_query(call.method, call.template, call.query),
            *specification.flaws_in_body(call.method, call.template, call.body),
        ]
        refused = [flaw for flaw in flaws if not flaw.is_unknown_key]
        for flaw in flaws:
            if flaw.is_unknown_key or flaw is not refused[0]:
                self._fake.complain(where, str(flaw))
        if refused:
            raise _form_error(refused[0])

    def _note(self, call: Call, path: str, reply: Reply | None, fault: Fault | None) -> int:
        status = fault.status if fault is not None else reply.status if reply is not None else 0
        noted = Request(
            call.method, call.template, path, call.query, call.body, status, self._fake.clock.monotonic()
        )
        self._fake.requests.append(noted)
        self._fake.changed()
        return status

    async def _fail(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        if fault.trouble is Trouble.TIMEOUT:
            await self._fake.faults.released()
        if fault.trouble is not Trouble.ANSWER:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        return web.Response(
            status=fault.status,
            body=json.dumps(fault.body) if fault.body is not None else "",
            headers={"Content-Type": "application/json", **fault.headers},
        )


@contextmanager
def _telling_of_bugs(fake: FakeDiscord, where: str) -> Iterator[None]:
    """Let a test fail for a mistake in the fake, which the bot would only see as a 500."""
    is_done = False
    try:
        yield
        is_done = True
    finally:
        if not is_done:
            fake.complain(where, f"the fake itself failed: {sys.exception()!r}")


async def _read(request: web.Request) -> tuple[Any, list[File], Malformed | None]:
    """Read a body. Of several parts, `payload_json` is the body, and `files[n]` are the files."""
    if not request.can_read_body:
        return None, [], None
    if not request.content_type.startswith("multipart/"):
        raw = await request.read()
        return _parsed(raw, request.content_type) if raw else (None, [], None)
    body: Any = {}
    files: dict[int, File] = {}
    problem: Malformed | None = None
    reader = await request.multipart()
    while (part := await reader.next()) is not None:
        assert isinstance(part, BodyPartReader)
        match = _FILE_KEY.fullmatch(part.name or "")
        content = bytes(await part.read())
        if part.name == "payload_json":
            body, _, problem = _parsed(content, "application/json")
        elif match is not None and part.filename:
            files[int(match[1])] = File(part.filename, content)
        else:
            problem = invalid_form((part.name or "",), "UNKNOWN_PART", "Neither payload_json nor files[n].")
    if sorted(files) != list(range(len(files))):
        problem = invalid_form(("files",), "FILES_NOT_NUMBERED", "Files are files[0], files[1] and so on.")
    return body, [files[number] for number in sorted(files)], problem


def _parsed(raw: bytes, content_type: str) -> tuple[Any, list[File], Malformed | None]:
    if content_type != "application/json":
        return None, [], Malformed(400, 50035, f"Invalid Form Body: content type {content_type}")
    try:
        return json.loads(raw), [], None
    except ValueError:
        return None, [], Malformed(400, 50109, "The request body contains invalid JSON.")


def _form_error(flaw: Flaw) -> Malformed:
    match flaw.rule:
        case "maxLength" | "maxItems":
            return too_long(flaw.path, flaw.limit)
        case "required":
            return invalid_form(flaw.path, "BASE_TYPE_REQUIRED", f"This field is required: {flaw.text}")
        case "minLength" | "minItems":
            return invalid_form(
                flaw.path, "BASE_TYPE_BAD_LENGTH", f"Must be at least {flaw.limit} in length."
            )
        case "enum" | "const":
            return invalid_form(flaw.path, "BASE_TYPE_CHOICES", f"Value must be one of {flaw.limit}.")
        case _:
            return invalid_form(flaw.path, f"BASE_TYPE_{flaw.rule.upper()}", flaw.text)


def _response(reply: Reply, bucket: str, status: int) -> web.Response:
    headers = {
        "X-RateLimit-Limit": "1000",
        "X-RateLimit-Remaining": "999",
        "X-RateLimit-Reset": "0",
        "X-RateLimit-Reset-After": "0.001",
        "X-RateLimit-Bucket": re.sub(r"\W+", "-", bucket).strip("-"),
        "Via": "1.1 google",
    }
    if reply.body is None:
        return web.Response(status=status, headers=headers)
    headers["Content-Type"] = "application/json"
    return web.Response(status=status, body=json.dumps(reply.body), headers=headers)
