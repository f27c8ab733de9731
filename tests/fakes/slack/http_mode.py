"""HTTP: signed requests to the app's addresses, and what their answers mean."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import aiohttp

from tests.fakes.slack.delivery import HTTP_ERROR, TIMEOUT, UNREACHABLE, Attempt, Kind
from tests.fakes.strict import LOOK_AGAIN_SECONDS

if TYPE_CHECKING:
    from tests.fakes.slack.fake import FakeSlack

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
STALE_SECONDS = 600


class HttpMode:
    """Sends what Socket Mode would, as requests."""

    def __init__(self, fake: FakeSlack) -> None:
        self._fake = fake
        self._address = ""
        self._options_address = ""
        self._session: aiohttp.ClientSession | None = None

    @property
    def is_used(self) -> bool:
        """Whether the app has an address."""
        return bool(self._address)

    def use(self, address: str, options: str = "") -> None:
        """Set where requests go: one address for all, and maybe one for the questions for options."""
        self._address, self._options_address = address, options or address

    async def close(self) -> None:
        """End."""
        if self._session is not None:
            await self._session.close()

    def send(self, attempt: Attempt) -> None:
        """Send in the background."""
        self._fake.keep(asyncio.create_task(self._send(attempt)))

    async def _send(self, attempt: Attempt) -> None:
        delivery = attempt.delivery
        body, content_type = _body(delivery.kind, delivery.payload)
        headers = {}
        if attempt.reason:
            headers = {"X-Slack-Retry-Num": str(attempt.number), "X-Slack-Retry-Reason": attempt.reason}
        address = self._options_address if delivery.kind is Kind.OPTIONS else self._address
        asked = asyncio.create_task(self._post(delivery.name, address, body, content_type, headers))
        asked.add_done_callback(_noted)
        # The deadline is the fake's clock's: whoever moves it on ends the attempt, and this request with it.
        try:
            while not asked.done() and not attempt.is_over:
                await asyncio.wait([asked], timeout=LOOK_AGAIN_SECONDS)
        finally:
            if not asked.done():
                asked.cancel()
        if asked.done():
            self._take(attempt, asked)

    def _take(self, attempt: Attempt, asked: asyncio.Task[tuple[int, str, dict[str, str]]]) -> None:
        error = asked.exception()
        if error is not None:
            is_late = isinstance(error, TimeoutError)
            self._fake.deliverer.fail(attempt, TIMEOUT if is_late else UNREACHABLE)
            return
        status, text, headers = asked.result()
        if status != 200:
            may_retry = headers.get("X-Slack-No-Retry") != "1"
            self._fake.deliverer.fail(attempt, HTTP_ERROR, may_retry=may_retry)
            return
        self._fake.deliverer.acknowledge(attempt.envelope_id, _answer(text))

    async def _post(
        self, name: str, address: str, body: str, content_type: str, headers: dict[str, str]
    ) -> tuple[int, str, dict[str, str]]:
        if self._session is None:
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        signed = {**headers, **self._signature(name, body), "Content-Type": content_type}
        signed["User-Agent"] = "Slackbot 1.0 (+https://api.slack.com/robots)"
        async with self._session.post(address, data=body.encode(), headers=signed) as response:
            return response.status, await response.text(), dict(response.headers)

    def _signature(self, name: str, body: str) -> dict[str, str]:
        fault = self._fake.faults.take_signature_fault(name)
        # The app compares with the wall's clock, so the wall's clock it is.
        at = str(int(time.time()) - (STALE_SECONDS if fault == "stale" else 0))
        secret = secrets.token_hex(16) if fault == "wrong" else self._fake.signing_secret
        digest = hmac.new(secret.encode(), f"v0:{at}:{body}".encode(), hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={digest}"}

    async def verify(self) -> bool:
        """Ask whether the address is the app's: it must say the challenge."""
        challenge = secrets.token_urlsafe(24)
        said = {"token": self._fake.verification_token, "challenge": challenge, "type": "url_verification"}
        status, text, _ = await self._post("url_verification", self._address, json.dumps(said), JSON, {})
        answer = _answer(text)
        return status == 200 and challenge in (
            answer.get("challenge") if isinstance(answer, dict) else answer,
            text,
        )


def _noted(asked: asyncio.Task[Any]) -> None:
    """Look at how a request ended, even where nobody waits for it any more."""
    if not asked.cancelled():
        asked.exception()


def _body(kind: Kind, payload: dict[str, Any]) -> tuple[str, str]:
    match kind:
        case Kind.EVENT:
            return json.dumps(payload), JSON
        case Kind.COMMAND:
            return urlencode(payload), FORM
        case _:
            return urlencode({"payload": json.dumps(payload)}), FORM


def _answer(text: str) -> Any:
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return {"text": text}
