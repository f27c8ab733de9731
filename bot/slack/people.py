"""Who asks, and what they may: from Slack's ids to a `Requester`. Answers of Slack's are kept for a while."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import aiohttp
from slack_sdk.errors import SlackClientError

from bot.chat.remembered import Remembered
from bot.doors import Doors
from bot.frontend import FrontendUnavailable
from bot.requests import Requester
from bot.slack.addresses import PLATFORM, Place
from bot.slack.clients import Clients
from bot.slack.form_limits import LOOK_UP_SECONDS
from bot.slack.ids import is_channel, is_group
from bot.slack.pace import Pace

log = logging.getLogger(__name__)

T = TypeVar("T")

GROUPS_FRESH_SECONDS = 60.0
"""How long what Slack said of user groups and of channels' members is taken for what is so."""
MEMBERS_AT_ONCE = 1000  # docs.slack.dev, conversations.members: limit
MAX_MEMBER_PAGES = 5
"""Who is behind the first five thousand of a channel is nobody that a rule was made for."""
PROFILE_FRESH_SECONDS = 600.0
"""The same of a person: Slack tells of a hundred a minute, and not everybody changes all the time."""
STALE_FACTOR = 3
"""How many times longer it is taken for that where Slack cannot be asked."""
MAX_KEPT = 5000
FAULTS = (SlackClientError, aiohttp.ClientError, FrontendUnavailable, OSError, TimeoutError)
"""What asking Slack may raise."""


@dataclass(frozen=True)
class Profile:
    """Somebody, as a workspace sees them. `names`: all that they are called, what is shown first."""

    names: tuple[str, ...] = ()
    is_admin: bool = False
    is_bot: bool = False


@dataclass(frozen=True)
class Group:
    """A user group."""

    id: str
    name: str
    handle: str
    members: frozenset[str]


class _Kept(Generic[T]):
    """Answers of Slack's, each with when it came."""

    def __init__(self, monotonic: Callable[[], float], fresh_seconds: float) -> None:
        self._monotonic = monotonic
        self._fresh_seconds = fresh_seconds
        self._found: Remembered[Any, tuple[T, float]] = Remembered(MAX_KEPT)

    async def get(self, key: Any, ask: Callable[[], Awaitable[T]], otherwise: T) -> T:
        """Return what is known, or asked for now; where nobody answers in time, what was known lately."""
        now = self._monotonic()
        known = self._found.get(key)
        if known is not None and now - known[1] < self._fresh_seconds:
            return known[0]
        try:
            async with asyncio.timeout(LOOK_UP_SECONDS):
                answer = await ask()
        except FAULTS as fault:
            log.info("action=look_up_failed fault=%s", type(fault).__name__)
            return (
                known[0]
                if known is not None and now - known[1] < STALE_FACTOR * self._fresh_seconds
                else otherwise
            )
        self._found[key] = answer, now
        return answer


