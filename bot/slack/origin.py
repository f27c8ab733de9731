"""Where a form was opened from: what its answer does not tell, so that the form itself keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Origin:
    """A thread's address, and what may answer its person there for a while."""

    thread: str
    reply_token: str = ""

    def at(self, thread: str) -> Origin:
        """Return the same for work that belongs to another thread."""
        return replace(self, thread=thread)

    def written(self) -> dict[str, Any]:
        """Return it as a form keeps it."""
        return {"thread": self.thread, "reply": self.reply_token}

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Origin | None:
        """Read it back; None for what no form of ours kept."""
        thread, reply_token = kept.get("thread"), kept.get("reply", "")
        return cls(thread, str(reply_token)) if isinstance(thread, str) and "/" in thread else None
