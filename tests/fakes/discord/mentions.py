"""Whom a message names, and whose phone rings for it.

Source: discord-api-docs, Message, Allowed Mentions Object.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.discord.errors import invalid_form, too_long
from tests.fakes.discord.permissions import may
from tests.fakes.discord.state import Channel, User

MAX_LISTED = 100  # discord-api-docs, Allowed Mentions Object
_EVERYONE = re.compile(r"@(everyone|here)\b")


@dataclass
class Mentions:
    """What a text names in its channel, as Discord resolves it."""

    users: list[User] = field(default_factory=list)
    role_ids: list[int] = field(default_factory=list)
    everyone: bool = False
    pinged: set[str] = field(default_factory=set)
    pinged_users: list[User] = field(default_factory=list)


def check_allowed_mentions(allowed: dict[str, Any] | None) -> None:
    """Refuse what contradicts itself."""
    for key in ("users", "roles"):
        listed = (allowed or {}).get(key) or []
        if len(listed) > MAX_LISTED:
            raise too_long(("allowed_mentions", key), MAX_LISTED)
        if listed and key in ((allowed or {}).get("parse") or []):
            message = f'parse:["{key}"] and {key}: [ids...] are mutually exclusive.'
            raise invalid_form(("allowed_mentions",), "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", message)


def resolve(
    text: str,
    author: User,
    channel: Channel,
    allowed: dict[str, Any] | None,
    replied_to: User | None = None,
) -> Mentions:
    """Return what the text names. Without `allowed`, everything that is named is pinged."""
    found = Mentions()
    for user_id in dict.fromkeys(int(each) for each in re.findall(r"<@!?(\d+)>", text)):
        user = _user_in(channel, user_id)
        if user is not None:
            found.users.append(user)
            if _is_allowed(allowed, "users", user_id) and may(
                user, channel.parent or channel, "view_channel"
            ):
                _ping(found, user)
    if replied_to is not None and (allowed is None or allowed.get("replied_user", False)):
        if replied_to not in found.users:
            found.users.append(replied_to)
        _ping(found, replied_to)
    _resolve_roles(found, text, author, channel, allowed)
    may_call_all = channel.guild is not None and may(author, channel, "mention_everyone")
    if _EVERYONE.search(text) and may_call_all and _is_allowed(allowed, "everyone", None):
        found.everyone = True
        found.pinged.add("@everyone")
    found.pinged.discard(author.name)
    return found


def _resolve_roles(
    found: Mentions, text: str, author: User, channel: Channel, allowed: dict[str, Any] | None
) -> None:
    if channel.guild is None:
        return
    for role_id in dict.fromkeys(int(each) for each in re.findall(r"<@&(\d+)>", text)):
        role = channel.guild.roles.get(role_id)
        if role is None:
            continue
        found.role_ids.append(role_id)
        can_call = role.is_mentionable or may(author, channel, "mention_everyone")
        if can_call and _is_allowed(allowed, "roles", role_id):
            found.pinged.add(f"@{role.name}")


def _ping(found: Mentions, user: User) -> None:
    found.pinged.add(user.name)
    found.pinged_users.append(user)


def _user_in(channel: Channel, user_id: int) -> User | None:
    if channel.guild is None:
        return next((user for user in channel.recipients if user.id == user_id), None)
    member = channel.guild.members.get(user_id)
    return None if member is None else member.user


def _is_allowed(allowed: dict[str, Any] | None, kind: str, mentioned_id: int | None) -> bool:
    if allowed is None or kind in (allowed.get("parse") or []):
        return True
    return mentioned_id is not None and str(mentioned_id) in [str(each) for each in allowed.get(kind) or []]
