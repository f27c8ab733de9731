"""From the names in a prompt to models that can be used together, or to sentences that say why not."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from core.errors import Refused
from core.rules.bases import base_title, default_base, load_bases, require_base_set_up
from core.rules.kinds import ModelKind
from core.rules.names import nearest
from core.rules.plans import Plan, Plans
from core.rules.prompts import Prompt
from core.rules.wording import about_minutes, day_of, listed, mentions, number

PROMPT_MAX_CHARACTERS = 2000
"""A bound for scripts without blanks, whose words cannot be counted."""


class ModelState(StrEnum):
    """What a prompt can expect of a model. One that retrains while its old version serves is ready."""

    READY = "ready"
    TRAINING = "training"
    FAILED = "failed"
    DELETED = "deleted"


@dataclass(frozen=True)
class NamedModel:
    """A model of the workspace, live or deleted, as far as prompts care.

    `needs_retrain`: it was trained on other weights of its base than those set up now.
    """

    handle: str
    display_name: str
    kind: ModelKind
    state: ModelState
    base_model: str
    is_demo: bool = False
    minutes_left: float | None = None
    deleted_on: date | None = None
    deleted_by_owner: bool = True
    needs_retrain: bool = False


@dataclass(frozen=True)
class ResolvedPrompt:
    """A prompt whose models, in order of their first mention, can all be used on `base_model`."""

    prompt: Prompt
    models: tuple[NamedModel, ...]
    base_model: str


def resolve(
    prompt: Prompt,
    models: Mapping[str, NamedModel],
    plan: Plan,
    base: str | None = None,
    *,
    plans: Plans,
    configured: Collection[str],
    today: date | None = None,
) -> ResolvedPrompt | Refused:
    """Check a prompt against the workspace's models, its plan and the bases that are set up.

    Args:
        prompt: what was asked for.
        models: every model of the workspace by handle, live or deleted.
        plan: the workspace's plan.
        base: a base asked for by name; None takes the models' own, or the preferred one.
        plans: all plans, to name the one that would allow what this one does not.
        configured: names of the bases that are set up.
        today: only to write the year of a deletion that was not this year.

    Raises:
        ConfigurationError: no base is set up at all.

    Returns:
        The resolved prompt, or every reason against it: one sentence (or two) a problem.
    """
    if not prompt.text:
        return Refused.because("Say what the picture should show, for example: a red mug on a wooden table.")
    named = [models[handle] for handle in prompt.handles if handle in models]
    reasons = _unknown(prompt, models)
    for model in named:
        reasons += _unusable(model, today)
    usable = [model for model in named if model.state == ModelState.READY and not model.needs_retrain]
    live = [model for model in named if model.state != ModelState.DELETED]
    reasons += _outside_plan(live, models, plan, plans)
    reasons += _do_not_mix(live, plan)
    chosen, base_reasons = _base_for(usable or live, plan, base, plans, configured)
    reasons += base_reasons
    if not base_reasons:
        reasons += _too_long(prompt, chosen)
    if reasons:
        return Refused(tuple(dict.fromkeys(reasons)))
    return ResolvedPrompt(prompt, tuple(named), chosen)


def _unknown(prompt: Prompt, models: Mapping[str, NamedModel]) -> list[str]:
    live = [handle for handle, model in models.items() if model.state != ModelState.DELETED]
    reasons: list[str] = []
    for handle in prompt.handles:
        if handle in models:
            continue
        near = nearest(handle, live)
        hint = f"Did you mean {mentions(near, 'or')}?" if near else "The list of models shows every name."
        reasons.append(f"There is no model @{handle} here. {hint}")
    if reasons:
        reasons[-1] += " Nothing was charged."
    return reasons


def _unusable(model: NamedModel, today: date | None) -> list[str]:
    at = f"@{model.handle}"
    match model.state:
        case ModelState.DELETED:
            who = "its owner" if model.deleted_by_owner else "an admin"
            when = f" on {day_of(model.deleted_on, today)}" if model.deleted_on else ""
            return [f"{at} was deleted by {who}{when}. Prompts that used it need another model."]
        case ModelState.TRAINING:
            left = "" if model.minutes_left is None else f", {about_minutes(model.minutes_left)}"
            return [f"{at} is still training{left}. I will post here when it is ready."]
        case ModelState.FAILED:
            return [f"The training of {at} did not work out. Edit it and train again, or use another model."]
        case ModelState.READY if model.needs_retrain:
            return [
                f"{base_title(model.base_model)} has changed since {at} was trained. "
                f"Retrain {at} to use it again."
            ]
        case ModelState.READY:
            return []


def _outside_plan(
    live: Sequence[NamedModel], models: Mapping[str, NamedModel], plan: Plan, plans: Plans
) -> list[str]:
    own = [model.handle for model in live if not model.is_demo]
    demos = [model.handle for model in models.values() if model.is_demo and model.state == ModelState.READY]
    return list(_reasons(plans.require_own_models(plan, own, sorted(demos))))


def _do_not_mix(live: Sequence[NamedModel], plan: Plan) -> list[str]:
    reasons: list[str] = []
    styles = [model.handle for model in live if model.kind is ModelKind.STYLE]
    if len(styles) > 1:
        reasons.append(
            f"{number(len(styles)).capitalize()} styles in one prompt do not mix: "
            f"keep {mentions(styles, 'or')}."
        )
    surplus = len(live) - len(styles) - plan.subjects_per_prompt
    if surplus > 0:
        reasons.append(
            f"One prompt takes up to {plan.subjects_per_prompt} products and characters on {plan.title}; "
            f"this one names {len(live) - len(styles)}. Leave out {number(surplus)}."
        )
    return reasons


def _base_for(
    live: Sequence[NamedModel], plan: Plan, asked: str | None, plans: Plans, configured: Collection[str]
) -> tuple[str, list[str]]:
    """Return the base to draw on, and the reasons against it."""
    by_base: dict[str, list[str]] = {}
    for model in live:
        by_base.setdefault(model.base_model, []).append(model.handle)
    chosen = asked or next(iter(by_base), None) or default_base(configured, plan.bases)
    reasons = [
        *_reasons(require_base_set_up(chosen, configured, plan.bases)),
        *(_reasons(plans.require_base(plan, chosen, configured)) if chosen in load_bases() else ()),
    ]
    if len(by_base) > 1:
        parts = listed(f"{mentions(handles)} on {base_title(name)}" for name, handles in by_base.items())
        reasons.append(
            f"One picture is drawn by one base, and these were trained apart: {parts}. "
            "Use them in separate prompts, or train one again beside the other."
        )
    elif asked and by_base and asked not in by_base:
        (name, handles), *_ = by_base.items()
        were = "was" if len(handles) == 1 else "were"
        reasons.append(
            f"{mentions(handles)} {were} trained on {base_title(name)}, not on {base_title(asked)}. "
            f"Leave the base out, or train on {base_title(asked)} as well."
        )
    return chosen, reasons


def _too_long(prompt: Prompt, base: str) -> list[str]:
    if len(prompt.text) > PROMPT_MAX_CHARACTERS:
        return [
            f"This prompt has {len(prompt.text)} characters; up to {PROMPT_MAX_CHARACTERS} fit. "
            "Shorten it, and put the most important part first."
        ]
    words, limit = len(prompt.text.split()), load_bases()[base].text_limit_words
    if words <= limit:
        return []
    return [
        f"This prompt has {words} words; {base_title(base)} reads {limit}. "
        "Shorten it, and put the most important part first."
    ]


def _reasons(refused: Refused | None) -> tuple[str, ...]:
    return refused.reasons if refused else ()
