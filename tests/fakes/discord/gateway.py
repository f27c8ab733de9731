"""The gateway's sessions: who listens, what they are told, and what they missed.

Source: discord-api-docs, Gateway. The talk on one connection is in `connection.py`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.fakes.discord.payloads import Payload, guild_event, own_user_payload, timestamp
from tests.fakes.discord.state import Channel, Guild

if TYPE_CHECKING:
    from tests.fakes.discord.connection import Connection
    from tests.fakes.discord.fake import FakeDiscord

GUILDS, GUILD_MEMBERS, GUILD_PRESENCES = 1 << 0, 1 << 1, 1 << 8
GUILD_MESSAGES, GUILD_REACTIONS, GUILD_TYPING = 1 << 9, 1 << 10, 1 << 11
DIRECT_MESSAGES, DIRECT_REACTIONS, DIRECT_TYPING = 1 << 12, 1 << 13, 1 << 14
MESSAGE_CONTENT = 1 << 15
PRIVILEGED = {
    "members": GUILD_MEMBERS,
    "presences": GUILD_PRESENCES,
    "message_content": MESSAGE_CONTENT,
}
"""What an application must be granted before it may ask for it."""
_INTENTS = {
    "GUILD": (GUILDS, 0),
    "CHANNEL": (GUILDS, 0),
    "THREAD": (GUILDS, 0),
    "GUILD_MEMBER": (GUILD_MEMBERS, 0),
    "MESSAGE": (GUILD_MESSAGES, DIRECT_MESSAGES),
    "MESSAGE_REACTION": (GUILD_REACTIONS, DIRECT_REACTIONS),
    "TYPING": (GUILD_TYPING, DIRECT_TYPING),
}
"""By how an event's name begins, the longest first: what it needs in a server, and in a conversation."""
_DESCRIBED: dict[str, tuple[tuple[str, str], ...]] = {
    "MESSAGE_CREATE": (("", "MessageResponse"),),
    "MESSAGE_UPDATE": (("", "MessageResponse"),),
    "THREAD_CREATE": (("", "ThreadResponse"),),
    "THREAD_UPDATE": (("", "ThreadResponse"),),
    "CHANNEL_CREATE": (("", "GuildChannelResponse"),),
    "CHANNEL_UPDATE": (("", "GuildChannelResponse"),),
    "GUILD_CREATE": (("", "GuildResponse"),),
    "GUILD_MEMBER_ADD": (("", "GuildMemberResponse"),),
    "GUILD_ROLE_CREATE": (("role", "GuildRoleResponse"),),
    "MESSAGE_REACTION_ADD": (("member", "GuildMemberResponse"),),
    "INTERACTION_CREATE": (
        ("member", "GuildMemberResponse"),
        ("user", "UserResponse"),
        ("message", "MessageResponse"),
        ("entitlements", "EntitlementResponse"),
        ("data.resolved.attachments", "MessageAttachmentResponse"),
        ("data.resolved.messages", "MessageResponse"),
        ("data.resolved.users", "UserResponse"),
        ("data.resolved.roles", "GuildRoleResponse"),
    ),
}
"""What of an event the official description knows: the way to it, or all of it, and the type."""


@dataclass(eq=False)
class Session:
    """What one shard of the bot is told, whether or not it is listening at the moment."""

    id: str
    intents: int
    shard: tuple[int, int]
    sent: list[dict[str, Any]] = field(default_factory=list)
    connection: Connection | None = None
    loses: set[str] = field(default_factory=set)
    """Events that are never told while nobody listens."""

    @property
    def sequence(self) -> int:
        """The number of the newest event."""
        return len(self.sent)

    def serves(self, guild: Guild | None) -> bool:
        """Tell whether this shard is the one for the server; conversations belong to the first."""
        number, count = self.shard
        return ((0 if guild is None else guild.id) >> 22) % count == number


