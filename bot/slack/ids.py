"""What an id of Slack's is of. Rules that were given in a shell may hold anything."""

from __future__ import annotations

import re

_PERSON = re.compile(r"[UW][A-Z0-9]{5,}")
_GROUP = re.compile(r"S[A-Z0-9]{5,}")
_CHANNEL = re.compile(r"[CG][A-Z0-9]{5,}")


def is_person(some_id: str) -> bool:
    """Tell whether it is somebody's."""
    return _PERSON.fullmatch(some_id) is not None


def is_group(some_id: str) -> bool:
    """Tell whether it is a user group's."""
    return _GROUP.fullmatch(some_id) is not None


def is_channel(some_id: str) -> bool:
    """Tell whether it is a channel's, public or private."""
    return _CHANNEL.fullmatch(some_id) is not None
