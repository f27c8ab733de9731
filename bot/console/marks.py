"""Finding what a person points at in the thread: a button by its label, a reaction by its emoji or word."""

from __future__ import annotations

import re

from bot.console.timeline import Post, Timeline
from bot.replies import Button, ReactionChoice, Refusal
from core.rules.names import nearest
from core.rules.wording import listed

_VARIATION_SELECTOR = "\ufe0f"
"""Asks for the coloured form of a sign; keyboards send ✂️ with it or without."""
_WORDS_FOR_EMOJI = {"keep": "✅", "fix": "✂", "remove": "❌", "yes": "✅", "no": "❌"}


def find_button(timeline: Timeline, text: str) -> Button | Refusal:
    """Return the button of `LABEL` (in the latest post that has one) or `7 LABEL` (in post 7)."""
    match = re.fullmatch(r"#?(\d{1,9})\s+(.+)", text)
    if match is None:
        return _in_latest(timeline, _label(text))
    number, label = int(match[1]), _label(match[2])
    post = timeline.get(number)
    if post is None:
        return Refusal((f"There is no message {number} here.",))
    if not post.body.buttons:
        return Refusal((f"Message {number} has no buttons.",))
    found = _matching(post, label)
    return found if found is not None else _no_such_button(label, post.body.buttons, f" on message {number}")


def _label(text: str) -> str:
    return text.strip().removeprefix("[").removesuffix("]").strip()


def _in_latest(timeline: Timeline, label: str) -> Button | Refusal:
    if not label:
        return Refusal(("Name the button, for example /press Start",))
    with_buttons = [post for post in reversed(timeline.posts) if post.is_ours and post.body.buttons]
    exact = [button for post in with_buttons for button in post.body.buttons if _same(button.label, label)]
    if exact:
        return exact[0]
    for post in with_buttons:
        found = _matching(post, label)
        if found is not None:
            return found
    return _no_such_button(label, [button for post in with_buttons for button in post.body.buttons], "")


def _matching(post: Post, label: str) -> Button | Refusal | None:
    """Return the button of that label, or the only one whose label begins so."""
    for button in post.body.buttons:
        if _same(button.label, label):
            return button
    begins = [button for button in post.body.buttons if button.label.casefold().startswith(label.casefold())]
    if len(begins) > 1:
        choices = listed((button.label for button in begins), "or")
        return Refusal((f"Which one: {choices}? Write a little more of it.",))
    return begins[0] if begins else None


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def _no_such_button(label: str, buttons: list[Button] | tuple[Button, ...], where: str) -> Refusal:
    by_name = {button.label.casefold(): button.label for button in buttons}
    if not by_name:
        return Refusal(("There is nothing to press here now.",))
    near = nearest(label.casefold(), by_name, limit=1)
    choices = listed(list(dict.fromkeys(by_name.values()))[:6], "or")
    meant = f"Did you mean {by_name[near[0]]}?" if near else f"There is {choices}."
    return Refusal((f"There is no button {label}{where}. {meant}",))


def find_choice(timeline: Timeline, text: str, verb: str) -> tuple[Post, ReactionChoice] | Refusal:
    """Return the post and the reaction of `7 ❌`, `7 remove` or `7 pad with white`."""
    match = re.fullmatch(r"#?(\d{1,9})\s+(.+)", text)
    if match is None:
        return Refusal((f"Write the message's number and what you decide, for example /{verb} 7 keep",))
    post = timeline.get(int(match[1]))
    if post is None:
        return Refusal((f"There is no message {match[1]} here.",))
    if not post.body.choices:
        return Refusal((f"There is nothing to decide on message {match[1]}.",))
    wanted = match[2].strip().casefold()
    emoji = _plain(_WORDS_FOR_EMOJI.get(wanted, wanted))
    for choice in post.body.choices:
        if _plain(choice.emoji) == emoji:
            return post, choice
    begins = [choice for choice in post.body.choices if choice.meaning.casefold().startswith(wanted)]
    if len(begins) == 1:
        return post, begins[0]
    takes = listed((f"{choice.emoji} {choice.meaning}" for choice in post.body.choices), "or")
    return Refusal((f"Message {match[1]} takes {takes}.",))


def _plain(emoji: str) -> str:
    return emoji.replace(_VARIATION_SELECTOR, "")
