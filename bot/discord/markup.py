"""Text that comes from people → text that Discord shows as it was typed, and that calls nobody."""

from __future__ import annotations

import re

_INLINE = re.compile(r"([\\*_~`|<\[\]])")
_LINE_START = re.compile(r"^(\s*)([#>-]|\d+\.)")
_CALLS_ALL = re.compile(r"@(?=everyone|here)")
ZERO_WIDTH_SPACE = "\u200b"


def escaped(text: str) -> str:
    """Return the text so that Discord takes nothing in it for markup or for a mention."""
    line = _INLINE.sub(r"\\\1", text)
    line = _LINE_START.sub(lambda found: f"{found[1]}{_held(found[2])}", line)
    return _CALLS_ALL.sub(f"@{ZERO_WIDTH_SPACE}", line)


def _held(sign: str) -> str:
    return f"{sign[:-1]}\\." if sign.endswith(".") else f"\\{sign}"


def mention(user_id: str) -> str:
    """Return what calls a person; what is no id of Discord's is only shown."""
    return f"<@{user_id}>" if user_id.isdecimal() else escaped(user_id)
