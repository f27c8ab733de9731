"""Names of pictures as every platform takes them."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePath

MAX_STEM_CHARACTERS = 60
SIGNATURES = ((b"\x89PNG", ".png"), (b"\xff\xd8\xff", ".jpg"), (b"GIF8", ".gif"))
"""How the kinds of picture begin that every platform shows."""


def plain_stem(filename: str) -> str:
    """Return a name of letters, digits, dashes and underscores, without its ending."""
    plain = unicodedata.normalize("NFKD", PurePath(filename).stem).encode("ascii", "ignore").decode()
    return re.sub(r"[^\w-]+", "_", plain)[:MAX_STEM_CHARACTERS].strip("_") or "picture"


def suffix_of(content: bytes) -> str:
    """Return the ending by what the bytes are, or nothing for what is none of these kinds."""
    return next((suffix for start, suffix in SIGNATURES if content.startswith(start)), "")


def free_name(filename: str, taken: set[str]) -> str:
    """Return the name, with a number where it is taken."""
    stem, dot, suffix = filename.rpartition(".")
    number, free = 2, filename
    while free in taken:
        free = f"{stem}-{number}{dot}{suffix}"
        number += 1
    return free
