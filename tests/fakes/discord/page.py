"""Messages as Discord stores them → a page that shows about what its client would, for people to look at.

Only what the bot sends is drawn: text with its markup, Components V2, attachments and reactions.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from pathlib import Path
from typing import Any

Payload = Mapping[str, Any]
ReadUrl = Callable[[str], bytes]
"""Fetches a picture by the address that the message names."""

EPHEMERAL = 1 << 6  # message flags, discord-api-docs


class Type(IntEnum):
    """Component types, discord-api-docs."""

    ACTION_ROW = 1
    BUTTON = 2
    SECTION = 9
    TEXT_DISPLAY = 10
    THUMBNAIL = 11
    MEDIA_GALLERY = 12
    FILE = 13
    SEPARATOR = 14
    CONTAINER = 17


BUTTON_CLASSES = {1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "secondary"}
DEFAULT_ACCENT = 0x404249

STYLE = Path(__file__).with_suffix(".css")


def page(messages: Sequence[Payload], read: ReadUrl, names: Mapping[str, str]) -> str:
    """Draw a thread.

    Args:
        messages: Message objects, oldest first.
        read: Fetches their pictures.
        names: Names of people, roles and channels, by id.
    """
    drawing = Drawing(read, names)
    return whole_page("\n".join(map(drawing.message, messages)))


def whole_page(drawn: str) -> str:
    """Return what was drawn as a page of its own."""
    head = f'<head><meta charset="utf-8"><style>{STYLE.read_text()}</style></head>'
    return f"<!doctype html><html>{head}<body>{drawn}</body></html>"


class Drawing:
    """Draws one thing after the other, with the same names and pictures."""

    def __init__(self, read: ReadUrl, names: Mapping[str, str]) -> None:
        self._read = read
        self._names = names

    def message(self, message: Payload) -> str:
        """Draw a message."""
        author = message["author"]
        name = html.escape(author.get("global_name") or author["username"])
        app = '<span class="app">APP</span>' if author.get("bot") else ""
        parts = [self.text(message["content"])] if message.get("content") else []
        parts += [self._component(component) for component in message.get("components", ())]
        if not message.get("components"):
            parts += [self._image(item["url"]) for item in message.get("attachments", ())]
        if message.get("reactions"):
            parts.append(self._reactions(message["reactions"]))
        if message.get("flags", 0) & EPHEMERAL:
            parts.append('<div class="only">Only you can see this</div>')
        edited = '<span class="edited"> (edited)</span>' if message.get("edited_timestamp") else ""
        head = f'<div><span class="name">{name}</span>{app}{edited}</div>'
        return (
            f'<div class="message"><div class="face">{name[0]}</div>'
            f'<div class="body">{head}{"".join(parts)}</div></div>'
        )

    def _component(self, component: Payload) -> str:
        inner = "".join(self._component(child) for child in component.get("components", ()))
        match component["type"]:
            case Type.CONTAINER:
                accent = component.get("accent_color")
                colour = DEFAULT_ACCENT if accent is None else accent
                return f'<div class="container" style="border-color:#{colour:06x}">{inner}</div>'
            case Type.TEXT_DISPLAY:
                return self.text(component["content"])
            case Type.SECTION:
                return (
                    f'<div class="section"><div>{inner}</div>{self._component(component["accessory"])}</div>'
                )
            case Type.MEDIA_GALLERY:
                items = component["items"]
                images = "".join(self._image(item["media"]["url"]) for item in items)
                return f'<div class="gallery{" one" if len(items) == 1 else ""}">{images}</div>'
            case Type.THUMBNAIL:
                return self._image(component["media"]["url"])
            case Type.FILE:
                return f'<div class="text">{html.escape(component["file"]["url"])}</div>'
            case Type.SEPARATOR:
                return "<hr>"
            case Type.ACTION_ROW:
                return f'<div class="row">{inner}</div>'
            case Type.BUTTON:
                return self._button(component)
            case _:
                placeholder = component.get("placeholder") or component.get("label") or ""
                return f'<div class="select">{html.escape(placeholder)} ▾</div>'

    def _button(self, button: Payload) -> str:
        kind = BUTTON_CLASSES.get(button["style"], "secondary")
        off = " off" if button.get("disabled") else ""
        emoji = (button.get("emoji") or {}).get("name") or ""
        label = html.escape(" ".join(filter(None, (emoji, button.get("label") or ""))))
        return f'<span class="button {kind}{off}">{label}</span>'

    def _reactions(self, reactions: Sequence[Payload]) -> str:
        drawn = "".join(
            f'<span class="reaction">{html.escape(one["emoji"]["name"])} {one["count"]}</span>'
            for one in reactions
        )
        return f'<div class="reactions">{drawn}</div>'

    def _image(self, url: str) -> str:
        data = self._read(url)
        kind = "png" if data.startswith(b"\x89PNG") else "webp" if data[8:12] == b"WEBP" else "jpeg"
        return f'<img src="data:image/{kind};base64,{base64.b64encode(data).decode()}">'

    def name_of(self, some_id: str) -> str:
        """Return what a person, role or channel is called."""
        return self._names.get(some_id, some_id)

    def text(self, content: str) -> str:
        """Draw text with its markup."""
        return f'<div class="text">{"".join(self._line(line) for line in content.split(chr(10)))}</div>'

    def _line(self, line: str) -> str:
        for prefix, opening, closing in (
            ("### ", "<h3>", "</h3>"),
            ("## ", "<h2>", "</h2>"),
            ("# ", "<h1>", "</h1>"),
            ("-# ", '<div class="small">', "</div>"),
            ("> ", "<blockquote>", "</blockquote>"),
        ):
            if line.startswith(prefix):
                return opening + self._spans(line.removeprefix(prefix)) + closing
        return f"<div>{self._spans(line) or '&nbsp;'}</div>"

    def _spans(self, text: str) -> str:
        literal: list[str] = []

        def keep(match: re.Match[str]) -> str:
            literal.append(match[1])
            return f"\0{len(literal) - 1}\0"

        marked = re.sub(r"\\([^\w\s])", keep, text)
        marked = html.escape(marked, quote=False)
        marked = re.sub(r"&lt;(@!?|@&amp;|#)(\d+)&gt;", self._mention, marked)
        marked = re.sub(r"`([^`]+)`", r"<code>\1</code>", marked)
        marked = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", marked)
        marked = re.sub(r"(?<![\w*])[*_](.+?)[*_](?![\w*])", r"<i>\1</i>", marked)
        return re.sub(r"\0(\d+)\0", lambda match: html.escape(literal[int(match[1])]), marked)

    def _mention(self, match: re.Match[str]) -> str:
        sign = "#" if match[1] == "#" else "@"
        return f'<span class="mention">{sign}{html.escape(self.name_of(match[2]))}</span>'
