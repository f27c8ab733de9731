"""What strict fakes share: complaints, what excuses them, and waiting for something to be so."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, TypeVar

T = TypeVar("T")
PATIENCE_SECONDS = 10
"""How long a test waits for the bot, on the wall's clock, before it fails."""
LOOK_AGAIN_SECONDS = 0.02


class Clock(Protocol):
    """Tells the time of day, and the seconds that went by."""

    def __call__(self) -> datetime: ...
    def monotonic(self) -> float: ...


@dataclass(frozen=True)
class Complaint:
    """Something that no correct program does, or that no real platform answers."""

    where: str
    problem: str

    def __str__(self) -> str:
        return f"{self.where}: {self.problem}"


@dataclass(frozen=True)
class Allowance:
    """A kind of complaint that no test fails for."""

    where: str
    problem: str
    reason: str

    def covers(self, complaint: Complaint) -> bool:
        """Tell whether it is about this complaint."""
        return self.where in complaint.where and self.problem in complaint.problem


def unlisted(
    complaints: Iterable[Complaint], allowances: Iterable[Allowance], expected: Iterable[str] = ()
) -> list[str]:
    """Return the complaints that nothing excuses, in words."""
    parts, allowed = list(expected), list(allowances)
    return [
        str(each)
        for each in complaints
        if not any(allowance.covers(each) for allowance in allowed)
        and not any(part in str(each) for part in parts)
    ]


class WallClock:
    """The time as it is, for a bot in a process of its own."""

    def __call__(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """The seconds that went by since some moment."""
        return time.monotonic()


class Watched:
    """Something that changes, that tests wait for, and that complains."""

    def __init__(self) -> None:
        self.complaints: list[Complaint] = []
        self.expected_complaints: list[str] = []
        self._changed = asyncio.Event()

    def changed(self) -> None:
        """Wake whoever waits for something to be so."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def next_change(self) -> None:
        """Wait until something changed here, or until it is time to look elsewhere."""
        with suppress(TimeoutError):
            async with asyncio.timeout(
                LOOK_AGAIN_SECONDS
            ):  # Python 3.11's wait_for may swallow a cancellation
                await self._changed.wait()

    async def until(
        self, predicate: Callable[[], T | None], *, patience_seconds: float = PATIENCE_SECONDS
    ) -> T:
        """Wait until this is true, and return it.

        Looks again whenever something changed here, and now and then for what changed elsewhere: in the bot.
        """
        try:
            async with asyncio.timeout(patience_seconds):
                while not (value := predicate()):
                    await self.next_change()
                return value
        except TimeoutError:
            raise AssertionError(f"waited {patience_seconds:g} s in vain. {self.summary()}") from None

    def complain(self, where: str, problem: str) -> None:
        """Note what a correct program would not have done."""
        self.complaints.append(Complaint(where, problem))
        self.changed()

    def expect_complaint(self, part: str) -> None:
        """Say that this test trips a rule on purpose: a complaint with these words is right."""
        self.expected_complaints.append(part)

    def summary(self) -> str:
        """Say what happened last, for whoever waited in vain."""
        return f"Complaints: {[str(each) for each in self.complaints]}."
