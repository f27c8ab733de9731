"""Suggestions while somebody types, as many and as long as Discord takes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.chat.suggestions import described, find_models, find_prompts
from bot.doors import KnownModel

MAX_CHOICES = 25  # discord-api-docs, Receiving and Responding, Autocomplete
MAX_CHOICE_CHARACTERS = 100  # discord-api-docs, Application Commands, Option Choice: names and values alike


@dataclass(frozen=True)
class Choice:
    """One suggestion: what is read, and what is sent for it."""

    name: str
    value: str


def suggest_models(typed: str, models: Iterable[KnownModel]) -> list[Choice]:
    """Return the models that the typed name may mean, the likeliest first."""
    found = find_models(typed, models)[:MAX_CHOICES]
    return [Choice(described(model)[:MAX_CHOICE_CHARACTERS], model.handle) for model in found]


def suggest_prompts(typed: str, models: Iterable[KnownModel]) -> list[Choice]:
    """Return the prompt with its last `@name` completed or corrected.

    A prompt that would not fit into a suggestion is not suggested, for it would come back cut off.
    """
    prompts = find_prompts(typed, models)
    fitting = [prompt for prompt in prompts if len(prompt) <= MAX_CHOICE_CHARACTERS]
    return [Choice(prompt, prompt) for prompt in fitting[:MAX_CHOICES]]
