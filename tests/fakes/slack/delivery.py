"""Telling the app: each delivery is tried over its transport, must be acknowledged in time, and may be tried again."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.fakes.slack.fake import FakeSlack
    from tests.fakes.slack.state import Installation

ACK_SECONDS = 3  # docs.slack.dev, Events API and Handling user interaction
RETRY_AFTER_SECONDS = (
    0,
    60,
    300,
)  # docs.slack.dev, Events API, Retries: at once, after 1 and after 5 minutes
TIMEOUT, HTTP_ERROR, UNREACHABLE = "http_timeout", "http_error", "connection_failed"
"""Reasons for a retry, as the header names them."""


class Kind(enum.Enum):
    """Kinds of delivery; the values are Socket Mode's types of envelope."""

    EVENT = "events_api"
    COMMAND = "slash_commands"
    INTERACTION = "interactive"
    OPTIONS = "interactive "
    """A question for options: an interaction that HTTP apps may get at an address of its own."""

    @property
    def takes_answer(self) -> bool:
        """Whether the acknowledgement may say something."""
        return self is not Kind.EVENT


@dataclass(eq=False)
class Attempt:
    """One try of a delivery."""

    delivery: Delivery
    number: int
    envelope_id: str
    sent_at: float
    """Seconds on the fake's clock."""
    reason: str = ""
    """Why the one before failed."""
    line: Any = field(default=None, repr=False)
    """The socket that it went over."""
    is_over: bool = False


@dataclass(eq=False)
class Delivery:
    """Something that the app is told, and how far that got."""

    kind: Kind
    name: str
    payload: dict[str, Any] = field(repr=False)
    installation: Installation = field(repr=False)
    sent_at: float
    attempts: list[Attempt] = field(default_factory=list)
    answer: Any = None
    """What the acknowledgement said."""
    acked_within: float | None = None
    """Seconds on the fake's clock from the attempt to its acknowledgement."""
    retry_at: float | None = None
    retry_reason: str = ""
    is_failed: bool = False
    on_answer: Callable[[Any], None] | None = field(default=None, repr=False)
    """Carries out what the acknowledgement says."""

    @property
    def is_acknowledged(self) -> bool:
        """Whether the app said in time that it heard."""
        return self.acked_within is not None

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes of it."""
        return self.is_acknowledged or self.is_failed


class Deliverer:
    """Sends, waits for acknowledgements, sends again."""

    def __init__(self, fake: FakeSlack) -> None:
        self._fake = fake
        self._open: list[Attempt] = []
        self.deliveries: list[Delivery] = []

    def send(self, kind: Kind, name: str, payload: dict[str, Any], installation: Installation) -> Delivery:
        """Tell the app something."""
        faults = self._fake.faults
        for flaw in self._fake.specification.flaws_in_payload(kind.value, payload):
            self._fake.complain(f"payload {name}", flaw)
        delivery = Delivery(kind, name, payload, installation, self._now)
        self.deliveries.append(delivery)
        if faults.takes_loss(name):
            delivery.is_failed = True
            return delivery
        self._try(delivery)
        if faults.takes_duplicate(name):
            self._try(delivery)
        self._fake.changed()
        return delivery

    def acknowledge(self, envelope_id: str, answer: Any) -> None:
        """Take what the app says to an envelope; after the deadline that is too late."""
        attempt = next((each for each in self._open if each.envelope_id == envelope_id), None)
        if attempt is None:
            known = any(each.envelope_id == envelope_id for one in self.deliveries for each in one.attempts)
            if not known:
                self._fake.complain("socket", f"an acknowledgement of {envelope_id!r}, which was never sent")
            return
        self.tick()
        if attempt.is_over:
            return
        self._close(attempt)
        delivery = attempt.delivery
        if delivery.is_acknowledged:
            return
        delivery.acked_within = self._now - attempt.sent_at
        delivery.answer = answer
        delivery.retry_at = None
        if delivery.on_answer is not None:
            delivery.on_answer(answer)
        elif answer and delivery.kind is Kind.EVENT and self._fake.sockets.is_connected:
            self._fake.complain(f"acknowledgement of {delivery.name}", "an event takes no answer")
        if self._fake.faults.takes_retry(delivery.name):
            self._try(delivery, TIMEOUT)
        self._fake.changed()

    def fail(self, attempt: Attempt, reason: str, *, may_retry: bool = True) -> None:
        """Give an attempt up: an event is tried again later, anything else is over."""
        if attempt.is_over:
            return
        self._close(attempt)
        delivery = attempt.delivery
        if delivery.is_acknowledged:
            return
        tried = len(delivery.attempts)
        if delivery.kind is Kind.EVENT and may_retry and tried <= len(RETRY_AFTER_SECONDS):
            delivery.retry_at = self._now + RETRY_AFTER_SECONDS[tried - 1]
            delivery.retry_reason = reason
        else:
            delivery.is_failed = True
        self._fake.changed()

    def fail_line(self, line: Any) -> None:
        """Give up what went over a socket that is gone."""
        for attempt in [each for each in self._open if each.line is line]:
            self.fail(attempt, UNREACHABLE)

    def tick(self) -> None:
        """Look at the clock: deadlines end, retries are due."""
        for attempt in list(self._open):
            if self._now - attempt.sent_at > ACK_SECONDS:
                self.fail(attempt, TIMEOUT)
        for delivery in self.deliveries:
            if delivery.retry_at is not None and self._now >= delivery.retry_at:
                delivery.retry_at = None
                self._try(delivery, delivery.retry_reason)

    @property
    def _now(self) -> float:
        return self._fake.clock.monotonic()

    def _try(self, delivery: Delivery, reason: str = "") -> None:
        number = len(delivery.attempts) if reason else 0
        attempt = Attempt(delivery, number, self._fake.ids.next("env-"), self._now, reason)
        delivery.attempts.append(attempt)
        self._open.append(attempt)
        if self._fake.http.is_used:
            self._fake.http.send(attempt)
        elif not self._fake.sockets.send(attempt):
            self.fail(attempt, UNREACHABLE)

    def _close(self, attempt: Attempt) -> None:
        attempt.is_over = True
        if attempt in self._open:
            self._open.remove(attempt)
