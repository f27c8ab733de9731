"""What a process writes about itself: actions and ids, never prompts, names of files or tokens."""

from __future__ import annotations

import logging
from pathlib import Path

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


def start_logging(level: str, path: Path | None = None) -> None:
    """Log to standard error, or to a file where a person types in this terminal."""
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(level=level, format=FORMAT, filename=path)
    for name, least in QUIET.items():
        logging.getLogger(name).setLevel(least)