class People:
    """Asks Slack who somebody is, each question in a second or not at all: an acknowledgement is due in three."""

    def __init__(
        self,
        clients: Clients,
        doors: Doors,
        monotonic: Callable[[], float] = time.monotonic,
        pace: Pace | None = None,
    ) -> None:
        self._clients = clients
        self._doors = doors
        self._pace = pace or Pace(monotonic=monotonic)
        self._profiles: _Kept[Profile] = _Kept(monotonic, PROFILE_FRESH_SECONDS)
        self._groups: _Kept[tuple[Group, ...]] = _Kept(monotonic, GROUPS_FRESH_SECONDS)
        self._members: _Kept[frozenset[str]] = _Kept(monotonic, GROUPS_FRESH_SECONDS)

    async def requester(self, place: Place, user_id: str, name: str = "", reply_token: str = "") -> Requester:
        """Return who asks.

        Raises:
            StoreUnavailable: The workspace's rules cannot be read now.
        """
        profile, roles = await asyncio.gather(
            self.profile(place.workspace, user_id), self._roles(place.workspace, user_id)
        )
        return Requester(
            PLATFORM,
            place.workspace,
            user_id,
            profile.names[0] if profile.names else name,
            place.address,
            is_admin=profile.is_admin,
            roles=roles,
            reply_token=reply_token,
        )

    async def profile(self, workspace: str, user_id: str) -> Profile:
        """Return somebody's names, and whether they are an admin of this very workspace; of a stranger, nothing."""

        async def ask() -> Profile:
            client = await self._clients.of(workspace)
            async with self._pace.turn("users.info", workspace):
                answer = await client.users_info(user=user_id)
            return _profile(answer.get("user") or {}, workspace)

        return await self._profiles.get((workspace, user_id), ask, Profile())

    async def groups(self, workspace: str) -> tuple[Group, ...]:
        """Return the user groups of a workspace with their members; none where they cannot be had."""

        async def ask() -> tuple[Group, ...]:
            client = await self._clients.of(workspace)
            async with self._pace.turn("usergroups.list", workspace):
                answer = await client.usergroups_list(include_users=True)
            return tuple(map(_group, answer.get("usergroups") or ()))

        return await self._groups.get(workspace, ask, ())

    async def members(self, workspace: str, channel: str) -> frozenset[str]:
        """Return who is in a channel; nobody where we cannot look into it: a private one that we are not in."""

        async def ask() -> frozenset[str]:
            client = await self._clients.of(workspace)
            found: set[str] = set()
            cursor = ""
            for _ in range(MAX_MEMBER_PAGES):
                async with self._pace.turn("conversations.members", workspace):
                    page = await client.conversations_members(
                        channel=channel, limit=MEMBERS_AT_ONCE, cursor=cursor or None
                    )
                found.update(map(str, page.get("members") or ()))
                cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
                if not cursor:
                    break
            return frozenset(found)

        return await self._members.get((workspace, channel), ask, frozenset())

    async def named_groups(self, workspace: str) -> tuple[tuple[str, str], ...]:
        """Return the user groups by id and name."""
        return tuple((group.id, group.name) for group in await self.groups(workspace))

    async def names(self, workspace: str, ids: set[str]) -> dict[str, tuple[str, ...]]:
        """Return what people and groups are called; whoever cannot be found in time is left out."""
        wanted = sorted(ids)[:_MOST_NAMES]
        found: dict[str, tuple[str, ...]] = {}
        if any(map(is_group, wanted)):
            groups = await self.groups(workspace)
            found |= {group.id: (group.handle, group.name) for group in groups if group.id in ids}
        people = [each for each in wanted if not is_group(each)]
        profiles = await asyncio.gather(*(self.profile(workspace, each) for each in people))
        return found | {each: profile.names for each, profile in zip(people, profiles, strict=True)}

    async def _roles(self, workspace: str, user_id: str) -> tuple[str, ...]:
        """Return the user groups and the named channels that somebody is in; Slack is asked where a rule names one."""
        rules = await self._doors.in_charge(workspace)
        named = {*rules.approvers, *rules.trainers}
        groups, channels = await asyncio.gather(
            self._by_group(workspace, named), self._by_channel(workspace, named)
        )
        return tuple(name for name, people in (groups | channels).items() if user_id in people)

    async def _by_group(self, workspace: str, named: Collection[str]) -> dict[str, frozenset[str]]:
        if not any(map(is_group, named)):
            return {}
        return {group.id: group.members for group in await self.groups(workspace)}

    async def _by_channel(self, workspace: str, named: Collection[str]) -> dict[str, frozenset[str]]:
        channels = sorted(filter(is_channel, named))
        members = await asyncio.gather(*(self.members(workspace, channel) for channel in channels))
        return dict(zip(channels, members, strict=True))


_MOST_NAMES = 10
"""Mentions in one text that are looked for."""


def _profile(user: Mapping[str, Any], workspace: str) -> Profile:
    shown: Mapping[str, Any] = user.get("profile") or {}
    names = (shown.get("display_name"), shown.get("real_name"), user.get("real_name"), user.get("name"))
    # In a shared channel somebody may be an admin of their own company's workspace, which is nothing here.
    spaces: set[Any] = {user.get("team_id"), *(user.get("enterprise_user") or {}).get("teams", ())}
    is_of_here = workspace in spaces and not user.get("is_stranger")
    is_admin = is_of_here and bool(user.get("is_admin") or user.get("is_owner"))
    unique = dict.fromkeys(str(name) for name in names if name)
    return Profile(tuple(unique), is_admin, bool(user.get("is_bot")))


def _group(group: Mapping[str, Any]) -> Group:
    members = frozenset(map(str, group.get("users") or ()))
    return Group(str(group["id"]), str(group.get("name", "")), str(group.get("handle", "")), members)
