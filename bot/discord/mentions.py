"""`@ada` in a prompt, where Discord has turned it into a mention of somebody."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from bot.chat.mentions import name_meant

_MENTION = re.compile(r"<@[!&]?(\d{1,20})>")


def mentioned(prompt: str) -> set[int]:
    """Return the ids of the people and roles that a prompt mentions."""
    return {int(found[1]) for found in _MENTION.finditer(prompt)}


def with_names(prompt: str, names: Mapping[int, Sequence[str]], handles: Collection[str]) -> str:
    """Return the prompt with names in place of mentions: that of a model where there is one.

    Args:
        names: What each of the mentioned is called, the name that is shown first.
        handles: The models of the workspace.
    """

    def name(found: re.Match[str]) -> str:
        chosen = name_meant(names.get(int(found[1]), ()), handles)
        return f"@{chosen}" if chosen else found[0]

    return _MENTION.sub(name, prompt)
