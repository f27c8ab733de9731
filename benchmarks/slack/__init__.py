"""The figures of the front-end for Slack: the real bot and worker as processes, at the strict fake in this one.

Times are those of the fake's clock: from just before a delivery is sent until its acknowledgement has been read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from benchmarks.slack import acknowledgements, suggestions

PARTS: dict[str, Callable[[], Awaitable[None]]] = {
    "acknowledgements": acknowledgements.run,
    "suggestions": suggestions.run,
}


def run_all(names: Sequence[str] = ()) -> None:
    """Run these parts, or every one."""
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        raise SystemExit(f"There is no part {', '.join(unknown)}: choose from {', '.join(PARTS)}.")
    for name in names or PARTS:
        asyncio.run(_run(name))


async def _run(name: str) -> None:
    await PARTS[name]()
