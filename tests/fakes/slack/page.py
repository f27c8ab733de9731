"""Messages as Slack stores them → a page that shows about what its client would, for people to look at.

Only what the bot sends, and what people say to it, is drawn: blocks, files, threads and reactions.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.slack.emoji import BY_NAME
from tests.fakes.slack.blocks import rich_words

Payload = Mapping[str, Any]
ReadPicture = Callable[[Payload], bytes]
"""Returns the bytes of the file that a block names, by `id` or `url`."""

STYLE = Path(__file__).with_suffix(".css")
_ANGLED = re.compile(r"<([@#!]?)(?:subteam\^)?([^>|]+)(?:\|([^>]*))?>")
_EMOJI = re.compile(r":([a-z0-9_+-]+):")
_SPANS = (
    (re.compile(r"(?<![\w*])\*(?=[^\s*\u200b])([^*]*[^\s*])\*(?![\w*])"), r"<b>\1</b>"),
    (re.compile(r"(?<![\w_])_(?=[^\s_\u200b])([^_]*[^\s_])_(?![\w_])"), r"<i>\1</i>"),
    (re.compile(r"(?<![\w~])~(?=[^\s~\u200b])([^~]*[^\s~])~(?![\w~])"), r"<s>\1</s>"),
)
_CODE = re.compile(r"`([^`]+)`")


def whole_page(drawn: str) -> str:
    """Return what was drawn as a page of its own."""
    head = f'<head><meta charset="utf-8"><style>{STYLE.read_text()}</style></head>'
    return f"<!doctype html><html>{head}<body>{drawn}</body></html>"


def place(name: str, inside: str = "") -> str:
    """Draw where one is: a channel, a thread and its channel, a conversation."""
    where = f"<span>{html.escape(inside)}</span>" if inside else ""
    return f'<div class="place">{html.escape(name)}{where}</div>'


def aside(words: str) -> str:
    """Draw a line that is on no screen: what somebody typed, or what went by."""
    return f'<div class="aside">{html.escape(words)}</div>'


def divided(words: str) -> str:
    """Draw the line between the first message of a thread and its replies."""
    return f'<div class="divided"><span>{html.escape(words)}</span></div>'


class Drawing:
    """Draws one thing after the other, with the same names and pictures."""

    def __init__(self, read: ReadPicture, names: Mapping[str, str]) -> None:
        """Prepare.

        Args:
            read: Fetches pictures.
            names: What people, user groups and channels are called, by id.
        """
        self._read = read
        self._names = names

    # Messages

    def message(self, message: Payload, *, replies: int = 0, only_one_sees_it: bool = False) -> str:
        """Draw a message as `conversations.replies` returns it, with its `reactions`.

        Args:
            message: The message.
            replies: How many its thread has; they are counted below it.
            only_one_sees_it: Whether it is ephemeral.
        """
        is_bot = "bot_id" in message
        name = self.name_of(message["user"])
        app = '<span class="app">APP</span>' if is_bot else ""
        sent = datetime.fromtimestamp(float(message["ts"]), UTC)
        time = f'<span class="time">{sent.hour % 12 or 12}:{sent:%M %p}</span>'
        shown = list(map(self.block, message.get("blocks", ())))
        if not shown and message["text"]:
            shown.append(self._paragraph(self.marked(message["text"])))
        if "edited" in message:
            shown.append('<div class="edited">(edited)</div>')
        if message.get("files"):
            shown.append(self._files(message["files"]))
        if message.get("reactions"):
            shown.append(self._reactions(message["reactions"]))
        if replies:
            shown.append(f'<div class="thread">{_counted(replies, "reply", "replies")}</div>')
        only = '<div class="only">Only visible to you</div>' if only_one_sees_it else ""
        return (
            f'{only}<div class="message"><div class="face{" bot" if is_bot else ""}">{html.escape(name[0].upper())}'
            f'</div><div class="body"><div><span class="name">{html.escape(name)}</span>{app}{time}</div>'
            f"{''.join(shown)}</div></div>"
        )

    def _files(self, files: Sequence[Payload]) -> str:
        if len(files) == 1:
            title = html.escape(files[0]["title"])
            return (
                f'<div class="filename">{title} ▾</div><div class="file">{self._picture(files[0], "")}</div>'
            )
        tiles = "".join(self._picture(each, each["title"]) for each in files)
        return f'<div class="filename">{len(files)} files ▾</div><div class="files">{tiles}</div>'

    def _reactions(self, reactions: Sequence[Payload]) -> str:
        drawn = "".join(
            f'<span class="reaction">{html.escape(_emoji_named(one["name"]))} {one["count"]}</span>'
            for one in reactions
        )
        return f'<div class="reactions">{drawn}</div>'

    # Blocks

    def block(self, block: Payload) -> str:
        """Draw a block of a message, a form or the Home tab; inputs are those of `page_forms`."""
        match block["type"]:
            case "section":
                return self._section(block)
            case "context":
                inner = "".join(f"<span>{self._in_context(each)}</span>" for each in block["elements"])
                return f'<div class="context">{inner}</div>'
            case "actions":
                return f'<div class="row">{"".join(map(self.element, block["elements"]))}</div>'
            case "image":
                title = (
                    f'<div class="filename">{self.text(block["title"])} ▾</div>' if "title" in block else ""
                )
                picture = self._picture(block["slack_file"], block["alt_text"])
                return f'{title}<div class="file">{picture}</div>'
            case "header":
                return f"<h2>{self.text(block['text'])}</h2>"
            case "divider":
                return "<hr>"
            case "rich_text":
                return self._paragraph(self.marked(rich_words(block)))
            case kind:
                raise AssertionError(f"nobody has drawn a block of the type {kind} yet")

    def _section(self, block: Payload) -> str:
        texts = [self._paragraph(self.text(block["text"]))] if "text" in block else []
        fields = "".join(f"<div>{self.text(each)}</div>" for each in block.get("fields", ()))
        texts += [f'<div class="fields">{fields}</div>'] if fields else []
        if "accessory" not in block:
            return "".join(texts)
        return f'<div class="section"><div>{"".join(texts)}</div>{self.element(block["accessory"])}</div>'

    def _in_context(self, element: Payload) -> str:
        return self.element(element) if element["type"] == "image" else self.text(element)

    def element(self, element: Payload) -> str:
        """Draw what can be pressed or chosen from, or a small picture."""
        match element["type"]:
            case "button":
                style = f" {element['style']}" if "style" in element else ""
                return f'<span class="button{style}">{self.text(element["text"])}</span>'
            case "image":
                return self._picture(element["slack_file"], element["alt_text"])
            case "overflow":
                return '<span class="button">⋯</span>'
            case _:
                hint = element.get("placeholder", {}).get("text", "")
                return f'<span class="select">{html.escape(hint)} ⌄</span>'

    def _picture(self, file: Payload, alt: str) -> str:
        data = self._read(file)
        kind = "png" if data.startswith(b"\x89PNG") else "gif" if data.startswith(b"GIF8") else "jpeg"
        encoded = base64.b64encode(data).decode()
        return f'<img alt="{html.escape(alt)}" src="data:image/{kind};base64,{encoded}">'

    # Words

    def name_of(self, some_id: str) -> str:
        """Return what a person, user group or channel is called."""
        return self._names.get(some_id, some_id)

    def text(self, text: Payload) -> str:
        """Draw a text object."""
        if text["type"] == "mrkdwn":
            return self.marked(text["text"])
        words = html.escape(text["text"], quote=False)
        return _EMOJI.sub(_emoji, words) if text.get("emoji", True) else words

    def marked(self, text: str) -> str:
        """Draw text with its markup. Slack's own entities are those of HTML."""
        return "".join(map(self._line, text.split("\n")))

    def _line(self, line: str) -> str:
        quoted = re.sub(r"^&gt; ?", "", line)
        spans = self._spans(quoted)
        return f"<blockquote>{spans}</blockquote>" if quoted != line else f"<div>{spans or '&nbsp;'}</div>"

    def _spans(self, line: str) -> str:
        literal: list[str] = []

        def keep(drawn: str) -> str:
            literal.append(drawn)
            return f"\0{len(literal) - 1}\0"

        line = _ANGLED.sub(lambda match: keep(self._angled(match)), line)
        line = _CODE.sub(lambda match: keep(f"<code>{match[1]}</code>"), line)
        line = _EMOJI.sub(_emoji, line)
        for pattern, drawn in _SPANS:
            line = pattern.sub(drawn, line)
        return re.sub(r"\0(\d+)\0", lambda match: literal[int(match[1])], line)

    def _angled(self, match: re.Match[str]) -> str:
        sign, named = str(match[1]), str(match[2])
        label = match[3] or named
        if not sign:
            return f'<a href="{html.escape(named)}">{html.escape(label)}</a>'
        shown = "#" if sign == "#" else "@"
        return f'<span class="mention">{shown}{html.escape(self.name_of(named))}</span>'

    @staticmethod
    def _paragraph(words: str) -> str:
        return f'<div class="text">{words}</div>'


def _emoji(match: re.Match[str]) -> str:
    return BY_NAME.get(match[1], match[0])


def _emoji_named(name: str) -> str:
    return BY_NAME.get(name.partition("::")[0], name)


def _counted(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"
