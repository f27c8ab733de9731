"""A threshold chosen on one half of the subjects and tried on the other, many times over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

SPLITS = 200
SEED = 20261120


def halves(subjects: Sequence[str]) -> Iterator[tuple[set[str], set[str], np.random.Generator]]:
    """Yield random halves of the subjects, with a generator to draw sets with."""
    random = np.random.default_rng(SEED)
    for _ in range(SPLITS):
        order = random.permutation(sorted(set(subjects)))
        yield set(order[: len(order) // 2]), set(order[len(order) // 2 :]), random


def summary(figures: Sequence[float]) -> dict[str, float]:
    """Return the mean and the interval that holds 95 % of the figures; splits without a case do not count."""
    known = np.array([figure for figure in figures if not np.isnan(figure)])
    low, high = np.percentile(known, [2.5, 97.5])
    return {"mean": float(known.mean()), "low": float(low), "high": float(high)}


def summaries(rows: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    """Return the summary of each figure over all splits."""
    return {name: summary([row[name] for row in rows]) for name in rows[0]}


def line_for(scores: NDArray[np.floating], flagged_share: float) -> float:
    """The threshold above which so large a share of these scores lies."""
    return float(np.quantile(scores, 1 - flagged_share))


def try_line(
    good: Mapping[str, Sequence[float]],
    bad: Mapping[str, Mapping[str, Sequence[float]]],
    flagged_share: float,
) -> dict[str, Any]:
    """Choose a line by the good photos of one half; report what it flags on the other half.

    Args:
        good: Scores by subject; higher is worse.
        bad: The same for every sort of bad photo.
        flagged_share: Of the good photos of the first half, what may be flagged.
    """

    def pooled(scores: Mapping[str, Sequence[float]], subjects: set[str]) -> NDArray[np.floating]:
        return np.array([score for subject in sorted(subjects) for score in scores.get(subject, ())])

    rows: list[dict[str, float]] = []
    for first, second, _ in halves(list(good)):
        line = line_for(pooled(good, first), flagged_share)
        false = pooled(good, second) > line
        hits = {name: pooled(scores, second) > line for name, scores in bad.items()}
        row = {"threshold": line, "good_flagged": _mean(false)}
        for name, hit in hits.items():
            row[f"{name}_recall"] = _mean(hit)
            row[f"{name}_precision"] = _share(hit.sum(), hit.sum() + false.sum())
        rows.append(row)
    return summaries(rows)


def by_subject(subjects: Sequence[str], scores: Sequence[float]) -> dict[str, list[float]]:
    """Sort scores by the subject of their photo."""
    sorted_scores: dict[str, list[float]] = {}
    for subject, score in zip(subjects, scores, strict=True):
        sorted_scores.setdefault(subject, []).append(score)
    return sorted_scores


def _mean(flags: NDArray[Any]) -> float:
    return float(flags.mean()) if len(flags) else float("nan")


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole else float("nan")
