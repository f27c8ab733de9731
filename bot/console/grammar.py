"""Files in a typed line: names, patterns and folders, seen from where its author's shell stands."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bot.chat.grammar import words
from bot.replies import Refusal
from bot.requests import Attachment

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


def files(names: Sequence[str], folder: Path) -> tuple[Attachment, ...] | Refusal:
    """Turn file names, patterns and folders into attachments, seen from `folder`."""
    attachments: list[Attachment] = []
    problems: list[str] = []
    for name in names:
        found = _matching(name, folder)
        if isinstance(found, str):
            problems.append(found)
        else:
            attachments += [Attachment(path.name, str(path)) for path in found]
    if problems:
        return Refusal(tuple(problems))
    unique = {attachment.address: attachment for attachment in attachments}
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
