"""What Slack answers when it does not do what was asked: always 200, with an error's name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.fakes.slack.specification import Flaw


class Refusal(Exception):
    """An answer with `ok: false`."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.error = error
        self.more = more

    def body(self) -> dict[str, Any]:
        """Return what is sent."""
        return {"ok": False, "error": self.error, **self.more}


class Malformed(Refusal):
    """A refusal that no correct program meets, whatever people do: it becomes a complaint."""

    def __str__(self) -> str:
        details = self.more.get("response_metadata", {}).get("messages", [])
        return ", ".join([self.error, *details])


def malformed(error: str, flaws: Sequence[Flaw]) -> Malformed:
    """Return the refusal of blocks, a view or arguments, with where they are wrong."""
    texts = [f"{flaw.text} [json-pointer:/{'/'.join(str(each) for each in flaw.path)}]" for flaw in flaws]
    more: dict[str, Any] = {"response_metadata": {"messages": [f"[ERROR] {text}" for text in texts]}}
    if error == "invalid_blocks":
        more["errors"] = texts
    return Malformed(error, **more)
