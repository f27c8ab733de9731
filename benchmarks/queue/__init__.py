"""The queue's figures, for both dispatchers, each in processes of its own as in production.

A worker here is a stand-in that claims, keeps leases and finishes as the real one does, without a graphics card and
without torch. All times are read from the system's monotonic clock, which the processes of a machine share.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks.queue import cancel, depth, fairness, footprint, latency, throughput

PARTS: dict[str, Callable[[], None]] = {
    "latency": latency.run,
    "depth": depth.run,
    "throughput": throughput.run,
    "fairness": fairness.run,
    "cancel": cancel.run,
    "footprint": footprint.run,
}


def run_all(names: Sequence[str] = ()) -> None:
    """Run these parts, or every one."""
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        raise SystemExit(f"There is no part {', '.join(unknown)}: choose from {', '.join(PARTS)}.")
    for name in names or PARTS:
        PARTS[name]()
