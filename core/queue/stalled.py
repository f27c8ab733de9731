"""Which workers fell silent, judged by watching and not by the wall's clock.

A wall clock can jump. A lease that is only compared with it is then taken from a living worker, or left with a
dead one for as long as the jump was. So the watcher remembers each lease as it saw it, and measures with its
own monotonic clock how long it stood still; the wall's clock may only shorten the wait, for a watcher that
has just started.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

HEARTBEATS_TO_WATCH = 2.5
"""How many heartbeats a lease has to stand still before the wall's word on it counts."""


@dataclass(frozen=True)
class Lease:
    """A job's lease, or an ending's, as read from its row."""

    row_id: str
    token: str
    expires_at: datetime


class LeaseWatch:
    """Looks at all leases now and then, and names those whose holder is silent."""

    def __init__(
        self, *, lease_seconds: float, heartbeat_seconds: float, monotonic: Callable[[], float]
    ) -> None:
        self._lease_seconds = lease_seconds
        self._least_seconds = heartbeat_seconds * HEARTBEATS_TO_WATCH
        self._monotonic = monotonic
        self._seen: dict[Lease, float] = {}
        """Since when each lease stands as it does, in seconds of the monotonic clock."""

    def silent(self, leases: Iterable[Lease], now: datetime) -> list[Lease]:
        """Return the leases that nobody renews any more."""
        moment = self._monotonic()
        self._seen = {lease: self._seen.get(lease, moment) for lease in leases}
        return [lease for lease, since in self._seen.items() if self._is_silent(lease, moment - since, now)]

    def forget(self) -> None:
        """Begin to watch anew: for a while there was nothing to see."""
        self._seen = {}

    def _is_silent(self, lease: Lease, still_seconds: float, now: datetime) -> bool:
        if still_seconds >= self._lease_seconds:
            return True
        return lease.expires_at < now and still_seconds >= self._least_seconds
