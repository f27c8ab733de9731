"""What a process writes about itself: actions and ids, never prompts, names of files or tokens."""

from __future__ import annotations

import logging
from pathlib import Path

FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"
QUIET = {
    "apscheduler": logging.WARNING,  # two lines a sweep say nothing
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
