"""Names of models: what may be one, what it becomes, and which one was probably meant."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from anyascii import anyascii
from rapidfuzz.distance import OSA

from core.errors import Refused
from core.rules.bases import Base
from core.rules.wording import one_line

HANDLE_MIN_CHARACTERS = 2
HANDLE_MAX_CHARACTERS = 32
DISPLAY_NAME_MAX_CHARACTERS = 80
_SIMILAR_ENOUGH = 0.65
"""Least share of letters two handles have in common to be a likely slip: one in three may differ."""
_CLOSE_SECOND = 0.15
"""How far behind the best match another may be and still be offered beside it."""

# Words with a meaning of their own in a chat (pings), in a prompt (slots), or in a command.
_RESERVED = """
    everyone here channel group team all me you user users anyone nobody
    model models product products character characters style styles studio studios slot
    likeness bot admin owner operator approver help train imagine edit delete jobs library plan settings
    none null undefined true false
"""
RESERVED_WORDS = frozenset(_RESERVED.split())

_GENERIC = """
    shoe shoes sneaker sneakers boot boots loafer sandal heel bag backpack handbag hat cap shirt tshirt
    t-shirt dress skirt jacket coat jeans trousers sock watch ring necklace earring bracelet glasses
    sunglasses bottle serum jar box can cup mug glass vase lamp chair table sofa phone toy car bike
    woman man girl boy person people human guy lady kid child face portrait mascot hero robot
    dog cat horse bird animal pet flower tree house item thing object
    test photo image picture logo new my-model
