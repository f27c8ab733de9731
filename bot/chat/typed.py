"""Typed commands that read the same wherever they are typed."""

from __future__ import annotations

import re

from bot.chat.grammar import Parts, decimal_number, unquoted, whole_number
from bot.replies import Refusal
from bot.requests import ImagineRequest, Requester

IMAGINE_OPTIONS = ("count", "seed", "aspect", "steps", "guidance", "negative")
IMAGINE_TEXT_OPTIONS = ("negative", "")
"""Those whose value is free text, and what stands before the first option."""
ASPECT_WORDS = {"square": "1:1", "landscape": "3:2", "portrait": "2:3", "wide": "16:9", "tall": "9:16"}


def read_imagine(requester: Requester, parts: Parts) -> ImagineRequest | Refusal:
    """Read a prompt and its options."""
    if not parts.head:
        return Refusal(("Say what to paint, for example /imagine @summer-shoes on a beach",))
    found: dict[str, int] = {}
    for option in ("count", "seed", "steps"):
        if option in parts.options:
            number = whole_number(option, parts.options[option])
            if isinstance(number, Refusal):
                return number
            found[option] = number
    guidance = decimal_number("guidance", parts.options["guidance"]) if "guidance" in parts.options else None
    if isinstance(guidance, Refusal):
        return guidance
    aspect = parts.options.get("aspect")
    return ImagineRequest(
        requester,
        parts.head,
        count=found.get("count"),
        seed=found.get("seed"),
        aspect=ASPECT_WORDS.get(aspect.lower(), aspect) if aspect else None,
        steps=found.get("steps"),
        guidance=guidance,
        negative=unquoted(parts.options.get("negative", "")),
    )


def photo_numbers(text: str) -> tuple[int, ...] | None:
    """Read `2, 5-7`; None where it is something else."""
    found: set[int] = set()
    for part in re.split(r"[,;\s]+", re.sub(r"\s*[-–]\s*", "-", text.strip())) if text.strip() else ():
        match = re.fullmatch(r"#?([0-9]{1,4})(?:-([0-9]{1,4}))?", part)
        if match is None:
            return None
        found.update(range(int(match[1]), int(match[2] or match[1]) + 1))
    return tuple(sorted(found))
