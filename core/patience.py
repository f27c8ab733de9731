"""Doing again what the store did not take."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from core.errors import StoreUnavailable

log = logging.getLogger(__name__)

T = TypeVar("T")

FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 10.0


async def patiently(
    attempt: Callable[[], Awaitable[T]], what: str, *, first_wait_seconds: float = FIRST_WAIT_SECONDS
) -> T:
    """Make the attempt again and again while the store is away; what it did half was undone by its transaction.

    Args:
        what: Names the attempt in the log.
        first_wait_seconds: Doubles with every attempt.
    """
    wait_seconds = first_wait_seconds
    while True:
        try:
            return await attempt()
        except StoreUnavailable:
            log.warning("action=store_unavailable what=%s wait=%.1f", what, wait_seconds)
        await asyncio.sleep(wait_seconds)
        wait_seconds = min(2 * wait_seconds, LONGEST_WAIT_SECONDS)
