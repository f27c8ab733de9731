"""How a typed line is taken apart: options, words and files. Knows no command."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.replies import Refusal
from bot.requests import Attachment
from core.rules.names import nearest

IMAGE_ENDINGS = frozenset(
    f".{ending}"
    for ending in (
        "jpg",
        "jpeg",
        "png",
        "webp",
        "heic",
        "heif",
        "avif",
        "gif",
        "bmp",
        "tif",
        "tiff",
        "svg",
        "mpo",
    )
)
"""What counts as a picture in a folder, and what looks like one that is missing. Bytes decide later."""

# A quoted text, or a word in which a backslash keeps a blank: what terminals make of a dropped file.
_WORD = re.compile(r"\"([^\"]*)\"|'([^']*)'(?=\s|$)|((?:\\.|[^\s\\])+|\\)")
_QUOTED_OR_KEY = re.compile(r"\"[^\"]*\"|(?<!\S)([A-Za-z_]+):(?!//)(\s*)")


@dataclass(frozen=True)
class Parts:
    """A line after its verb: what stands before the first option, and each option's text."""

    head: str
    options: dict[str, str] = field(default_factory=dict)


def split_options(
    rest: str, options: Sequence[str], text_options: Sequence[str], verb: str
) -> Parts | Refusal:
    """Split at the options of this verb. A word with a colon is an option only where the verb has it.

    Args:
        text_options: Options whose value is free text; "" stands for what comes before the first option.
    """
    marks: list[tuple[str, int, int]] = []
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
        if wrong := _unknown_option(match, inside in text_options, options, verb, rest):
            return wrong
    values = {}
    for at, (key, _, begin) in enumerate(marks):
        end = marks[at + 1][1] if at + 1 < len(marks) else len(rest)
        values[key] = rest[begin:end].strip()
    return Parts(rest[: marks[0][1]].strip() if marks else rest.strip(), values)


def _unknown_option(
    match: re.Match[str], is_text: bool, options: Sequence[str], verb: str, rest: str
) -> Refusal | None:
    """Say no to an option that the verb lacks; in free text, only to what is clearly a slip of the keyboard."""
    near = nearest(match[1].lower(), options, limit=1)
    stands_alone = bool(match[2]) or match.end() == len(rest)
    if is_text:
        # "cuont: 4" is a slip; "Steps of Rome: a guide" is a prompt.
        if not near or not re.match(r"\d", rest[match.end() :]):
            return None
        keep = " To have it in the picture instead, put it in quotes."
    elif not stands_alone and not near:
        return None
    else:
        keep = ""
    meant = f"Did you mean {near[0]}:?" if near else f"/help {verb} shows what there is."
    return Refusal((f"/{verb} has no option {match[1]}:. {meant}{keep}",))


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


def files(names: Sequence[str], folder: Path) -> tuple[Attachment, ...] | Refusal:
    """Turn file names, patterns and folders into attachments, seen from `folder`."""
    attachments: list[Attachment] = []
    problems: list[str] = []
    for name in names:
        found = _matching(name, folder)
        if isinstance(found, str):
            problems.append(found)
        else:
            attachments += [Attachment(path.name, path) for path in found]
    if problems:
        return Refusal(tuple(problems))
    unique = {attachment.path: attachment for attachment in attachments}
    return tuple(unique.values())


def _matching(name: str, folder: Path) -> list[Path] | str:
    """Return the files that one name stands for, or the sentence about why there is none."""
    try:
        path = folder / Path(name).expanduser()
        if path.is_file():
            return [path]
        if path.is_dir():
            found = sorted(inside for inside in path.iterdir() if _is_picture_file(inside))
            return found or f"There is no picture in the folder {name}. Name another one, or the files."
        if _is_pattern(str(path.parent)):
            return f"In {name} a folder is a pattern; only the file's own name can be one, as in pics/*.jpg."
        if _is_pattern(path.name):
            found = sorted(match for match in path.parent.glob(path.name) if match.is_file())
            return found or f"No file matches {name}. Check the folder: I looked in {folder}."
    except (OSError, ValueError, RuntimeError) as error:
        # A name that is too long, holds a zero byte, or starts with an unknown ~user.
        reason = getattr(error, "strerror", None) or "the name cannot be read"
        return f"{name[:80]} cannot be opened: {reason}. Check the name."
    return f"There is no file {name}. Check the name, or write the whole path; I looked in {folder}."


def _is_picture_file(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() in IMAGE_ENDINGS and not path.name.startswith(".")


def _is_pattern(name: str) -> bool:
    return any(mark in name for mark in "*?[")


def split_trailing_files(text: str, folder: Path) -> tuple[str, list[str]]:
    """Split `Summer Shoes a.jpg b.jpg` into the words and the file names that follow them."""
    parts = words(text)
    end = len(parts)
    while end and _looks_like_file(parts[end - 1], folder):
        end -= 1
    return " ".join(parts[:end]), parts[end:]


def _looks_like_file(word: str, folder: Path) -> bool:
    """A picture's ending or a pattern or a slash says so, also when the file is missing: that gets a sentence."""
    if Path(word).suffix.lower() in IMAGE_ENDINGS or "/" in word or _is_pattern(word):
        return True
    try:
        return (folder / word).is_file()
    except (OSError, ValueError):
        return False
