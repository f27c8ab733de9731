"""What a check is, and what it finds. A platform brings its checks in a file of its own beside these."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from enum import StrEnum

from core.settings import Settings


class Status(StrEnum):
    """How much a finding matters. The last two need somebody to do something."""

    OK = "ok"
    WARN = "warn"
    """Works just now, or for most people."""
    FAIL = "fail"
    """Somebody notices already, or will with their next request."""


@dataclass(frozen=True)
class Finding:
    """A plain sentence, and another one with the next step; `name` is the check's."""

    name: str
    status: Status
    sentence: str
    fix: str = ""


Look = Callable[[Settings], AsyncIterator[Finding]]
"""Looks at one part of the installation.

What it cannot ask may stay an exception: `ConfigurationError` and `StoreUnavailable` become findings.
"""


@dataclass(frozen=True)
class Check:
    """One question. Those that need rows are asked with the database open, and only when its tables are ours."""

    name: str
    look: Look
    needs_rows: bool = False
