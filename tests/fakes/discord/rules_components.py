"""What Discord asks of components beyond its official description.

Source: discord-api-docs, Components, Reference; discord-api-docs issues 3673 and 8554.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.fakes.discord.components import LINK_STYLE, SELECTS, Component, Kind, Path, walk
from tests.fakes.discord.errors import Malformed, Refusal, invalid_form, too_long

MAX_COMPONENTS = 40  # discord-api-docs, Components, Reference
MAX_TEXT_CHARACTERS = 4000  # the same: all text displays of a message together
MAX_TEXT_BYTES = 10170  # discord-api-docs, issue 8554: measured by its author; beyond it is a 500
BYTES_A_TEXT = 12  # the same
MAX_ROWS, MAX_BUTTONS_A_ROW = 5, 5  # discord-api-docs, Components, Reference, Legacy and Action Row
MAX_MODAL_COMPONENTS = 5  # discord-api-docs, Receiving and Responding, Modal
PREMIUM_STYLE = 6
NEEDS_A_LIST = (Kind.STRING_SELECT, Kind.RADIO_GROUP, Kind.CHECKBOX_GROUP)


def check_v1_components(components: Sequence[Component]) -> None:
    """Refuse what only goes with the V2 flag."""
    for place, component in enumerate(components):
        if component["type"] != Kind.ACTION_ROW:
            message = 'Value of field "type" must be one of (1,).'
            raise invalid_form(("components", place, "type"), "UNION_TYPE_CHOICES", message)
    if len(components) > MAX_ROWS:
        raise too_long(("components",), MAX_ROWS)


def check_v2_components(components: Sequence[Component]) -> None:
    """Refuse more components or more text than a V2 message holds."""
    found = [component for _, component in walk(components)]
    if len(found) > MAX_COMPONENTS:
        message = f"Total number of components exceeds the maximum of {MAX_COMPONENTS}"
        raise invalid_form(("components",), "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", message)
    texts = [component["content"] for component in found if component["type"] == Kind.TEXT_DISPLAY]
    if sum(map(len, texts)) > MAX_TEXT_CHARACTERS:
        message = f"Displayable text exceeds the maximum of {MAX_TEXT_CHARACTERS} characters"
        raise invalid_form(("components",), "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", message)
    if sum(len(text.encode()) + BYTES_A_TEXT for text in texts) > MAX_TEXT_BYTES:
        raise Malformed(500, 0, "Internal Server Error")


def check_components(components: Sequence[Component], start: Path = ("components",)) -> None:
    """Refuse rows, buttons, lists and custom ids that contradict themselves."""
    seen: set[str] = set()
    for path, component in walk(components, start):
        match component["type"]:
            case Kind.ACTION_ROW:
                _check_row(component, path)
            case Kind.BUTTON:
                _check_button(component, path)
            case kind if kind in (*SELECTS, *NEEDS_A_LIST, Kind.FILE_UPLOAD):
                _check_choice(component, path)
            case _:
                pass
        _check_custom_id(component, path, seen)


def check_modal(modal: dict[str, Any]) -> None:
    """Refuse a form that is too long, or asks what a form cannot ask."""
    components = modal["components"]
    if len(components) > MAX_MODAL_COMPONENTS:
        raise too_long(("data", "components"), MAX_MODAL_COMPONENTS)
    for path, component in walk(components, ("data", "components")):
        if component["type"] == Kind.LABEL and component["component"].get("label") is not None:
            message = "A component in a label has no label of its own."
            raise invalid_form((*path, "component", "label"), "COMPONENT_LABEL_IN_LABEL", message)
        asks_for_none = component.get("min_values") == 0 and component.get("required", True) is not False
        if component["type"] == Kind.CHECKBOX_GROUP and asks_for_none:
            message = "min_values can be 0 only where nothing is required."
            raise invalid_form((*path, "min_values"), "COMPONENT_MIN_VALUES_REQUIRED", message)
    check_components(components, ("data", "components"))


def check_choices(choices: Sequence[dict[str, Any]]) -> None:
    """Refuse suggestions that nobody could tell apart."""
    names = [choice["name"] for choice in choices]
    if len(set(names)) != len(names):
        message = "Two choices have the same name."
        raise invalid_form(("data", "choices"), "APPLICATION_COMMAND_OPTIONS_CHOICE_NAME_DUPLICATED", message)


def _check_row(row: Component, path: Path) -> None:
    buttons = sum(each["type"] == Kind.BUTTON for each in row["components"])
    width = buttons + MAX_BUTTONS_A_ROW * (len(row["components"]) - buttons)
    if width > MAX_BUTTONS_A_ROW:
        message = "The specified component exceeds the maximum width"
        raise invalid_form((*path, "components"), "COMPONENT_LAYOUT_WIDTH_EXCEEDED", message)


def _check_button(button: Component, path: Path) -> None:
    if button["style"] == PREMIUM_STYLE:
        raise Refusal(400, 0, "This application sells nothing.")
    needed, barred = ("url", "custom_id") if button["style"] == LINK_STYLE else ("custom_id", "url")
    if button.get(needed) is None:
        raise invalid_form((*path, needed), "BASE_TYPE_REQUIRED", "This field is required")
    if button.get(barred) is not None:
        message = f"A button has a custom id or a url: {barred} does not go with style {button['style']}."
        raise invalid_form((*path, barred), "COMPONENT_BUTTON_FIELDS_EXCLUSIVE", message)
    if not button.get("label") and not button.get("emoji"):
        raise invalid_form((*path,), "BUTTON_COMPONENT_INVALID_LABEL", "A button needs a label or an emoji.")


def _check_choice(component: Component, path: Path) -> None:
    options = component.get("options") or []
    values = [option["value"] for option in options]
    for place, value in enumerate(values):
        if value in values[:place]:
            message = "The specified option value is already used"
            at = (*path, "options", place, "value")
            raise invalid_form(at, "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", message)
    least, most = _or(component.get("min_values"), 1), _or(component.get("max_values"), 1)
    is_single = component["type"] == Kind.RADIO_GROUP
    if least > most:
        raise invalid_form((*path, "min_values"), "BASE_TYPE_MAX", "min_values is greater than max_values.")
    if options and not is_single and component.get("max_values") is not None and most > len(options):
        message = "max_values is greater than the number of options."
        raise invalid_form((*path, "max_values"), "BASE_TYPE_MAX", message)
    has_limit = component["type"] != Kind.CHECKBOX_GROUP or component.get("max_values") is not None
    if has_limit and sum(bool(option.get("default")) for option in options) > most:
        message = "More options are chosen beforehand than may be chosen."
        raise invalid_form((*path, "options"), "SELECT_COMPONENT_TOO_MANY_DEFAULTS", message)


def _or(value: int | None, otherwise: int) -> int:
    return otherwise if value is None else value


def _check_custom_id(component: Component, path: Path, seen: set[str]) -> None:
    custom_id = component.get("custom_id")
    if custom_id is not None and custom_id in seen:
        message = "Component custom id cannot be duplicated"
        raise invalid_form((*path, "custom_id"), "COMPONENT_CUSTOM_ID_DUPLICATED", message)
    if custom_id is not None:
        seen.add(custom_id)
