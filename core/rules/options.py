"""What a person may set for the pictures of one prompt."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import Refused
from core.rules.bases import SQUARE, Base
from core.rules.wording import listed, one_line

PICTURES_MAX = 4
SEED_MAX = 2**32 - 1


@dataclass(frozen=True)
class PictureOptions:
    """Checked options; None leaves a choice to the base (steps, guidance_scale) or to chance (seed)."""

    count: int = 1
    aspect: str = SQUARE
    seed: int | None = None
    steps: int | None = None
    guidance_scale: float | None = None
    negative_prompt: str = ""


def check_options(
    base: Base,
    *,
    count: int = 1,
    aspect: str = SQUARE,
    seed: int | None = None,
    steps: int | None = None,
    guidance_scale: float | None = None,
    negative_prompt: str = "",
) -> PictureOptions | Refused:
    """Check options against what the base can do; every limit that is passed is a sentence of its own."""
    avoid = one_line(negative_prompt)
    reasons = [
        _outside("The number of pictures", count, (1, PICTURES_MAX)),
        _aspect_problem(base, aspect),
        _outside("The seed", seed, (0, SEED_MAX)),
        _outside(f"Steps on {base.title}", steps, base.num_inference_steps),
        _outside(f"Guidance on {base.title}", guidance_scale, base.guidance_scale),
        _negative_prompt_problem(base, avoid),
    ]
    said = tuple(reason for reason in reasons if reason)
    if said:
        return Refused(said)
    return PictureOptions(count, aspect, seed, steps, guidance_scale, avoid)


def _outside(what: str, asked: float | None, limits: tuple[float, float]) -> str | None:
    least, most = limits
    if asked is None or least <= asked <= most:
        return None
    verb = "go" if what.startswith("Steps") else "goes"
    return f"{what} {verb} from {least:.10g} to {most:.10g}; this asks for {asked:.10g}."


def _aspect_problem(base: Base, aspect: str) -> str | None:
    if aspect in base.sizes:
        return None
    if len(base.sizes) == 1:
        return f"{base.title} makes square pictures only. Leave the shape out, or write {SQUARE}."
    return f"{base.title} has no shape {aspect}. Pick {listed(base.aspects, 'or')}."


def _negative_prompt_problem(base: Base, avoid: str) -> str | None:
    if not avoid:
        return None
    if not base.has_negative_prompt:
        return f"{base.title} cannot be told what to avoid. Say in the prompt what you want to see instead."
    if len(avoid.split()) > base.text_limit_words:
        words, limit = len(avoid.split()), base.text_limit_words
        return f"What to avoid has {words} words; {base.title} reads {limit}. Shorten it."
    return None
