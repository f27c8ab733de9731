"""What the Tab key offers: commands, their options, files, labels of buttons, and models that were spoken of."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from bot.console.grammar import IMAGE_ENDINGS
from bot.console.timeline import Timeline
from bot.console.verbs import VERBS, find_verb
from core.rules.kinds import ModelKind

MOST_FILES_OFFERED = 50


class ConsoleCompleter(Completer):
    """Reads the thread for what can be pressed or named right now."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """Offer what can stand at the cursor."""
        before = document.text_before_cursor
        word = re.search(r"(?:\\.|\S)*$", before)
        typed = word[0] if word else ""
        for offer in self._offers(before, typed):
            if offer.casefold().startswith(typed.casefold()):
                yield Completion(offer, start_position=-len(typed))

    def _offers(self, before: str, typed: str) -> Iterable[str]:
        if before == typed:
            return [f"/{verb.name}" for verb in VERBS]
        name = before.split(maxsplit=1)[0].removeprefix("/")
        verb = find_verb(name)
        if verb is None:
            return []
        if verb.name == "press":
            return self._labels()
        if verb.name == "help":
            return [other.name for other in VERBS]
        if typed.startswith("@"):
            return self._handles()
        offers = [f"{option}: " for option in verb.options if f"{option}:" not in before]
        if verb.name == "train" and before.split()[1:] in ([], [typed]):
            offers = [f"{kind.value} " for kind in ModelKind] + offers
        takes_files = "photos:" in before or verb.name == "add"
        return [*_files(typed), *offers] if takes_files else offers

    def _labels(self) -> list[str]:
        return [button.label for post in reversed(self._timeline.posts) for button in post.body.buttons]

    def _handles(self) -> list[str]:
        ours = (post.text for post in self._timeline.posts if post.is_ours)
        return sorted({handle for text in ours for handle in re.findall(r"@[a-z][a-z0-9_-]+", text)})


def _files(typed: str) -> list[str]:
    """Return folders and pictures that continue the path, blanks kept by a backslash."""
    plain = re.sub(r"\\(.)", r"\1", typed)
    stem, _, begun = plain.rpartition("/")
    folder = Path(stem + "/" if "/" in plain else ".")
    try:
        inside = sorted(path for path in folder.expanduser().iterdir() if path.name.startswith(begun))
    except (OSError, RuntimeError):
        return []
    shown = [path for path in inside if path.is_dir() or path.suffix.lower() in IMAGE_ENDINGS]
    lead = f"{stem}/" if "/" in plain else ""
    names = [f"{lead}{path.name}{'/' if path.is_dir() else ''}" for path in shown[:MOST_FILES_OFFERED]]
    return [re.sub(r"([\s\\\"'])", r"\\\1", name) for name in names]
