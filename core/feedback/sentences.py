"""The longer sentences of the findings, by kind of model."""

from __future__ import annotations

from collections.abc import Iterable

from core.feedback.findings import Check
from core.rules.kinds import ModelKind
from core.rules.wording import listed

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
