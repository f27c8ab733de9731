"""Ways take turns, and what is told of them are ratios."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version

LIBRARIES = ("torch", "diffusers", "peft")


def timed(work: Callable[[], object]) -> Callable[[], float]:
    """Return what does some work and tells the seconds that this thread computed for it."""

    def measure() -> float:
        started = time.thread_time()
        work()
        return time.thread_time() - started

    return measure


def take_turns(ways: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Return the seconds that each way told in each round; who begins changes from round to round."""
    seconds: dict[str, list[float]] = {title: [] for title in ways}
    titles = list(ways)
    for number in range(rounds):
        first = number % len(titles)
        for title in titles[first:] + titles[:first]:
            seconds[title].append(ways[title]())
    return seconds


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> dict[str, float]:
    """Return how many times our rate is theirs, over the rounds."""
    ratios = [their / our for our, their in zip(ours, theirs, strict=True)]
    return {"median": statistics.median(ratios), "least": min(ratios), "most": max(ratios)}


def ratios_of(seconds: Mapping[str, Sequence[float]], pairs: Sequence[tuple[str, str]]) -> dict[str, object]:
    """Return the ratio of each pair of titles."""
    return {f"{own} / {other}": ratio(seconds[own], seconds[other]) for own, other in pairs}


def rates(seconds: Mapping[str, Sequence[float]], count: float) -> dict[str, float]:
    """Return how many of something each way made in a second, by the median round."""
    return {title: count / statistics.median(rounds) for title, rounds in seconds.items()}


def libraries() -> dict[str, str]:
    """Return the versions that matter here."""
    return {name: version(name) for name in LIBRARIES}
