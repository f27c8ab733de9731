"""Files as Slack tells of them → attachments, and how a form remembers those of a message."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from bot.requests import Attachment
from bot.slack.addresses import FileAddress
from bot.slack.form_limits import MAX_METADATA_CHARACTERS

_MAYBE_PICTURES = ("image/", "application/octet-stream")
"""Types that are worth a look. Slack goes by the file's name, so a wrong one proves nothing."""
_GONE = ("tombstone", "hidden_by_limit")
MAX_NAME_CHARACTERS = 40
"""What a form keeps of a file's name."""

Kept = list[list[str]]
"""Of each file its id, its name and, where there is room, its address."""


def attachments_of(workspace: str, files: Iterable[Mapping[str, Any]]) -> tuple[Attachment, ...]:
    """Return files; one that Slack does not show yet is found by its id later."""
    return tuple(_attachment(workspace, each) for each in files)


def pictures_of(workspace: str, message: Mapping[str, Any]) -> tuple[Attachment, ...]:
    """Return what may be a picture on a message, or on the messages that it passes on."""
    return attachments_of(workspace, filter(_may_be_picture, _files(message)))


def kept(attachments: Sequence[Attachment], room_characters: int = MAX_METADATA_CHARACTERS) -> Kept:
    """Write files down for a form, with their addresses only where all fit: their ids say enough."""
    read = [(FileAddress.read(each.address), each.filename) for each in attachments]
    whole = [[file.file_id, name[-MAX_NAME_CHARACTERS:], file.url] for file, name in read]
    if len(json.dumps(whole)) <= room_characters:
        return whole
    return [[file_id, name] for file_id, name, _ in whole]


def read_kept(workspace: str, written: Kept) -> tuple[Attachment, ...]:
    """Read back what a form remembers."""
    return tuple(
        Attachment(name, FileAddress(workspace, file_id, url[0] if url else "").written())
        for file_id, name, *url in written
    )


def _files(message: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from message.get("files") or ()
    for passed_on in message.get("attachments") or ():
        yield from passed_on.get("files") or ()


def _may_be_picture(file: Mapping[str, Any]) -> bool:
    if file.get("mode") in _GONE:
        return False
    return str(file.get("mimetype") or "image/").startswith(_MAYBE_PICTURES)


def _attachment(workspace: str, file: Mapping[str, Any]) -> Attachment:
    address = FileAddress(workspace, str(file["id"]), str(file.get("url_private") or ""))
    return Attachment(str(file.get("name") or file["id"]), address.written())
