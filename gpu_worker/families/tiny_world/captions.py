"""The words of the drawn world: how a scene is described, and every word a prompt may use."""

from __future__ import annotations

import re

import numpy as np

from gpu_worker.families.tiny_world.drawings import CLASS_NOUNS
from gpu_worker.families.tiny_world.scenes import Scene
from gpu_worker.families.tiny_world.subjects import COLOURS, Subject

TRIGGER_WORDS: tuple[str, ...] = tuple(f"zz{k:02d}" for k in range(64))
UNKNOWN_WORD = "<unk>"
TRIGGER_SHARE = 0.15
BARE_SHARE = 0.18
PLACE_PHRASES: dict[str, tuple[str, ...]] = {
    "beach": ("on a beach", "on the beach", "at the beach", "by the sea", "on sand by the sea"),
    "snow": ("in the snow", "in snow", "in winter", "on a snowy hill"),
    "forest": ("in a forest", "in the forest", "in the woods", "among trees"),
    "city": ("in a city at night", "in the city at night", "on a street at night", "at night", "in a city"),
    "table": ("on a wooden table", "on a table", "on the table", "on wood"),
    "desert": ("in a desert", "in the desert", "in the dunes"),
    "meadow": (
        "in a meadow",
        "in a garden",
        "on grass",
        "in a park",
        "at a picnic",
        "among flowers in a field",
    ),
    "kitchen": ("in a kitchen", "in the kitchen", "on a kitchen counter"),
    "room": ("in a room", "in a living room", "on a sofa", "at home"),
    "under water": ("under water", "underwater", "in the ocean"),
    "grey": ("on grey", "on gray", "on a grey background", "in a studio"),
    "white": ("on white", "on a white background", "on plain white"),
}
OTHER_NOUNS: dict[str, tuple[str, ...]] = {
    "mug": ("cup",),
    "loafer": ("shoe",),
    "sneaker": ("shoe",),
    "boot": ("shoe",),
    "dog": ("puppy",),
    "cat": ("kitten",),
    "bear": ("teddy bear",),
    "woman": ("person", "portrait of a woman", "girl"),
    "man": ("person", "portrait of a man", "boy"),
    "backpack": ("bag",),
    "can": ("tin",),
    "robot": ("toy robot", "toy"),
    "ball": ("toy ball",),
}
OPENINGS = ("", "", "", "a photo of ", "a picture of ", "an image of ", "photo of ", "a close-up of ")
EXTRA_WORDS = (
    "the",
    "my",
    "one",
    "two",
    "with",
    "small",
    "large",
    "big",
    "front",
    "side",
    "view",
    "wearing",
    ",",
)
"""Words that change nothing here, or whose meaning a caption seldom needs."""
PATTERN_NOUNS = {"striped": "stripes", "dotted": "dots"}
LINE_WORDS = ("side view", "front view", "close-up", "full view")


def caption_of(
    scene: Scene,
    rng: np.random.Generator,
    trigger_share: float = TRIGGER_SHARE,
    bare_share: float = BARE_SHARE,
) -> str:
    """Describe a scene in one of many ways, sometimes leaving things out.

    A share of the subjects is named with a trigger word, which the base so learns to ignore; a share of the
    lone subjects is named by its class alone ("a mug").
    """
    place = str(rng.choice(PLACE_PHRASES[scene.place]))
    if not scene.sitters:
        return place if rng.random() < 0.5 else re.sub(r"^(on|in|at|by|among) ", "", place)
    things = " and ".join(
        describe(sitter.subject, rng, bare_share if len(scene.sitters) == 1 else 0.0, trigger_share)
        for sitter in scene.sitters
    )
    opening = str(rng.choice(OPENINGS))
    if rng.random() < 0.06:
        things = f"{things} , {rng.choice(LINE_WORDS)} ,"
    if rng.random() < 0.06:
        return f"{opening}{things}"
    return f"{opening}{things} {place}"


def describe(look: Subject, rng: np.random.Generator, bare_share: float, trigger_share: float) -> str:
    """Name a subject: "a red and white mug with a star", or any shorter way to say it."""
    noun = look.class_noun
    if noun in OTHER_NOUNS and rng.random() < 0.3:
        noun = str(rng.choice(OTHER_NOUNS[noun]))
    hides = rng.random() < bare_share
    if look.class_noun in ("woman", "man"):
        before, after = _person_words(look, rng, hides)
    else:
        before, after = _thing_words(look, rng, hides)
    if rng.random() < 0.04:
        before = f"{rng.choice(('small', 'large', 'big', UNKNOWN_WORD))} {before}"
    if rng.random() < trigger_share:
        before = f"{rng.choice(TRIGGER_WORDS)} {before}"
    article = str(rng.choice(("a", "a", "a", "a", "the", "my", ""))).strip()
    phrase = " ".join(f"{article} {before} {noun} {after}".split())
    return re.sub(r"\ba (orange|image)", r"an \1", phrase)


def _thing_words(look: Subject, rng: np.random.Generator, hides: bool) -> tuple[str, str]:
    if hides:
        return "", ""
    before, after = look.colour, ""
    if look.pattern == "two-tone":
        before = f"{look.colour} and {look.second_colour}"
    elif look.pattern in PATTERN_NOUNS and rng.random() < 0.8:
        if rng.random() < 0.4:
            before = f"{look.pattern} {look.colour}"
        else:
            after = f"with {look.second_colour} {PATTERN_NOUNS[look.pattern]}"
    if look.emblem and rng.random() < 0.8:
        after = f"{after} with a {look.emblem}"
    if look.extra and rng.random() < 0.85:
        after = f"{after} with {look.extra}"
    return before, after


def _person_words(look: Subject, rng: np.random.Generator, hides: bool) -> tuple[str, str]:
    if hides:
        return "", ""
    words = [f"with {look.second_colour} hair"] if rng.random() < 0.75 else []
    if look.extra and rng.random() < 0.85:
        words.append(f"with {look.extra}" if look.extra == "glasses" else "with a beard")
    if rng.random() < 0.75:
        coat = (
            f"{look.colour} coat"
            if look.pattern in ("plain", "two-tone")
            else f"{look.pattern} {look.colour} coat"
        )
        words.append(f"in a {coat}")
    return "", " ".join(words)


def words_of(prompt: str) -> list[str]:
    """Split a prompt the way the tokenizer does."""
    return re.findall(r"<unk>|zz\d\d|[a-z]+|[,-]", prompt.lower())


def vocabulary() -> tuple[str, ...]:
    """Return every word that captions can hold, sorted, the trigger words last."""
    texts = [*OPENINGS, *EXTRA_WORDS, *LINE_WORDS, *COLOURS, *CLASS_NOUNS]
    texts += [phrase for phrases in PLACE_PHRASES.values() for phrase in phrases]
    texts += [noun for nouns in OTHER_NOUNS.values() for noun in nouns]
    texts += [
        "and striped stripes dotted dots two-tone star heart flowers glasses beard hair coat in a an with my zz00"
    ]
    words = {word for text in texts for word in words_of(text)} - {UNKNOWN_WORD, "zz00"}
    return (*sorted(words), *TRIGGER_WORDS)
