"""Block Kit as data: walking through blocks, and the words in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

Block = dict[str, Any]
Path = tuple[str | int, ...]
STATIC_SELECTS = ("static_select", "multi_static_select")
EXTERNAL_SELECTS = ("external_select", "multi_external_select")
SELECTS = (
    *STATIC_SELECTS,
    *EXTERNAL_SELECTS,
    "users_select",
    "multi_users_select",
    "conversations_select",
    "multi_conversations_select",
    "channels_select",
    "multi_channels_select",
    "overflow",
)
CHOICES = (*SELECTS, "radio_buttons", "checkboxes")


def elements(blocks: Sequence[Block]) -> Iterator[tuple[Path, Block, Block]]:
    """Yield what people touch: its path, the block that it stands in, and itself."""
    for number, block in enumerate(blocks):
        for key in ("accessory", "element"):
            if isinstance(block.get(key), dict):
                yield (number, key), block, block[key]
        if block.get("type") in ("actions", "context", "context_actions"):
            for index, each in enumerate(block.get("elements", ())):
                yield (number, "elements", index), block, each


def pictures(blocks: Sequence[Block]) -> Iterator[tuple[Path, Block]]:
    """Yield the image blocks and the image elements."""
    for number, block in enumerate(blocks):
        if block.get("type") == "image":
            yield (number,), block
    for path, _, each in elements(blocks):
        if each.get("type") == "image":
            yield path, each


def text_objects(node: Any, path: Path = ()) -> Iterator[tuple[Path, Block]]:
    """Yield every text object in something."""
    if isinstance(node, dict):
        if node.get("type") in ("plain_text", "mrkdwn") and "text" in node:
            yield path, node
            return
        for key, each in node.items():
            yield from text_objects(each, (*path, key))
    elif isinstance(node, list):
        for index, each in enumerate(node):
            yield from text_objects(each, (*path, index))


def words(blocks: Sequence[Block]) -> list[str]:
    """Return what people read in blocks, line by line; buttons, lists and fields to fill in are left out."""
    lines: list[str] = []
    for block in blocks:
        match block.get("type"):
            case "section":
                lines += [each["text"] for each in (block.get("text"), *block.get("fields", ())) if each]
            case "header":
                lines.append(block["text"]["text"])
            case "context":
                lines += [each["text"] for each in block["elements"] if each["type"] != "image"]
            case "markdown":
                lines.append(block["text"])
            case "image" if "title" in block:
                lines.append(block["title"]["text"])
            case "input":
                lines += [block[key]["text"] for key in ("label", "hint") if key in block]
            case "rich_text":
                lines.append(rich_words(block))
            case _:
                pass
    return lines


def rich_words(node: Any) -> str:
    """Return the words of rich text, mentions as they are written in a message's text."""
    match node:
        case {"type": "user", "user_id": user}:
            return f"<@{user}>"
        case {"type": "usergroup", "usergroup_id": group}:
            return f"<!subteam^{group}>"
        case {"type": "channel", "channel_id": channel}:
            return f"<#{channel}>"
        case {"type": "emoji", "name": name}:
            return f":{name}:"
        case {"type": "link", "url": url}:
            return node.get("text", url)
        case {"type": "text", "text": text}:
            return text
        case {"elements": parts}:
            return "".join(rich_words(each) for each in parts)
        case _:
            return ""


def options_of(element: Block) -> list[Block]:
    """Return what a list or a group of boxes offers."""
    grouped = [option for group in element.get("option_groups", ()) for option in group["options"]]
    return [*element.get("options", ()), *grouped]


def option_named(offered: Sequence[Block], wanted: str) -> Block | None:
    """Return the option with this label or value."""
    for option in offered:
        if wanted in (option["text"]["text"], option.get("value")):
            return option
    return None
