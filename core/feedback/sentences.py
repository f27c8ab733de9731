"""The longer sentences of the findings, by kind of model."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.feedback.findings import Check
from core.rules.kinds import ModelKind
from core.rules.wording import listed

_PRODUCT = frozenset((ModelKind.PRODUCT,))
_CHARACTER = frozenset((ModelKind.CHARACTER,))
_SUBJECTS = _PRODUCT | _CHARACTER


@dataclass(frozen=True)
class Unseen:
    """A check that the offline provider cannot make, and how that is said; `{noun}` is the class noun."""

    check: Check
    kinds: frozenset[ModelKind]
    why: str
    fix: str
    min_photos: int = 1


_LOOK = "Please look yourself."
NOT_ASSESSED = (
    Unseen(
        *(Check.DIFFERENT_SUBJECT, _PRODUCT),
        "I could not judge whether every photo shows the same {noun}: I only compare colours,"
        " and two of a kind look alike to me.",
        _LOOK,
        min_photos=2,
    ),
    Unseen(
        *(Check.DIFFERENT_SUBJECT, _CHARACTER),
        "I could not judge whether the same {noun} is on every photo: I only compare colours,"
        " and no face model is set up here.",
        _LOOK,
        min_photos=2,
    ),
    Unseen(
        *(Check.PEOPLE, _CHARACTER),
        "I could not judge whether somebody else is in a photo, or whether the face is visible:"
        " no face model is set up here.",
        "Please check that nobody else is in the frame.",
    ),
    Unseen(
        *(Check.FRAMING, _CHARACTER),
        "I could not judge whether the {noun} is shown in full and close up.",
        "Please check that there is one full-body photo and one close-up.",
    ),
    Unseen(
        *(Check.REDUNDANT, _CHARACTER),
        "I could not judge whether angle, expression and zoom vary enough; I only compared whole photos.",
        "Please check that they differ from photo to photo.",
        min_photos=2,
    ),
    Unseen(
        *(Check.UNCLEAR_PRODUCT, _PRODUCT),
        "I could not judge whether it is clear what the {noun} is: nothing set up here recognises it.",
        "Please check that one photo shows all of it.",
    ),
    Unseen(
        *(Check.UNKNOWN_SIZE, _PRODUCT),
        "I could not judge whether the photos tell how large the {noun} is.",
        "If size matters, add a photo of it in use.",
    ),
    Unseen(
        *(Check.BLURRY, _PRODUCT),
        "I could not judge whether lettering and logos can be read: no text reader is set up here.",
        _LOOK,
    ),
    Unseen(
        *(Check.LIGHTING, _SUBJECTS),
        "I could not judge whether the light is alike from photo to photo; I only looked at each by itself.",
        "Even light works best.",
    ),
    Unseen(
        *(Check.ANGLE, _SUBJECTS),
        "I could not judge whether an angle is extreme.",
        "Ordinary angles work best.",
    ),
)

_TOPICS = {
    Check.DIFFERENT_SUBJECT: "whether every photo shows the same {noun}",
    Check.PEOPLE: "whether anybody else is in the photos",
    Check.FRAMING: "whether it is shown in full and close up",
    Check.REDUNDANT: "how varied they are",
    Check.UNCLEAR_PRODUCT: "whether it is clear what the {noun} is",
    Check.UNKNOWN_SIZE: "how large it is",
    Check.BLURRY: "whether lettering can be read",
    Check.BACKGROUND_CLUTTER: "whether every background leaves it room",
    Check.LIGHTING: "whether the light is alike",
    Check.ANGLE: "whether an angle is extreme",
    Check.CROP: "whether a square crop would cut it",
}


def not_assessed_in_short(checks: Iterable[Check], noun: str) -> str:
    """Say in one sentence what could not be judged; each finding's own sentence says more."""
    topics = [_TOPICS[check].format(noun=noun or "subject") for check in dict.fromkeys(checks)]
    return f"Please look yourself, for I could not judge here {listed(topics, 'or')}."


_SOFT = {
    ModelKind.PRODUCT: (
        "Blurry: the {noun}'s own detail is soft, so pictures would invent their own lettering."
    ),
    ModelKind.CHARACTER: (
        "Blurry: the {noun}'s own detail is soft, so pictures would invent their own features."
    ),
    ModelKind.STYLE: "Blurry: strokes and texture are soft, so pictures would come out soft too.",
}


def blurry_reason(kind: ModelKind, noun: str) -> str:
    """Why a soft photo harms a model of this kind."""
    return _SOFT[kind].format(noun=noun)


def photo_list(positions: tuple[int, ...]) -> str:
    """0-based positions as a person counts them: "photo 3", "photos 1, 2 and 4"."""
    numbers = [str(position + 1) for position in positions]
    if len(numbers) == 1:
        return f"photo {numbers[0]}"
    return f"photos {', '.join(numbers[:-1])} and {numbers[-1]}"
