"""A post as plain text, for a pipe, a transcript, and as the ground of the terminal's colours."""

from __future__ import annotations

import os
import re
from pathlib import Path

from bot.console.timeline import PictureFile, Post

INDENT = "    "


def heading(post: Post) -> str:
    """Return `7  Likeness → you`, or just who spoke."""
    mention = f" → {post.body.mention}" if post.body.mention else ""
    return f"{post.number:>3}  {post.author}{mention}"


def body_lines(post: Post) -> list[str]:
    """Return everything below the heading, without indentation."""
    body = post.body
    lines = [*map(_printable, body.lines), *(picture_line(picture) for picture in body.pictures)]
    if body.choices:
        lines.append(choices_line(post))
    if body.buttons:
        lines.append(" ".join(f"[{button.label}]" for button in body.buttons))
    return lines


def _printable(line: str) -> str:
    """Take out what would steer the terminal: a line may hold anything that anybody typed."""
    return "".join(sign if sign.isprintable() else " " for sign in line)


def picture_line(picture: PictureFile) -> str:
    """Return `picture: data/console/pictures/1.png (256×256)`."""
    if not picture.path:
        return f"picture: {picture.alt} (no longer kept)"
    path = Path(picture.path)
    near = os.path.relpath(path)
    shown = near if not near.startswith("..") else str(path)
    size = f" ({picture.width_px}×{picture.height_px})" if picture.width_px else ""
    return f"picture: {shown}{size}"


def choices_line(post: Post) -> str:
    """Return `✅ keep   ❌ remove (you)`: what can be decided, and who decided what."""
    parts = []
    for choice in post.body.choices:
        people = [reaction.person for reaction in post.reactions if reaction.emoji == choice.emoji]
        parts.append(f"{choice.emoji} {choice.meaning}" + (f" ({', '.join(people)})" if people else ""))
    return "   ".join(parts)


def post_text(post: Post) -> str:
    """Return a whole post as text."""
    if not post.is_ours:
        first, *more = body_lines(post) or [""]
        return "\n".join((f"{heading(post)}  {first}", *(f"{INDENT} {line}" for line in more)))
    return "\n".join((heading(post), *(f"{INDENT} {line}" for line in body_lines(post))))


def changed_lines(post: Post, earlier: Post) -> list[str]:
    """Return the lines that an earlier state of the post did not have."""
    known = set(body_lines(earlier))
    return [line for line in body_lines(post) if line not in known]


def is_small_step(post: Post, earlier: Post) -> bool:
    """Whether only numbers changed, as in the time left: not worth a line of its own in a pipe."""
    return _without_numbers(post) == _without_numbers(earlier)


def _without_numbers(post: Post) -> list[str]:
    # About a minute, less than a minute: words that stand for numbers. A bar counts by thirds.
    lines = (line for line in body_lines(post) if not line.startswith("picture: "))
    thirds = [re.sub(r"[▮▯]+", lambda cells: "|" * (cells[0].count("▮") // 3), line) for line in lines]
    return [re.sub(r"\d+|about an? \w+|about \d+ \w+|less than a \w+", "", line) for line in thirds]
