"""What somebody who is typing may mean: names of models, also in the middle of a prompt.

How many are shown, and how long they may be, is the platform's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from bot.doors import KnownModel
from core.rules.names import nearest, normalise_handle

# U+FF20 is the full-width @ of East Asian keyboards. An @ after a letter or digit belongs to an address.
_NAME = re.compile("(?<!\\w)[@\uff20]([\\w-]*)")


def find_models(typed: str, models: Iterable[KnownModel]) -> list[KnownModel]:
    """Return the models that the typed name may mean, the likeliest first.

    It may begin with what was typed, have it inside, or be a slip away from it. Nothing typed means all, the
    workspace's own before those that ship with Likeness.
    """
    wanted = normalise_handle(typed)
    candidates = list(models)
    if not wanted:
        return sorted(candidates, key=lambda model: (model.is_demo, model.handle))
    ranked = [
        (rank, model.is_demo, model.handle, model) for rank, model in _ranked(wanted, typed, candidates)
    ]
    found = [model for _, _, _, model in sorted(ranked, key=lambda entry: entry[:3])]
    if found:
        return found
    near = nearest(wanted, [model.handle for model in candidates])
    by_handle = {model.handle: model for model in candidates}
    return [by_handle[handle] for handle in near]


def find_prompts(typed: str, models: Iterable[KnownModel]) -> list[str]:
    """Return the prompt with its last `@name` completed or corrected; every other word stays as it was typed.

    A name that is a model's already, with more words behind it, needs no help.
    """
    ready = [model for model in models if model.is_ready]
    if not typed.strip():
        return [f"@{model.handle}" for model in find_models("", ready)]
    place = _last(typed)
    if place is None:
        return []
    before, name, after = typed[: place.start()], place[1], typed[place.end() :]
    if after.strip() and name.lower() in {model.handle for model in ready}:
        return []
    return [f"{before}@{model.handle}{after}" for model in find_models(name, ready)]


def described(model: KnownModel) -> str:
    """Return `@summer-shoes · product · Summer Shoes`, the last only where it says more than the handle."""
    named = model.display_name if model.display_name.casefold() != model.handle else ""
    return " · ".join(part for part in (f"@{model.handle}", model.kind.value, named) if part)


def _last(typed: str) -> re.Match[str] | None:
    places = list(_NAME.finditer(typed))
    return places[-1] if places else None


def _ranked(wanted: str, typed: str, models: Sequence[KnownModel]) -> Iterator[tuple[int, KnownModel]]:
    words = typed.strip().lstrip("@").casefold()
    for model in models:
        if model.handle.startswith(wanted):
            yield (0 if model.handle == wanted else 1), model
        elif f"-{wanted}" in model.handle:
            yield 2, model
        elif wanted in model.handle or words in model.display_name.casefold():
            yield 3, model
