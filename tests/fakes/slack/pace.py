"""How fast the app calls: docs.slack.dev, Rate limits; tiers as the official list has them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from tests.fakes.strict import Clock

PER_MINUTE = {"Tier1": 1, "Tier2": 20, "Tier3": 50, "Tier4": 100}
POSTS_PER_SECOND = 1
POSTING = "chat.postMessage"
SECOND, MINUTE = 1.0, 60.0


@dataclass(frozen=True)
class Excess:
    """More calls than Slack promises to take."""

    method: str
    where: str
    """The channel for posts, else the workspace."""
    count: int
    limit: int
    window_seconds: float
    at_seconds: float


class Pace:
    """Counts calls on the fake's clock; refuses those over the limits where it is told to."""

    def __init__(self, clock: Clock, tiers: Mapping[str, str]) -> None:
        self._clock = clock
        self._tiers = tiers
        self._calls: dict[tuple[str, str], list[float]] = {}
        self._excesses: list[Excess] = []
        self.enforced = False
        """Whether calls over the limits are answered with 429, as Slack may: a clock that stands counts as no time."""

    def excesses(self) -> list[Excess]:
        """Return what went over a limit."""
        return list(self._excesses)

    def posts(self, channel_id: str) -> list[float]:
        """Return when posts to a channel were taken, in seconds on the fake's clock."""
        return list(self._calls.get((POSTING, channel_id), []))

    def take(self, method: str, workspace_id: str, channel_id: str) -> int | None:
        """Count a call.

        Returns:
            The seconds to wait, where the call is refused.
        """
        limit, window_seconds = self._limit(method)
        if limit is None:
            return None
        where = channel_id if method == POSTING else workspace_id
        now = self._clock.monotonic()
        calls = self._calls.setdefault((method, where), [])
        recent = [each for each in calls if now - each < window_seconds]
        if len(recent) >= limit:
            self._excesses.append(Excess(method, where, len(recent) + 1, limit, window_seconds, now))
            if self.enforced:
                return math.ceil(window_seconds - (now - recent[0]))
        calls.append(now)
        return None

    def _limit(self, method: str) -> tuple[int | None, float]:
        if method == POSTING:
            return POSTS_PER_SECOND, SECOND
        return PER_MINUTE.get(self._tiers.get(method, "")), MINUTE
