"""Judging a set of photos: what could be better about them, and what could not be judged."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

from core.feedback import photo_checks, set_checks, vision_checks
from core.feedback.calibration import OFFLINE, Calibration
from core.feedback.features import Features, measure_all
from core.feedback.findings import Check, Finding, Severity
from core.feedback.fixes import is_square
from core.feedback.photo_set import PhotoSet
from core.feedback.unseen import unseen
from core.feedback.vision import NoSight, Sight
from core.rules.kinds import ModelKind

MAX_FINDINGS_PER_PHOTO = 3


@dataclass(frozen=True, eq=False)
class Review:
    """What `review` learned: features in the photos' order, findings most harmful first."""

    features: tuple[Features, ...]
    findings: tuple[Finding, ...]


# Others' experience in a closed loop: bad crops hurt identity most, little variety next, blur least.
_HARM = (
    Check.CROP,
    Check.DIFFERENT_SUBJECT,
    Check.PEOPLE,
    Check.REDUNDANT,
    Check.FRAMING,
    Check.LOW_RESOLUTION,
    Check.BLURRY,
    Check.LIGHTING,
    Check.NOISE,
    Check.BACKGROUND_CLUTTER,
    Check.MIXED_QUALITY,
)
_SEVERITIES = tuple(Severity)
_CHECKS = (
    photo_checks.cut_by_crop,
    photo_checks.framed_by_bars,
    photo_checks.low_resolution,
    photo_checks.blurry,
    photo_checks.badly_lit,
    photo_checks.noisy,
    photo_checks.cluttered,
    set_checks.different_subject,
    set_checks.redundant,
    set_checks.mixed_quality,
    vision_checks.little_variety,
    vision_checks.people,
    vision_checks.framing,
)


def check(
    features: Sequence[Features],
    *,
    kind: ModelKind,
    class_noun: str,
    calibration: Calibration = OFFLINE,
    numbers: Sequence[int] | None = None,
    sight: Sight | NoSight = NoSight.NOT_SET_UP,
) -> tuple[Finding, ...]:
    """Judge a set of photos.

    Compares every pair, which takes seconds for 40 photos: in the bot use `review`.

    Args:
        features: One for each photo, in the photos' order.
        kind: What is to be trained; not every check applies to every kind.
        class_noun: What the photos show ("shoe"), for the sentences.
        calibration: Where the lines are drawn.
        numbers: What people call each photo, where that is not simply 1, 2, 3.
        sight: What a vision model saw on the photos, or why it saw nothing.

    Returns:
        What was found, most harmful first and at most three a photo, then what could not be assessed.
    """
    called = tuple(numbers or range(1, len(features) + 1))
    noun = class_noun.strip() or "subject"
    photos = PhotoSet(tuple(features), kind, noun, calibration, called, sight)
    found = [finding for one_check in _CHECKS for finding in one_check(photos)]
    found.sort(key=lambda it: (_SEVERITIES.index(it.severity), _HARM.index(it.check), it.photos))
    left = _not_assessed(photos, {finding.check for finding in found})
    return (*_at_most_three_a_photo(found), *left)


async def review(
    images: Sequence[bytes],
    *,
    kind: ModelKind,
    class_noun: str,
    executor: Executor,
    numbers: Sequence[int] | None = None,
    calibration: Calibration = OFFLINE,
    sight: Sight | NoSight = NoSight.NOT_SET_UP,
) -> Review:
    """Measure and judge safe pictures beside the event loop.

    Args:
        images: `Decoded.data` of each photo.
        kind: What is to be trained.
        class_noun: What the photos show.
        executor: A process pool.
        numbers: What people call each photo, where that is not simply 1, 2, 3.
        calibration: Where the lines of the offline measurements are.
        sight: What a vision model saw on the photos, or why it saw nothing.
    """
    features = tuple(await measure_all(images, executor))
    judge = partial(
        check,
        features,
        kind=kind,
        class_noun=class_noun,
        calibration=calibration,
        numbers=numbers,
        sight=sight,
    )
    return Review(features, await asyncio.get_running_loop().run_in_executor(executor, judge))


def _not_assessed(photos: PhotoSet, found: set[Check]) -> Iterator[Finding]:
    if photos.kind is not ModelKind.STYLE:
        yield from _subject_not_found(photos)
    for it in unseen(photos.kind, photos.heights_px, photos.sight):
        # Where a photo was already told apart, nobody asks for a closer look.
        if it.check is Check.DIFFERENT_SUBJECT and it.check in found:
            continue
        yield photos.not_assessed(it.check, (), it.why.format(noun=photos.noun), it.fix)


def _subject_not_found(photos: PhotoSet) -> Iterator[Finding]:
    """What hangs on knowing where the subject is, for the photos where that could not be told."""
    lost = tuple(at for at, photo in enumerate(photos.features) if photo.subject is None)
    uncropped = tuple(
        at for at in lost if not is_square(photos.features[at].width_px, photos.features[at].height_px)
    )
    if uncropped:
        why = f"I could not make out the {photos.noun} on {photos.named(uncropped)}, so a square crop may cut it."
        yield photos.not_assessed(Check.CROP, uncropped, why, "Please look at the crop yourself.")
    if lost:
        why = f"I could not tell the {photos.noun} from the background on {photos.named(lost)}."
        fix = "A plain or varied background works best."
        yield photos.not_assessed(Check.BACKGROUND_CLUTTER, lost, why, fix)


def _at_most_three_a_photo(ranked: Sequence[Finding]) -> Iterator[Finding]:
    """Drop what a person would not read any more; findings about several weak photos, or the whole set, stay."""
    told: Counter[int] = Counter()
    for finding in ranked:
        if finding.photos and finding.check is not Check.MIXED_QUALITY:
            told[finding.photos[-1]] += 1
            if told[finding.photos[-1]] > MAX_FINDINGS_PER_PHOTO:
                continue
        yield finding
