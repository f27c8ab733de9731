"""What each base model can do, as `bases.toml` beside this file says."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from types import MappingProxyType

from pydantic import TypeAdapter

from core.errors import ConfigurationError, Refused
from core.rules.kinds import JobKind
from core.rules.wording import listed

SQUARE = "1:1"


@dataclass(frozen=True)
class Base:
    """One base model. Sizes are (width, height) in px by aspect ratio; ranges are (least, most)."""

    name: str
    title: str
    explanation: str
    default_size_px: int
    trains_own_shape: bool
    text_limit_words: int
    has_negative_prompt: bool
    num_inference_steps: tuple[int, int]
    guidance_scale: tuple[float, float]
    memory_gib: Mapping[JobKind, float] = field(hash=False)
    sizes: Mapping[str, tuple[int, int]] = field(hash=False)
    further_picture_gib: float = 1.0
    further_training_gib: float = 8.0
    trainings_at_once: int = 1
    trigger_prefix: str | None = None
    trigger_count: int = 0

    @property
    def aspects(self) -> tuple[str, ...]:
        """The aspect ratios it can draw, the default first."""
        return tuple(self.sizes)

    def size_px(self, aspect: str = SQUARE) -> tuple[int, int]:
        """Return (width, height) in px. Raises KeyError for an aspect ratio it does not have."""
        return self.sizes[aspect]


@cache
def load_bases() -> Mapping[str, Base]:
    """Return every base that Likeness knows by name, the preferred one first."""
    text = resources.files("core.rules").joinpath("bases.toml").read_text(encoding="utf-8")
    adapter = TypeAdapter(Base)
    bases = {
        name: adapter.validate_python({"name": name, **row}) for name, row in tomllib.loads(text).items()
    }
    return MappingProxyType(bases)


def base_title(name: str) -> str:
    """Return how people see a base; a name that is not known is shown as it is."""
    base = load_bases().get(name)
    return name if base is None else base.title


def default_base(configured: Collection[str], allowed: Collection[str] | None = None) -> str:
    """Return the preferred base among those set up (and, where given, among those a plan allows).

    Raises:
        ConfigurationError: none of the bases is set up.
    """
    usable = [name for name in load_bases() if name in configured]
    if not usable:
        raise ConfigurationError(
            "No base model is set up. Set up at least one of: " + ", ".join(load_bases()) + "."
        )
    permitted = [name for name in usable if allowed is None or name in allowed]
    # With none permitted the plan's own refusal is the clearer answer, so the name is still given.
    return (permitted or usable)[0]


def require_base_set_up(
    name: str, configured: Collection[str], allowed: Collection[str] | None = None
) -> Refused | None:
    """Say no to a base that does not exist or that is not set up; of `allowed`, if given, offer another."""
    usable = [
        base_title(known)
        for known in load_bases()
        if known in configured and (allowed is None or known in allowed)
    ]
    choices = f"Use {listed(usable, 'or')} instead" if usable else "Nothing else is set up yet"
    if name not in load_bases():
        return Refused.because(f"There is no base called {name}. {choices}.")
    if name not in configured:
        return Refused.because(
            f"{base_title(name)} is not set up here. {choices}, or ask the operator for it."
        )
    return None
