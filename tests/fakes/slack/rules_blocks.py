"""Block Kit's limits, which the official types name in words only: docs.slack.dev, Reference, Blocks and elements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tests.fakes.slack.blocks import CHOICES, Block, Path, elements, options_of, pictures, text_objects
from tests.fakes.slack.specification import Flaw

MAX_MESSAGE_BLOCKS, MAX_VIEW_BLOCKS = 50, 100
MAX_SECTION_CHARACTERS, MAX_FIELD_CHARACTERS, MAX_FIELDS = 3000, 2000, 10
MAX_HEADER_CHARACTERS, MAX_LABEL_CHARACTERS, MAX_ALT_CHARACTERS = 150, 2000, 2000
MAX_ACTIONS, MAX_CONTEXT_ELEMENTS, MAX_ID_CHARACTERS = 25, 10, 255
MAX_BUTTON_CHARACTERS, MAX_BUTTON_VALUE_CHARACTERS, MAX_URL_CHARACTERS = 75, 2000, 3000
MAX_OPTIONS, MAX_BOXES, MAX_OVERFLOW = 100, 10, 5
MAX_OPTION_CHARACTERS, MAX_OPTION_VALUE_CHARACTERS, MAX_PLACEHOLDER_CHARACTERS = 75, 150, 150
MAX_INPUT_CHARACTERS, MAX_FILES_IN_INPUT, MAX_TEXT_CHARACTERS = 3000, 10, 3000
MAX_CONFIRM = {"title": 100, "text": 300, "confirm": 30, "deny": 30}
MESSAGE, MODAL, HOME = "message", "modal", "home"
FORM_ONLY = ("file_input",)

FileCheck = Callable[[Block], bool]
"""Tells whether a `slack_file` may be shown."""


def flaws_in(blocks: Sequence[Block], surface: str, is_showable: FileCheck, path: Path) -> Iterator[Flaw]:
    """Yield what Slack would refuse blocks for, whose form is right."""
    most = MAX_MESSAGE_BLOCKS if surface == MESSAGE else MAX_VIEW_BLOCKS
    if len(blocks) > most:
        yield Flaw(path, "count", f"no more than {most} items allowed")
    yield from _ids(blocks, path)
    for number, block in enumerate(blocks):
        for flaw in _block(block, surface):
            yield Flaw((*path, number, *flaw.path), flaw.rule, flaw.text)
    for place, _, each in elements(blocks):
        for flaw in _element(each, surface):
            yield Flaw((*path, *place, *flaw.path), flaw.rule, flaw.text)
    for place, each in text_objects(list(blocks)):
        if not each["text"]:
            yield Flaw((*path, *place, "text"), "length", "must be more than 0 characters")
        elif len(each["text"]) > MAX_TEXT_CHARACTERS:
            yield _too_long((*path, *place, "text"), MAX_TEXT_CHARACTERS)
    for place, each in pictures(blocks):
        if "slack_file" in each and not is_showable(each["slack_file"]):
            yield Flaw((*path, *place, "slack_file"), "file", "invalid slack file")


def _ids(blocks: Sequence[Block], path: Path) -> Iterator[Flaw]:
    named = Counter(block["block_id"] for block in blocks if "block_id" in block)
    for number, block in enumerate(blocks):
        block_id = block.get("block_id")
        if block_id is not None and named[block_id] > 1:
            yield Flaw((*path, number, "block_id"), "unique", f"block_id already exists: {block_id}")
        if block_id is not None and len(block_id) > MAX_ID_CHARACTERS:
            yield _too_long((*path, number, "block_id"), MAX_ID_CHARACTERS)
    actions = Counter(
        (id(block), each["action_id"]) for _, block, each in elements(blocks) if "action_id" in each
    )
    for place, block, each in elements(blocks):
        action_id = each.get("action_id")
        if action_id is None:
            continue
        if actions[id(block), action_id] > 1:
            yield Flaw((*path, *place, "action_id"), "unique", f"action_id already exists: {action_id}")
        if len(action_id) > MAX_ID_CHARACTERS:
            yield _too_long((*path, *place, "action_id"), MAX_ID_CHARACTERS)


def _block(block: Block, surface: str) -> Iterator[Flaw]:
    match block["type"]:
        case "section":
            if not block.get("text") and not block.get("fields"):
                yield Flaw((), "required", "missing required field: text")
            yield from _longest(block, MAX_SECTION_CHARACTERS, "text", "text")
            yield from _most(block, "fields", MAX_FIELDS)
            for index in range(len(block.get("fields", ()))):
                yield from _longest(block, MAX_FIELD_CHARACTERS, "fields", index, "text")
        case "header":
            yield from _longest(block, MAX_HEADER_CHARACTERS, "text", "text")
        case "actions":
            yield from _most(block, "elements", MAX_ACTIONS, least=1)
        case "context":
            yield from _most(block, "elements", MAX_CONTEXT_ELEMENTS, least=1)
        case "image":
            yield from _longest(block, MAX_LABEL_CHARACTERS, "title", "text")
            yield from _longest(block, MAX_ALT_CHARACTERS, "alt_text")
        case "input":
            yield from _longest(block, MAX_LABEL_CHARACTERS, "label", "text")
            yield from _longest(block, MAX_LABEL_CHARACTERS, "hint", "text")
        case "file" | "alert" if surface != MESSAGE or block["type"] == "file":
            yield Flaw(("type",), "surface", f"unsupported type: {block['type']}")
        case _:
            pass


def _element(element: Block, surface: str) -> Iterator[Flaw]:
    kind = element["type"]
    if kind in FORM_ONLY and surface != MODAL:
        yield Flaw(("type",), "surface", f"unsupported type: {kind}")
    yield from _longest(element, MAX_PLACEHOLDER_CHARACTERS, "placeholder", "text")
    for key, most in MAX_CONFIRM.items():
        yield from _longest(element, most, "confirm", key, "text")
    if kind in CHOICES:
        yield from _choice(element)
    match kind:
        case "button":
            yield from _longest(element, MAX_BUTTON_CHARACTERS, "text", "text")
            yield from _longest(element, MAX_BUTTON_VALUE_CHARACTERS, "value")
            yield from _longest(element, MAX_URL_CHARACTERS, "url")
        case "image":
            yield from _longest(element, MAX_ALT_CHARACTERS, "alt_text")
        case "plain_text_input":
            yield from _longest(element, MAX_INPUT_CHARACTERS, "initial_value")
            for key in ("max_length", "min_length"):
                if not 0 <= element.get(key, 1) <= MAX_INPUT_CHARACTERS:
                    yield Flaw((key,), "range", f"must be between 0 and {MAX_INPUT_CHARACTERS}")
        case "file_input":
            if not 1 <= element.get("max_files", 1) <= MAX_FILES_IN_INPUT:
                yield Flaw(("max_files",), "range", f"must be between 1 and {MAX_FILES_IN_INPUT}")
        case _:
            pass


def _choice(element: Block) -> Iterator[Flaw]:
    kind = element["type"]
    most = {"radio_buttons": MAX_BOXES, "checkboxes": MAX_BOXES, "overflow": MAX_OVERFLOW}.get(
        kind, MAX_OPTIONS
    )
    if kind in ("static_select", "multi_static_select"):
        if ("options" in element) == ("option_groups" in element):
            yield Flaw(("options",), "required", "only one of options and option_groups is allowed")
        yield from _most(element, "option_groups", MAX_OPTIONS, least=1)
    yield from _most(element, "options", most, least=1)
    offered = options_of(element)
    for key in ("initial_option", "initial_options"):
        initial = element.get(key, [])
        for option in initial if isinstance(initial, list) else [initial]:
            if "external" not in kind and option not in offered:
                yield Flaw((key,), "choice", "must be one of the provided options")
    for index, option in enumerate(offered):
        yield from flaws_in_option(option, ("options", index))


def flaws_in_option(option: Block, path: Path) -> Iterator[Flaw]:
    """Yield what is too long in something to choose."""
    limits = {("text", "text"): MAX_OPTION_CHARACTERS, ("description", "text"): MAX_OPTION_CHARACTERS}
    for keys, most in limits.items():
        for flaw in _longest(option, most, *keys):
            yield Flaw((*path, *flaw.path), flaw.rule, flaw.text)
    for flaw in _longest(option, MAX_OPTION_VALUE_CHARACTERS, "value"):
        yield Flaw((*path, *flaw.path), flaw.rule, flaw.text)


def _longest(node: Any, most: int, *keys: str | int) -> Iterator[Flaw]:
    for key in keys:
        if isinstance(node, dict):
            node = node.get(key, "")
        else:
            node = node[key] if isinstance(node, list) and isinstance(key, int) else ""
    if isinstance(node, str) and len(node) > most:
        yield _too_long(keys, most)


def _most(node: Block, key: str, most: int, least: int = 0) -> Iterator[Flaw]:
    count = len(node[key]) if key in node else None
    if count is not None and count > most:
        yield Flaw((key,), "count", f"no more than {most} items allowed")
    if count is not None and count < least:
        yield Flaw((key,), "count", f"must provide at least {least} items")


def _too_long(path: Path, most: int) -> Flaw:
    return Flaw(path, "length", f"must be less than {most + 1} characters")
