"""Installations that were begun: a word for each, good once, for ten minutes, and in one browser."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta

from core.clock import Clock
from core.store.records import InstallStateRecord

STATE_SECONDS = 600
"""As long as the code lasts that comes back with it. Source: docs.slack.dev, Installing with OAuth."""


async def begin(clock: Clock) -> str:
    """Return a new word, which the browser keeps as a cookie and Slack sends back.

    Raises:
        StoreUnavailable: It is not written down.
    """
    state = secrets.token_urlsafe(32)
    expires_at = clock() + timedelta(seconds=STATE_SECONDS)
    await InstallStateRecord.create(digest=_digest(state), expires_at=expires_at)
    return state


async def take(state: str, cookie: str, clock: Clock) -> bool:
    """Tell whether this browser began that installation in time. Nobody is told so a second time.

    Raises:
        StoreUnavailable: It cannot be told now.
    """
    if not state or not hmac.compare_digest(state.encode(), cookie.encode()):
        return False
    # One statement: of two requests with the same word, one finds it.
    return await InstallStateRecord.filter(digest=_digest(state), expires_at__gt=clock()).delete() == 1


def _digest(state: str) -> str:
    # Whoever reads the table learns no word that is still good.
    return hashlib.sha256(state.encode()).hexdigest()
