"""How many rows a step should take: measured on this device for each shape, since bigger can lose.

Nothing is run for it. Every step of a batch is a measurement, and the limit follows from what real batches took:
it grows by doubling for as long as a row becomes no dearer. No torch here, and no clock of its own.
"""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict, deque
from collections.abc import Hashable

WORSE_BY = 1.1
"""A row may cost this many times what it costs in the best smaller batch: rates waver on a shared machine, and a
batch that is as good a row lets nobody wait."""
MEASUREMENTS = 5
"""Of each size: the first needs room and kernels that the later ones find ready, and the median of a few has no
outliers. So many of the latest count, that a limit follows the device when others use it as well."""
RETRY_STEPS = 2000
"""After so many steps sizes beyond the limit are tried again: they may have been slow because of others."""


class BatchLimits:
    """The rows of a step, by shape, up to a cap."""

    def __init__(self, rows_most: int) -> None:
        self.rows_most = rows_most
        self._seconds_per_row: dict[Hashable, dict[int, deque[float]]] = defaultdict(
            lambda: defaultdict(lambda: deque(maxlen=MEASUREMENTS))
        )
        self._steps: Counter[Hashable] = Counter()

    def record(self, key: Hashable, rows: int, seconds: float) -> None:
        """Count a step that took `seconds` for `rows` rows whose batch key is `key`."""
        sizes = self._seconds_per_row[key]
        sizes[_size(rows)].append(seconds / rows)
        self._steps[key] += 1
        if self._steps[key] % RETRY_STEPS == 0:
            limit = self.rows(key)
            for size in [size for size in sizes if size > limit]:
                del sizes[size]

    def rows(self, key: Hashable) -> int:
        """Return how many rows to take: the largest size that is not known to be worse than a smaller one."""
        limit, best = self.rows_most, None
        for size, measured in sorted(self._seconds_per_row[key].items()):
            if len(measured) < MEASUREMENTS:
                continue
            seconds = statistics.median(measured)
            if best is not None and seconds > WORSE_BY * best:
                return min(limit, size // 2)
            best = seconds if best is None else min(best, seconds)
        return limit


def _size(rows: int) -> int:
    """Return the power of two that a number of rows reaches up to."""
    return 1 << (rows - 1).bit_length()
