"""Many people at once: what each of them asks for, and when. The same plan is played at every bot."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

SEED = 7
PEOPLE, CHANNELS = 100, 10
COMMANDS, SUGGESTIONS, SECONDS = 300, 60, 30.0
BURSTS = (1, 1, 2, 1, 3, 5, 1, 2, 8, 1)
"""Commands at the same moment, over and over; after each burst it is quiet for as long as the burst is large."""
IMAGINE, OPEN_FORM, SEND_FORM, PRESS, TYPING = "imagine", "open form", "send form", "press", "typing"
MIX = {IMAGINE: 120, "models": 45, "jobs": 45, "credits": 30, PRESS: 44}
"""How many of each, in random order."""
FORMS = 8
"""Forms that are opened, and sent some seconds later: two of the commands each."""
FORM_TAKES_COMMANDS = 60
PROMPTS = (
    "a red mug on a beach",
    "@flower-vase in a forest",
    "a grey robot in the snow",
    "a hat on @red-sho",
)
"""The last names nobody, and is refused."""
ANSWER_PATIENCE_SECONDS = 10.0
WHAT_HAPPENS = (
    f"{COMMANDS} commands in {SECONDS:g} s from {PEOPLE} people in {CHANNELS} channels, in bursts of up to "
    f"{max(BURSTS)}, while the worker trains and paints"
)


@dataclass(frozen=True)
class Step:
    """One thing that one person does."""

    at_seconds: float
    kind: str
    person: int


def plan() -> list[Step]:
    """Return who does what, in order."""
    chance = random.Random(SEED)
    kinds = [kind for kind, count in MIX.items() for _ in range(count)]
    chance.shuffle(kinds)
    for number in range(FORMS):
        opened_at = 10 + 25 * number
        kinds.insert(opened_at, OPEN_FORM)
    for number in range(FORMS):
        kinds.insert(10 + 25 * number + FORM_TAKES_COMMANDS, SEND_FORM)
    assert len(kinds) == COMMANDS
    commands = [
        Step(at, kind, number % PEOPLE)
        for number, (at, kind) in enumerate(zip(_moments(), kinds, strict=False))
    ]
    typing = [Step(chance.uniform(0, SECONDS), TYPING, chance.randrange(PEOPLE)) for _ in range(SUGGESTIONS)]
    return sorted([*commands, *typing], key=lambda step: step.at_seconds)


def _moments() -> Iterator[float]:
    number = 0
    for size in itertools.cycle(BURSTS):
        yield from [number * SECONDS / COMMANDS] * size
        number += size


def turned(labels: Sequence[str], chosen: int) -> str:
    """Return which of a list's buttons is pressed: the next page, or the one before."""
    turning = [label for label in labels if label in ("Next", "Previous")]
    return turning[chosen % len(turning)]
