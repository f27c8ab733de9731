"""The checks that compare the photos of a set with each other."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core.feedback.appearance import MIN_PHOTOS, colour_distances, oddness
from core.feedback.calibration import SMALLEST_SIDE_PX, Calibration
from core.feedback.features import Features
from core.feedback.findings import Check, Finding, Severity
from core.feedback.photo_checks import misplaced_focus, softness
from core.feedback.photo_set import Measured, PhotoSet
from core.feedback.similarity import overlay_similarity, phash_similarity
from core.feedback.vision import Sight
from core.feedback.vision_checks import different_look
from core.rules.kinds import ModelKind

# A set counts as strong beside its weak photos when those are at most a third of it, or one of two.
MIXED_MAX_WEAK_SHARE = 1 / 3


def different_subject(photos: PhotoSet) -> Iterator[Finding]:
    """Find the one photo that stands out most: by its look, or by its subject's colours where looks are not known."""
    if photos.kind is ModelKind.STYLE or len(photos.features) < MIN_PHOTOS:
        return
    if isinstance(photos.sight, Sight) and photos.sight.calibration is not None:
        yield from different_look(photos)
        return
    scores = oddness(colour_distances([photo.colours for photo in photos.features]))
    position = int(np.argmax(scores))
    measured = Measured(float(scores[position]), photos.calibration.max_oddness)
    if measured.score > measured.threshold:
        yield photos.found(
            *(Check.DIFFERENT_SUBJECT, Severity.MEDIUM, (position,)),
            measured=measured,
            why=f"Its colours are unlike the other photos': it looks like a different object than the {photos.noun}"
            " on them, and the two would blend into one.",
            fix=f"Remove it, unless it is the same {photos.noun} from another side or in other light.",
        )


def redundant(photos: PhotoSet) -> Iterator[Finding]:
    """Find repeated photos: one finding each, beside the first photo that it repeats."""
    features = photos.features
    for later in range(len(features)):
        for earlier in range(later):
            measured = repeats(features[earlier], features[later], photos.calibration)
            if measured is None:
                continue
            is_same = features[earlier].sha256 == features[later].sha256
            yield photos.found(
                *(Check.REDUNDANT, Severity.MEDIUM, (earlier, later)),
                measured=measured,
                why=f"{'The same photo as' if is_same else 'Nearly the same as'} photo {photos.numbers[earlier]}, "
                "so pictures would repeat it.",
                fix="Keep the better of the two, or replace one with another angle.",
            )
            break


def repeats(one: Features, other: Features, calibration: Calibration) -> Measured | None:
    """The score and threshold by which two photos, mirrored or not, are near-duplicates, or None."""
    ways = (other.imprint, other.mirrored_imprint)
    similarity = max(phash_similarity(one.imprint, way) for way in ways)
    if similarity >= calibration.min_phash_similarity:
        return Measured(similarity, calibration.min_phash_similarity)
    for way in ways:
        similarity = overlay_similarity(one.imprint, way)
        if similarity >= calibration.min_overlay_similarity:
            return Measured(similarity, calibration.min_overlay_similarity)
    return None


def mixed_quality(photos: PhotoSet) -> Iterator[Finding]:
    """Find the few weak photos of a strong set."""
    count = len(photos.features)
    weak = tuple(at for at, photo in enumerate(photos.features) if _is_weak(photo, photos.calibration))
    is_mixed = len(weak) == 1 if count == 2 else 0 < len(weak) <= MIXED_MAX_WEAK_SHARE * count
    if is_mixed:
        verb = "is" if len(weak) == 1 else "are"
        yield photos.found(
            *(Check.MIXED_QUALITY, Severity.INFO, weak),
            why=f"{photos.named(weak).capitalize()} {verb} weaker than the rest; pictures take after them all.",
            fix=f"Replace {photos.named(weak)}, or train without.",
        )


def _is_weak(photo: Features, calibration: Calibration) -> bool:
    is_soft = softness(photo, calibration) or misplaced_focus(photo, calibration)
    return photo.short_side_px < SMALLEST_SIDE_PX or is_soft is not None
