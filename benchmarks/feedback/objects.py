"""How often the one photo of another object is the one that is flagged, in sets of four."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.feedback.photos import Photo, subjects_of
from benchmarks.feedback.splits import halves, line_for, summaries
from core.feedback.appearance import colour_distances, oddness
from core.feedback.calibration import OFFLINE

SET_SIZE = 4  # photos that a product may have
SETS = 200  # drawn in each half of each split
FLAGGED_SHARE = 0.07  # of the clean sets of the first half; less than the 10 % that the second half may show


def run(photos: Sequence[Photo]) -> dict[str, Any]:
    """Try sets of four with three of one subject and one other, and with four of one and one other."""
    distances = colour_distances([photo.features.colours for photo in photos])
    return {f"{own}_and_one_other": _try(photos, distances, own) for own in (SET_SIZE - 1, SET_SIZE)} | {
        "shipped_threshold": OFFLINE.max_oddness
    }


def _try(photos: Sequence[Photo], distances: NDArray[np.floating], own: int) -> dict[str, Any]:
    subjects = np.array(subjects_of(photos))
    nouns = np.array([photo.label.class_noun for photo in photos])
    rows: list[dict[str, float]] = []
    for first, second, random in halves(list(subjects)):
        line = line_for(_clean_scores(subjects, first, distances), FLAGGED_SHARE)
        unrelated = _sets(subjects, nouns, second, own, random, is_same_class=False)
        alike = _sets(subjects, nouns, second, own, random, is_same_class=True)
        clean = _clean_scores(subjects, second, distances)
        rows.append(
            {
                "threshold": line,
                "clean_sets_flagged": float((clean > line).mean()),
                "clean_sets_flagged_as_shipped": float((clean > OFFLINE.max_oddness).mean()),
                "unrelated_located": _located(distances, unrelated, line),
                "unrelated_located_as_shipped": _located(distances, unrelated, OFFLINE.max_oddness),
                "same_class_located": _located(distances, alike, line),
            }
        )
    return summaries(rows)


def _clean_scores(subjects: NDArray[Any], half: set[str], distances: NDArray[np.floating]) -> NDArray[Any]:
    """The highest oddness of every set of four of one subject, every subject counting the same."""
    scores: list[NDArray[Any]] = []
    for subject in sorted(half):
        own = np.flatnonzero(subjects == subject)
        sets = np.array(list(combinations(own, min(SET_SIZE, len(own)))))
        tops = oddness(distances[sets[:, :, None], sets[:, None, :]]).max(axis=1)
        scores.append(np.resize(tops, 15))  # the number of sets of four that six photos give
    return np.concatenate(scores)


def _sets(
    subjects: NDArray[Any],
    nouns: NDArray[Any],
    half: set[str],
    own: int,
    random: np.random.Generator,
    *,
    is_same_class: bool,
) -> NDArray[np.intp]:
    """Draw sets of photos of one subject, with one of another at the end; none where no other exists."""
    here = np.isin(subjects, sorted(half))
    drawn: list[NDArray[Any]] = []
    for subject in random.choice(sorted(half), SETS):
        mine = subjects == subject
        others = here & ~mine & ((nouns == nouns[mine][0]) == is_same_class)
        if mine.sum() >= own and others.any():
            kept = random.choice(np.flatnonzero(mine), own, replace=False)
            drawn.append(np.append(kept, random.choice(np.flatnonzero(others))))
    return np.array(drawn, dtype=np.intp).reshape(-1, own + 1)


def _located(distances: NDArray[np.floating], sets: NDArray[np.intp], line: float) -> float:
    if not len(sets):
        return float("nan")
    scores = oddness(distances[sets[:, :, None], sets[:, None, :]])
    is_found = (scores.argmax(axis=1) == sets.shape[1] - 1) & (scores.max(axis=1) > line)
    return float(is_found.mean())
