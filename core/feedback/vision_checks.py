"""The checks that need a vision model: what is odd about a look, how varied a set is, and which faces are there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from core.feedback.appearance import MIN_PHOTOS, oddness
from core.feedback.findings import Check, Finding, Severity
from core.feedback.photo_set import Measured, PhotoSet
from core.feedback.questions import VIEWS, answer_to
from core.feedback.vision import Sight, look_distances, mean_similarity
from core.rules.kinds import ModelKind
from core.rules.wording import number

CLOSE_UP_FACE_SHARE = 0.25
"""Of the photo's height: in a portrait of head and shoulders the face fills about a quarter. Geometry, not measured."""
FULL_BODY_FACES_BELOW = 6.0
"""Heights of the face's box from the chin to the photo's edge. An adult who stands is about seven and a half heads
tall, and the box is less than a head: with less room than this, the feet are cut off."""


def can_use_vision(kind: ModelKind, photo_count: int) -> bool:
    """Whether a look at such a set could tell anything: styles may show anything, and of two products none is odd."""
    return kind is ModelKind.CHARACTER or (kind is ModelKind.PRODUCT and photo_count >= MIN_PHOTOS)


def different_look(photos: PhotoSet) -> Iterator[Finding]:
    """Find the one photo that stands out most from the others by its look; nothing where no lines are measured."""
    sight = photos.sight
    if not isinstance(sight, Sight) or sight.calibration is None or len(sight.seen) < MIN_PHOTOS:
        return
    scores = oddness(look_distances([photo.embedding for photo in sight.seen]))
    position = int(np.argmax(scores))
    measured = Measured(float(scores[position]), sight.calibration.max_oddness)
    if measured.score > measured.threshold:
        yield photos.found(
            *(Check.DIFFERENT_SUBJECT, Severity.MEDIUM, (position,)),
            measured=measured,
            why=f"It looks unlike the other photos, as if it showed a different object than the {photos.noun} on them,"
            " and the two would blend into one.",
            fix=f"Remove it, unless it is the same {photos.noun} from another side or in other light.",
        )


def little_variety(photos: PhotoSet) -> Iterator[Finding]:
    """Find a character's set whose photos are all much alike."""
    sight = photos.sight
    if photos.kind is not ModelKind.CHARACTER or not isinstance(sight, Sight) or sight.calibration is None:
        return
    if len(sight.seen) < MIN_PHOTOS:
        return
    sameness = float(mean_similarity(look_distances([photo.embedding for photo in sight.seen])))
    if sameness > sight.calibration.max_sameness:
        yield photos.found(
            *(Check.REDUNDANT, Severity.INFO, ()),
            measured=Measured(sameness, sight.calibration.max_sameness),
            why="The photos are much alike, so pictures would repeat the same view.",
            fix="Best: vary angle, zoom, expression and place from photo to photo.",
        )


def people(photos: PhotoSet) -> Iterator[Finding]:
    """Find a character's photos with several faces, and those without any."""
    sight = photos.sight
    if photos.kind is not ModelKind.CHARACTER or not isinstance(sight, Sight) or not shows_any_face(sight):
        return
    for position in range(len(sight.seen)):
        count = len(sight.faces(position))
        if count > 1:
            yield photos.found(
                *(Check.PEOPLE, Severity.MEDIUM, (position,)),
                measured=Measured(float(count), 1.0),
                why=f"Somebody else may be on it: it shows {number(count)} faces, which blend into one.",
                fix="Best: replace it, or crop the others out and add it again.",
            )
        elif count == 0:
            yield photos.found(
                *(Check.PEOPLE, Severity.INFO, (position,)),
                why="I could not make out a face on it, so it teaches little of the face.",
                fix="A few such photos are fine beside others that show the face.",
            )


def framing(photos: PhotoSet) -> Iterator[Finding]:
    """Find a character's set without a close-up, or without room for a whole body on any photo."""
    sight, heights_px = photos.sight, photos.heights_px
    if photos.kind is not ModelKind.CHARACTER or not isinstance(sight, Sight):
        return
    if not can_judge_framing(sight, heights_px):
        return
    missing = {
        "no_face": not _has_close_up(sight, heights_px),
        "no_body": not _has_full_body(sight, heights_px),
    }
    for name in (name for name, is_missing in missing.items() if is_missing):
        answer = answer_to(VIEWS, {VIEWS.name: name})
        assert answer is not None
        # In the words of the question that a person answers where no face model is set up.
        yield photos.found(*(Check.FRAMING, Severity.INFO, ()), why=answer.why, fix=answer.fix)


def shows_any_face(sight: Sight) -> bool:
    """Whether faces say anything about this set: an animal, or a mascot, may have none that a detector knows."""
    return sight.has_faces and any(sight.faces(position) for position in range(len(sight.seen)))


def can_judge_framing(sight: Sight, heights_px: Sequence[float]) -> bool:
    """Whether faces tell both views: a photo without one may show a whole body from afar, or from behind."""
    if not shows_any_face(sight):
        return False
    return _has_full_body(sight, heights_px) or all(
        sight.faces(position) for position in range(len(sight.seen))
    )


def _has_close_up(sight: Sight, heights_px: Sequence[float]) -> bool:
    return any(
        face.height_px >= CLOSE_UP_FACE_SHARE * height_px
        for position, height_px in enumerate(heights_px)
        for face in sight.faces(position)
    )


def _has_full_body(sight: Sight, heights_px: Sequence[float]) -> bool:
    return any(
        height_px - face.bottom >= FULL_BODY_FACES_BELOW * face.height_px
        for position, height_px in enumerate(heights_px)
        for face in sight.faces(position)
    )
