"""Repeats a request that Slack turned away because it came too fast, and no other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from slack_sdk.http_retry import HttpRequest, HttpResponse, RetryState
from slack_sdk.http_retry.async_handler import AsyncRetryHandler

from bot.slack.limits import MAX_RETRY_AFTER_SECONDS

Wait = Callable[[float], Awaitable[None]]
"""Passes so many seconds."""


class AfterWaiting(AsyncRetryHandler):
    """Repeats what Slack did not do because it came too fast, after as long as Slack says.

    A long wait is left to whoever asked: they are told that Slack cannot be reached now.
    """

    def __init__(self, wait: Wait) -> None:
        super().__init__(max_retry_count=2)
        self._wait = wait

    async def _can_retry_async(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        return (
            response is not None
            and response.status_code == 429
            and _seconds_to_wait(response) <= MAX_RETRY_AFTER_SECONDS
        )

    async def prepare_for_next_attempt_async(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> None:
        """Wait."""
        assert response is not None
        state.next_attempt_requested = True
        await self._wait(_seconds_to_wait(response))
        state.increment_current_attempt()


def _seconds_to_wait(response: HttpResponse) -> int:
    found = [values for name, values in response.headers.items() if name.lower() == "retry-after"]
    return int(found[0][0]) if found and found[0][0].isdecimal() else 1
