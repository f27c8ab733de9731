"""Filling in: what a person enters → what Slack sends to the app as a form's state or an action."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from tests.fakes.slack.blocks import EXTERNAL_SELECTS, Block, elements, option_named, options_of
from tests.fakes.slack.file_payloads import file_payload
from tests.fakes.slack.files import File, StoredFile
from tests.fakes.slack.views import Field, View

if TYPE_CHECKING:
    from tests.fakes.slack.fake import FakeSlack

MAX_FILE_BYTES = 10 * 1024 * 1024  # docs.slack.dev, file_input: 10 MB a file
TEXTS = ("plain_text_input", "email_text_input", "url_text_input", "number_input")
DATES = {"datepicker": "selected_date", "timepicker": "selected_time", "datetimepicker": "selected_date_time"}
NAMED = {
    "users_select": "selected_user",
    "channels_select": "selected_channel",
    "conversations_select": "selected_conversation",
}
SEVERAL = ("checkboxes", "multi_static_select", "multi_external_select")
Suggest = Callable[[Block, Block, str], Awaitable[list[Block]]]
"""Asks the app for options: the block, the element and what was typed."""


def initial(element: Block) -> dict[str, Any]:
    """Return what a field holds before anybody touched it."""
    kind = element["type"]
    state: dict[str, Any] = {"type": kind}
    if kind in TEXTS:
        return state | {"value": element.get("initial_value")}
    if kind in SEVERAL:
        return state | {"selected_options": element.get("initial_options", [])}
    if kind == "file_input":
        return state | {"files": []}
    if kind in DATES:
        return state | {DATES[kind]: element.get(DATES[kind].replace("selected", "initial"))}
    if kind.startswith("multi_"):
        key = f"selected_{kind.split('_')[1]}"
        return state | {key: element.get(key.replace("selected", "initial"), [])}
    if kind in NAMED:
        return state | {NAMED[kind]: element.get(NAMED[kind].replace("selected", "initial"))}
    return state | {"selected_option": element.get("initial_option")}


def is_empty(state: dict[str, Any]) -> bool:
    """Tell whether nothing is entered."""
    return not any(value for key, value in state.items() if key != "type")


async def entered(element: Block, block: Block, value: Any, suggest: Suggest) -> dict[str, Any]:
    """Return what a field holds once somebody entered this."""
    kind = element["type"]
    state: dict[str, Any] = {"type": kind}
    if kind in TEXTS:
        return state | {"value": _text(element, value)}
    if kind in DATES:
        return state | {DATES[kind]: value}
    if kind in NAMED:
        return state | {NAMED[kind]: value.id}
    if kind.startswith("multi_") and kind not in SEVERAL:
        return state | {f"selected_{kind.split('_')[1]}": [each.id for each in value]}
    wanted = [value] if isinstance(value, str) else list(value)
    chosen = [await _option(element, block, each, suggest) for each in wanted]
    if kind in SEVERAL:
        most = element.get("max_selected_items", len(chosen))
        assert len(chosen) <= most, f"the list takes {most}, not {len(chosen)}"
        return state | {"selected_options": chosen}
    assert len(chosen) == 1, f"a {kind} takes one"
    return state | {"selected_option": chosen[0]}


def _text(element: Block, value: Any) -> str:
    text = str(value)
    least, most = element.get("min_length", 0), element.get("max_length", 3000)
    assert least <= len(text) <= most, f"the field takes {least} to {most} characters"
    assert "\n" not in text or element.get("multiline"), "the field has one line"
    return text


async def _option(element: Block, block: Block, wanted: str, suggest: Suggest) -> Block:
    is_external = element["type"] in EXTERNAL_SELECTS
    offered = await suggest(block, element, wanted) if is_external else options_of(element)
    option = option_named(offered, wanted)
    shown = ", ".join(each["text"]["text"] for each in offered)
    assert option is not None, f"{wanted!r} cannot be chosen, only: {shown or 'nothing'}"
    return option


def take_files(fake: FakeSlack, view: View, found: Field, files: Sequence[File]) -> dict[str, Any]:
    """Upload what a person puts into a form."""
    assert len(files) <= found.max_files, f"the field takes {found.max_files} files, not {len(files)}"
    stored: list[StoredFile] = []
    endings = found.element.get("filetypes")
    for file in files:
        assert len(file.content) <= MAX_FILE_BYTES, f"{file.filename} is larger than {MAX_FILE_BYTES} bytes"
        ending = file.filename.rpartition(".")[2].lower()
        assert endings is None or ending in endings, f"the field does not take .{ending}, only {endings}"
        kept = fake.take_file(file, view.user)
        kept.installations.append(view.installation)
        stored.append(kept)
    return {"type": "file_input", "files": [file_payload(each) for each in stored]}


def values(view: View) -> dict[str, dict[str, Any]]:
    """Return the state of a view: all fields, and what else was touched."""
    state = {each.block_id: {each.action_id: initial(each.element)} for each in view.fields}
    for block_id, actions in view.touched.items():
        state.setdefault(block_id, {}).update(actions)
    return state


def message_state(blocks: Sequence[Block], touched: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the state of what can be chosen in a message."""
    state: dict[str, dict[str, Any]] = {}
    for _, block, each in elements(blocks):
        if each["type"] not in ("button", "image", "overflow", "plain_text", "mrkdwn", "file_input"):
            state.setdefault(block["block_id"], {})[each["action_id"]] = initial(each)
    for block_id, actions in touched.items():
        state.setdefault(block_id, {}).update(actions)
    return state