class Gateway:
    """All sessions of the bot."""

    MESSAGE_CONTENT = MESSAGE_CONTENT
    GUILD_MEMBERS = GUILD_MEMBERS

    def __init__(self, fake: FakeDiscord) -> None:
        self._fake = fake
        self.sessions: dict[str, Session] = {}
        self.connections: list[Connection] = []
        self.identified = 0
        """How often a bot began anew."""
        self.resumed = 0
        """How often it went on where it had stopped."""

    @property
    def is_connected(self) -> bool:
        """Whether some shard of the bot listens."""
        return any(session.connection is not None for session in self.sessions.values())

    def begin(self, connection: Connection, intents: int, shard: tuple[int, int]) -> Session:
        """Start a session, and tell it of the servers that the bot is in."""
        session = Session(secrets.token_hex(16), intents, shard, connection=connection)
        self.sessions[session.id] = session
        self.identified += 1
        guilds = [guild for guild in self._fake.world.guilds_of_bot() if session.serves(guild)]
        self._send(session, "READY", self._ready(session, guilds, connection.resume_address))
        if intents & GUILDS:
            for guild in guilds:
                self._send(session, "GUILD_CREATE", self.guild_event(guild))
        return session

    def resume(self, connection: Connection, session_id: str, sequence: int) -> Session | None:
        """Go on with a session: tell what it missed. None if there is no such session any more."""
        session = self.sessions.get(session_id)
        if session is None or not 0 <= sequence <= session.sequence:
            return None
        self.resumed += 1
        session.connection = connection
        session.loses.clear()
        for event in session.sent[sequence:]:
            connection.send(event)
        self._send(session, "RESUMED", {"_trace": []})
        return session

    def tell(
        self,
        name: str,
        payload: Payload | Callable[[int], Payload | None],
        about: Channel | Guild,
        *,
        is_certain: bool = False,
    ) -> None:
        """Tell the bot of something, if it asked for such events and can see where it happened.

        Args:
            payload: or what makes it from a session's intents; None then means that there is nothing to tell.
            is_certain: told even of a channel that the bot does not see (any more).
        """
        guild = about if isinstance(about, Guild) else about.guild
        bot = self._fake.world.bot
        if guild is not None and bot.id not in guild.members:
            return
        if isinstance(about, Channel) and not is_certain and not about.is_seen_by(bot):
            return
        for session in list(self.sessions.values()):
            if session.serves(guild) and _wants(session, name, guild):
                told = payload(session.intents) if callable(payload) else payload
                if told is not None:
                    self._send(session, name, told)
                    for _ in range(self._fake.faults.extra_deliveries(name)):
                        self._send(session, name, told)
        self._fake.changed()

    def tell_of_interaction(self, payload: Payload, channel: Channel) -> None:
        """Tell of an interaction, wherever it was: whoever asked let the bot in."""
        for session in list(self.sessions.values()):
            if session.serves(channel.guild):
                for _ in range(1 + self._fake.faults.extra_deliveries("INTERACTION_CREATE")):
                    self._send(session, "INTERACTION_CREATE", payload)
        self._fake.changed()

    def guild_event(self, guild: Guild) -> Payload:
        """Return what GUILD_CREATE says of a server."""
        bot = self._fake.world.bot
        return guild_event(guild, bot, guild.members[bot.id].joined_at)

    def forget(self, session: Session) -> None:
        """End a session for good."""
        self.sessions.pop(session.id, None)

    def _send(self, session: Session, name: str, payload: Payload) -> None:
        if session.connection is None and name in session.loses:
            return
        self._check(name, payload)
        event = {"op": 0, "t": name, "s": session.sequence + 1, "d": payload}
        session.sent.append(event)
        if session.connection is not None:
            session.connection.send(event)

    def _check(self, name: str, payload: Payload) -> None:
        for key, schema in _DESCRIBED.get(name, ()):
            for value in _values_at(payload, key):
                for flaw in self._fake.specification.flaws_in(schema, value):
                    self._fake.complain(f"event {name}", str(flaw))

    def _ready(self, session: Session, guilds: list[Guild], resume_address: str) -> Payload:
        return {
            "v": 10,
            "user": own_user_payload(self._fake.world.bot),
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
            "session_id": session.id,
            "resume_gateway_url": resume_address,
            "shard": list(session.shard),
            "application": {"id": str(self._fake.application_id), "flags": 0},
            "_trace": [timestamp(self._fake.clock())],
        }


def _wants(session: Session, name: str, guild: Guild | None) -> bool:
    begins = [each for each in _INTENTS if name.startswith(each)]
    if not begins:
        return True
    in_guild, in_conversation = _INTENTS[max(begins, key=len)]
    return bool(session.intents & (in_guild if guild is not None else in_conversation))


def _values_at(payload: Payload, way: str) -> list[Any]:
    found: Any = payload
    for key in way.split(".") if way else ():
        found = found.get(key, {})
    if way.startswith("data.resolved"):
        return list(found.values())
    return found if isinstance(found, list) else [found] if found else []
