"""What forms are made of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.slack.form_limits import (
    MAX_FILES,
    MAX_INPUT_CHARACTERS,
    MAX_LABEL_CHARACTERS,
    MAX_OPTION_CHARACTERS,
    MAX_SECTION_CHARACTERS,
    MAX_TITLE_CHARACTERS,
)
from core.rules.captions import CLASS_NOUN_MAX_CHARACTERS
from core.rules.names import DISPLAY_NAME_MAX_CHARACTERS

OURS = "likeness:"
"""What the ids of our forms and buttons begin with."""
FEATURES_MAX_CHARACTERS = 300
MAX_MODELS_CHOSEN = 5
"""Beside those that are typed; how many go together is the plan's to say."""
PRESETS = {"standard": "Standard", "quick": "Quick: a rough first look"}

Block = dict[str, Any]


def modal(
    name: str, title: str, kept: Mapping[str, Any], blocks: Sequence[Block], submit: str = "Send"
) -> Block:
    """Return a form. `kept` is all that its answer needs and that nobody typed, for a restart loses nothing then."""
    return {
        "type": "modal",
        "callback_id": f"{OURS}{name}",
        "private_metadata": json.dumps(kept, separators=(",", ":")),
        "title": plain(cut(title, MAX_TITLE_CHARACTERS)),
        "submit": plain(submit),
        "close": plain("Cancel"),
        "blocks": list(blocks),
    }


def cut(text: str, most: int = MAX_OPTION_CHARACTERS) -> str:
    """Return the text, or as much of it as fits. Slack counts as browsers do: an emoji is two characters or more."""
    return text if _length(text) <= most else f"{_first(text, most - 1)}…"


def _length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _first(text: str, most: int) -> str:
    return text.encode("utf-16-le")[: 2 * most].decode("utf-16-le", errors="ignore")


def escaped(text: str) -> str:
    """Return people's words so that Slack takes nothing in them for a mention or a link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def plain(text: str) -> Block:
    """Return text that is shown as it is."""
    return {"type": "plain_text", "text": text, "emoji": True}


def said(text: str) -> Block:
    """Return a paragraph. What people typed in it has been escaped."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": cut(text, MAX_SECTION_CHARACTERS)}}


def small(text: str) -> Block:
    """Return a line in small print."""
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": text}]}


def asking(name: str, label: str, element: Block, hint: str = "", *, is_required: bool = True) -> Block:
    """Return a field; its answer comes back under its name."""
    block = {
        "type": "input",
        "block_id": name,
        "label": plain(cut(label, MAX_LABEL_CHARACTERS)),
        "element": {**element, "action_id": name},
        "optional": not is_required,
    }
    return block | ({"hint": plain(hint)} if hint else {})


def text(
    begins_with: str = "", *, example: str = "", most: int = MAX_INPUT_CHARACTERS, is_long: bool = False
) -> Block:
    """Return an element to type into."""
    element: Block = {"type": "plain_text_input", "max_length": most, "multiline": is_long}
    if begins_with:
        element["initial_value"] = _first(begins_with, most)
    if example:
        element["placeholder"] = plain(example)
    return element


def option(value: str, label: str, described: str = "") -> Block:
    """Return something to choose."""
    chosen = {"text": plain(cut(label)), "value": value}
    return chosen | ({"description": plain(cut(described))} if described else {})


def choosing(kind: str, options: Sequence[Block], chosen: str = "") -> Block:
    """Return `radio_buttons`, or a `static_select`."""
    element: Block = {"type": kind, "options": list(options)}
    initial = next((each for each in options if each["value"] == chosen), None)
    return element | ({"initial_option": initial} if initial else {})


def choosing_several(options: Sequence[Block], chosen: Iterable[str] = ()) -> Block:
    """Return a list of which several can be chosen."""
    wanted = set(chosen)
    element: Block = {"type": "multi_static_select", "options": list(options)}
    initial = [each for each in options if each["value"] in wanted]
    return element | ({"initial_options": initial} if initial else {})


def choosing_people(chosen: Sequence[str], placeholder: str) -> Block:
    """Return a list of the workspace's people."""
    element: Block = {"type": "multi_users_select", "placeholder": plain(placeholder)}
    return element | ({"initial_users": list(chosen)} if chosen else {})


def choosing_channels(chosen: Sequence[str], placeholder: str) -> Block:
    """Return a list of the workspace's own channels: of one that is shared, others decide who is in it."""
    element: Block = {
        "type": "multi_conversations_select",
        "placeholder": plain(placeholder),
        "filter": {"include": ["public", "private"], "exclude_external_shared_channels": True},
    }
    return element | ({"initial_conversations": list(chosen)} if chosen else {})


def model_field(label: str = "Which model?") -> Block:
    """Return a list of the models, which Slack asks us for while somebody types."""
    element = {
        "type": "external_select",
        "placeholder": plain("Type a part of its name"),
        "min_query_length": 0,
    }
    return asking("model", label, element)


def models_field() -> Block:
    """Return a list to choose several models from, for nobody completes a name while a prompt is typed."""
    element = {
        "type": "multi_external_select",
        "placeholder": plain("Type a part of a name"),
        "min_query_length": 0,
        "max_selected_items": MAX_MODELS_CHOSEN,
    }
    hint = "Or name them in the words below, with @ in front."
    return asking("models", "Models", element, hint, is_required=False)


def name_field(name: str = "") -> Block:
    """Return the field for a new model's name."""
    element = text(name, example="Summer Shoes", most=DISPLAY_NAME_MAX_CHARACTERS)
    return asking("name", "Name", element, "Prompts call it by this, as @summer-shoes.")


def class_field(class_noun: str = "") -> Block:
    """Return the field for what the model is of."""
    element = text(class_noun, example="sneaker", most=CLASS_NOUN_MAX_CHARACTERS)
    hint = "In a word or two, for example woman or serum bottle. A product or a character needs it; a style does not."
    return asking("class", "Which kind of thing?", element, hint, is_required=False)


def features_field(features: str = "") -> Block:
    """Return the field for what always belongs to a person."""
    element = text(features, example="round glasses, grey moustache", most=FEATURES_MAX_CHARACTERS)
    hint = "Only for a character: what always belongs to them, with commas between."
    return asking("features", "Lasting features", element, hint, is_required=False)


def preset_field(preset: str = "standard") -> Block:
    """Return the field for how thoroughly to train."""
    options = [option(value, label) for value, label in PRESETS.items()]
    known = preset if preset in PRESETS else "standard"
    return asking("preset", "How thoroughly to train", choosing("static_select", options, known))


def photos_field(label: str = "Photos", *, most: int = MAX_FILES, is_required: bool = True) -> Block:
    """Return the field for files."""
    hint = f"Up to {most} files of 10 MB each. More can be sent into the thread afterwards."
    return asking("photos", label, {"type": "file_input", "max_files": most}, hint, is_required=is_required)
