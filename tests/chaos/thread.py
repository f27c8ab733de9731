"""The console's durable thread, read line by line from its file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

BOT = "Likeness"


class Posts:
    """Every post of the bot in its newest state."""

    def __init__(self, path: Path) -> None:
        newest: dict[int, dict[str, Any]] = {}
        for line in path.read_bytes().splitlines() if path.exists() else ():
            try:
                post: dict[str, Any] = json.loads(line)
            except ValueError:
                continue  # a process died in the middle of a write, and nobody was told that this line was there
            if post["revision"] >= newest.get(post["number"], post)["revision"]:
                newest[post["number"]] = post
        shown = [post for post in newest.values() if not post["is_cleared"]]
        self.ours = sorted((post for post in shown if post["author"] == BOT), key=lambda post: post["number"])

    def about(self, job_id: str, card_message: str | None) -> list[dict[str, Any]]:
        """Return the job's card, wherever it was posted."""
        nonces = {f"{letter}{job_id[:24]}" for letter in "jex"}
        return [
            post for post in self.ours if post["nonce"] in nonces or str(post["number"]) == str(card_message)
        ]

    def says(self, text: str) -> int:
        """Count the posts that begin with that text."""
        return sum(text_of(post).startswith(text) for post in self.ours)

    def answered(self, request_id: str) -> bool:
        """Whether a request got an answer of its own: a refusal, or a notice."""
        return any(post["nonce"] == f"r{request_id[:24]}" for post in self.ours)


def text_of(post: dict[str, Any]) -> str:
    """Return all the lines of a post."""
    return "\n".join(post["body"]["lines"])


def actions(post: dict[str, Any]) -> list[str]:
    """Return what the buttons of a post do."""
    return [button["action"] for button in post["body"]["buttons"]]


def is_ending(post: dict[str, Any]) -> bool:
    """Whether a job's card tells how the job ended: nothing to wait for, and nothing to cancel."""
    return not post["body"]["is_live"] and not any(action.endswith(":cancel") for action in actions(post))
