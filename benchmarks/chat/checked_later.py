"""A platform's description, held against requests and events when the load is over: checks cost time of their own."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

Check = Callable[..., Iterable[Any]]
CHECKS = "flaws_in"
"""What the names of all checks begin with."""


class Strict(Protocol):
    """A fake that holds what it is sent, and what it sends, against a description."""

    specification: Any

    def complain(self, where: str, problem: str) -> None:
        """Note a flaw."""
        ...


class CheckedLater:
    """In place of a fake's `specification`; checks at once, but for the length of `put_off`."""

    def __init__(self, fake: Strict) -> None:
        self._fake = fake
        self._strict = fake.specification
        self._waiting: list[tuple[Check, tuple[Any, ...]]] = []
        self._is_off = False
        fake.specification = self

    @contextmanager
    def put_off(self) -> Iterator[None]:
        """Only note what there is to check; nor is this process' garbage collected, which takes it 100 ms at once."""
        self._is_off = True
        gc.collect()
        gc.disable()
        try:
            yield
        finally:
            gc.enable()
            self._is_off = False

    def catch_up(self) -> float:
        """Check all that was noted; return the seconds that it took."""
        began = time.process_time()
        for check, what in self._waiting:
            where = " ".join(str(each) for each in what[:2] if isinstance(each, str | int))
            for flaw in check(*what):
                self._fake.complain(where or check.__name__, str(flaw))
        self._waiting.clear()
        return time.process_time() - began

    def __getattr__(self, name: str) -> Any:
        """Return what the description has under this name; a check in a wrapping that can put it off."""
        found = getattr(self._strict, name)
        if not name.startswith(CHECKS):
            return found

        def check(*what: Any) -> Iterable[Any]:
            if not self._is_off:
                return found(*what)
            # A copy, because whoever answers may write into what came.
            kept = tuple(dict(each) if isinstance(each, dict) else each for each in what)
            self._waiting.append((found, kept))
            return ()

        return check
