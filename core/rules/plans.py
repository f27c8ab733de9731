"""Subscriptions: what each plan allows, what things cost, and how a limit is said.

The figures are in `plans.toml` beside this file; an operator may put a file of their own in its place.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

from pydantic import ConfigDict, NonNegativeInt, PositiveInt, TypeAdapter, ValidationError
from pydantic.types import Strict

from core.errors import ConfigurationError, Refused
from core.rules.bases import base_title
from core.rules.kinds import ModelKind
from core.rules.wording import counted, listed, mentions, number

# A misspelt key in an operator's file is an error, not a limit that silently does not apply.
_CLOSED = ConfigDict(extra="forbid")
_Switch = Annotated[bool, Strict()]


@dataclass(frozen=True)
class ImageRange:
    """How many images a kind takes, (least, most), and how many work best."""

    __pydantic_config__ = _CLOSED
    allowed: tuple[PositiveInt, PositiveInt]
    advised: tuple[PositiveInt, PositiveInt]


@dataclass(frozen=True)
class Prices:
    """Prices in credits: of one picture, and of one training by kind."""

    __pydantic_config__ = _CLOSED
    picture: NonNegativeInt
    training: Mapping[ModelKind, NonNegativeInt] = field(hash=False)


@dataclass(frozen=True)
class Plan:
    """One subscription; `plans.toml` explains each field."""

    __pydantic_config__ = _CLOSED
    name: str
    title: str
    trains: tuple[ModelKind, ...]
    bases: tuple[str, ...]
    monthly_credits: NonNegativeInt
    weight: PositiveInt
    jobs_at_once: PositiveInt
    subjects_per_prompt: PositiveInt
    uses_own_models: _Switch
    real_person_characters: _Switch
    max_num_steps: NonNegativeInt
    max_lora_rank: NonNegativeInt
    images: Mapping[ModelKind, ImageRange] = field(hash=False)


@dataclass(frozen=True)
class Plans:
    """Every plan, smallest first, and the prices; `require_...` returns None for what a plan allows."""

    plans: tuple[Plan, ...]
    prices: Prices

    def named(self, name: str) -> Plan:
        """Return the plan of that name, in any case.

        Raises:
            ConfigurationError: the plan file has no such plan.
        """
        for plan in self.plans:
            if plan.name == name.strip().lower():
                return plan
        known = ", ".join(plan.name for plan in self.plans)
        raise ConfigurationError(f"The plan file has no plan {name!r}; it has: {known}.")

    def larger(self, one: Plan, other: Plan) -> Plan:
        """Return the one that comes later in the plan file."""
        return max(one, other, key=self.plans.index)

    def price_of_training(self, kind: ModelKind) -> int:
        """Return the credits that training one model of that kind costs."""
        return self.prices.training[kind]

    def price_of_pictures(self, count: int) -> int:
        """Return the credits that `count` pictures cost."""
        return self.prices.picture * count

    def require_kind(self, plan: Plan, kind: ModelKind) -> Refused | None:
        """Check that the plan trains models of that kind."""
        if kind in plan.trains:
            return None
        instead = f"train a {plan.trains[0]}" if plan.trains else "try a demo model"
        return self._upgrade(
            f"{kind.capitalize()} models come", plan, lambda other: kind in other.trains, f"{instead} instead"
        )

    def require_image_count(
        self, plan: Plan, kind: ModelKind, count: int, *, is_kept: bool = False
    ) -> Refused | None:
        """Check the number of images; the sentence says how many to add or remove.

        Args:
            plan: the workspace's plan.
            kind: what is trained.
            count: how many there are.
            is_kept: they wait in a draft for more, so that nothing has to be sent again.
        """
        least, most = plan.images[kind].allowed
        if least <= count <= most:
            return None
        photos = "pictures" if kind is ModelKind.STYLE else "photos"
        takes = f"A {kind} model takes {least} to {most} {photos}"
        once_more = "" if is_kept else " and send it again"
        if count < least:
            missing = number(least - count) + (" more" if count else "")
            return Refused.because(f"{takes}; this has {count}. Add {missing}{once_more}.")
        fix = f"this has {count}. Remove {number(count - most)}{once_more}."
        larger = self._first(lambda other: kind in other.trains and other.images[kind].allowed[1] >= count)
        if larger is None:
            return Refused.because(f"{takes}; {fix}")
        most_there = larger.images[kind].allowed[1]
        return Refused.because(f"{takes} on {plan.title}; {fix} {larger.title} takes up to {most_there}.")

    def image_count_advice(self, plan: Plan, kind: ModelKind, count: int) -> tuple[str, ...]:
        """Return advice, if any, on a number of images that is allowed but not the best."""
        least, most = plan.images[kind].advised
        if count < least:
            return (f"{least} to {most} varied ones work best for a {kind}; this has {count}.",)
        if count > most:
            return (f"More than {most} seldom help a {kind}: keep the best {least} to {most}, varied ones.",)
        return ()

    def require_base(
        self, plan: Plan, base: str, configured: Collection[str] | None = None
    ) -> Refused | None:
        """Check that the plan includes the base; of `configured`, if given, offer another."""
        if base in plan.bases:
            return None
        usable = [base_title(name) for name in plan.bases if configured is None or name in configured]
        return self._upgrade(
            f"{base_title(base)} comes",
            plan,
            lambda other: base in other.bases,
            f"use {listed(usable, 'or')} instead" if usable else "have another base set up",
        )

    def require_own_models(
        self, plan: Plan, handles: Sequence[str], demos: Sequence[str] = ()
    ) -> Refused | None:
        """Check that prompts may name the workspace's own models.

        `handles` are those of its own that were named, `demos` the ones to offer instead.
        """
        if plan.uses_own_models or not handles:
            return None
        instead = f"try {mentions(demos, 'or')} instead" if demos else "try a demo model instead"
        return self._upgrade(
            f"Pictures of {mentions(handles)} come", plan, lambda other: other.uses_own_models, instead
        )

    def require_real_person(self, plan: Plan) -> Refused | None:
        """Check that the plan trains characters of real people."""
        if plan.real_person_characters:
            return None
        return self._upgrade(
            "Characters of real people come",
            plan,
            lambda other: other.real_person_characters,
            "train an invented character instead",
        )

    def require_training_overrides(
        self, plan: Plan, num_steps: int | None = None, lora_rank: int | None = None
    ) -> Refused | None:
        """Check steps and rank set by hand against the plan; None leaves one to the preset."""
        reasons = [
            f"{label} can be set from 1 to {most} on {plan.title}; this asks for {asked}."
            for label, asked, most in (
                ("Steps", num_steps, plan.max_num_steps),
                ("Rank", lora_rank, plan.max_lora_rank),
            )
            if asked is not None and not 1 <= asked <= most
        ]
        return Refused(tuple(reasons)) if reasons else None

    def require_credits(self, plan: Plan, needed: int, left: int) -> Refused | None:
        """Check that the credits left cover the price of what was asked."""
        if needed <= left:
            return None
        larger = next((other for other in self.plans if other.monthly_credits > plan.monthly_credits), None)
        more = f" {larger.title} comes with {larger.monthly_credits} a month." if larger else ""
        return Refused.because(
            f"This takes {counted(needed, 'credit')} and {left} {'is' if left == 1 else 'are'} left. "
            f"Wait for next month's, or ask the workspace's owner for more.{more} Nothing was charged."
        )

    def _first(self, allows: Callable[[Plan], bool]) -> Plan | None:
        return next((plan for plan in self.plans if allows(plan)), None)

    def _upgrade(self, what_comes: str, plan: Plan, allows: Callable[[Plan], bool], instead: str) -> Refused:
        """Say "X comes with Pro. This workspace is on Basic; ask its owner, or ... instead."."""
        larger = self._first(allows)
        if larger is None:
            return Refused.because(f"{what_comes} with no plan here; {instead}.")
        return Refused.because(
            f"{what_comes} with {larger.title}. "
            f"This workspace is on {plan.title}; ask its owner, or {instead}."
        )


def load_plans(path: Path | None = None) -> Plans:
    """Return the plans of an operator's file, or else those that ship with Likeness.

    Raises:
        ConfigurationError: the file is missing, is not TOML, or lacks or misspells a setting.
    """
    return _packaged_plans() if path is None else _plans_from(path.name, _text_of(path))


@cache
def _packaged_plans() -> Plans:
    text = resources.files("core.rules").joinpath("plans.toml").read_text(encoding="utf-8")
    return _plans_from("plans.toml", text)


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"The plan file {path} cannot be read: {error.strerror}.") from error


def _plans_from(file_name: str, text: str) -> Plans:
    try:
        table = tomllib.loads(text)
        shared_images = table.get("images", {})
        rows = [_plan_row(name, row, shared_images) for name, row in table.get("plans", {}).items()]
        plans = TypeAdapter(Plans).validate_python({"plans": rows, "prices": table.get("prices", {})})
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{file_name} is not valid TOML: {error}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(f"{file_name}, {where}: {first['msg']}.") from error
    _check_complete(file_name, plans)
    return plans


def _plan_row(name: str, row: Mapping[str, Any], shared_images: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "name": name.lower(), "images": {**shared_images, **row.get("images", {})}}


def _check_complete(file_name: str, plans: Plans) -> None:
    if not plans.plans:
        raise ConfigurationError(f"{file_name} has no plans.")
    for kind in ModelKind:
        if kind not in plans.prices.training:
            raise ConfigurationError(f"{file_name} has no price for training a {kind}.")
        if any(kind not in plan.images for plan in plans.plans):
            raise ConfigurationError(f"{file_name} does not say how many images a {kind} takes.")
