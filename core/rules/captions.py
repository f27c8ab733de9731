"""Captions, class nouns and the lasting features of a character."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import Refused
from core.rules.kinds import ModelKind
from core.rules.wording import number, one_line

CAPTION_MAX_CHARACTERS = 300
CLASS_NOUN_MAX_WORDS = 4
CLASS_NOUN_MAX_CHARACTERS = 40
TRAIT_MAX_CHARACTERS = 60
ADVISED_TRAITS = 6

CAPTION_ADVICE = {
    ModelKind.PRODUCT: (
        "Add what should be able to change: the view and the background. What you leave out stays fixed."
    ),
    ModelKind.CHARACTER: (
        "Add what should be able to change: pose, expression, outfit and background. "
        "What you leave out stays fixed."
    ),
    ModelKind.STYLE: "Add what each picture shows. What you leave out becomes part of the style.",
}


def draft_captions(
    handle: str, class_noun: str, kind: ModelKind, count: int, traits: Sequence[str] = ()
) -> tuple[str, ...]:
    """Return a first caption for each of `count` images, to be completed by a person.

    Nothing here looks at the images, so a draft holds only what is known to be true of all of them:
    "summer-shoes sneaker", or "ada woman, round glasses". `CAPTION_ADVICE` says what to add.
    """
    subject = f"{handle} style" if kind is ModelKind.STYLE else f"{handle} {class_noun}".strip()
    return (", ".join((subject, *traits)),) * count


def check_caption(text: str, handle: str) -> str | Refused:
    """Return the caption tidied, with the handle in its stored form, or say what is wrong with it."""
    caption = one_line(text)
    if len(caption) > CAPTION_MAX_CHARACTERS:
        return Refused.because(
            f"This caption has {len(caption)} characters; up to {CAPTION_MAX_CHARACTERS} fit. Shorten it."
        )
    if not _handle_pattern(handle).search(caption):
        return Refused.because(
            f"Keep {handle} in the caption, for the model learns its name there: {handle}, side view."
        )
    return with_trigger_word(caption, handle, handle)


def with_trigger_word(caption: str, handle: str, trigger_word: str) -> str:
    """Replace the handle in a caption, as a whole word and with or without its @, by the trigger word."""
    return _handle_pattern(handle).sub(trigger_word, caption)


def _handle_pattern(handle: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])@?{re.escape(handle)}(?![\w-])", re.IGNORECASE)


def check_class_noun(text: str) -> str | Refused:
    """Return the class noun tidied ("A Serum  Bottle" → "serum bottle"), or say what is asked for."""
    noun = re.sub(r"^(?:an?|the)(?:\s+|$)", "", one_line(text).lower()).strip(" .,;:!?\"'")
    if not noun:
        return Refused.because("Say in a word or two what it is, for example shoe, serum bottle or woman.")
    if len(noun) > CLASS_NOUN_MAX_CHARACTERS or len(noun.split()) > CLASS_NOUN_MAX_WORDS:
        return Refused.because(
            "That is more than I need: a word or two for what it is, for example shoe or serum bottle. "
            "Details belong in the captions."
        )
    if not all(c.isalnum() or c in " -'\u2019" for c in noun) or not any(c.isalpha() for c in noun):
        return Refused.because("Use plain words for what it is, for example shoe, serum bottle or woman.")
    return noun


@dataclass(frozen=True)
class Customizations:
    """A person's lasting features, and what to tell whoever wrote them."""

    traits: tuple[str, ...]
    notes: tuple[str, ...] = ()


_NEGATIVE = re.compile(
    r"^(?:(?:has|have|with|wears?|wearing)\s+)?"
    r"(?:no|not|without|never|isn['\u2019]?t|doesn['\u2019]?t|does not|is not|don['\u2019]?t|lacks?)\s",
    re.IGNORECASE,
)
# The escapes are the ideographic, the Arabic and the full-width comma.
# "grey hair and no beard" is two features; "black and white hair" is one.
_SEPARATOR = re.compile(
    r"[,;\n\u3001\u060c\uff0c]|\s+(?:and|but)\s+(?=(?:no|not|without)\s)|\s+(?=without\s)", re.IGNORECASE
)
_ONLY_IF_SHOWN = re.compile(r"\b(?:glasses|spectacles|beard|moustache|mustache)\b", re.IGNORECASE)


def parse_customizations(text: str) -> Customizations:
    """Read features separated by commas: spacing tidied, repeats merged, negatives left out with a note."""
    traits: dict[str, str] = {}
    notes: list[str] = []
    for part in _SEPARATOR.split(text):
        trait = one_line(part).strip(" .")
        if not trait:
            continue
        if _NEGATIVE.match(f"{trait} "):
            notes.append(f'I left out "{trait}": say what is there, not what is missing.')
        elif len(trait) > TRAIT_MAX_CHARACTERS:
            notes.append(f'I left out "{trait[:30].rstrip()}...": keep each feature to a few words.')
        else:
            traits.setdefault(trait.casefold(), trait)
    kept = tuple(traits.values())
    if any(_ONLY_IF_SHOWN.search(trait) for trait in kept):
        notes.append("Keep glasses or a beard only if the photos show them.")
    if len(kept) > ADVISED_TRAITS:
        notes.append(
            f"{len(kept)} features limit what the pictures can show; "
            f"{number(ADVISED_TRAITS)} or fewer of the most telling ones work better."
        )
    return Customizations(kept, tuple(notes))
