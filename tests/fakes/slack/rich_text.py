"""What a person types → the rich text block that Slack makes of it."""

from __future__ import annotations

import re

from tests.fakes.slack.blocks import Block

_PART = re.compile(r"<(@|#|!subteam\^|!)(\w+)(?:\|[^>]*)?>")


def rich_text(text: str) -> Block:
    """Return one section with the words and the mentions of a text."""
    parts: list[Block] = []
    at = 0
    for match in _PART.finditer(text):
        if match.start() > at:
            parts.append({"type": "text", "text": text[at : match.start()]})
        parts.append(_mention(match[1], match[2]))
        at = match.end()
    if at < len(text):
        parts.append({"type": "text", "text": text[at:]})
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": parts}]}


def _mention(kind: str, name: str) -> Block:
    match kind:
        case "@":
            return {"type": "user", "user_id": name}
        case "#":
            return {"type": "channel", "channel_id": name}
        case "!subteam^":
            return {"type": "usergroup", "usergroup_id": name}
        case _:
            return {"type": "broadcast", "range": name}
