"""What a process writes about itself: actions and ids, never prompts, names of files or tokens."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path
from typing import Any

FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"
QUIET = {
    "apscheduler": logging.WARNING,  # two lines a sweep say nothing
    # Its lesser lines hold what people typed, and the addresses of its warnings what answers them.
    "discord": logging.WARNING,
    "discord.http": logging.ERROR,
    "discord.webhook": logging.ERROR,
    # At DEBUG these write down every statement with its values, and with them what people typed.
    "aiosqlite": logging.INFO,
    "tortoise": logging.INFO,
    # The same holds for requests and answers, tokens among them; bolt shows whole requests in its warnings.
    "slack_bolt": logging.ERROR,
    "slack_sdk": logging.WARNING,
    # Each lost connection is told by our own action=..., once; these add pages to it.
    "psycopg.pool": logging.CRITICAL,
    "procrastinate": logging.CRITICAL,
}


class PlacesOnly(logging.Formatter):
    """Tells of a fault its type and where it was raised, not its message: that may quote what somebody typed."""

    def formatException(self, ei: Any) -> str:
        """Return the places of a fault and of those that led to it, the first one first."""
        told: list[str] = []
        fault: BaseException | None = ei[1]
        while fault is not None:
            told.insert(0, "".join(traceback.format_tb(fault.__traceback__)) + type(fault).__name__)
            fault = fault.__cause__ or (None if fault.__suppress_context__ else fault.__context__)
        return "\n".join(told)


def start_logging(level: str, path: Path | None = None) -> None:
    """Log to standard error, or to a file where a person types in this terminal."""
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.StreamHandler() if path is None else logging.FileHandler(path, delay=True)
    handler.setFormatter(PlacesOnly(FORMAT))
    logging.basicConfig(level=level, handlers=[handler])
    for name, least in QUIET.items():
        logging.getLogger(name).setLevel(least)
