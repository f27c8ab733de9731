"""Clutter, exposure, noise, bars and crops: precision and recall against the labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import cv2
import numpy as np

from benchmarks.feedback import damage
from benchmarks.feedback.photos import QUALITY, Photo, subjects_of
from benchmarks.feedback.splits import SEED, by_subject, halves, summaries, try_line
from core.feedback.calibration import OFFLINE
from core.feedback.features import PREVIEW_SIDE_PX, Features, fit
from core.feedback.fixes import would_cut
from core.feedback.sharpness import measure_sharpness
from core.feedback.subject import find_subject, segment_subject
from core.feedback.surroundings import find_content, measure_light

FLAGGED_SHARE = 0.07  # of the first half's good photos; the second half may show 10 %
FLAGGED_SHARE_OVEREXPOSED = (
    0.05  # white subjects come six photos at a time, so this line carries over less well
)
BAR_SHARE = 0.12
BAR_COLOURS = {"black": 0, "grey": 128, "white": 255}
# The boxes are good to about 3 percent of a side: subjects about as long as the crop are left out.
CERTAINLY_WHOLE, CERTAINLY_CUT = 0.93, 1.07

Score = Callable[[Features], float]


def run(photos: Sequence[Photo]) -> dict[str, Any]:
    """Measure all five."""
    return {
        "clutter": clutter(photos),
        "dark": dark(photos),
        "overexposed": overexposed(photos),
        "noise": noise(photos),
        "bars": bars(photos),
        "crop": crops(photos),
    }


def clutter(photos: Sequence[Photo]) -> dict[str, Any]:
    """Busy backgrounds against all others; how many of the plain ones are flagged is told apart."""

    def score(features: Features) -> float:
        return features.clutter or 0.0

    groups = {
        name: [photo for photo in photos if photo.label.clutter == name]
        for name in ("clean", "moderate", "cluttered")
    }
    good = _scores(groups["clean"] + groups["moderate"], score)
    bad = {"cluttered": _scores(groups["cluttered"], score)}
    shipped = {
        f"{name}_flagged": float(np.mean([score(photo.features) > OFFLINE.max_clutter for photo in group]))
        for name, group in groups.items()
    }
    return {"on_the_other_half": try_line(good, bad, FLAGGED_SHARE), "as_shipped_on_all": shipped}


def dark(photos: Sequence[Photo]) -> dict[str, Any]:
    """Dark photos, and normal ones taken with two stops less."""

    def score(features: Features) -> float:
        return -features.light.brightest

    normal = [photo for photo in photos if photo.label.exposure != "dark"]
    labelled = [photo for photo in photos if photo.label.exposure == "dark"]
    copies = [measure_light(_saved(damage.exposed(photo.picture, -2)), None) for photo in normal]
    bad = {
        "labelled": _scores(labelled, score),
        "two_stops_less": by_subject(subjects_of(normal), [-copy.brightest for copy in copies]),
    }
    return _report(_scores(normal, score), bad, -OFFLINE.min_brightest)


def overexposed(photos: Sequence[Photo]) -> dict[str, Any]:
    """Normal photos taken with one stop more, and with two."""

    def score(features: Features) -> float:
        return features.light.clipped_share

    normal = [photo for photo in photos if photo.label.exposure == "normal"]
    labelled = [photo for photo in photos if photo.label.exposure == "bright"]
    bad = {
        name: by_subject(subjects_of(normal), [_clipped_share(photo, stops) for photo in normal])
        for name, stops in (("one_stop_more", 1), ("two_stops_more", 2))
    }
    found = {"labelled_scores": [score(photo.features) for photo in labelled]}
    return _report(_scores(normal, score), bad, OFFLINE.max_clipped_share, FLAGGED_SHARE_OVEREXPOSED) | found


def _clipped_share(photo: Photo, stops: float) -> float:
    preview = fit(_saved(damage.exposed(photo.picture, stops)), PREVIEW_SIDE_PX)
    return measure_light(preview, segment_subject(preview)).clipped_share


def noise(photos: Sequence[Photo]) -> dict[str, Any]:
    """Photos with noise added, against the originals."""
    random = np.random.default_rng(SEED)

    def score(features: Features) -> float:
        return features.sharpness.tile_noise_sigma

    def grainy_score(photo: Photo, sigma: float) -> float:
        saved = _saved(damage.grainy(photo.picture, sigma, random))
        return measure_sharpness(
            np.asarray(cv2.cvtColor(saved, cv2.COLOR_RGB2GRAY), np.uint8)
        ).tile_noise_sigma

    bad = {
        f"sigma_{sigma}": by_subject(subjects_of(photos), [grainy_score(photo, sigma) for photo in photos])
        for sigma in (5, 10)
    }
    return _report(_scores(photos, score), bad, OFFLINE.max_noise_sigma)


def bars(photos: Sequence[Photo]) -> dict[str, Any]:
    """The labelled bars and drawn ones; there is no line to choose."""
    plain = [photo for photo in photos if not photo.label.has_bars]
    counts = {
        "good": [photo.features.content is not None for photo in plain],
        "labelled": [photo.features.content is not None for photo in photos if photo.label.has_bars],
    }
    for (name, colour), upright in product(BAR_COLOURS.items(), (False, True)):
        drawn = [damage.padded(photo.picture, colour, BAR_SHARE, upright) for photo in plain]
        key = f"{name}_{'left_and_right' if upright else 'above_and_below'}"
        counts[key] = [_has_bars(picture) for picture in drawn]
    return {f"{name}_flagged": float(np.mean(found)) for name, found in counts.items()} | {
        "precision_on_the_photos": float(
            sum(counts["labelled"]) / max(1, sum(counts["labelled"] + counts["good"]))
        )
    }


def _has_bars(picture: damage.Picture) -> bool:
    height, width = picture.shape[:2]
    return find_content(fit(_saved(picture), PREVIEW_SIDE_PX), width, height) is not None


def _saved(picture: damage.Picture) -> damage.Picture:
    """The picture as it comes back from a file."""
    return damage.recompressed(picture, QUALITY)


def crops(photos: Sequence[Photo]) -> dict[str, Any]:
    """3:2 and 2:3 windows out of the photos: is it told that the square crop cuts the labelled subject?

    The windows have the subject in the middle of their short side, as most photos have. There is no line to
    choose; but the search for the subject was chosen on these photos.
    """
    cut: dict[str, list[bool]] = {}
    whole: dict[str, list[bool]] = {}
    unknown = 0
    for photo, upright in product(photos, (False, True)):
        picture, length = damage.windowed(photo.picture, photo.label.box, upright)
        height, width = picture.shape[:2]
        found = find_subject(fit(_saved(picture), PREVIEW_SIDE_PX))
        subject = None if found is None else found.box(width, height)
        is_told = would_cut(replace(photo.features, width_px=width, height_px=height, subject=subject))
        unknown += subject is None
        if length > CERTAINLY_CUT:
            cut.setdefault(photo.subject, []).append(is_told)
        elif length < CERTAINLY_WHOLE:
            whole.setdefault(photo.subject, []).append(is_told)
    everyone = {photo.subject for photo in photos}
    halves_told = [_told(cut, whole, half) for _, half, _ in halves(sorted(everyone))]
    return {
        **_told(cut, whole, everyone),
        "on_halves": summaries(halves_told),
        "would_be_cut": sum(map(len, cut.values())),
        "would_stay_whole": sum(map(len, whole.values())),
        "not_assessed": unknown,
    }


def _told(cut: dict[str, list[bool]], whole: dict[str, list[bool]], subjects: set[str]) -> dict[str, float]:
    hits = [is_told for subject in subjects for is_told in cut.get(subject, ())]
    false = [is_told for subject in subjects for is_told in whole.get(subject, ())]
    return {
        "recall": float(np.mean(hits)),
        "precision": float(sum(hits) / max(1, sum(hits) + sum(false))),
        "good_flagged": float(np.mean(false)),
    }


def _report(
    good: dict[str, list[float]],
    bad: dict[str, dict[str, list[float]]],
    line: float,
    flagged_share: float = FLAGGED_SHARE,
) -> dict[str, Any]:
    """The figures on other halves, and on all photos with the line that ships."""

    def flagged(scores: dict[str, list[float]]) -> float:
        return float(np.mean([score > line for own in scores.values() for score in own]))

    return {
        "on_the_other_half": try_line(good, bad, flagged_share),
        "as_shipped_on_all": {
            "threshold": abs(line),
            "good_flagged": flagged(good),
            **{f"{name}_recall": flagged(scores) for name, scores in bad.items()},
        },
    }


def _scores(photos: Sequence[Photo], score: Score) -> dict[str, list[float]]:
    return by_subject(subjects_of(photos), [score(photo.features) for photo in photos])
