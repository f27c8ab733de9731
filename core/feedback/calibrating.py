"""Choosing a provider's lines from folders of photos, one subject a folder.

What is reported is honest about photos that nobody has seen: a line is chosen on one random half of the subjects
and tried on the other, many times over. The lines that are kept come from all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

from core.feedback.appearance import MIN_PHOTOS, colour_distances, oddness
from core.feedback.calibration import OFFLINE
from core.feedback.features import Features
from core.feedback.sharpness import Sharpness
from core.feedback.vision import look_distances, mean_similarity

HALVES = 200
SEED = 20261121
SET_SIZE = (
    4  # photos that a product may have; a character has more, and one odd one stands out more among them
)
SETS_A_SUBJECT = 30
SETS_A_HALF = 100
FLAGGED_SHARE = 0.07  # of the clean sets of the first half: less than the tenth that others may show
GOOD_FLAGGED_SHARE = 0.05  # of good photos, beyond each line of light, noise and blur
MIN_SUBJECTS = 4  # two a half: one needs another to be told apart from

Distances = NDArray[np.floating]


@dataclass(frozen=True)
class Lines:
    """What was chosen, and what it does to subjects that it was not chosen by.

    Attributes:
        lines: By the names of the calibration's fields.
        figures: Shares from 0 to 1: each the mean over the halves, with the bounds that hold 95 % of them.
    """

    lines: Mapping[str, float]
    figures: Mapping[str, float]


@dataclass
class _Tally:
    """Figures of many halves."""

    rows: list[dict[str, float]] = field(default_factory=list)

    def summary(self) -> dict[str, float]:
        figures: dict[str, float] = {}
        for name in self.rows[0]:
            known = np.array([row[name] for row in self.rows if not np.isnan(row[name])])
            low, high = np.percentile(known, [2.5, 97.5]) if len(known) else (np.nan, np.nan)
            mean = known.mean() if len(known) else np.nan
            figures |= {name: float(mean), f"{name}_low": float(low), f"{name}_high": float(high)}
        return {name: round(figure, 4) for name, figure in figures.items() if not np.isnan(figure)}


def usable_subjects(photo_counts: Sequence[int]) -> list[int]:
    """Return the positions of the subjects with enough photos to tell an odd one."""
    return [position for position, count in enumerate(photo_counts) if count >= MIN_PHOTOS]


def calibrate_looks(embeddings: Sequence[Sequence[NDArray[np.float32]]]) -> Lines:
    """Choose the lines of a vision model.

    Args:
        embeddings: Of each subject's photos; at least `MIN_SUBJECTS` subjects of `MIN_PHOTOS` photos.
    """
    distances = look_distances([look for subject in embeddings for look in subject])
    subjects = _numbered(embeddings)
    odd = _odd_ones(distances, subjects)
    tally, sameness = (
        _Tally(),
        {
            number: mean_similarity(_of_sets(distances, sets))
            for number, sets in _clean_sets(subjects).items()
        },
    )
    for first, second, _ in _halves(sorted(sameness)):
        line = _line(sameness, first)
        tally.rows.append({"ordinary_sets_called_alike": _share_above(sameness, second, line)})
    return Lines(
        {**odd.lines, "max_sameness": _line(sameness, set(sameness))}, {**odd.figures, **tally.summary()}
    )


def calibrate_offline(features: Sequence[Sequence[Features]]) -> Lines:
    """Choose the lines of the offline measurements.

    Good photos can show that a line is too strict, and not that it is too loose: so those of light, noise and blur
    are only ever loosened. Others' photos among them do show both, and so the line of colours may move either way.

    Args:
        features: Of each subject's photos, all of them good; as many as `calibrate_looks` needs.
    """
    odd = _odd_ones(
        colour_distances([photo.colours for subject in features for photo in subject]), _numbered(features)
    )
    lines, figures = dict(odd.lines), dict(odd.figures)
    for name, score in _GOOD_PHOTO_SCORES.items():
        scores = {number: _scores(subject, score) for number, subject in enumerate(features)}
        built_in = score.sign * float(getattr(OFFLINE, name))
        tally = _Tally()
        for first, second, _ in _halves(sorted(scores)):
            line = max(built_in, _line(scores, first, GOOD_FLAGGED_SHARE))
            tally.rows.append({f"good_photos_beyond_{name}": _share_above(scores, second, line)})
        line = max(built_in, _line(scores, set(scores), GOOD_FLAGGED_SHARE))
        lines[name] = round(score.sign * line, 4)
        figures |= tally.summary()
    return Lines(lines, figures)


@dataclass(frozen=True)
class _Score:
    """A measurement of a good photo; with the sign, more is worse."""

    of: Callable[[Features], float]
    sign: int = 1


_GOOD_PHOTO_SCORES: Mapping[str, _Score] = {
    "max_edge_sigma_px": _Score(lambda photo: _uncleared_edge_sigma_px(photo.sharpness)),
    "min_brightest": _Score(lambda photo: photo.light.brightest, sign=-1),
    "max_clipped_share": _Score(lambda photo: photo.light.clipped_share),
    "max_noise_sigma": _Score(lambda photo: photo.sharpness.tile_noise_sigma),
}


def _uncleared_edge_sigma_px(sharpness: Sharpness) -> float:
    """The width that the line is held against: none where fine detail clears the photo anyway."""
    return 0.0 if sharpness.tile_detail >= OFFLINE.sharp_tile_detail else sharpness.edge_sigma_px


def _scores(photos: Sequence[Features], score: _Score) -> NDArray[np.floating]:
    """A photo with too few edges to measure has no score."""
    scores = np.array([score.sign * score.of(photo) for photo in photos])
    return scores[np.isfinite(scores)]


# The odd one


def _odd_ones(distances: Distances, subjects: NDArray[np.intp]) -> Lines:
    """Choose how odd a photo may be among others of its subject."""
    clean = {
        number: oddness(_of_sets(distances, sets)).max(axis=1)
        for number, sets in _clean_sets(subjects).items()
    }
    tally = _Tally()
    for first, second, random in _halves(sorted(clean)):
        line = _line(clean, first)
        mixed = _mixed_sets(subjects, second, random)
        scores = oddness(_of_sets(distances, mixed))
        is_located = (scores.argmax(axis=1) == mixed.shape[1] - 1) & (scores.max(axis=1) > line)
        tally.rows.append(
            {
                "other_objects_located": float(is_located.mean()),
                "clean_sets_flagged": _share_above(clean, second, line),
            }
        )
    return Lines({"max_oddness": _line(clean, set(clean))}, tally.summary())


def _clean_sets(subjects: NDArray[np.intp]) -> dict[int, NDArray[np.intp]]:
    """Sets of up to four photos of one subject, all of them or a sample; every subject counts the same later."""
    random = np.random.default_rng(SEED)
    sets: dict[int, NDArray[np.intp]] = {}
    for number in np.unique(subjects):
        own = np.flatnonzero(subjects == number)
        size = min(SET_SIZE, len(own))
        if comb(len(own), size) <= SETS_A_SUBJECT:
            sets[int(number)] = np.array(list(combinations(own, size)))
        else:
            drawn = [random.choice(own, size, replace=False) for _ in range(SETS_A_SUBJECT)]
            sets[int(number)] = np.array(drawn)
    return sets


def _mixed_sets(subjects: NDArray[np.intp], half: set[int], random: np.random.Generator) -> NDArray[np.intp]:
    """Draw sets of three photos of one subject, with one of another at the end."""
    here = np.isin(subjects, sorted(half))
    drawn: list[NDArray[np.intp]] = []
    for number in random.choice(sorted(half), SETS_A_HALF):
        mine = subjects == number
        own = random.choice(np.flatnonzero(mine), SET_SIZE - 1, replace=False)
        drawn.append(np.append(own, random.choice(np.flatnonzero(here & ~mine))))
    return np.array(drawn)


def _of_sets(distances: Distances, sets: NDArray[np.intp]) -> Distances:
    """The distances within each set, [S, N, N]."""
    return distances[sets[:, :, None], sets[:, None, :]]


# Halves and lines


def _numbered(photos: Sequence[Sequence[object]]) -> NDArray[np.intp]:
    return np.repeat(np.arange(len(photos)), [len(subject) for subject in photos])


def _halves(subjects: Sequence[int]) -> Iterator[tuple[set[int], set[int], np.random.Generator]]:
    random = np.random.default_rng(SEED)
    for _ in range(HALVES):
        order = [int(number) for number in random.permutation(subjects)]
        yield set(order[: len(order) // 2]), set(order[len(order) // 2 :]), random


def _line(
    scores: Mapping[int, NDArray[np.floating]], subjects: set[int], flagged_share: float = FLAGGED_SHARE
) -> float:
    """The line beyond which so large a share lies, every subject counting the same."""
    return round(float(np.quantile(_pooled(scores, subjects), 1 - flagged_share)), 4)


def _share_above(scores: Mapping[int, NDArray[np.floating]], subjects: set[int], line: float) -> float:
    pooled = _pooled(scores, subjects)
    return float((pooled > line).mean()) if len(pooled) else float("nan")


def _pooled(scores: Mapping[int, NDArray[np.floating]], subjects: set[int]) -> NDArray[np.floating]:
    return np.concatenate(
        [np.resize(scores[number], SETS_A_SUBJECT) for number in sorted(subjects) if len(scores[number])]
    )
