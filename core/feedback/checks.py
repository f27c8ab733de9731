"""Judging a set of photos: what could be better about them, and what could not be judged."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

from core.feedback.calibration import OFFLINE, RECOMMENDED_SIDE_PX, SMALLEST_SIDE_PX, Calibration
from core.feedback.features import Features, count_inliers, measure_all, phash_similarity
from core.feedback.findings import Check, Finding, Severity, Status, dismiss_key
from core.feedback.fixes import Fix, is_square, would_cut
from core.feedback.sentences import NOT_ASSESSED, blurry_reason, photo_list
from core.rules.kinds import ModelKind

MAX_FINDINGS_PER_PHOTO = 3
# A set counts as strong beside its weak photos when those are at most a third of it, or one of two.
MIXED_MAX_WEAK_SHARE = 1 / 3


@dataclass(frozen=True, eq=False)
class Review:
    """What `review` learned: features in the photos' order, findings most harmful first."""

    features: tuple[Features, ...]
    findings: tuple[Finding, ...]


# Others' experience in a closed loop: bad crops hurt identity most, little variety next, blur least.
_HARM = (
    Check.CROP_CUTS,
    Check.REDUNDANT,
    Check.LOW_RESOLUTION,
    Check.BLURRY,
    Check.MIXED_QUALITY,
)
_SEVERITIES = tuple(Severity)


def check(
    features: Sequence[Features], *, kind: ModelKind, class_noun: str, calibration: Calibration = OFFLINE
) -> tuple[Finding, ...]:
    """Judge a set of photos.

    Compares every pair, which takes seconds for 40 photos: in the bot use `review`.

    Args:
        features: One for each photo, in the photos' order.
        kind: What is to be trained; not every check applies to every kind.
        class_noun: What the photos show ("shoe"), for the sentences.
        calibration: Where the lines are drawn.

    Returns:
        What was found, most harmful first and at most three a photo, then what could not be assessed.
    """
    noun = class_noun.strip() or "subject"
    found = [
        *_cut_by_crop(features, kind, noun),
        *_redundant(features, calibration),
        *_low_resolution(features, kind),
        *_blurry(features, kind, noun, calibration),
        *_mixed_quality(features, calibration),
    ]
    found.sort(key=lambda it: (_SEVERITIES.index(it.severity), _HARM.index(it.check), it.photos))
    return (*_at_most_three_a_photo(found), *_not_assessed(features, kind, noun))


async def review(images: Sequence[bytes], *, kind: ModelKind, class_noun: str, executor: Executor) -> Review:
    """Measure and judge safe pictures beside the event loop.

    Args:
        images: `Decoded.data` of each photo.
        kind: What is to be trained.
        class_noun: What the photos show.
        executor: A process pool.
    """
    features = tuple(await measure_all(images, executor))
    judge = partial(check, features, kind=kind, class_noun=class_noun)
    return Review(features, await asyncio.get_running_loop().run_in_executor(executor, judge))


def _cut_by_crop(features: Sequence[Features], kind: ModelKind, noun: str) -> Iterator[Finding]:
    if kind is ModelKind.STYLE:  # a cut subject teaches the same style
        return
    for position, photo in enumerate(features):
        if would_cut(photo):
            yield _found(
                *(Check.CROP_CUTS, Severity.HIGH, features, (position,)),
                why=f"The square crop would cut off part of the {noun}.",
                fix="Pad it with white, or replace it with a photo that leaves room around it.",
                applicable_fix=Fix.PAD,
            )


def _redundant(features: Sequence[Features], calibration: Calibration) -> Iterator[Finding]:
    """One finding a repeated photo, beside the first photo that it repeats."""
    for later in range(len(features)):
        for earlier in range(later):
            repeat = _repeats(features[earlier], features[later], calibration)
            if repeat is None:
                continue
            is_same = features[earlier].sha256 == features[later].sha256
            yield _found(
                *(Check.REDUNDANT, Severity.MEDIUM, features, (earlier, later)),
                score=repeat[0],
                threshold=repeat[1],
                why=f"{'The same photo as' if is_same else 'Nearly the same as'} photo {earlier + 1}, "
                "so pictures would repeat it.",
                fix="Keep the better of the two, or replace one with another angle.",
            )
            break


def _repeats(one: Features, other: Features, calibration: Calibration) -> tuple[float, float] | None:
    """The score and threshold by which two photos, mirrored or not, are near-duplicates, or None."""
    similarity = max(
        phash_similarity(one.phash, other.phash), phash_similarity(one.phash, other.mirrored_phash)
    )
    if similarity >= calibration.min_phash_similarity:
        return similarity, calibration.min_phash_similarity
    fewest = max(1, min(len(one.keypoints.points), len(other.keypoints.points)))
    for candidate in (other.keypoints, other.mirrored_keypoints):
        inliers = count_inliers(one.keypoints, candidate)
        fraction = min(1.0, inliers / fewest)
        if inliers >= calibration.min_inliers and fraction >= calibration.min_inlier_fraction:
            return fraction, calibration.min_inlier_fraction
    return None


