"""Emoji as people see them, and as Slack calls them."""

from __future__ import annotations

BY_NAME = {
    "white_check_mark": "✅",
    "scissors": "✂️",
    "x": "❌",
    "heavy_check_mark": "✔️",
    "heavy_multiplication_x": "✖️",
    "negative_squared_cross_mark": "❎",
    "+1": "👍",
    "thumbsup": "👍",
    "-1": "👎",
    "thumbsdown": "👎",
}
"""What people may mean something by; of two names for one emoji the first is ours."""
_NAMES = {character.rstrip("\ufe0f"): name for name, character in reversed(BY_NAME.items())}


def name_of(emoji: str) -> str | None:
    """Return Slack's name of an emoji, or None where we know none."""
    return _NAMES.get(emoji.rstrip("\ufe0f"))


def emoji_of(name: str) -> str:
    """Return the emoji of that name, whichever skin it has; what we do not know stays a name."""
    plain = name.partition("::")[0]
    return BY_NAME.get(plain, plain)
