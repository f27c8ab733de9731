"""What a process remembers is bounded."""

from __future__ import annotations

from bot.chat.remembered import Remembered


def test_what_was_set_longest_ago_is_forgotten_first() -> None:
    seen: Remembered[str, int] = Remembered(2)
    seen["a"], seen["b"] = 1, 2
    seen["a"] = 3
    seen["c"] = 4
    assert seen == {"a": 3, "c": 4}
