"""What the fake sends, compared key by key with the official sample payloads.

A sample holds every key that there may be, with an empty value. So: each key that is sent is in the sample and has
its type, but those listed here with a reason; and each key of the sample is sent, but those listed as optional.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tests.fakes.slack.sample_lists import ADDED, HAND_WRITTEN, NULLABLE, OPTIONAL, UNLIKE

if TYPE_CHECKING:
    from tests.fakes.slack.specification import Specification

FREE = ("blocks", "attachments", "event_payload", "shares", "values")
"""Keys under which stands what the app or people wrote, or ids are the keys."""
EVENT_SAMPLES = {
    "app_home_opened": "AppHomeOpenedPayload",
    "app_mention": "AppMentionPayload",
    "app_uninstalled": "AppUninstalledPayload",
    "file_deleted": "FileDeletedPayload",
    "file_shared": "FileSharedPayload",
    "member_joined_channel": "MemberJoinedChannelPayload",
    "message": "MessagePayload",
    "message file_share": "MessageFileSharePayload",
    "message message_changed": "MessageChangedPayload",
    "message message_deleted": "MessageDeletedPayload",
    "reaction_added": "ReactionAddedPayload",
    "reaction_removed": "ReactionRemovedPayload",
    "tokens_revoked": "TokensRevokedPayload",
}
INTERACTION_SAMPLES = {
    "block_actions": "BlockActionPayload",
    "message_action": "MessageShortcutPayload",
    "view_closed": "ViewClosedPayload",
    "view_submission": "ViewSubmissionPayload",
}


def name_of(envelope: str, payload: dict[str, Any]) -> str:
    """Return what a payload is called here: `message file_share`, `block_actions`, `command`."""
    if envelope == "slash_commands":
        return "command"
    if envelope == "events_api":
        event = payload["event"]
        return f"{event['type']} {event.get('subtype', '')}".strip()
    kind: str = payload["type"]
    return kind


def sample_for(name: str) -> str | None:
    """Return the file of the sample for that."""
    if name == "command":
        return "SlashCommandPayload"
    return EVENT_SAMPLES.get(name) or INTERACTION_SAMPLES.get(name)


def flaws_in_payload(specification: Specification, envelope: str, payload: dict[str, Any]) -> Iterator[str]:
    """Yield how what is sent to the app differs from the official sample."""
    name = name_of(envelope, payload)
    sample = sample_for(name)
    if sample is None:
        keys = HAND_WRITTEN[name]
        yield from (f"{name} has {key!r}" for key in sorted(set(payload) - set(keys)))
        sure = {key for key, is_sure in keys.items() if is_sure}
        yield from (f"{name} lacks {key!r}" for key in sorted(sure - set(payload)))
        return
    official = specification.samples[sample]
    yield from differences(payload, official, name)
    yield from _missing(payload, official, name)
    if "event" in official:
        yield from _missing(payload["event"], official["event"], f"{name}.event")


def flaws_in_answer(specification: Specification, method: str, body: dict[str, Any]) -> Iterator[str]:
    """Yield how an answer differs from the official sample, where there is one."""
    official = specification.samples.get(f"api.{method}")
    if official is not None:
        yield from differences(body, official, f"api.{method}")


def differences(value: Any, official: Any, path: str) -> Iterator[str]:
    """Yield the keys that the sample does not have, and the values of another type than there."""
    if isinstance(value, dict) and isinstance(official, dict):
        for key, each in value.items():
            here = f"{path}.{key}"
            if _is_listed(here, ADDED):
                continue
            if key not in official:
                yield f"{here} is not in the official sample"
            elif key not in FREE:
                yield from differences(each, official[key], here)
    elif isinstance(value, list) and isinstance(official, list):
        if official:
            for each in value:
                yield from differences(each, official[0], path)
    elif _kind(value) != _kind(official) and not _is_excused(value, path):
        yield f"{path} is {type(value).__name__}, and {type(official).__name__} in the official sample"


def _is_excused(value: Any, path: str) -> bool:
    is_null = value is None and path.rpartition(".")[2] in NULLABLE
    return is_null or _is_listed(path, UNLIKE)


def _missing(value: dict[str, Any], official: dict[str, Any], path: str) -> Iterator[str]:
    for key in official:
        if key not in value and not _is_listed(f"{path}.{key}", OPTIONAL):
            yield f"{path} lacks {key!r}"


def _is_listed(path: str, listed: dict[str, str]) -> bool:
    return any(fnmatch.fnmatchcase(path, pattern) for pattern in listed)


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    return "number" if isinstance(value, int | float) else type(value).__name__
