"""Forms as Discord opens them → about what its client would show, for people to look at."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

from tests.fakes.discord.components import SELECTS, Kind
from tests.fakes.discord.interactions import Form
from tests.fakes.discord.page import Drawing

Component = Mapping[str, Any]


def form(form: Form, drawing: Drawing) -> str:
    """Draw a form; `drawing` writes the texts in it."""
    fields = "".join(_field(component, drawing) for component in form.components)
    buttons = '<span class="button secondary">Cancel</span><span class="button primary">Submit</span>'
    return (
        f'<div class="form"><h2>{html.escape(form.title)}</h2>{fields}'
        f'<div class="row end">{buttons}</div></div>'
    )


def _field(component: Component, drawing: Drawing) -> str:
    if component["type"] == Kind.TEXT_DISPLAY:
        return drawing.text(component["content"])
    inner = component.get("component") or component
    is_asked = inner.get("required", True) is not False and inner["type"] != Kind.CHECKBOX
    star = ' <span class="star">*</span>' if is_asked else ""
    label = f'<div class="label">{html.escape(component.get("label") or "")}{star}</div>'
    described = component.get("description")
    small = f'<div class="small">{html.escape(described)}</div>' if described else ""
    return f'<div class="field">{label}{small}{_input(inner, drawing)}</div>'


def _input(component: Component, drawing: Drawing) -> str:
    match component["type"]:
        case Kind.TEXT_INPUT:
            typed, hint = component.get("value"), component.get("placeholder") or ""
            shown = html.escape(typed) if typed else f'<span class="hint">{html.escape(hint)}&nbsp;</span>'
            return f'<div class="input{" tall" if component.get("style") == 2 else ""}">{shown}</div>'
        case Kind.FILE_UPLOAD:
            return '<div class="upload">Drop files here, or browse</div>'
        case Kind.RADIO_GROUP:
            return "".join(_choice(option, "◉", "○") for option in component["options"])
        case Kind.CHECKBOX:
            return f'<div class="choice">{"☑" if component.get("default") else "☐"}</div>'
        case kind if kind in SELECTS:
            named = [drawing.name_of(str(each["id"])) for each in component.get("default_values") or ()]
            chosen = " ".join(f'<span class="mention">@{html.escape(name)}</span>' for name in named)
            hint = html.escape(component.get("placeholder") or "")
            return f'<div class="select">{chosen or hint} ▾</div>'
        case _:
            return f'<div class="input">{html.escape(str(component["type"]))}</div>'


def _choice(option: Component, chosen: str, other: str) -> str:
    mark = chosen if option.get("default") else other
    return f'<div class="choice">{mark} {html.escape(option["label"])}</div>'
