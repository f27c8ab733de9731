"""Pictures inside the terminal, where it can show them."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from enum import Enum
from io import BytesIO
from pathlib import Path

from PIL import Image

from bot.console.timeline import PictureFile

SHOWN_PX = 320
"""The longer side; a preview of 64 px stays as it is."""
KITTY_CHUNK_BYTES = 4096  # sw.kovidgoyal.net/kitty/graphics-protocol, "Remote client"


class Protocol(Enum):
    """How a terminal takes pictures."""

    KITTY = "kitty"
    ITERM2 = "iterm2"


def detect(environment: Mapping[str, str]) -> Protocol | None:
    """Tell from the environment what this terminal can show; inside tmux or screen it is nothing."""
    term, program = environment.get("TERM", ""), environment.get("TERM_PROGRAM", "")
    if "TMUX" in environment or term.startswith(("screen", "tmux")):
        return None
    if "KITTY_WINDOW_ID" in environment or term in ("xterm-kitty", "xterm-ghostty") or program == "ghostty":
        return Protocol.KITTY
    if program in ("iTerm.app", "WezTerm"):
        return Protocol.ITERM2
    return None


def escape_sequence(picture: PictureFile, protocol: Protocol) -> str:
    """Return what to write so that the terminal draws the picture; nothing for one that is gone."""
    if not picture.path or not Path(picture.path).is_file():
        return ""
    png = _small_png(Path(picture.path))
    encoded = base64.standard_b64encode(png).decode("ascii")
    if protocol is Protocol.ITERM2:
        return f"\x1b]1337;File=inline=1;size={len(png)}:{encoded}\x07\n"
    chunks = [encoded[at : at + KITTY_CHUNK_BYTES] for at in range(0, len(encoded), KITTY_CHUNK_BYTES)]
    last = len(chunks) - 1
    parts = []
    for at, chunk in enumerate(chunks):
        # a=T: send and show; f=100: PNG; m=1: more to come; q=2: the terminal answers nothing.
        first = "a=T,f=100,q=2," if at == 0 else ""
        parts.append(f"\x1b_G{first}m={int(at < last)};{chunk}\x1b\\")
    return "".join(parts) + "\n"


def _small_png(path: Path) -> bytes:
    with Image.open(path, formats=("PNG", "JPEG", "WEBP")) as image:
        small = image.convert("RGB")
        small.thumbnail((SHOWN_PX, SHOWN_PX))
        written = BytesIO()
        small.save(written, "PNG")
        return written.getvalue()