def _low_resolution(features: Sequence[Features], kind: ModelKind) -> Iterator[Finding]:
    detail = "the face and its fine features" if kind is ModelKind.CHARACTER else "fine detail"
    best = f"{RECOMMENDED_SIDE_PX} x {RECOMMENDED_SIDE_PX}"
    for position, photo in enumerate(features):
        side, size = float(photo.short_side_px), f"{photo.width_px} x {photo.height_px}"
        if side < SMALLEST_SIDE_PX:
            yield _found(
                *(Check.LOW_RESOLUTION, Severity.MEDIUM, features, (position,)),
                score=side,
                threshold=float(SMALLEST_SIDE_PX),
                why=f"Small: {size} leaves little detail to learn, so pictures would come out soft.",
                fix="Best: replace it with a larger one. Enlarging it adds pixels, not detail.",
                applicable_fix=Fix.UPSCALE,
            )
        elif side < RECOMMENDED_SIDE_PX:
            yield _found(
                *(Check.LOW_RESOLUTION, Severity.INFO, features, (position,)),
                score=side,
                threshold=float(RECOMMENDED_SIDE_PX),
                why=f"{size} works; {best} or more shows {detail} better.",
                fix="Use a larger one if you have it.",
            )


def _softness(photo: Features, calibration: Calibration) -> tuple[float, float] | None:
    """The score and threshold by which a photo is blurry, or None for a sharp one."""
    sharpness = photo.sharpness
    if sharpness.edge_sigma_px < calibration.max_sharp_edge_sigma_px:
        return None
    if sharpness.tile_detail < calibration.min_tile_detail:
        return sharpness.tile_detail, calibration.min_tile_detail
    if sharpness.directional_detail < calibration.min_directional_detail:
        return sharpness.directional_detail, calibration.min_directional_detail
    return None


def _blurry(
    features: Sequence[Features], kind: ModelKind, noun: str, calibration: Calibration
) -> Iterator[Finding]:
    for position, photo in enumerate(features):
        softness = _softness(photo, calibration)
        if softness is not None:
            yield _found(
                *(Check.BLURRY, Severity.LOW, features, (position,)),
                score=softness[0],
                threshold=softness[1],
                why=blurry_reason(kind, noun),
                fix="Best: replace it with a sharp one. One great photo beats one great and two poor.",
            )


def _mixed_quality(features: Sequence[Features], calibration: Calibration) -> Iterator[Finding]:
    weak = tuple(
        position
        for position, photo in enumerate(features)
        if photo.short_side_px < SMALLEST_SIDE_PX or _softness(photo, calibration)
    )
    is_mixed = len(weak) == 1 if len(features) == 2 else 0 < len(weak) <= MIXED_MAX_WEAK_SHARE * len(features)
    if is_mixed:
        verb = "is" if len(weak) == 1 else "are"
        yield _found(
            *(Check.MIXED_QUALITY, Severity.INFO, features, weak),
            why=f"{photo_list(weak).capitalize()} {verb} weaker than the rest; pictures take after them all.",
            fix=f"Replace {photo_list(weak)}, or train without.",
        )


def _not_assessed(features: Sequence[Features], kind: ModelKind, noun: str) -> Iterator[Finding]:
    if kind is not ModelKind.STYLE:
        lost = tuple(
            position
            for position, photo in enumerate(features)
            if photo.subject is None and not is_square(photo.width_px, photo.height_px)
        )
        if lost:
            why = f"I could not make out the {noun} on {photo_list(lost)}, so a square crop may cut it."
            yield _unjudged(Check.CROP_CUTS, features, lost, why, "Please look at the crop yourself.")
    for unseen in NOT_ASSESSED:
        if kind in unseen.kinds and len(features) >= unseen.min_photos:
            yield _unjudged(unseen.check, features, (), unseen.why.format(noun=noun), unseen.fix)


def _found(
    check: Check,
    severity: Severity,
    features: Sequence[Features],
    photos: tuple[int, ...],
    *,
    why: str,
    fix: str,
    score: float | None = None,
    threshold: float | None = None,
    applicable_fix: Fix | None = None,
) -> Finding:
    key = _key(check, features, photos)
    return Finding(check, Status.FOUND, severity, photos, score, threshold, why, fix, applicable_fix, key)


def _unjudged(
    check: Check, features: Sequence[Features], photos: tuple[int, ...], why: str, fix: str
) -> Finding:
    key = _key(check, features, photos or tuple(range(len(features))))
    return Finding(check, Status.NOT_ASSESSED, Severity.INFO, photos, None, None, why, fix, None, key)


def _key(check: Check, features: Sequence[Features], photos: tuple[int, ...]) -> str:
    return dismiss_key(check, (features[position].sha256 for position in photos))


def _at_most_three_a_photo(ranked: Sequence[Finding]) -> Iterator[Finding]:
    """Drop what a person would not read any more; findings about several weak photos stay."""
    told: Counter[int] = Counter()
    for finding in ranked:
        if finding.check is not Check.MIXED_QUALITY:
            told[finding.photos[-1]] += 1
            if told[finding.photos[-1]] > MAX_FINDINGS_PER_PHOTO:
                continue
        yield finding
