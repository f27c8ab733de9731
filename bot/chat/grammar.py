"""How a typed line is taken apart: options, words and numbers. Knows no command and no platform."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.replies import Refusal
from core.rules.names import nearest

# A quoted text, or a word in which a backslash keeps a blank: what terminals make of a dropped file.
_WORD = re.compile(r"\"([^\"]*)\"|'([^']*)'(?=\s|$)|((?:\\.|[^\s\\])+|\\)")
_QUOTED_OR_KEY = re.compile(r"\"[^\"]*\"|(?<!\S)([A-Za-z_]+):(?!//)(\s*)")


@dataclass(frozen=True)
class Parts:
    """A line after its verb: what stands before the first option, and each option's text."""

    head: str
    options: dict[str, str] = field(default_factory=dict)


def split_options(
    rest: str, options: Sequence[str], text_options: Sequence[str], verb: str, *, help_command: str = ""
) -> Parts | Refusal:
    """Split at the options of this verb. A word with a colon is an option only where the verb has it.

    Args:
        text_options: Options whose value is free text; "" stands for what comes before the first option.
        help_command: What tells more; empty means the console's.
    """
    marks: list[tuple[str, int, int]] = []
    see = help_command or f"/help {verb}"
    for match in _QUOTED_OR_KEY.finditer(rest):
        if match[1] is None:
            continue
        key = match[1].lower()
        if key in options:
            if any(key == earlier for earlier, _, _ in marks):
                return Refusal((f"{key}: is there twice. Keep one of them.",))
            marks.append((key, match.start(), match.end()))
            continue
        inside = marks[-1][0] if marks else ""
        if wrong := _unknown_option(match, inside in text_options, options, rest):
            return Refusal((f"/{verb} has no option {match[1]}:. {wrong.format(see=see)}",))
    values = {}
    for at, (key, _, begin) in enumerate(marks):
        end = marks[at + 1][1] if at + 1 < len(marks) else len(rest)
        values[key] = rest[begin:end].strip()
    return Parts(rest[: marks[0][1]].strip() if marks else rest.strip(), values)


def _unknown_option(match: re.Match[str], is_text: bool, options: Sequence[str], rest: str) -> str:
    """Say what to write instead of an option that the verb lacks; in free text, only of what is clearly a slip.

    Returns:
        A sentence with a place for what tells more; empty where nothing is wrong.
    """
    near = nearest(match[1].lower(), options, limit=1)
    stands_alone = bool(match[2]) or match.end() == len(rest)
    if is_text:
        # "cuont: 4" is a slip; "Steps of Rome: a guide" is a prompt.
        if not near or not re.match(r"\d", rest[match.end() :]):
            return ""
        keep = " To have it in the picture instead, put it in quotes."
    elif not stands_alone and not near:
        return ""
    else:
        keep = ""
    return (f"Did you mean {near[0]}:?" if near else "{see} shows what there is.") + keep


def words(text: str) -> list[str]:
    """Split into words; quotes and backslashes keep blanks together."""
    found = []
    for match in _WORD.finditer(text):
        double, single, plain = match.groups()
        if plain is not None:
            found.append(re.sub(r"\\(.)", r"\1", plain))
        else:
            found.append(double if double is not None else single)
    return found


def unquoted(text: str) -> str:
    """Take off a pair of quotes around the whole text."""
    is_quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    return text[1:-1] if is_quoted else text


def whole_number(option: str, text: str) -> int | Refusal:
    """Read a whole number."""
    if re.fullmatch(r"-?[0-9]{1,20}", text):
        return int(text)
    return Refusal((f"{option}: takes a whole number, for example {option}: 4. {_said(text)}",))


def decimal_number(option: str, text: str) -> float | Refusal:
    """Read a number with or without decimals."""
    if re.fullmatch(r"-?[0-9]{1,20}(\.[0-9]{1,20})?", text):
        return float(text)
    return Refusal((f"{option}: takes a number, for example {option}: 4.5. {_said(text)}",))


def _said(text: str) -> str:
    return f'"{text}" is not one.' if text else "There is none."


def numbers(option: str, text: str) -> tuple[int, ...] | Refusal:
    """Read a list of numbers: `2,3`, `2 3`, `2 and 3`."""
    found = [word for word in re.split(r"[\s,]+|\band\b", text) if word]
    wrong = [word for word in found if not re.fullmatch(r"[0-9]{1,4}", word)]
    if wrong or not found:
        return Refusal(
            (f"{option}: takes photo numbers, for example {option}: 2,3. {_said(' '.join(wrong))}",)
        )
    return tuple(int(word) for word in found)
