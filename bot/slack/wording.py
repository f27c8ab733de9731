"""How the core's replies read on Slack: its commands as they are called here, and what private means here."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from bot.chat.card import Card
from bot.chat.render import render
from bot.replies import (
    DeleteConfirmation,
    DraftClosed,
    ModelList,
    ModelPhotos,
    ModelReady,
    Notice,
    Refusal,
    Reply,
    WorkspaceSettings,
)
from bot.slack.limits import MAX_PICTURES
from bot.slack.markup import mention

PUBLIC = "New models are made in the channel, for all to see."
PRIVATE = (
    "New models are made in direct messages with the person who asked: nobody else sees them there, so that person "
    "alone decides about flagged photos."
)
HOW_TO_EDIT = (
    "Add photos, or remove some, with the buttons below. The model then trains again under the same name."
)
HOW_TO_DELETE = "This cannot be undone. To go on, press Delete for good, and type {handle}."
NOBODY_TO_AGREE = "More than one cannot agree there: an admin can set the number to 1."

_COMMAND = re.compile(
    r"(?<![\w/.:-])/(?=(?:train|edit|delete|imagine|models|jobs|credits|settings)\b(?![\w/-]))"
)


@dataclass(frozen=True)
class Wording:
    """Lays out replies.

    Attributes:
        prefix: What the commands begin with in this installation, without the slash: often nothing.
    """

    prefix: str = ""

    def card(self, reply: Reply) -> Card:
        """Return a reply's card."""
        card = render(
            self._with_commands(_with_buttons(reply)), mention, MAX_PICTURES, about_threads=_about_threads
        )
        if isinstance(reply, ModelList) and not reply.models:
            heading = card.lines[0]
            lines = (replace(heading, text=self._after(reply.search, heading.text)), *card.lines[1:])
            return replace(card, lines=lines)
        return card

    def commands(self, sentence: str) -> str:
        """Return a sentence of ours with its commands as people type them here."""
        return _COMMAND.sub(f"/{self.prefix}", sentence) if self.prefix else sentence

    def _after(self, typed: str, sentence: str) -> str:
        """Return a sentence in which the words up to the end of what somebody typed stay as they are."""
        before, found, after = sentence.rpartition(typed) if typed else ("", "", sentence)
        return f"{before}{found}{self.commands(after)}"

    def _with_commands(self, reply: Reply) -> Reply:
        """Return a reply with the commands of the core's own sentences; what people typed is in other fields."""
        if not self.prefix:
            return reply
        match reply:
            case Notice(text):
                return Notice(self.commands(text))
            case Refusal(reasons):
                return replace(reply, reasons=tuple(map(self.commands, reasons)))
            case ModelReady():
                return replace(
                    reply, try_prompt=self.commands(reply.try_prompt), advice=self.commands(reply.advice)
                )
            case DeleteConfirmation() | ModelPhotos():
                return replace(reply, how=self.commands(reply.how))
            case DraftClosed():
                return replace(reply, reason=self.commands(reply.reason))
            case _:
                return reply


def _with_buttons(reply: Reply) -> Reply:
    """Return a reply that says how to go on here, where the buttons below it open forms."""
    match reply:
        case DeleteConfirmation() if reply.buttons:
            return replace(reply, how=HOW_TO_DELETE.format(handle=reply.handle))
        case ModelPhotos() if reply.buttons:
            return replace(reply, how=HOW_TO_EDIT)
        case _:
            return reply


def _about_threads(rules: WorkspaceSettings) -> str:
    if not rules.has_private_threads:
        return PUBLIC
    return PRIVATE if rules.quorum == 1 else f"{PRIVATE} {NOBODY_TO_AGREE}"
