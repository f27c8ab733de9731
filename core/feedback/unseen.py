"""What cannot be judged here, by what the vision that is set up sees.

Every such check is said, and never shown as passed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from core.feedback.appearance import MIN_PHOTOS
from core.feedback.findings import Check
from core.feedback.vision import NoSight, Sight
from core.feedback.vision_checks import can_judge_framing, shows_any_face
from core.rules.kinds import ModelKind

_PRODUCT = frozenset((ModelKind.PRODUCT,))
_CHARACTER = frozenset((ModelKind.CHARACTER,))
_SUBJECTS = _PRODUCT | _CHARACTER

LATE = "the worker's vision was not there in time"
UNCALIBRATED = "the vision model here is not calibrated yet"
_LOOK = "Please look yourself."
_CALIBRATE = "Please look yourself; the operator can run likeness calibrate once."


@dataclass(frozen=True)
class Unseen:
    """A check that cannot be made, and how that is said; `{noun}` is the class noun."""

    check: Check
    why: str
    fix: str
    kinds: frozenset[ModelKind] = _SUBJECTS
    min_photos: int = 1


_NO_PROVIDER_SEES = (
    Unseen(
        Check.UNCLEAR_PRODUCT,
        "I could not judge whether it is clear what the {noun} is: nothing set up here recognises it.",
        "Please check that one photo shows all of it.",
        _PRODUCT,
    ),
    Unseen(
        Check.UNKNOWN_SIZE,
        "I could not judge whether the photos tell how large the {noun} is.",
        "If size matters, add a photo of it in use.",
        _PRODUCT,
    ),
    Unseen(
        Check.BLURRY,
        "I could not judge whether lettering and logos can be read: no text reader is set up here.",
        _LOOK,
        _PRODUCT,
    ),
    Unseen(
        Check.LIGHTING,
        "I could not judge whether the light is alike from photo to photo; I only looked at each by itself.",
        "Even light works best.",
    ),
    Unseen(
        Check.ANGLE,
        "I could not judge whether an angle is extreme.",
        "Ordinary angles work best.",
    ),
)


def unseen(kind: ModelKind, heights_px: tuple[float, ...], sight: Sight | NoSight) -> Iterator[Unseen]:
    """Yield what cannot be judged about photos of these heights."""
    vision = (
        *_about_subject(sight, len(heights_px)),
        *_about_people(sight, heights_px),
        *_about_variety(sight, len(heights_px)),
    )
    for it in (*vision, *_NO_PROVIDER_SEES):
        if kind in it.kinds and len(heights_px) >= it.min_photos:
            yield it


def _about_subject(sight: Sight | NoSight, count: int) -> Iterator[Unseen]:
    same_thing = "I could not judge whether every photo shows the same {noun}: "
    same_one = "I could not judge whether the same {noun} is on every photo: "
    match sight:
        case NoSight.NOT_SET_UP:
            why = "I only compare colours, and two of a kind look alike to me."
            yield Unseen(Check.DIFFERENT_SUBJECT, same_thing + why, _LOOK, _PRODUCT, min_photos=2)
            why = "I only compare colours, and no face model is set up here."
            yield Unseen(Check.DIFFERENT_SUBJECT, same_one + why, _LOOK, _CHARACTER, min_photos=2)
        case NoSight.NOT_IN_TIME:
            why = f"{LATE}, and I only compared colours."
            yield Unseen(Check.DIFFERENT_SUBJECT, same_thing + why, _LOOK, _PRODUCT, min_photos=2)
            yield Unseen(Check.DIFFERENT_SUBJECT, same_one + why, _LOOK, _CHARACTER, min_photos=2)
        case Sight(calibration=None):
            why = f"{UNCALIBRATED}, and I only compared colours."
            yield Unseen(Check.DIFFERENT_SUBJECT, same_thing + why, _CALIBRATE, _PRODUCT, min_photos=2)
            yield Unseen(Check.DIFFERENT_SUBJECT, same_one + why, _CALIBRATE, _CHARACTER, min_photos=2)
        case Sight():
            if count < MIN_PHOTOS:
                why = "of two photos I cannot say which is the odd one."
                yield Unseen(Check.DIFFERENT_SUBJECT, same_thing + why, _LOOK, _PRODUCT, min_photos=2)
            why = "I compare how photos look, and not who is on them."
            yield Unseen(Check.DIFFERENT_SUBJECT, same_one + why, _LOOK, _CHARACTER, min_photos=2)


def _about_people(sight: Sight | NoSight, heights_px: tuple[float, ...]) -> Iterator[Unseen]:
    if not isinstance(sight, Sight) or not sight.has_faces:
        is_late = sight is NoSight.NOT_IN_TIME
        yield _people(LATE if is_late else "no face model is set up here")
        yield _views(LATE if is_late else "")
    elif not shows_any_face(sight):
        yield _people("I found no face on any of them")
        yield _views("I found no face to go by")
    elif not can_judge_framing(sight, heights_px):
        yield _views("not every photo shows a face to go by")


def _people(reason: str) -> Unseen:
    why = f"I could not judge whether somebody else is in a photo, or whether the face is visible: {reason}."
    return Unseen(Check.PEOPLE, why, "Please check that nobody else is in the frame.", _CHARACTER)


def _views(reason: str) -> Unseen:
    because = f": {reason}" if reason else ""
    why = f"I could not judge whether the {{noun}} is shown in full and close up{because}."
    fix = "Please check that there is one full-body photo and one close-up."
    return Unseen(Check.FRAMING, why, fix, _CHARACTER)


def _about_variety(sight: Sight | NoSight, count: int) -> Iterator[Unseen]:
    varied = "I could not judge whether angle, expression and zoom vary enough"
    fix = "Please check that they differ from photo to photo."
    match sight:
        case NoSight.NOT_IN_TIME:
            why = f"{varied}: {LATE}."
        case Sight(calibration=None):
            why, fix = f"{varied}: {UNCALIBRATED}.", _CALIBRATE
        case Sight() if count >= MIN_PHOTOS:
            why = "I could not judge whether expressions vary; I only compared how the photos look as wholes."
        case _:
            why = f"{varied}; I only compared whole photos."
    yield Unseen(Check.REDUNDANT, why, fix, _CHARACTER, min_photos=2)


def about_the_vision(whys: Iterable[str]) -> tuple[str, ...]:
    """Say once what the vision lacked, where these sentences name it as their reason."""
    said = "\n".join(whys)
    if LATE in said:
        return (f"{LATE.capitalize()}, so I looked less closely than usual.",)
    if UNCALIBRATED in said:
        return (f"{UNCALIBRATED.capitalize()}; the operator can run likeness calibrate once.",)
    return ()
