"""What can be typed in the console: the one table behind parsing, completion and `/help`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.rules.kinds import ModelKind
from core.rules.names import nearest
from core.rules.wording import listed


@dataclass(frozen=True)
class Verb:
    """One command: how it is written, what it does, and its options (the words before a colon)."""

    name: str
    usage: str
    summary: str
    examples: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    text_options: tuple[str, ...] = ()
    """Those of `options` whose value is free text, in which a colon is only a colon."""
    aliases: tuple[str, ...] = ()


VERBS = (
    Verb(
        "train",
        "/train KIND name: NAME class: NOUN photos: FILE ...",
        f"Make a model from photos. KIND is {listed((kind.value for kind in ModelKind), 'or')}; the class says "
        "in a word what it shows. Also: base:, preset: (standard or quick), features: (of a character).",
        (
            '/train product name: Summer Shoes class: sneaker photos: side.jpg "front view.jpg"',
            "/train product Summer Shoes side.jpg top.jpg",
            "/train character name: Ada class: woman features: round glasses photos: ada/*.jpg",
        ),
        ("name", "class", "photos", "base", "preset", "features"),
        ("features",),
    ),
    Verb(
        "add",
        "/add FILE ...",
        "Add photos to what you are training, while its card is still open.",
        ("/add top.jpg",),
        ("photos",),
    ),
    Verb(
        "caption",
        "/caption NUMBER: TEXT",
        "Rewrite the caption of a photo; several are separated by semicolons.",
        ("/caption 2: summer-shoes sneaker, front view, on grass", "/captions 1: side view ; 3: from above"),
        aliases=("captions",),
    ),
    Verb(
        "imagine",
        "/imagine PROMPT",
        "Make pictures; name your models with @. Also: count:, seed:, aspect:, steps:, guidance:, negative:.",
        (
            "/imagine @summer-shoes on wet asphalt at night",
            "/imagine @summer-shoes and @ada at a picnic count: 4 seed: 7",
        ),
        ("count", "seed", "aspect", "steps", "guidance", "negative"),
        ("negative",),
    ),
    Verb(
        "edit",
        "/edit @NAME photos: FILE ... remove: NUMBERS",
        "Add or remove photos of a model and train it anew; without either it shows the photos.",
        ("/edit @summer-shoes photos: top.jpg remove: 2,3", "/edit @summer-shoes"),
        ("photos", "remove", "preset"),
    ),
    Verb(
        "delete",
        "/delete @NAME",
        "Erase a model for good. I ask for its name once more.",
        ("/delete @summer-shoes", "/delete @summer-shoes confirm: summer-shoes"),
        ("confirm",),
    ),
    Verb("models", "/models [WORDS]", "List the models here, or search them.", ("/models", "/models shoes")),
    Verb("jobs", "/jobs", "Show what waits, runs, or ended lately.", ("/jobs",)),
    Verb("credits", "/credits", "Show what is left of this month, and what things cost.", ("/credits",)),
    Verb(
        "settings",
        "/settings",
        "Show who may train and who decides about flagged photos. Also, for admins: quorum:, approvers:, trainers:.",
        ("/settings", "/settings quorum: 2 approvers: lee, kim", "/settings trainers: everybody"),
        ("quorum", "approvers", "trainers"),
    ),
    Verb(
        "press",
        "/press LABEL",
        "Press a button; its first letters do, and a message's number in front picks the message.",
        ("/press Start", "/press 6 Cancel"),
    ),
    Verb(
        "react",
        "/react NUMBER WHAT",
        "Decide about a photo: the number of its message, and the emoji or its word.",
        ("/react 7 ❌", "/react 7 keep"),
    ),
    Verb("unreact", "/unreact NUMBER WHAT", "Take your reaction back.", ("/unreact 7 ❌",)),
    Verb(
        "clear",
        "/clear NUMBER",
        "Take a message and its pictures out of this thread, for everybody.",
        ("/clear 7",),
    ),
    Verb("help", "/help [COMMAND]", "Show this, or how one command is written.", ("/help", "/help train")),
)

_BY_NAME = {name: verb for verb in VERBS for name in (verb.name, *verb.aliases)}


def find_verb(name: str) -> Verb | None:
    """Return the command of that name, without its slash."""
    return _BY_NAME.get(name.lower())


def no_such_verb(name: str) -> str:
    """Say that there is no such command, and which one was probably meant."""
    near = nearest(name.lower(), _BY_NAME, limit=1)
    meant = f"Did you mean /{near[0]}?" if near else "/help lists what there is."
    return f"There is no /{name}. {meant}"


def help_lines(verb: Verb | None = None) -> Sequence[str]:
    """Return the help on one command, or one line for each."""
    if verb is not None:
        return (verb.usage, verb.summary, *(f"  {example}" for example in verb.examples))
    widest = max(len(verb.name) for verb in VERBS) + 1
    lines = [f"{'/' + verb.name:<{widest}}  {verb.summary}" for verb in VERBS]
    return (
        *lines,
        "",
        "/help train shows how one is written. Buttons and photos are answered by number or label.",
    )
