"""Prompts: which models they name, and whether those can be used together."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from core.rules.names import normalise_handle
from core.rules.wording import one_line

_AT = re.compile("[@\uff20]")  # U+FF20 is the full-width @ of East Asian keyboards


@dataclass(frozen=True)
class Mention:
    """An `@name` in a prompt: the handle it stands for, and its place, `text[start:end]`, the @ included."""

    handle: str
    start: int
    end: int


@dataclass(frozen=True)
class Prompt:
    """A prompt on one line, and its mentions in order."""

    text: str
    mentions: tuple[Mention, ...] = ()

    @property
    def handles(self) -> tuple[str, ...]:
        """The handles it names, each once, in the order of their first mention."""
        return tuple(dict.fromkeys(mention.handle for mention in self.mentions))


def parse_prompt(text: str) -> Prompt:
    """Find every `@name`. An e-mail or web address is not one; `@Rex's` and `@rex.` are @rex."""
    line = one_line(unicodedata.normalize("NFC", text))
    found: list[Mention] = []
    for at in _AT.finditer(line):
        end = _end_of_name(line, at.end())
        handle = normalise_handle(line[at.end() : end])
        if handle and not _belongs_to_address(line, at.start()):
            found.append(Mention(handle, at.start(), end))
    return Prompt(line, tuple(found))


def fill(prompt: Prompt, replacements: Mapping[str, str]) -> str:
    """Return the text with each mention replaced by what its handle maps to; others stay as written."""
    pieces: list[str] = []
    position = 0
    for mention in prompt.mentions:
        written = prompt.text[mention.start : mention.end]
        pieces += (prompt.text[position : mention.start], replacements.get(mention.handle, written))
        position = mention.end
    return "".join(pieces) + prompt.text[position:]


def _is_latin(character: str) -> bool:
    return character.isascii() or unicodedata.name(character, "").startswith("LATIN")


def _end_of_name(line: str, start: int) -> int:
    """Return where the name that starts at `start` ends (`start` itself: there is none).

    A change of script ends a name too, for "@rex在海滩上" has no blank after it.
    """
    if start == len(line) or not line[start].isalpha():
        return start
    is_latin = _is_latin(line[start])
    end = start
    while end < len(line) and _continues_name(line[end], is_latin):
        end += 1
    return start + len(line[start:end].rstrip("_-"))


def _continues_name(character: str, is_latin: bool) -> bool:
    if character.isalpha():
        return _is_latin(character) == is_latin
    # Marks ("M") are the vowel signs and accents that some scripts write as characters of their own.
    return character.isdecimal() or character in "_-" or unicodedata.category(character)[0] == "M"


def _belongs_to_address(line: str, at: int) -> bool:
    """Whether the @ at that place is inside an e-mail address or a web address."""
    before = line[:at].rpartition(" ")[2]
    local_part = before.rstrip("._%+-")
    ends_in_word = bool(local_part) and local_part[-1].isalnum() and _is_latin(local_part[-1])
    return ends_in_word or "://" in before
