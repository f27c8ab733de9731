"""Small phrases that several replies share."""

from __future__ import annotations

import re

from core.queue.specs import GenerateSpec
from core.rules.kinds import ModelKind
from core.rules.wording import counted, mentions


def photo_count(count: int, kind: ModelKind) -> str:
    """Return "1 photo" or "4 photos"; what a style is made of are pictures."""
    return counted(count, "picture" if kind is ModelKind.STYLE else "photo")


PROMPT_SHOWN_CHARACTERS = 80
_LEADING_MENTIONS = re.compile(r"^(?:@[\w-]+(?:\s*,\s*|\s+and\s+|\s+|$))+", re.IGNORECASE)


def about_prompt(spec: GenerateSpec, credits: int) -> str:
    """Return `@rex and @ada · on a beach · 4 pictures, 4 credits`, the prompt shortened to fit a line."""
    prompt = re.sub(r"\s+", " ", spec.prompt).strip()
    rest = _LEADING_MENTIONS.sub("", prompt)
    # Names in the middle of a sentence stay there, for the sentence would not read without them.
    names = "" if "@" in rest else mentions([use.handle for use in spec.adapters])
    shown = rest if names else prompt
    if len(shown) > PROMPT_SHOWN_CHARACTERS:
        shown = shown[: PROMPT_SHOWN_CHARACTERS - 1].rstrip() + "…"
    made = f"{counted(spec.count, 'picture')}, {counted(credits, 'credit')}"
    return " · ".join(part for part in (names, shown, made) if part)


LIKENESS_WORDS = ((0.7, "close"), (0.4, "fair"), (0.0, "loose"))
"""The least score for each word. True photos of drawn subjects lie above .7, others of their class near 0."""


def likeness_word(score: float | None) -> str:
    """Say a likeness score as a word."""
    if score is None:
        return "not measured"
    return next((word for least, word in LIKENESS_WORDS if score >= least), LIKENESS_WORDS[-1][1])
