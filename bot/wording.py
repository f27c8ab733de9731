"""Small phrases that several replies share."""

from __future__ import annotations

import re

from core.queue.specs import GenerateSpec
from core.rules.wording import counted, mentions


def photo_count(count: int) -> str:
    """Return "1 photo" or "4 photos"."""
    return counted(count, "photo")


def about_prompt(spec: GenerateSpec, credits: int) -> str:
    """Return `@rex, @ada · on a beach · 4 pictures, 4 credits`, the prompt shortened to fit a line."""
    prompt = re.sub(r"\s+", " ", spec.prompt).strip()
    if len(prompt) > PROMPT_SHOWN_CHARACTERS:
        prompt = prompt[: PROMPT_SHOWN_CHARACTERS - 1].rstrip() + "…"
    made = f"{counted(spec.count, 'picture')}, {counted(credits, 'credit')}"
    names = mentions([use.handle for use in spec.adapters])
    return " · ".join(part for part in (names, prompt, made) if part)


PROMPT_SHOWN_CHARACTERS = 80

LIKENESS_WORDS = ((0.7, "close"), (0.4, "fair"), (0.0, "loose"))
"""The least score for each word. True photos of drawn subjects lie above .7, others of their class near 0."""


def likeness_word(score: float | None) -> str:
    """Say a likeness score as a word."""
    if score is None:
        return "not measured"
    return next((word for least, word in LIKENESS_WORDS if score >= least), LIKENESS_WORDS[-1][1])
