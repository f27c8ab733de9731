"""What goes wrong on demand: lost answers, limits, cut lines, things that vanish."""

from __future__ import annotations

import asyncio
import enum
import fnmatch
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.fakes.discord import events, posting
from tests.fakes.discord.connection import Op
from tests.fakes.discord.messages import Message
from tests.fakes.discord.permissions import BITS
from tests.fakes.discord.state import Channel, ChannelException, Guild

if TYPE_CHECKING:
    from tests.fakes.discord.fake import FakeDiscord


class Trouble(enum.Enum):
    """How a request goes wrong."""

    ANSWER = "an answer that is none"
    RESET_BEFORE = "the line is cut before anything happened"
    RESET_AFTER_STORING = "what was asked is done, and the line is cut before the answer"
    TIMEOUT = "no answer comes"


@dataclass(frozen=True)
class Fault:
    """What happens to a request instead of its answer."""

    trouble: Trouble
    status: int = 0
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


RESET_BEFORE = Fault(Trouble.RESET_BEFORE)
RESET_AFTER_STORING = Fault(Trouble.RESET_AFTER_STORING)
TIMEOUT = Fault(Trouble.TIMEOUT)


def rate_limited(retry_after_seconds: float = 0.01, *, is_global: bool = False) -> Fault:
    """Return a 429, with the Via header without which discord.py takes it for a ban."""
    scope = "global" if is_global else "user"
    body = {
        "message": "You are being rate limited.",
        "retry_after": retry_after_seconds,
        "global": is_global,
        "code": 0,
    }
    headers = {"Via": "1.1 google", "Retry-After": "1", "X-RateLimit-Scope": scope}
    if is_global:
        headers["X-RateLimit-Global"] = "true"
    return Fault(Trouble.ANSWER, 429, body, headers)


def server_error(status: int = 500) -> Fault:
    """Return an answer of a Discord that is unwell."""
    return Fault(Trouble.ANSWER, status, {"message": f"{status}: Internal Server Error", "code": 0})


def refusal(status: int, code: int, message: str) -> Fault:
    """Return any refusal with Discord's own code."""
    return Fault(Trouble.ANSWER, status, {"message": message, "code": code})


@dataclass
class _Planned:
    method: str
    pattern: str
    fault: Fault
    times: int


