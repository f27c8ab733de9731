"""How fast we call Slack: each call waits for its turn, so that Slack never has to ask us to wait.

A call counts from its end: however long each is on its way, Slack never sees more of them than it allows.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.slack.limits import CALLS_A_MINUTE, MINUTE_SECONDS, PACE_MARGIN_SECONDS, POST_SECONDS, SPARE_CALLS

POST = "chat.postMessage"
MAX_QUEUES = 5000
"""Channels and methods whose last calls are remembered: those that were used last."""
SHORTEST_WAIT_SECONDS = 0.001
"""Clocks round: waiting for less might be waiting for nothing, over and over."""


@dataclass
class _Queue:
    """The calls of one kind: who waits stands in line for the lock, first come, first served."""

    limit: int
    window_seconds: float
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    under_way: int = 0
    ended: deque[float] = field(default_factory=deque[float])
    """When the last calls ended."""
    has_ended: asyncio.Event = field(default_factory=asyncio.Event)

    def count(self, now: float) -> int:
        """Return how many calls Slack may have seen in the window that ends now, or will."""
        while self.ended and now - self.ended[0] >= self.window_seconds:
            self.ended.popleft()
        return len(self.ended) + self.under_way


class Pace:
    """Slack's limits: posts a second in each channel, calls a minute for each method in each workspace."""

    def __init__(
        self,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._monotonic = monotonic
        self._wait = wait
        self._queues: OrderedDict[tuple[str, str, str], _Queue] = OrderedDict()

    @asynccontextmanager
    async def turn(self, method: str, workspace: str, channel: str = "") -> AsyncIterator[None]:
        """Wait until this call may be made; the block is the call."""
        queue = self._queue(method, workspace, channel)
        if queue is None:
            yield
            return
        async with queue.lock:
            while queue.count(self._monotonic()) >= queue.limit:
                if queue.ended:
                    left_seconds = queue.ended[0] + queue.window_seconds - self._monotonic()
                    await self._wait(max(left_seconds, SHORTEST_WAIT_SECONDS))
                else:
                    queue.has_ended.clear()
                    await queue.has_ended.wait()
            queue.under_way += 1
        try:
            yield
        finally:
            queue.under_way -= 1
            queue.ended.append(self._monotonic())
            queue.has_ended.set()

    def has_plenty(self, method: str, workspace: str) -> bool:
        """Tell whether a call that matters little would leave enough for those that matter."""
        queue = self._queue(method, workspace, "")
        return queue is None or queue.count(self._monotonic()) < queue.limit - SPARE_CALLS

    def _queue(self, method: str, workspace: str, channel: str) -> _Queue | None:
        if method == POST:
            key, limit, window = (method, workspace, channel), 1, POST_SECONDS + PACE_MARGIN_SECONDS
        elif method in CALLS_A_MINUTE:
            key, limit = (method, workspace, ""), CALLS_A_MINUTE[method]
            window = MINUTE_SECONDS + PACE_MARGIN_SECONDS
        else:
            return None
        queue = self._queues.setdefault(key, _Queue(limit, window))
        self._queues.move_to_end(key)
        if len(self._queues) > MAX_QUEUES:
            unused = (each for each, known in self._queues.items() if not _is_used(known) and each != key)
            del self._queues[next(unused, key)]
        return queue


def _is_used(queue: _Queue) -> bool:
    return queue.lock.locked() or queue.under_way > 0
