"""What a process remembers for a while, and may forget: the newest so many."""

from __future__ import annotations

from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Remembered(dict[K, V]):
    """A dict of at most so many things: what was set longest ago goes first."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def __setitem__(self, key: K, value: V) -> None:
        self.pop(key, None)  # what is set anew is the newest
        super().__setitem__(key, value)
        if len(self) > self._most:
            del self[next(iter(self))]
