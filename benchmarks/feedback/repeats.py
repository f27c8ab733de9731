"""Which copies are recognised as near-duplicates, and which different photos are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

import cv2
import numpy as np

from benchmarks.feedback import damage
from benchmarks.feedback.photos import Photo, subjects_of
from benchmarks.feedback.splits import SEED, halves, summaries
from core.feedback.calibration import OFFLINE
from core.feedback.features import fit
from core.feedback.similarity import (
    KEYPOINT_SIDE_PX,
    Imprint,
    overlay_similarity,
    phash_similarity,
    take_imprint,
)

# The line lies halfway between the two different photos that are most alike and the hardest copies: those that
# this share of the first half's copies, the smallest crops apart, do not reach.
LOST_SHARE = 0.01
BURSTS = {
    ("cat/02.jpg", "cat/03.jpg")
}  # one scene twice, as the photos' README says: neither copy nor different
Random = np.random.Generator
COPIES: dict[str, Callable[[damage.Picture, Random], damage.Picture]] = {
    "flip": lambda picture, _: picture[:, ::-1],
    "recompressed_30": lambda picture, _: damage.recompressed(picture, 30),
    "turned_4": lambda picture, _: damage.turned(picture, 4),
    "turned_minus_4": lambda picture, _: damage.turned(picture, -4),
    "crop_80": lambda picture, random: damage.cropped(picture, 0.8, random),
    "crop_60": lambda picture, random: damage.cropped(picture, 0.6, random),
    "flipped_crop_80": lambda picture, random: damage.cropped(picture, 0.8, random)[:, ::-1],
}


def run(photos: Sequence[Photo]) -> dict[str, Any]:
    """Choose the line by one half's copies; report on the other, and count all pairs of different photos."""
    random = np.random.default_rng(SEED)
    subjects = np.array(subjects_of(photos))
    copies = {
        name: np.array([_score(photo, change(photo.picture, random)) for photo in photos])
        for name, change in COPIES.items()
    }
    pairs = [pair for pair in combinations(range(len(photos)), 2) if not _is_burst(photos, pair)]
    different = np.array([_similarity(photos[one], photos[other]) for one, other in pairs])
    of_pair = np.array([(subjects[one], subjects[other]) for one, other in pairs])
    is_own = of_pair[:, 0] == of_pair[:, 1]
    rows: list[dict[str, float]] = []
    for first, second, _ in halves(list(subjects)):
        here, there = np.isin(subjects, sorted(first)), np.isin(subjects, sorted(second))
        hardest = np.quantile([copies[name][here] for name in COPIES if name != "crop_60"], LOST_SHARE)
        most_alike = different[np.isin(of_pair, sorted(first)).all(axis=1)].max()
        line = float(min(hardest, (hardest + most_alike) / 2))
        inside = np.isin(of_pair, sorted(second)).all(axis=1)
        rows.append(
            {
                "threshold": line,
                **{name: float((scores[there] >= line).mean()) for name, scores in copies.items()},
                "different_pairs_flagged": float((different[inside] >= line).mean()),
                "different_pairs_of_one_subject_flagged": float((different[inside & is_own] >= line).mean()),
            }
        )
    line = OFFLINE.min_overlay_similarity
    return {
        "on_the_other_half": summaries(rows),
        "as_shipped_on_all": {
            "threshold": line,
            **{name: float((scores >= line).mean()) for name, scores in copies.items()},
            "different_pairs_flagged": float((different >= line).mean()),
            "different_pairs_of_one_subject_flagged": float((different[is_own] >= line).mean()),
            "different_pairs": len(pairs),
            "different_pairs_of_one_subject": int(is_own.sum()),
        },
        "most_alike": _most_alike(photos, pairs, different),
    }


def _score(photo: Photo, copy: damage.Picture) -> float:
    grey = fit(np.asarray(cv2.cvtColor(copy.copy(), cv2.COLOR_RGB2GRAY), dtype=np.uint8), KEYPOINT_SIDE_PX)
    mirrored = np.ascontiguousarray(grey[:, ::-1])
    return _best(photo.features.imprint, (take_imprint(grey), take_imprint(mirrored)))


def _similarity(one: Photo, other: Photo) -> float:
    return _best(one.features.imprint, (other.features.imprint, other.features.mirrored_imprint))


def _best(imprint: Imprint, ways: tuple[Imprint, Imprint]) -> float:
    """The overlay's similarity, or 1 where the hashes already decide."""
    if max(phash_similarity(imprint, way) for way in ways) >= OFFLINE.min_phash_similarity:
        return 1.0
    return max(overlay_similarity(imprint, way) for way in ways)


def _names(photos: Sequence[Photo], pair: tuple[int, int]) -> tuple[str, str]:
    one, other = (f"{photos[at].subject}/{photos[at].label.path.name}" for at in pair)
    return one, other


def _is_burst(photos: Sequence[Photo], pair: tuple[int, int]) -> bool:
    return _names(photos, pair) in BURSTS


def _most_alike(
    photos: Sequence[Photo], pairs: Sequence[tuple[int, int]], scores: np.ndarray
) -> dict[str, float]:
    return {" and ".join(_names(photos, pairs[at])): float(scores[at]) for at in np.argsort(-scores)[:5]}
