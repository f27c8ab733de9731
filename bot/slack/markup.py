"""Text that comes from people → text that Slack shows as it was typed, and that calls nobody.

docs.slack.dev, Formatting text: `&`, `<` and `>` are written as entities, and nothing else can be escaped. Signs
that begin bold or struck text are parted from it by a space of no width, so that they stay signs.
"""

from __future__ import annotations

import re

from bot.slack.ids import is_channel, is_group, is_person

ZERO_WIDTH_SPACE = "\u200b"
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "`": "\u02cb"})
_OPENS = re.compile(r"(?<!\w)([*_~])(?=\S)")
_LINE_START = re.compile(r"^(\s*)(?=&gt;)")


def escaped(text: str) -> str:
    """Return one line of text so that Slack takes nothing in it for markup or for a mention."""
    line = _OPENS.sub(rf"\1{ZERO_WIDTH_SPACE}", text.translate(_ENTITIES))
    return _LINE_START.sub(rf"\1{ZERO_WIDTH_SPACE}", line)


def mention(some_id: str) -> str:
    """Return what calls a person or a user group, or leads to a channel; what is none of their ids is only shown."""
    if is_person(some_id):
        return f"<@{some_id}>"
    if is_channel(some_id):
        return f"<#{some_id}>"
    return f"<!subteam^{some_id}>" if is_group(some_id) else escaped(some_id)
