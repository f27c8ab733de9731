"""Files that came with an event: their names and where they lie."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bot.requests import Attachment

_MAYBE_PICTURES = ("image/", "application/octet-stream")
"""Content types that are worth a look. Discord goes by the file's name, so a wrong one proves nothing."""


def attachments_of(resolved: Mapping[str, Any], ids: Iterable[object]) -> tuple[Attachment, ...] | None:
    """Return the files of these ids, or None where Discord did not send along what it named."""
    known = resolved.get("attachments") or {}
    wanted = [str(each) for each in ids]
    if any(each not in known for each in wanted):
        return None
    return tuple(_attachment(known[each]) for each in wanted)


def pictures_of(message: Mapping[str, Any]) -> tuple[Attachment, ...]:
    """Return what may be a picture on a message, or on the message that it forwards."""
    return tuple(_attachment(each) for each in _files(message) if _may_be_picture(each))


def _files(message: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from message.get("attachments") or ()
    for snapshot in message.get("message_snapshots") or ():
        yield from snapshot.get("message", {}).get("attachments") or ()


def _may_be_picture(file: Mapping[str, Any]) -> bool:
    return str(file.get("content_type") or "image/").startswith(_MAYBE_PICTURES)


def _attachment(file: Mapping[str, Any]) -> Attachment:
    return Attachment(str(file["filename"]), str(file["url"]))