"""
GENERIC_WORDS = frozenset(_GENERIC.split())

_TRIGGER_LIKE = re.compile(r"zz\d+")
_PINGS_AND_MARKUP = str.maketrans("", "", "@\uff20<>`")  # U+FF20 is the full-width @


@dataclass(frozen=True)
class Name:
    """A name as people read it, the handle that prompts use, and what to tell the person about the two."""

    display_name: str
    handle: str
    notes: tuple[str, ...] = ()


def normalise_handle(text: str) -> str:
    """Return the handle that a text stands for, or as much of one as it holds (maybe nothing).

    Lower case; other scripts transliterated; blanks become hyphens; everything else but
    `a-z 0-9 _ -` dropped. Does not check length or first letter.
    """
    # Symbols go first: transliteration would spell them out ("™" as "tm", an emoji as its name).
    letters = "".join(" " if c.isspace() else c for c in text if unicodedata.category(c)[0] != "S")
    plain = anyascii(unicodedata.normalize("NFKC", letters)).lower()
    hyphenated = re.sub(r"\s+", "-", plain.strip())
    kept = re.sub(r"[^a-z0-9_-]", "", hyphenated)
    # A handle never begins or ends in - or _, so that "_@rex_" and "@rex - at sea" find it.
    return re.sub(r"-{2,}", "-", kept).strip("-_")


def parse_name(text: str) -> Name | Refused:
    """Turn what a person typed as a name into a display name and its handle."""
    display_name = one_line(text.translate(_PINGS_AND_MARKUP))
    if not display_name:
        return Refused.because('Give the model a name, for example "Summer Shoes".')
    if len(display_name) > DISPLAY_NAME_MAX_CHARACTERS:
        return Refused.because(
            f"That name has {len(display_name)} characters; {DISPLAY_NAME_MAX_CHARACTERS} fit. Shorten it."
        )
    handle = _shortened(normalise_handle(display_name))
    problem = _problem(display_name, handle)
    if problem:
        return Refused.because(problem)
    return Name(display_name, handle, _notes(display_name, handle))


def _shortened(handle: str) -> str:
    """Cut a long handle, after a whole word where that leaves at least half of it."""
    if len(handle) <= HANDLE_MAX_CHARACTERS:
        return handle
    cut = handle[: HANDLE_MAX_CHARACTERS + 1].rfind("-")
    end = cut if cut >= HANDLE_MAX_CHARACTERS // 2 else HANDLE_MAX_CHARACTERS
    return handle[:end].rstrip("-_")


def _problem(display_name: str, handle: str) -> str | None:
    if not handle or (len(handle) < HANDLE_MIN_CHARACTERS and handle.isalpha()):
        return (
            f"I cannot make a handle from {display_name}. Give one of {HANDLE_MIN_CHARACTERS} to "
            f"{HANDLE_MAX_CHARACTERS} letters, digits, - or _, for example summer-shoes."
        )
    if not handle[0].isalpha():
        digits, _, words = re.sub(r"^([\d_-]+)", r"\1 ", handle).partition(" ")
        words = words.strip("-_")
        example = f"{words}-{digits.strip('-_')}" if words else f"model-{handle}"
        return f"A name starts with a letter. Try {example[:HANDLE_MAX_CHARACTERS].rstrip('-_')}."
    if handle in RESERVED_WORDS or _TRIGGER_LIKE.fullmatch(handle):
        return f"The word {handle} already means something here. Pick a name of its own, for example red-mug."
    return None


def _notes(display_name: str, handle: str) -> tuple[str, ...]:
    becomes = f"{display_name} becomes @{handle}." if display_name.casefold() != handle else ""
    generic = (
        f"@{handle} is a generic name. A more distinctive one is easier to find later: @aurora-{handle}."
        if handle in GENERIC_WORDS
        else ""
    )
    return tuple(note for note in (becomes, generic) if note)


def nearest(handle: str, candidates: Iterable[str], limit: int = 3) -> tuple[str, ...]:
    """Return the candidates that were probably meant, the likeliest first; none when all are far away.

    Near is a slip of the keyboard (letters missing, doubled, swapped) or a name given in part
    ("summer" or "shoes" for summer-shoes, "rex-like" for rex).
    """
    scored = sorted((-_likeness(handle, candidate), candidate) for candidate in set(candidates))
    if not scored:
        return ()
    enough = max(_SIMILAR_ENOUGH, -scored[0][0] - _CLOSE_SECOND)
    return tuple(candidate for score, candidate in scored if -score >= enough)[:limit]


def _likeness(typed: str, candidate: str) -> float:
    """Score from 0 (nothing in common) to 1 (the same)."""
    whole = OSA.normalized_similarity(typed, candidate)
    typed_words, candidate_words = re.split(r"[-_]", typed), re.split(r"[-_]", candidate)
    is_part = len(typed) > 2 and (typed in candidate_words or candidate.startswith(typed))
    has_part = len(candidate) > 2 and len(typed_words) > 1 and candidate in typed_words
    return max(whole, 0.9 if is_part else 0.0, 0.85 if has_part else 0.0)


def suggest_free(handle: str, taken: Collection[str]) -> str:
    """Return the nearest handle that is free: `summer-shoes-2` for a taken `summer-shoes`."""
    if handle not in taken:
        return handle
    counted = re.fullmatch(r"(.+)-([2-9]|[1-9]\d)", handle)
    stem, number = (counted[1], int(counted[2])) if counted else (handle, 1)
    while True:
        number += 1
        suffix = f"-{number}"
        candidate = stem[: HANDLE_MAX_CHARACTERS - len(suffix)].rstrip("-_") + suffix
        if candidate not in taken:
            return candidate


def taken_sentence(handle: str, suggestion: str) -> str:
    """Say that a name is taken, and which one is free."""
    return f"There already is a model @{handle} here, and it stays as it is. @{suggestion} is free."


# No English word has a q before these vowels, so what comes out means nothing to a text encoder yet.
_CONSONANTS = "bcdghjklmnpqrstvwxz"
_VOWELS = "aeio"
_SCATTER = 2741
"""A prime that does not divide the number of made-up words, so neighbours look nothing alike."""


def trigger_word(base: Base, number: int) -> str:
    """Return the word that stands for model `number` inside captions and prompts of that base.

    A base with reserved words ("zz00" to "zz63") hands them out in turn and starts over after the
    last; elsewhere it is a made-up word ("vaqek"), different for 5,776 numbers in a row.
    """
    if base.trigger_prefix is not None:
        digits = len(str(base.trigger_count - 1))
        return f"{base.trigger_prefix}{number % base.trigger_count:0{digits}d}"
    rest = number * _SCATTER % (len(_CONSONANTS) ** 2 * len(_VOWELS) ** 2)
    rest, first = divmod(rest, len(_CONSONANTS))
    rest, second = divmod(rest, len(_VOWELS))
    last, third = divmod(rest, len(_VOWELS))
    return f"{_CONSONANTS[first]}{_VOWELS[second]}q{_VOWELS[third]}{_CONSONANTS[last]}"
