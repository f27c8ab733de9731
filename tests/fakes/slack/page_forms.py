"""Forms and the Home tab as the app defines them → about what Slack's client would show, for people to look at."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

from tests.fakes.slack.forms import NAMED, SEVERAL, TEXTS
from tests.fakes.slack.page import Drawing

Payload = Mapping[str, Any]


def form(view: Payload, drawing: Drawing, errors: Mapping[str, str] | None = None) -> str:
    """Draw a form.

    Args:
        view: As `views.open` returns it, with what was entered in its `state`.
        drawing: Writes the texts in it.
        errors: What the app said to fields, by their labels.
    """
    fields = "".join(
        _block(block, view["state"]["values"], drawing, errors or {}) for block in view["blocks"]
    )
    labels = [(view.get("close"), "Cancel", ""), (view.get("submit"), "Submit", " primary")]
    buttons = "".join(
        f'<span class="button large{style}">{drawing.text(given) if given else label}</span>'
        for given, label, style in labels
    )
    return (
        f'<div class="form"><div class="title"><span>{drawing.text(view["title"])}</span><span>✕</span></div>'
        f'<div class="fields-of-form">{fields}</div><div class="row end">{buttons}</div></div>'
    )


def home(view: Payload, drawing: Drawing) -> str:
    """Draw the Home tab."""
    tabs = '<div class="tabs"><b>Home</b><span>Messages</span><span>About</span></div>'
    return f'{tabs}<div class="home">{"".join(map(drawing.block, view["blocks"]))}</div>'


def _block(block: Payload, entered: Payload, drawing: Drawing, errors: Mapping[str, str]) -> str:
    if block["type"] != "input":
        return drawing.block(block)
    element, label = block["element"], block["label"]["text"]
    optional = ' <span class="optional">(optional)</span>' if block.get("optional") else ""
    state = entered.get(block["block_id"], {}).get(element["action_id"])
    hint = f'<div class="hint">{drawing.text(block["hint"])}</div>' if "hint" in block else ""
    wrong = f'<div class="wrong">{html.escape(errors[label])}</div>' if label in errors else ""
    return (
        f'<div class="field"><div class="label">{drawing.text(block["label"])}{optional}</div>'
        f"{_input(element, state, drawing)}{wrong}{hint}</div>"
    )


def _input(element: Payload, state: Payload | None, drawing: Drawing) -> str:
    """Draw what a field holds: what was entered, else what the app began with."""
    placeholder = html.escape(element.get("placeholder", {}).get("text", ""))
    match element["type"]:
        case kind if kind in TEXTS:
            typed = (state or {}).get("value") or element.get("initial_value")
            shown = html.escape(typed) if typed else f'<span class="placeholder">{placeholder}&nbsp;</span>'
            return f'<div class="input{" tall" if element.get("multiline") else ""}">{shown}</div>'
        case "file_input":
            named = ", ".join(file["name"] for file in (state or {}).get("files", ()))
            return f'<div class="upload">{html.escape(named) or "Upload files, or drop them here"}</div>'
        case "radio_buttons" | "checkboxes" as kind:
            chosen = _options_chosen(element, state)
            shape = "dot" if kind == "radio_buttons" else "box"
            marks = (f"{shape} chosen", shape)
            return "".join(_choice(each, drawing, marks[each not in chosen]) for each in element["options"])
        case kind if kind.endswith("_select"):
            chosen = " ".join(
                f'<span class="chip">{each}</span>' for each in _chosen(element, state, drawing)
            )
            if kind not in SEVERAL and not kind.startswith("multi_"):
                chosen = " ".join(_chosen(element, state, drawing))
            default = "Select options" if kind.startswith("multi_") else "Select an option"
            nothing = f'<span class="placeholder">{placeholder or default}</span>'
            return f'<div class="input list"><span>{chosen or nothing}</span><span>⌄</span></div>'
        case kind:
            raise AssertionError(f"nobody has drawn a field of the type {kind} yet")


def _chosen(element: Payload, state: Payload | None, drawing: Drawing) -> list[str]:
    kind = element["type"]
    if kind in NAMED or (kind.startswith("multi_") and kind not in SEVERAL):
        what = kind.removeprefix("multi_").removesuffix("_select")
        many, one = f"selected_{what}", f"selected_{what.removesuffix('s')}"
        ids = (state or {}).get(many) or element.get(f"initial_{what}") or []
        single = (state or {}).get(one) or element.get(f"initial_{what.removesuffix('s')}")
        return [html.escape(drawing.name_of(each)) for each in ([single] if single else ids)]
    return [drawing.text(each["text"]) for each in _options_chosen(element, state)]


def _options_chosen(element: Payload, state: Payload | None) -> Sequence[Payload]:
    given = state if state is not None else {}
    several = given.get("selected_options") or element.get("initial_options")
    one = given.get("selected_option") or element.get("initial_option")
    return several or ([one] if one else [])


def _choice(option: Payload, drawing: Drawing, mark: str) -> str:
    described = (
        f'<div class="hint">{drawing.text(option["description"])}</div>' if "description" in option else ""
    )
    return f'<div class="choice"><span class="{mark}"></span><div>{drawing.text(option["text"])}{described}</div></div>'
