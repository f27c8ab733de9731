"""Text as Slack passes it on → the words that somebody typed."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from bot.chat.mentions import name_meant

# <@U1>, <@U1|ada>, <!subteam^S1>, <!subteam^S1|@team>: docs.slack.dev, Formatting message text.
_CALLED = re.compile(r"<(?:@|!subteam\^)([A-Z0-9]{1,30})(?:\|([^>]*))?>")
_LINK = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'"})


def mentioned(text: str) -> set[str]:
    """Return the ids of the people and user groups that a text mentions."""
    return {found[1] for found in _CALLED.finditer(text)}


def without(text: str, user_id: str) -> str:
    """Return the text without the mentions of one user: the bot's own name is no word of a command."""
    return re.sub(rf"<@{re.escape(user_id)}(?:\|[^>]*)?>", " ", text) if user_id else text


def plain_words(text: str, names: Mapping[str, Sequence[str]], handles: Collection[str]) -> str:
    """Return what somebody typed.

    Args:
        text: As Slack wrote it: names, links and some signs in a notation of its own, quotes made curly.
        names: What each of the mentioned is called, the name that is shown first.
        handles: The models of the workspace: a mention of somebody who is called like one means the model.
    """

    def name(found: re.Match[str]) -> str:
        label = (found[2] or "").lstrip("@")
        called = [each for each in (*names.get(found[1], ()), label) if each]
        chosen = name_meant(called, handles)
        return f"@{chosen}" if chosen else ""

    def target(found: re.Match[str]) -> str:
        address, label = found[1], found[2]
        if address.startswith("!"):  # <!here>, <!channel>
            return f"@{label.lstrip('@') if label else address[1:]}"
        if address.startswith("#"):
            return f"#{label or address[1:]}"
        return label or address.removeprefix("mailto:")

    words = _LINK.sub(target, _CALLED.sub(name, text))
    words = words.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return re.sub(r"[^\S\n]+", " ", words.translate(_QUOTES)).strip()
