"""What a base model reads: handles become trigger words, which captions and prompts share."""

from __future__ import annotations

import re
from collections.abc import Collection

from core.queue.specs import AdapterUse, TrainSpec
from core.rules.captions import with_trigger_word
from core.rules.kinds import ModelKind
from core.rules.prompts import Prompt, parse_prompt

Subject = AdapterUse | TrainSpec
"""Both know a handle, its trigger word and what the thing is."""


def training_caption(caption: str, spec: TrainSpec) -> str:
    """Return a caption as the base reads it: "summer-shoes sneaker, on grey" → "zz03 sneaker, on grey"."""
    return with_trigger_word(caption, spec.handle, spec.trigger_word)


def prompt_for_base(text: str, subjects: Collection[Subject]) -> str:
    """Return a prompt as the base reads it: "@mug on a beach" → "zz03 mug on a beach".

    The class noun is added because training saw the two together; "@mug mug" has it already.
    A mention that is none of the subjects stays as it was typed.
    """
    by_handle = {subject.handle: subject for subject in subjects}

    def words(handle: str, written: str, following: str) -> str:
        subject = by_handle.get(handle)
        return written if subject is None else _words_for(subject, following)

    prompt = parse_prompt(text)
    pieces: list[str] = []
    position = 0
    for mention in prompt.mentions:
        written = prompt.text[mention.start : mention.end]
        pieces += [
            prompt.text[position : mention.start],
            words(mention.handle, written, prompt.text[mention.end :]),
        ]
        position = mention.end
    return "".join(pieces) + prompt.text[position:]


def without_mentions(text: str) -> str:
    """Return what a person wrote besides names, for telling which of their words the base does not know."""
    prompt: Prompt = parse_prompt(text)
    rest = prompt.text
    for mention in reversed(prompt.mentions):
        rest = f"{rest[: mention.start]} {rest[mention.end :]}"
    return " ".join(rest.split())


def _words_for(subject: Subject, following: str) -> str:
    noun = "style" if subject.kind is ModelKind.STYLE else subject.class_noun
    is_named_already = re.match(rf"\s+{re.escape(noun)}(?:e?s)?\b", following, re.IGNORECASE)
    return subject.trigger_word if is_named_already or not noun else f"{subject.trigger_word} {noun}"