class Faults:
    """What a test breaks."""

    def __init__(self, fake: FakeDiscord) -> None:
        self._fake = fake
        self._planned: list[_Planned] = []
        self._release = asyncio.Event()
        self._handshakes_to_refuse = 0
        self._identify_codes: list[int] = []
        self._extra: Counter[str] = Counter()

    def next(self, method: str, path_pattern: str, answer: Fault, times: int = 1) -> None:
        """Let the next requests to a route go wrong.

        Args:
            method: or `*`.
            path_pattern: a path of the official description, or one with `*` in it.
            answer: one of this module's.
            times: how many requests it befalls.
        """
        self._planned.append(_Planned(method, path_pattern, answer, times))

    @property
    def is_all_met(self) -> bool:
        """Whether every planned fault has happened."""
        return not self._planned

    def take(self, method: str, path: str, template: str) -> Fault | None:
        """Return what befalls this request, once."""
        for planned in self._planned:
            pattern = re.sub(r"\{\w+\}", "*", planned.pattern)
            is_meant = planned.pattern == template or fnmatch.fnmatchcase(path, pattern)
            if planned.method in ("*", method) and is_meant:
                planned.times -= 1
                if planned.times == 0:
                    self._planned.remove(planned)
                return planned.fault
        return None

    def release(self) -> None:
        """End the waiting of requests that met `TIMEOUT`: their lines are cut."""
        self._release.set()

    async def released(self) -> None:
        """Wait for that."""
        await self._release.wait()

    def refuse_next_handshake(self, times: int = 1) -> None:
        """Answer the next connections to the gateway with a 503."""
        self._handshakes_to_refuse += times

    def take_handshake(self) -> bool:
        """Tell whether this handshake is one to refuse."""
        is_refused = self._handshakes_to_refuse > 0
        self._handshakes_to_refuse -= is_refused
        return is_refused

    def refuse_identify(self, code: int) -> None:
        """Close the next connection with this code once the bot has said who it is."""
        self._identify_codes.append(code)

    def identify_refusal(self) -> int | None:
        """Return the code for this one."""
        return self._identify_codes.pop(0) if self._identify_codes else None

    def duplicate_interaction(self) -> None:
        """Tell of the next interaction twice."""
        self.duplicate_event("INTERACTION_CREATE")

    def duplicate_event(self, name: str) -> None:
        """Tell of the next event of this name twice."""
        self._extra[name] += 1

    def extra_deliveries(self, name: str) -> int:
        """Return how often this event is told once more."""
        return self._extra.pop(name, 0)

    async def malformed_event(self) -> None:
        """Send an event that lacks what discord.py reads from it."""
        for connection in self._fake.gateway.connections:
            connection.send({"op": 0, "t": "MESSAGE_CREATE", "s": None, "d": {"id": "not a number"}})

    async def invalidate_session(self, *, resumable: bool = False) -> None:
        """Send op 9."""
        for connection in list(self._fake.gateway.connections):
            if not resumable and connection.session is not None:
                self._fake.gateway.forget(connection.session)
            connection.send({"op": Op.INVALID_SESSION, "d": resumable, "s": None, "t": None})

    async def ask_to_reconnect(self) -> None:
        """Send op 7."""
        for connection in list(self._fake.gateway.connections):
            connection.send({"op": Op.RECONNECT, "d": None, "s": None, "t": None})

    async def drop_connection(self, lose: Iterable[str] = ()) -> None:
        """Cut the line.

        Args:
            lose: events of these names that happen until the bot is back are never told.
        """
        for connection in list(self._fake.gateway.connections):
            if connection.session is not None:
                connection.session.loses = set(lose)
            connection.cut()
        await self._fake.until(lambda: not self._fake.gateway.connections)

    async def close_gateway(self, code: int) -> None:
        """Close the connection with one of the gateway's codes."""
        for connection in list(self._fake.gateway.connections):
            connection.close(code)

    async def revoke(self, name: str, channel: Channel | None = None) -> None:
        """Take a permission from the bot: in one channel, or in all servers."""
        self._set(name, channel, is_granted=False)

    async def grant(self, name: str, channel: Channel | None = None) -> None:
        """Give it (back)."""
        self._set(name, channel, is_granted=True)

    def _set(self, name: str, channel: Channel | None, *, is_granted: bool) -> None:
        bot = self._fake.world.bot
        if channel is not None:
            allowed, denied = (BITS[name], 0) if is_granted else (0, BITS[name])
            old = channel.exceptions.get(bot.id, ChannelException())
            channel.exceptions[bot.id] = ChannelException(
                old.allowed & ~BITS[name] | allowed, old.denied & ~BITS[name] | denied
            )
            events.channel_changed(self._fake, channel)
            return
        for guild in self._fake.world.guilds_of_bot():
            for role_id in (guild.id, *guild.members[bot.id].role_ids):
                role = guild.roles[role_id]
                if role.bot_id == bot.id and is_granted:
                    role.permissions |= BITS[name]
                elif not is_granted:
                    role.permissions &= ~BITS[name]
                events.role_changed(self._fake, guild, role)

    async def delete_thread(self, thread: Channel) -> None:
        """Let a moderator delete a thread."""
        await self.delete_channel(thread)

    async def delete_channel(self, channel: Channel) -> None:
        """Let an admin delete a channel, its threads with it."""
        self._fake.remove_channel(channel)

    async def delete_message(self, message: Message) -> None:
        """Let a moderator delete a message."""
        posting.delete(self._fake, message)

    async def archive(self, thread: Channel, *, is_locked: bool = False) -> None:
        """Let a moderator close a thread, and maybe lock it."""
        thread.is_archived, thread.is_locked = True, is_locked
        thread.archived_at = self._fake.clock()
        events.thread_changed(self._fake, thread)

    async def lock(self, thread: Channel) -> None:
        """Let a moderator lock a thread that stays open."""
        thread.is_locked = True
        events.thread_changed(self._fake, thread)

    async def remove_bot(self, guild: Guild) -> None:
        """Let an admin throw the bot out."""
        self._fake.gateway.tell("GUILD_DELETE", {"id": str(guild.id)}, guild)
        del guild.members[self._fake.world.bot.id]
        self._fake.changed()
